import type { Instant } from '@holdfast/core/instant';
import type { MediaObject } from '../objects/media-object.js';
import type { Job } from './job.js';

/** The key under which a photo may be sent again, bound to its caller, and the hash of what was sent. */
export interface JobKey {
  readonly key: string;
  /** SHA-256 of slot and photo, in hexadecimal. */
  readonly requestHash: string;
}

/** Another job that has the key. */
export interface ClaimedKey {
  readonly job: Job;
  /** Whether it was sent the same. */
  readonly isSame: boolean;
}

/** A job that has a key, for whoever waits for its end. */
export interface WatchedJob {
  readonly job: Job;
  /** As long as it changes, somebody works on the job; null where that is not told, as by an earlier build. */
  readonly beat: number | null;
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
  /** Stores a job that is pending, of a slot that is there. */
  abstract begin(job: Job): Promise<void>;

  /**
   * Gives the job its key. One that is not pending any more gets none: whoever completes it will find out.
   * @returns the job that has the key already; null when no other has it
   * @throws RECORD_CONTENDED where the key is taken and freed time and again
   */
  abstract claimKey(jobId: string, key: JobKey): Promise<ClaimedKey | null>;

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

  /**
   * Ends a pending job; a key that it had is free.
   * @param beat of its key, where it is to be ended only if nobody has worked on it since that was seen
   * @returns false when it is not pending any more, or somebody works on it
   */
  abstract fail(jobId: string, failure: JobFailure, beat?: number): Promise<boolean>;

  /** Tells whoever waits for these jobs that they are worked on. @returns those that have their keys still */
  abstract beat(jobIds: readonly string[]): Promise<ReadonlySet<string>>;

  /** Never stale. @returns null when there is no such job any more */
  abstract watch(jobId: string): Promise<WatchedJob | null>;

  /**
   * Removes a job that turned out to be a repetition of another one, with its key and the rows of its files, whose
   * files are removed afterwards.
   * @returns false, and nothing is removed, when it is not pending any more
   */
  abstract withdraw(jobId: string): Promise<boolean>;

  abstract find(id: string): Promise<Job | null>;

  /** Newest first. */
  abstract latest(slotId: string, limit: number): Promise<readonly Job[]>;

  /** The slot's results that can be had, newest first: of photos that were sent in, not of what operators try. */
  abstract latestResults(slotId: string, now: Instant, limit: number): Promise<readonly Job[]>;

  /**
   * Ends jobs whose deadline is past and that nobody ended, as of a process that was killed: `timeout`, with their
   * deadline as their end. Their keys are free.
   * @returns how many; fewer than `limit` when none is left
   */
  abstract endOverdue(before: Instant, limit: number): Promise<number>;

  /** How many `endOverdue` would end, without a limit. */
  abstract countOverdue(before: Instant): Promise<number>;
}
