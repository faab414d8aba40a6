import { Inject, Injectable } from '@nestjs/common';
import { LOG, type Log } from '@holdfast/core/log';
import { MediaFiles } from '../files/media-files.js';
import { JobRepository } from '../jobs/job.repository.js';
import { MediaObjectRepository } from '../objects/media-object.repository.js';
import { inDatabase } from './in-database.js';
import { codeOf } from './ingest-outcomes.js';
import type { PhotoRun } from './photo-run.js';
import '../media.log-fields.js';

/** What a photo has made and is not its result: it goes with its request. What cannot be now is what cleanup is for. */
@Injectable()
export class PhotoRemains {
  constructor(
    @Inject(LOG) private readonly log: Log,
    private readonly files: MediaFiles,
    private readonly jobs: JobRepository,
    private readonly objects: MediaObjectRepository,
  ) {}

  /** Writes how a job ended that gave no result, and removes what it has made. Never throws. */
  async settle(run: PhotoRun, error: unknown): Promise<void> {
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
    await this.discard(run);
  }

  /** Removes its files, and marks their rows. Never throws. */
  async discard(run: PhotoRun): Promise<void> {
    await this.removeFiles(run);
    if (run.rows.length === 0) return;
    const now = new Date().toISOString();
    await inDatabase(() => this.objects.markCleaned(run.rows, now)).catch(() => undefined);
  }

  /** Never throws. */
  async removeFiles(run: PhotoRun): Promise<void> {
    const removals = [...run.files].map((path) => this.files.remove(path));
    const failed = (await Promise.allSettled(removals)).find(({ status }) => status === 'rejected');
    if (failed?.status === 'rejected') {
      const err: unknown = failed.reason;
      this.log.warn({ event: 'ingest.files_left', job_id: run.jobId, code: codeOf(err), err });
    }
  }
}
