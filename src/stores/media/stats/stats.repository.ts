import type { Instant } from '@holdfast/core/instant';
import type { Job } from '../jobs/job.js';
import type { Bucket, JobCounts, LastEnds, SlotStats } from './stats.js';

/** The port of the statistics: the database counts. They may miss the last moments. */
export abstract class StatsRepository {
  /** Of the jobs that were started since. */
  abstract counts(since: Instant): Promise<JobCounts>;

  /** The same by the step in which they were started; steps without any are left out. Ascending. */
  abstract series(since: Instant, bucketSeconds: number): Promise<readonly Bucket[]>;

  /** The same by slot; those without any are left out. A slot that was reset counts from then on. */
  abstract bySlot(since: Instant): Promise<readonly SlotStats[]>;

  /** Of each slot. */
  abstract lastEnds(): Promise<readonly LastEnds[]>;

  /** The newest jobs that were given up or have failed. */
  abstract failures(limit: number): Promise<readonly Job[]>;
}
