import {
  Inject,
  Injectable,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
} from '@nestjs/common';
import { Lifecycle } from '../lifecycle.js';
import { LOG, type Log } from '@holdfast/core/log';
import type { Verdict } from './checks.js';
import { Checks } from './checks.js';
import { changesOf, NOTHING_TOLD, type Told } from './readiness-changes.js';

/** A change is told within that where nobody probes, and with the first answer that shows it else. */
const EVERY_MS = 1000;

/** Logs each change of readiness and of its checks once, whether anybody probes or not. */
@Injectable()
export class ReadinessWatch implements OnApplicationBootstrap, OnApplicationShutdown {
  #told: Told = NOTHING_TOLD;
  #timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly checks: Checks,
    private readonly lifecycle: Lifecycle,
    @Inject(LOG) private readonly log: Log,
  ) {}

  onApplicationBootstrap(): void {
    this.checks.listen((verdict) => {
      this.#tell(verdict);
    });
    this.#timer = setInterval(() => void this.#look(), EVERY_MS).unref();
  }

  onApplicationShutdown(): void {
    clearInterval(this.#timer);
  }

  async #look(): Promise<void> {
    if (this.lifecycle.phase !== 'serving') return;
    try {
      await this.checks.ask();
    } catch (error) {
      this.log.error({ event: 'check.broken', code: 'INTERNAL_ERROR', err: error });
    }
  }

  /** That the service drains has been told already, and what fails then is no loss. */
  #tell(verdict: Verdict): void {
    if (this.lifecycle.phase !== 'serving') return;
    const { changes, told } = changesOf(this.#told, verdict, new Date());
    this.#told = told;
    for (const { level, fields, message } of changes) {
      const place = this.checks.used.find(({ name }) => name === fields.check)?.place?.();
      this.log[level]({ ...fields, ...(fields.event === 'check.failed' && place) }, message);
    }
  }
}
