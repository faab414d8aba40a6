import { Inject, Injectable } from '@nestjs/common';
import { TaskMetrics } from '@holdfast/nest/metrics/task-metrics';
import { SETTINGS } from '@holdfast/nest/settings.module';
import type { Settings } from '@holdfast/guard/settings';
import { valuesOf } from '@holdfast/guard/values-of';
import { LOG, type Log } from '@holdfast/core/log';
import '../dpm.reasons.js';
import { dpmVariables } from '../dpm.variables.js';
import { RepeatedTask } from '../../repeated-task.js';
import { purgeExpired, type Retention } from '../../retention.js';
import type { PurgeCounts } from '../dpm.log-fields.js';

/** Injection token of a function that gives the `Retention` of this moment. */
export const RETENTION = 'holdfast.dpm.retention';

/** Purges every `DPM_PURGE_INTERVAL_SECONDS`. */
@Injectable()
export class PurgeJob extends RepeatedTask {
  constructor(
    @Inject(SETTINGS) settings: Settings,
    @Inject(RETENTION) private readonly retention: () => Retention,
    @Inject(LOG) log: Log,
    tasks: TaskMetrics,
  ) {
    const { DPM_PURGE_INTERVAL_SECONDS: intervalSeconds } = valuesOf(settings, dpmVariables);
    super({ task: 'dpm_purge', store: 'dpm', event: 'purge', intervalSeconds }, log, tasks);
  }

  protected async work(signal: AbortSignal): Promise<void> {
    const purged = await purgeExpired(this.retention(), undefined, signal);
    const counts: PurgeCounts = Object.fromEntries(
      purged.map(({ rule, records }) => [rule.name, records]),
    );
    this.log.info({ event: 'purge.done', store: 'dpm', ...counts });
  }
}
