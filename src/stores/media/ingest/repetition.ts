import { setTimeout as wait } from 'node:timers/promises';
import { ReasonError } from '../media.reasons.js';
import type { Job } from '../jobs/job.js';
import type { JobKey, JobRepository, WatchedJob } from '../jobs/job.repository.js';
import { inDatabase } from './in-database.js';
import { SILENT_MS } from './key-beats.js';

/** Between two looks at a job that another request waits for. */
const LOOK_MS = 250;

/** After its deadline a job's own process writes its end within a second or two. */
const LOST_MS = 5000;
const LOST = { status: 'timeout', failureReason: 'PROVIDER_TIMEOUT' } as const;

/** The job that has the key and is done; else when, by `performance.now()`, the key was this job's at the earliest. */
export type Claim = { readonly first: Job } | { readonly claimedAt: number };

/**
 * Gives the job its key, or finds the one that has it and is done. One that is still under way is waited for; once it
 * has failed, or its process is gone, its key is free, and the photo is worked on again.
 * @param requestHash SHA-256 of slot and photo
 * @throws IDEMPOTENCY_KEY_CONFLICT when the key came with another photo or slot; the reason of the signal
 */
export async function claimOrFind(
  jobs: JobRepository,
  jobId: string,
  key: JobKey,
  signal: AbortSignal,
): Promise<Claim> {
  for (;;) {
    const claimedAt = performance.now();
    const claimed = await inDatabase(() => jobs.claimKey(jobId, key));
    if (!claimed) return { claimedAt };
    if (!claimed.isSame) throw new ReasonError('IDEMPOTENCY_KEY_CONFLICT');
    const first = await endOf(jobs, claimed.job, signal);
    if (first?.status === 'done') return { first };
  }
}

/**
 * Ends a job itself that nobody works on any more, as of a process that was killed: its key would not be free else. No
 * clock is compared with another's but where an earlier build has begun the job.
 */
async function endOf(jobs: JobRepository, job: Job, signal: AbortSignal): Promise<Job | null> {
  const look = () => inDatabase(() => jobs.watch(job.id));
  let seen = await look();
  let changedAt = performance.now();
  while (seen?.job.status === 'pending') {
    const { beat } = seen;
    if (performance.now() - changedAt > SILENT_MS || isLate(seen)) await end(jobs, seen);
    // Also before the first look: a key that was freed a moment ago is not asked for without a pause.
    await wait(LOOK_MS);
    signal.throwIfAborted();
    seen = await look();
    if (seen?.beat !== beat) changedAt = performance.now();
  }
  return seen?.job ?? null;
}

function isLate({ job }: WatchedJob): boolean {
  return Date.now() > Date.parse(job.syncDeadline) + LOST_MS;
}

/** Unless somebody works on it after all. */
async function end(jobs: JobRepository, seen: WatchedJob): Promise<void> {
  const { job, beat } = seen;
  const isUntold = beat === null;
  if (isUntold && !isLate(seen)) return;
  const failure = { ...LOST, completedAt: new Date().toISOString() };
  await inDatabase(() => jobs.fail(job.id, failure, isUntold ? undefined : beat));
}
