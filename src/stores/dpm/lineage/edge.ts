import type { Instant } from '../../instant.js';
import type { JsonValue } from '../../json.js';

/** One thing that came of another; never changed. Source and target are identifiers of any kind. */
export interface LineageEdge {
  readonly edgeId: string;
  readonly source: string;
  readonly edgeType: string;
  readonly target: string;
  readonly metadata: JsonValue;
  readonly createdAt: Instant;
}

export const DIRECTIONS = ['outgoing', 'incoming', 'both'] as const;

/** Which edges of an entity: those that it is the source of, the target of, or both. */
export type Direction = (typeof DIRECTIONS)[number];

/** Largest metadata in bytes, as JSON in UTF-8 without blanks: a walk returns many of them. */
export const METADATA_LIMIT_BYTES = 64 * 1024;

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
