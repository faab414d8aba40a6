import { createHash } from 'node:crypto';
import { Inject, Injectable, type OnModuleDestroy } from '@nestjs/common';
import { endsWithin } from '@holdfast/core/deadline';
import { MediaFiles } from '../files/media-files.js';
import { FilesCondition } from '../health/files-condition.js';
import { JobRepository } from '../jobs/job.repository.js';
import { ReasonError } from '../media.reasons.js';
import { MediaObjectRepository } from '../objects/media-object.repository.js';
import type { MediaObject } from '../objects/media-object.js';
import { inDatabase } from './in-database.js';
import { codeOf, IngestOutcomes } from './ingest-outcomes.js';
import { KeyBeats } from './key-beats.js';
import type { ImageFacts } from './passing-image.js';
import { PhotoChanges } from './photo-changes.js';
import { PhotoRemains } from './photo-remains.js';
import type { PhotoResult, PhotoRun, ReceivedPhoto } from './photo-run.js';
import { claimOrFind } from './repetition.js';
import { receivePhoto } from './upload.js';

/** For what is removed and written when a photo has failed; its answer waits no longer for that. */
const SETTLE_MS = 1000;

/** Takes a photo in, has it changed, and stores the result: one request, one bound, nothing left when it fails. */
@Injectable()
export class IngestService implements OnModuleDestroy {
  readonly #open = new Set<Promise<unknown>>();

  constructor(
    private readonly files: MediaFiles,
    private readonly jobs: JobRepository,
    private readonly objects: MediaObjectRepository,
    private readonly changes: PhotoChanges,
    private readonly remains: PhotoRemains,
    private readonly outcomes: IngestOutcomes,
    private readonly beats: KeyBeats,
    @Inject(FilesCondition) private readonly condition: FilesCondition,
  ) {}

  /** Connections are gone by now, and what worked for them ends: their jobs are written before databases close. */
  async onModuleDestroy(): Promise<void> {
    await endsWithin(SETTLE_MS, Promise.allSettled(this.#open));
  }

  /**
   * @throws what `receivePhoto` throws; PROVIDER_FAILED, PROVIDER_RATE_LIMITED, PROVIDER_TIMEOUT;
   * IDEMPOTENCY_KEY_CONFLICT, RESULT_EXPIRED; what the database is refused for
   */
  async run(run: PhotoRun): Promise<PhotoResult> {
    const work = this.#work(run);
    this.#keepOpen(work);
    try {
      const result = await run.limit.within(work);
      this.outcomes.succeeded(run, result);
      return result;
    } catch (error) {
      this.condition.doubt(error);
      const result = await this.#completedAfterAll(run, error);
      if (result) return result;
      const settling = this.remains.settle(run, error);
      this.#keepOpen(settling);
      await endsWithin(SETTLE_MS, settling);
      // What goes on regardless of the signal may still make files and rows, the job's among them.
      const isToldLater = run.job === null;
      this.#keepOpen(
        work
          .catch(() => undefined)
          .then(() => (isToldLater ? this.remains.settle(run, error) : this.remains.discard(run))),
      );
      this.outcomes.failed(run, error);
      throw error;
    } finally {
      run.limit.end();
    }
  }

  async #work(run: PhotoRun): Promise<PhotoResult> {
    await receivePhoto(run, this.files, () => this.#begin(run));
    const { plan, photo, limit } = run;
    if (!photo) throw new ReasonError('INTERNAL_ERROR');
    if (plan.key === null) return this.#change(run, photo);
    const requestHash = sha256Of(`${plan.slot.id} ${photo.sha256}`);
    const key = { key: plan.key, requestHash };
    const claim = await claimOrFind(this.jobs, run.jobId, key, limit.signal);
    if ('first' in claim) return this.#repeat(run, claim.first.id);
    const endBeats = this.beats.hold(run.jobId, claim.claimedAt, (why) => {
      limit.giveUp(why);
    });
    try {
      return await this.#change(run, photo);
    } finally {
      endBeats();
    }
  }

  async #change(run: PhotoRun, photo: ReceivedPhoto): Promise<PhotoResult> {
    const { signal } = run.limit;
    signal.throwIfAborted();
    // Its row is for whoever finds the file after this process was killed: the driver need not wait for it.
    const changing = this.changes.change(run, photo);
    await Promise.allSettled([changing, this.#addTemporary(run, photo)]).then(throwFirst);
    signal.throwIfAborted();
    const object = await changing;
    await inDatabase(() => this.condition.assertStillOwn());
    signal.throwIfAborted();
    run.completing = this.#complete(run, object, photo);
    const result = await run.completing;
    if (!result) throw new ReasonError('PROVIDER_TIMEOUT');
    return result;
  }

  async #addTemporary(run: PhotoRun, photo: ReceivedPhoto): Promise<void> {
    const row = run.rowOf('temp', photo.path, photo);
    await inDatabase(() => this.objects.add(row));
    run.rows.push(row.id);
  }

  async #begin(run: PhotoRun): Promise<void> {
    const { plan } = run;
    run.limit.signal.throwIfAborted();
    await this.condition.assertOwn();
    const job = {
      id: run.jobId,
      slotId: plan.slot.id,
      source: plan.source,
      status: 'pending' as const,
      failureReason: null,
      provider: plan.provider(run.fields),
      startedAt: new Date(run.startedAt).toISOString(),
      syncDeadline: new Date(run.syncDeadline).toISOString(),
      completedAt: null,
      durationMs: null,
      requestSha256: null,
      resultMediaId: null,
      resultExpiresAt: null,
    };
    await inDatabase(() => this.jobs.begin(job));
    run.job = job;
  }

