import { Injectable } from '@nestjs/common';
import { type Instant, readTime } from '@holdfast/core/instant';
import { newestFirst } from '@holdfast/core/page';
import type { Job } from '../jobs/job.js';
import { MediaMemory } from '../media.memory.js';
import { statsSinceOf } from '../settings/setting-keys.js';
import {
  type Bucket,
  bucketOf,
  type JobCounts,
  type LastEnds,
  percentile,
  PROVIDER_REASONS,
  type SlotStats,
} from './stats.js';
import { StatsRepository } from './stats.repository.js';

/** For development and tests: gone with the process. */
@Injectable()
export class MemoryStatsRepository extends StatsRepository {
  constructor(private readonly memory: MediaMemory) {
    super();
  }

  async counts(since: Instant): Promise<JobCounts> {
    await Promise.resolve();
    return countsOf(this.#since(since));
  }

  async series(since: Instant, bucketSeconds: number): Promise<readonly Bucket[]> {
    await Promise.resolve();
    const buckets = grouped(this.#since(since), ({ startedAt }) =>
      bucketOf(startedAt, bucketSeconds),
    );
    return [...buckets]
      .toSorted(([one], [other]) => one - other)
      .map(([second, jobs]) => ({
        at: new Date(second * 1000).toISOString(),
        ...countsOf(jobs),
        p95Ms: percentile(durationsOf(jobs), 95),
      }));
  }

  async bySlot(since: Instant): Promise<readonly SlotStats[]> {
    await Promise.resolve();
    const counting = this.#since(since).filter(({ slotId, startedAt }) => {
      const reset = this.memory.settings.get(statsSinceOf(slotId));
      return !reset || startedAt >= readTime(reset.value);
    });
    return [...grouped(counting, ({ slotId }) => slotId)]
      .toSorted(([one], [other]) => (one < other ? -1 : 1))
      .map(([slotId, jobs]) => ({
        slotId,
        ...countsOf(jobs),
        p50Ms: percentile(durationsOf(jobs), 50),
        p95Ms: percentile(durationsOf(jobs), 95),
      }));
  }

  async lastEnds(): Promise<readonly LastEnds[]> {
    await Promise.resolve();
    return [...this.memory.slots.keys()].toSorted().map((slotId) => {
      const jobs = this.#newest().filter((job) => job.slotId === slotId);
      const failure = jobs.find(({ failureReason }) => failureReason !== null);
      return {
        slotId,
        lastSuccessAt: jobs.find(({ status }) => status === 'done')?.completedAt ?? null,
        lastErrorAt: failure?.completedAt ?? null,
        lastErrorReason: failure?.failureReason ?? null,
      };
    });
  }

  async failures(limit: number): Promise<readonly Job[]> {
    await Promise.resolve();
    return this.#newest()
      .filter(({ failureReason }) => failureReason !== null)
      .slice(0, limit)
      .map((job) => ({ ...job }));
  }

  #since(since: Instant): Job[] {
    return [...this.memory.jobs.values()].filter(({ startedAt }) => startedAt >= since);
  }

  #newest(): Job[] {
    const position = ({ startedAt, id }: Job) => ({ createdAt: startedAt, id });
    return [...this.memory.jobs.values()].toSorted((one, other) =>
      newestFirst(position(one), position(other)),
    );
  }
}

function countsOf(jobs: readonly Job[]): JobCounts {
  const ofStatus = (status: Job['status']) => jobs.filter((job) => job.status === status);
  const failed = ofStatus('failed');
  return {
    jobs: jobs.length,
    done: ofStatus('done').length,
    timeouts: ofStatus('timeout').length,
    failed: failed.length,
    providerErrors: failed.filter(({ failureReason }) =>
      failureReason?.startsWith(PROVIDER_REASONS),
    ).length,
  };
}

function durationsOf(jobs: readonly Job[]): readonly number[] {
  return jobs
    .flatMap(({ durationMs }) => (durationMs === null ? [] : [durationMs]))
    .toSorted((one, other) => one - other);
}

function grouped<Key>(jobs: readonly Job[], keyOf: (job: Job) => Key): Map<Key, Job[]> {
  const groups = new Map<Key, Job[]>();
  for (const job of jobs) groups.set(keyOf(job), [...(groups.get(keyOf(job)) ?? []), job]);
  return groups;
}
