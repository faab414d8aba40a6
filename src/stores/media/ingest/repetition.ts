import { setTimeout as wait } from 'node:timers/promises';
import { ReasonError } from '../media.reasons.js';
import type { Job } from '../jobs/job.js';
import type { JobKey, JobRepository } from '../jobs/job.repository.js';
import { inDatabase } from './in-database.js';

/** Between two looks at a job that another request waits for. */
const LOOK_MS = 250;

/** After its deadline a job's own process writes its end within a second or two. */
const LOST_MS = 5000;
const LOST = { status: 'timeout', failureReason: 'PROVIDER_TIMEOUT' } as const;

/**
 * Gives the job its key, or finds the one that has it and is done. One that is still under way is waited for; once it
 * has failed, its key is free, and the photo is worked on again.
 * @param requestHash SHA-256 of slot and photo
 * @returns null when the key is this job's
 * @throws IDEMPOTENCY_KEY_CONFLICT when the key came with another photo or slot; the reason of the signal
 */
export async function claimOrFind(
  jobs: JobRepository,
  jobId: string,
  key: JobKey,
  signal: AbortSignal,
): Promise<Job | null> {
  for (;;) {
    const first = await inDatabase(() => jobs.claimKey(jobId, key));
    if (!first) return null;
    if (!first.isSame) throw new ReasonError('IDEMPOTENCY_KEY_CONFLICT');
    const ended = await endOf(jobs, first.job, signal);
    if (ended?.status === 'done') return ended;
  }
}

/** Ends a job itself whose time is long over, as of a process that was killed: its key would not be free else. */
async function endOf(jobs: JobRepository, job: Job, signal: AbortSignal): Promise<Job | null> {
  let seen: Job | null = job;
  const lostAt = Date.parse(job.syncDeadline) + LOST_MS;
  while (seen?.status === 'pending') {
    if (Date.now() > lostAt)
      await inDatabase(() => jobs.fail(job.id, { ...LOST, completedAt: new Date().toISOString() }));
    // Also before the first look: a key that was freed a moment ago is not asked for without a pause.
    await wait(LOOK_MS);
    signal.throwIfAborted();
    seen = await inDatabase(() => jobs.find(job.id));
  }
  return seen;
}
