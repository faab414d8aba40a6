import type { RecordOf } from '@holdfast/postgres/entities/define-entity';
import type { MediaObjectEntity } from './media-object.entity.js';

/**
 * What a file is for: the upload while it is worked on, what a provider fetches, a result that is public
 * until it expires, a template of a slot.
 */
export const SCOPES = ['temp', 'provider', 'result', 'template'] as const;

export type Scope = (typeof SCOPES)[number];

/** A file, as the database knows it. */
export type MediaObject = RecordOf<typeof MediaObjectEntity>;

/** Compares by what expires first. */
export function byExpiry(one: MediaObject, other: MediaObject): number {
  const [first, second] = [one.expiresAt ?? '', other.expiresAt ?? ''];
  if (first !== second) return first < second ? -1 : 1;
  return one.id < other.id ? -1 : 1;
}
