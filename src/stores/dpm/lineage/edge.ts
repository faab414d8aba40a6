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
