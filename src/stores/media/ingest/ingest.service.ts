import { createHash } from 'node:crypto';
import { Inject, Injectable, type OnModuleDestroy } from '@nestjs/common';
import { endsWithin } from '@holdfast/core/deadline';
import { LOG, type Log } from '@holdfast/core/log';
import { SETTINGS } from '@holdfast/nest/settings.module';
import type { Settings } from '@holdfast/guard/settings';
import { valuesOf } from '@holdfast/guard/values-of';
import type { DriverAnswer } from '../drivers/driver.js';
import { MediaFiles } from '../files/media-files.js';
import { JobRepository } from '../jobs/job.repository.js';
import { ReasonError } from '../media.reasons.js';
import { mediaVariables } from '../media.variables.js';
import { MediaObjectRepository } from '../objects/media-object.repository.js';
import type { MediaObject } from '../objects/media-object.js';
import { TemplateRepository } from '../templates/template.repository.js';
import { inDatabase } from './in-database.js';
import { codeOf, IngestOutcomes } from './ingest-outcomes.js';
import { type ImageFacts, PassingImage } from './passing-image.js';
import type { PhotoResult, PhotoRun } from './photo-run.js';
import { PublishedImages } from './published-images.js';
import { claimOrFind } from './repetition.js';
import { StoredImage } from './stored-image.js';
import { receivePhoto } from './upload.js';
import '../media.log-fields.js';

/** For what is removed and written when a photo has failed; its answer waits no longer for that. */
const SETTLE_MS = 1000;

export const MIB = 1024 * 1024;

/** Takes a photo in, has it changed, and stores the result: one request, one bound, nothing left when it fails. */
@Injectable()
export class IngestService implements OnModuleDestroy {
  readonly #values;
  readonly #open = new Set<Promise<unknown>>();

