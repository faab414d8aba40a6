import {
  Inject,
  Injectable,
  type OnApplicationBootstrap,
  type OnModuleDestroy,
} from '@nestjs/common';
import { TaskMetrics, type TaskOutcome } from '@holdfast/nest/metrics/task-metrics';
import { SETTINGS } from '@holdfast/nest/settings.module';
import type { Settings } from '@holdfast/guard/settings';
import { valuesOf } from '@holdfast/guard/values-of';
import { requestFault } from '@holdfast/postgres/faults/request-fault';
import { LOG, type Log } from '@holdfast/core/log';
import { ReasonError } from '../dpm.reasons.js';
import { dpmVariables } from '../dpm.variables.js';
import { purgeExpired, type Retention } from '../../retention.js';
import { jittered } from '@holdfast/core/jitter';
import type { PurgeCounts } from '../dpm.log-fields.js';

/** Node takes a longer pause for none. */
const LONGEST_PAUSE_MS = 2 ** 31 - 1;

/** Its name in metrics. */
const TASK = 'dpm_purge';

/** Injection token of a function that gives the `Retention` of this moment. */
export const RETENTION = 'holdfast.dpm.retention';

/**
 * Purges every `DPM_PURGE_INTERVAL_SECONDS`, somewhat earlier or later so that replicas started
 * together do not ask at once. A replica that finds another at work waits for its next turn.
 */
@Injectable()
export class PurgeJob implements OnApplicationBootstrap, OnModuleDestroy {
  readonly #stopping = new AbortController();
  readonly #intervalSeconds: number;
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<void> = Promise.resolve();

  constructor(
    @Inject(SETTINGS) settings: Settings,
    @Inject(RETENTION) private readonly retention: () => Retention,
    @Inject(LOG) private readonly log: Log,
    private readonly tasks: TaskMetrics,
  ) {
    this.#intervalSeconds = valuesOf(settings, dpmVariables).DPM_PURGE_INTERVAL_SECONDS;
  }

  onApplicationBootstrap(): void {
    if (this.#intervalSeconds === 0) return;
    this.tasks.declare(TASK);
    this.#schedule();
  }

  /** Ends with the batch that is under way. */
  async onModuleDestroy(): Promise<void> {
    this.#stopping.abort();
    clearTimeout(this.#timer);
    await this.#running;
  }

  #schedule(): void {
    const pause = jittered(this.#intervalSeconds * 1000, 0.75, 1.25);
    this.#timer = setTimeout(
      () => {
        this.#running = this.#purge().finally(() => {
          if (!this.#stopping.signal.aborted) this.#schedule();
        });
      },
      Math.min(pause, LONGEST_PAUSE_MS),
    );
  }

  async #purge(): Promise<void> {
    const startedAt = performance.now();
    const ended = (outcome: TaskOutcome) => {
      this.tasks.record(TASK, outcome, performance.now() - startedAt);
    };
    try {
      const purged = await purgeExpired(this.retention(), undefined, this.#stopping.signal);
      const counts: PurgeCounts = Object.fromEntries(
        purged.map(({ rule, records }) => [rule.name, records]),
      );
      ended('done');
      this.log.info({ event: 'purge.done', store: 'dpm', ...counts });
    } catch (error) {
      const code = codeOf(error);
      ended(code === 'PURGE_UNDER_WAY' ? 'skipped' : 'failed');
      if (code === 'PURGE_UNDER_WAY')
        this.log.debug({ event: 'purge.skipped', store: 'dpm', code });
      else this.log.error({ event: 'purge.failed', store: 'dpm', code, err: error });
    }
  }
}

function codeOf(error: unknown): string {
  if (error instanceof ReasonError) return error.code;
  return requestFault(error) ?? 'INTERNAL_ERROR';
}
