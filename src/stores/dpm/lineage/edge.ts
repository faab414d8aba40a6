import { jsonBytes } from '@holdfast/core/json';
import type { Position } from '@holdfast/core/page';
import type { RecordOf } from '@holdfast/postgres/entities/define-entity';
import type { EdgeEntity } from './edge.entity.js';

/** One thing that came of another; never changed. Source and target are identifiers of any kind. */
export type LineageEdge = RecordOf<typeof EdgeEntity>;

export const DIRECTIONS = ['outgoing', 'incoming', 'both'] as const;

/** Which edges of an entity: those that it is the source of, the target of, or both. */
export type Direction = (typeof DIRECTIONS)[number];

/** Largest metadata in bytes, as JSON in UTF-8 without blanks: a walk returns many of them. */
export const METADATA_LIMIT_BYTES = 64 * 1024;

/** As much as an edge takes of an answer at most, beside its metadata, when its texts are escaped. */
const ESCAPED = 6;
const FRAME_BYTES = 300;

/** `bytesOf`, in SQL, of the columns of an edge whose metadata is text. */
export function bytesInSql(octets: (text: string) => string): string {
  const texts = ['source', 'edge_type', 'target'].map(octets).join(' + ');
  return `${octets('metadata')} + ${ESCAPED} * (${texts}) + ${FRAME_BYTES}`;
}

/** What an edge takes of an answer, not less. */
export function bytesOf({ source, edgeType, target, metadata }: LineageEdge): number {
  const texts = [source, edgeType, target].map((text) => Buffer.byteLength(text));
  const [one = 0, two = 0, three = 0] = texts;
  return jsonBytes(metadata) + ESCAPED * (one + two + three) + FRAME_BYTES;
}

/** Where an edge stands among those of an entity, oldest first. */
export function positionOf({ createdAt, edgeId }: LineageEdge): Position {
  return { createdAt, id: edgeId };
}

/** An end of an edge, and the column that it is kept in. */
export type End = 'source' | 'target';

/** The ends at which a walk may enter an edge; it leaves by the other one. */
export const ENTRIES: Readonly<Record<Direction, readonly End[]>> = {
  outgoing: ['source'],
  incoming: ['target'],
  both: ['source', 'target'],
};

export function otherEnd(end: End): End {
  return end === 'source' ? 'target' : 'source';
}