  constructor(
    @Inject(SETTINGS) settings: Settings,
    @Inject(LOG) private readonly log: Log,
    private readonly files: MediaFiles,
    private readonly jobs: JobRepository,
    private readonly objects: MediaObjectRepository,
    private readonly templates: TemplateRepository,
    private readonly outcomes: IngestOutcomes,
  ) {
    this.#values = valuesOf(settings, mediaVariables);
  }

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
      const result = await this.#completedAfterAll(run, error);
      if (result) return result;
      const settling = this.#settle(run, error);
      this.#keepOpen(settling);
      await endsWithin(SETTLE_MS, settling);
      // What goes on regardless of the signal may still make files and rows, the job's among them.
      const isToldLater = run.job === null;
      this.#keepOpen(
        work
          .catch(() => undefined)
          .then(() => (isToldLater ? this.#settle(run, error) : this.#discard(run))),
      );
      this.outcomes.failed(run, error);
      throw error;
    } finally {
      run.limit.end();
    }
  }

  async #work(run: PhotoRun): Promise<PhotoResult> {
    const { signal } = run.limit;
    await receivePhoto(run, this.files, () => this.#begin(run));
    const { plan, photo } = run;
    if (!photo) throw new ReasonError('INTERNAL_ERROR');
    if (plan.key !== null) {
      const requestHash = sha256Of(`${plan.slot.id} ${photo.sha256}`);
      const key = { key: plan.key, requestHash };
      const first = await claimOrFind(this.jobs, run.jobId, key, signal);
      if (first) return this.#repeat(run, first.id);
    }
    // Its row is for whoever finds the file after this process was killed: the driver need not wait for it.
    const changing = this.#change(run, photo);
    await Promise.allSettled([changing, this.#addTemporary(run, photo)]).then(throwFirst);
    signal.throwIfAborted();
    const object = await changing;
    run.completing = this.#complete(run, object, photo);
    const result = await run.completing;
    if (!result) throw new ReasonError('PROVIDER_TIMEOUT');
    return result;
  }

  async #addTemporary(run: PhotoRun, photo: ImageFacts & { readonly path: string }): Promise<void> {
    const row = run.rowOf('temp', photo.path, photo);
    await inDatabase(() => this.objects.add(row));
    run.rows.push(row.id);
  }

  async #begin(run: PhotoRun): Promise<void> {
    const { plan } = run;
    run.limit.signal.throwIfAborted();
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

  /** Has the photo changed, and stores what has come of it; the row is written by `#complete`. */
  async #change(
    run: PhotoRun,
    photo: ImageFacts & { readonly path: string },
  ): Promise<MediaObject> {
    const { plan, limit } = run;
    const { driver, operation, settings } = plan.treatment(run.fields);
    const published = new PublishedImages(
      run,
      this.files,
      this.objects,
      this.#values.PUBLIC_MEDIA_BASE_URL,
    );
    const stored = await inDatabase(() => this.templates.ofSlot(plan.slot.id));
    const answer = await driver.process({
      image: new StoredImage(this.files, photo),
      operation,
      settings,
      templates: stored.map(({ template, object }) =>
        Object.assign(new StoredImage(this.files, object), { mediaKind: template.mediaKind }),
      ),
      deadline: limit.deadline,
      signal: limit.signal,
      publish: (image) => published.publish(image),
    });
    if (limit.signal.aborted) await drop(answer);
    limit.signal.throwIfAborted();
    return this.#store(run, photo, answer);
  }

  async #store(
    run: PhotoRun,
    photo: ImageFacts & { readonly path: string },
    answer: DriverAnswer,
  ): Promise<MediaObject> {
    const path = run.newFile('result');
    if (answer.isInput) {
      await drop(answer);
      await this.files.rename(photo.path, path);
      const { contentType, bytes, sha256 } = photo;
      return run.rowOf('result', path, { contentType, bytes, sha256 });
    }
    const passing = new PassingImage(
      this.#values.INGEST_HARD_LIMIT_MB * MIB,
      () => failed('the provider has given more than INGEST_HARD_LIMIT_MB'),
      () => failed('the provider has given something that is no JPEG, PNG or WebP'),
    );
    const { signal } = run.limit;
    await this.files.store(path, passing.pass(answer.bytes), { signal, durable: true });
    return run.rowOf('result', path, passing.facts());
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
    this.#keepOpen(this.#removeFiles(run));
    return { jobId: run.jobId, object };
  }

  /** The result of the job that has the key, in place of this one, which is withdrawn. */
  async #repeat(run: PhotoRun, firstId: string): Promise<PhotoResult> {
    run.isRepetition = true;
    await inDatabase(() => this.jobs.withdraw(run.jobId));
    run.job = null;
    this.#keepOpen(this.#removeFiles(run));
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

  /** Writes how the job ended, and removes what it has made. What cannot be now is what cleanup is for. */
  async #settle(run: PhotoRun, error: unknown): Promise<void> {
    const code = codeOf(error);
    const failure = {
      status: code === 'PROVIDER_TIMEOUT' ? ('timeout' as const) : ('failed' as const),
      failureReason: code,
      completedAt: new Date().toISOString(),
    };
    const { job } = run;
    if (job) {
      await inDatabase(() => this.jobs.fail(job.id, failure)).catch((err: unknown) => {
        this.log.warn({ event: 'ingest.unsettled', job_id: job.id, code: codeOf(err), err });
      });
    }
    await this.#discard(run);
  }

  async #discard(run: PhotoRun): Promise<void> {
    await this.#removeFiles(run);
    if (run.rows.length === 0) return;
    const now = new Date().toISOString();
    await inDatabase(() => this.objects.markCleaned(run.rows, now)).catch(() => undefined);
  }

  async #removeFiles(run: PhotoRun): Promise<void> {
    const removals = [...run.files].map((path) => this.files.remove(path));
    const failed = (await Promise.allSettled(removals)).find(({ status }) => status === 'rejected');
    if (failed?.status === 'rejected') {
      const err: unknown = failed.reason;
      this.log.warn({ event: 'ingest.files_left', job_id: run.jobId, code: codeOf(err), err });
    }
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

/** Lets go of an answer that nobody reads. */
async function drop({ bytes }: DriverAnswer): Promise<void> {
  await bytes[Symbol.asyncIterator]().return?.();
}

function failed(detail: string): ReasonError {
  return new ReasonError('PROVIDER_FAILED', { detail });
}

function sha256Of(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
