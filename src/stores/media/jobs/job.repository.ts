import type { Instant } from '@holdfast/core/instant';
import type { MediaObject } from '../objects/media-object.js';
import type { Job } from './job.js';

/** The key under which a photo may be sent again, bound to its caller, and the hash of what was sent. */
export interface JobKey {
  readonly key: string;
  /** SHA-256 of slot and photo, in hexadecimal. */
  readonly requestHash: string;
}

/** How a job ended that gave no result. */
export interface JobFailure {
  readonly status: 'timeout' | 'failed';
  /** A reason code. */
  readonly failureReason: string;
  readonly completedAt: Instant;
}

/** The port of the jobs. Every method is atomic; what a write acknowledges is durable. */
export abstract class JobRepository {
  /** Stores a job that is pending. */
  abstract begin(job: Job): Promise<void>;

  /**
   * Gives the job its key, and what is known of its photo by now.
   * @returns the job that has the key already, and whether it was sent the same; null when the key is this job's
   */
  abstract claimKey(
    jobId: string,
    key: JobKey,
  ): Promise<{ readonly job: Job; readonly isSame: boolean } | null>;

  /**
   * Ends a pending job with its result: status, row of the file and the cleaned rows of its temporary files in
   * one transaction.
   * @returns false, and nothing is written, when it is not pending any more
   */
  abstract complete(
    jobId: string,
    photo: { readonly requestSha256: string },
    result: MediaObject,
    completedAt: Instant,
  ): Promise<boolean>;

  /** Ends a pending job; a key that it had is free. @returns false when it is not pending any more */
  abstract fail(jobId: string, failure: JobFailure): Promise<boolean>;

  abstract find(id: string): Promise<Job | null>;

  /** Newest first. */
  abstract latest(slotId: string, limit: number): Promise<readonly Job[]>;

  /** The slot's results that can be had, newest first. */
  abstract latestResults(slotId: string, now: Instant, limit: number): Promise<readonly Job[]>;

  /**
   * Ends jobs whose deadline is past and that nobody ended, as of a process that was killed: `timeout`.
   * @returns how many; fewer than `limit` when none is left
   */
  abstract endOverdue(before: Instant, limit: number): Promise<number>;
}
