import type { Instant } from '@holdfast/core/instant';
import type { MediaObject, Scope } from './media-object.js';

/** The port of the rows of files. Every method is atomic. */
export abstract class MediaObjectRepository {
  /** Stores the row of a file that is there already. */
  abstract add(object: MediaObject): Promise<void>;

  abstract find(id: string): Promise<MediaObject | null>;

  /** The result of a job: expired and cleaned ones too. */
  abstract resultOf(jobId: string): Promise<MediaObject | null>;

  /**
   * Marks the oldest of the expired rows as cleaned, before their files are removed.
   * @param limit most rows of one call: one call is one short lock
   * @returns the rows that were marked by this call; fewer than `limit` when none is left
   */
  abstract markExpired(
    now: Instant,
    limit: number,
    slotId?: string,
  ): Promise<readonly MediaObject[]>;

  /** How many are expired and not cleaned, and what their files take. */
  abstract countExpired(now: Instant, slotId?: string): Promise<{ rows: number; bytes: number }>;

  /** Marks these as cleaned. @returns how many were not marked before */
  abstract markCleaned(ids: readonly string[], cleanedAt: Instant): Promise<number>;

  /** Of these names of files, the ones that a row that is not cleaned has. */
  abstract liveAmong(paths: readonly string[]): Promise<ReadonlySet<string>>;

  /** Rows that are not cleaned, by path: the next ones after `after`. */
  abstract liveAfter(after: string | null, limit: number): Promise<readonly MediaObject[]>;

  /** Bytes of the files that are not cleaned. */
  abstract bytesByScope(): Promise<Readonly<Record<Scope, number>>>;
}
