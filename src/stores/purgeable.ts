import type { Instant } from '@holdfast/core/instant';

/** Records that are deleted when they have been kept for long enough. */
export abstract class Purgeable {
  /** How many records are from before that instant. */
  abstract countExpired(before: Instant): Promise<number>;

  /**
   * Deletes the oldest records from before that instant, with what belongs to them, in one
   * transaction.
   * @param limit most records to delete: one call is one short lock
   * @returns how many records were deleted; fewer than `limit` when none is left
   */
  abstract purge(before: Instant, limit: number): Promise<number>;
}