  async #complete(
    run: PhotoRun,
    object: MediaObject,
    photo: ImageFacts,
  ): Promise<PhotoResult | null> {
    const completedAt = new Date().toISOString();
    const isCompleted = await inDatabase(() =>
      this.jobs.complete(run.jobId, { requestSha256: photo.sha256 }, object, completedAt),
    );
    if (!isCompleted) return null;
    run.files.delete(object.path);
    run.rows.length = 0;
    this.#keepOpen(this.remains.removeFiles(run));
    return { jobId: run.jobId, object };
  }

  /** The result of the job that has the key, in place of this one, which is withdrawn. */
  async #repeat(run: PhotoRun, firstId: string): Promise<PhotoResult> {
    run.isRepetition = true;
    await inDatabase(() => this.jobs.withdraw(run.jobId));
    run.job = null;
    this.#keepOpen(this.remains.removeFiles(run));
    const object = await inDatabase(() => this.objects.resultOf(firstId));
    const isThere = object && !object.cleanedAt && Date.parse(object.expiresAt ?? '') > Date.now();
    if (!isThere) throw new ReasonError('RESULT_EXPIRED');
    return { jobId: firstId, object };
  }

  /** A job that is written as done while its time ends is done; its client may have left. */
  async #completedAfterAll(run: PhotoRun, error: unknown): Promise<PhotoResult | null> {
    if (!run.completing || !run.limit.signal.aborted) return null;
    const result = await run.completing.catch(() => null);
    if (!result) return null;
    this.outcomes.succeeded(run, result);
    if (codeOf(error) === 'REQUEST_ABANDONED') throw error;
    return result;
  }

  #keepOpen(work: Promise<unknown>): void {
    const settled = work.then(
      () => undefined,
      () => undefined,
    );
    this.#open.add(settled);
    void settled.then(() => this.#open.delete(settled));
  }
}

/** Once all have ended: none of them makes files any more. */
function throwFirst(ended: readonly PromiseSettledResult<unknown>[]): void {
  const failed = ended.find(({ status }) => status === 'rejected');
  if (failed?.status === 'rejected') throw failed.reason;
}

function sha256Of(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
