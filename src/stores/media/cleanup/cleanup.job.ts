import { Inject, Injectable } from '@nestjs/common';
import type { Lease } from '@holdfast/core/lease';
import { LOG, type Log } from '@holdfast/core/log';
import type { Settings } from '@holdfast/guard/settings';
import { valuesOf } from '@holdfast/guard/values-of';
import { Metrics } from '@holdfast/nest/metrics/metrics';
import { TaskMetrics } from '@holdfast/nest/metrics/task-metrics';
import { SETTINGS } from '@holdfast/nest/settings.module';
import { RepeatedTask } from '../../repeated-task.js';
import { MediaFiles } from '../files/media-files.js';
import { JobRepository } from '../jobs/job.repository.js';
import '../media.log-fields.js';
import { mediaVariables } from '../media.variables.js';
import { MediaObjectRepository } from '../objects/media-object.repository.js';
import type { SettingRepository } from '../settings/setting.repository.js';
import { SHARED_SETTINGS } from '../settings/shared-settings.js';
import { cleanUp } from './cleanup.js';

/** Injection token of a function that gives a `Lease` for one cleanup. */
export const CLEANUP_LEASE = 'holdfast.media.cleanup-lease';

/** Between two looks through all files, which take long in a bucket; milliseconds. */
const ORPHANS_EVERY_MS = 3_600_000;

/** Removes what has expired every MEDIA_CLEANUP_INTERVAL_SECONDS. */
@Injectable()
export class CleanupJob extends RepeatedTask {
  #doneAt = performance.now();
  #lookedThroughAt = -Infinity;

  constructor(
    @Inject(SETTINGS) settings: Settings,
    @Inject(CLEANUP_LEASE) private readonly lease: () => Lease,
    @Inject(LOG) log: Log,
    tasks: TaskMetrics,
    metrics: Metrics,
    private readonly jobs: JobRepository,
    private readonly objects: MediaObjectRepository,
    private readonly files: MediaFiles,
    @Inject(SHARED_SETTINGS) private readonly shared: SettingRepository | undefined,
  ) {
    const { MEDIA_CLEANUP_INTERVAL_SECONDS: intervalSeconds } = valuesOf(settings, mediaVariables);
    super({ task: 'media_cleanup', store: 'media', event: 'cleanup', intervalSeconds }, log, tasks);
    if (intervalSeconds === 0) return;
    metrics.register({
      name: 'holdfast_media_cleanup_age_seconds',
      help: 'Since this process has last removed expired files, or since its start; none where it is not to.',
      type: 'gauge',
      labels: [],
      read: () => [{ labels: {}, value: (performance.now() - this.#doneAt) / 1000 }],
    });
  }

  protected async work(signal: AbortSignal): Promise<void> {
    const { jobs, objects, files: place, shared } = this;
    const withOrphans = performance.now() - this.#lookedThroughAt >= ORPHANS_EVERY_MS;
    const done = await cleanUp(
      { jobs, objects, files: place, settings: shared },
      { lease: this.lease(), withOrphans, signal },
    );
    this.#doneAt = performance.now();
    if (withOrphans) this.#lookedThroughAt = this.#doneAt;
    const { overdueJobs, files, bytes, orphans } = done;
    const counts = { overdue_jobs: overdueJobs, files, bytes, orphans };
    this.log.info({ event: 'cleanup.done', store: 'media', ...counts });
  }
}
