import { Injectable } from '@nestjs/common';
import type { Instant } from '@holdfast/core/instant';
import { newestFirst } from '@holdfast/core/page';
import { MediaMemory } from '../media.memory.js';
import type { MediaObject } from '../objects/media-object.js';
import { durationOf, earliestWithResult, type Job, OVERDUE_REASON } from './job.js';
import {
  type ClaimedKey,
  type JobFailure,
  type JobKey,
  JobRepository,
  type WatchedJob,
} from './job.repository.js';

/** For development and tests: gone with the process. */
@Injectable()
export class MemoryJobRepository extends JobRepository {
  constructor(private readonly memory: MediaMemory) {
    super();
  }

  async begin(job: Job): Promise<void> {
    await Promise.resolve();
    this.memory.requireSlot(job.slotId);
    if (this.memory.jobs.has(job.id)) throw new Error('the job exists');
    this.memory.jobs.set(job.id, { ...job });
  }

  async claimKey(jobId: string, { key, requestHash }: JobKey): Promise<ClaimedKey | null> {
    await Promise.resolve();
    if (!this.#pending(jobId)) return null;
    const taken = this.memory.keys.get(key);
    if (!taken) {
      if ([...this.memory.keys.values()].some((entry) => entry.jobId === jobId))
        throw new Error('the job has another key');
      this.memory.keys.set(key, { jobId, requestHash, beat: 0 });
      return null;
    }
    const job = this.memory.jobs.get(taken.jobId);
    if (!job) throw new TypeError('a key without its job');
    if (job.id === jobId) return null;
    return { job: { ...job }, isSame: taken.requestHash === requestHash };
  }

  async complete(
    jobId: string,
    { requestSha256 }: { readonly requestSha256: string },
    result: MediaObject,
    completedAt: Instant,
  ): Promise<boolean> {
    await Promise.resolve();
    const { jobs, objects } = this.memory;
    const before = this.#pending(jobId);
    if (!before) return false;
    if (result.expiresAt === null) throw new Error('a result expires');
    this.memory.addObject(result);
    for (const object of this.memory.live()) {
      const isUsed = object.jobId === jobId && ['temp', 'provider'].includes(object.scope);
      if (isUsed) objects.set(object.id, { ...object, cleanedAt: completedAt });
    }
    jobs.set(jobId, {
      ...before,
      ...{ status: 'done', completedAt, durationMs: durationOf(before, completedAt) },
      ...{ requestSha256, resultMediaId: result.id, resultExpiresAt: result.expiresAt },
    });
    return true;
  }

  async fail(jobId: string, failure: JobFailure, beat?: number): Promise<boolean> {
    await Promise.resolve();
    const before = this.#pending(jobId);
    if (!before || (beat !== undefined && this.memory.keyOf(jobId)?.beat !== beat)) return false;
    this.#end(before, failure);
    return true;
  }

  async beat(jobIds: readonly string[]): Promise<ReadonlySet<string>> {
    await Promise.resolve();
    const keyed = jobIds.filter((id) => {
      const key = this.memory.keyOf(id);
      if (key) key.beat += 1;
      return key !== undefined;
    });
    return new Set(keyed);
  }

  async watch(jobId: string): Promise<WatchedJob | null> {
    const job = await this.find(jobId);
    return job && { job, beat: this.memory.keyOf(jobId)?.beat ?? null };
  }

  async withdraw(jobId: string): Promise<boolean> {
    await Promise.resolve();
    if (!this.#pending(jobId)) return false;
    for (const object of this.memory.objects.values())
      if (object.jobId === jobId) this.memory.objects.delete(object.id);
    this.memory.freeKeyOf(jobId);
    return this.memory.jobs.delete(jobId);
  }

  async find(id: string): Promise<Job | null> {
    await Promise.resolve();
    return structuredClone(this.memory.jobs.get(id) ?? null);
  }

  async latest(slotId: string, limit: number): Promise<readonly Job[]> {
    await Promise.resolve();
    return this.#newest((job) => job.slotId === slotId, limit);
  }

  async latestResults(slotId: string, now: Instant, limit: number): Promise<readonly Job[]> {
    await Promise.resolve();
    const earliest = earliestWithResult(now);
    return this.#newest(
      (job) =>
        job.slotId === slotId &&
        job.source === 'ingest' &&
        job.startedAt > earliest &&
        (job.resultExpiresAt ?? '') > now,
      limit,
    );
  }

  async endOverdue(before: Instant, limit: number): Promise<number> {
    await Promise.resolve();
    const overdue = this.#overdue(before)
      .toSorted((one, other) => newestFirst(deadlineOf(other), deadlineOf(one)))
      .slice(0, limit);
    for (const job of overdue) {
      const completedAt = job.syncDeadline;
      this.#end(job, { status: 'timeout', failureReason: OVERDUE_REASON, completedAt });
    }
    return overdue.length;
  }

  async countOverdue(before: Instant): Promise<number> {
    await Promise.resolve();
    return this.#overdue(before).length;
  }

  #overdue(before: Instant): readonly Job[] {
    return [...this.memory.jobs.values()].filter(
      ({ status, syncDeadline }) => status === 'pending' && syncDeadline < before,
    );
  }

  #end(before: Job, { status, failureReason, completedAt }: JobFailure): void {
    const durationMs = durationOf(before, completedAt);
    const ended = { ...before, status, failureReason, completedAt, durationMs };
    this.memory.jobs.set(before.id, ended);
    this.memory.freeKeyOf(before.id);
  }

  #pending(jobId: string): Job | undefined {
    const job = this.memory.jobs.get(jobId);
    return job?.status === 'pending' ? job : undefined;
  }

  #newest(isChosen: (job: Job) => boolean, limit: number): readonly Job[] {
    return [...this.memory.jobs.values()]
      .filter(isChosen)
      .toSorted((one, other) => newestFirst(startOf(one), startOf(other)))
      .slice(0, limit)
      .map((job) => ({ ...job }));
  }
}

const startOf = ({ startedAt, id }: Job) => ({ createdAt: startedAt, id });
const deadlineOf = ({ syncDeadline, id }: Job) => ({ createdAt: syncDeadline, id });
