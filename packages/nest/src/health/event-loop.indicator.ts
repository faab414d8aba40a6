import { Inject, Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { type HealthIndicatorResult, HealthIndicatorService } from '@nestjs/terminus';
import { SETTINGS } from '../settings.module.js';
import type { Settings } from '@holdfast/guard/settings';
import { type Check, Failing } from './check.js';
import { EventLoopLag } from './event-loop.js';
import type { HealthCheck } from './health-check.js';
import '../reasons.js';

/** A process that is held up answers late, whatever its dependencies say. */
@Injectable()
export class EventLoopIndicator implements HealthCheck, OnApplicationShutdown {
  readonly name = 'event_loop';
  readonly isUsed = true;
  readonly isQuiet = true;
  readonly #lag = new EventLoopLag();
  readonly #failing = new Failing();

  constructor(
    private readonly indicators: HealthIndicatorService,
    @Inject(SETTINGS) private readonly settings: Settings,
  ) {}

  read(): Check {
    const lag = this.#lag.longest();
    const ok = this.settings.maxLagMs === 0 || lag <= this.settings.maxLagMs;
    return this.#failing.mark({
      ok,
      detail: ok ? 'responsive' : 'lagging',
      lag_ms: Math.round(lag * 10) / 10,
      ...(!ok && { code: 'EVENT_LOOP_LAGGING' }),
    });
  }

  check(): HealthIndicatorResult<'event_loop'> {
    const data = this.read();
    const session = this.indicators.check('event_loop');
    return data.ok ? session.up({ ...data }) : session.degraded({ ...data });
  }

  onApplicationShutdown(): void {
    this.#lag.close();
  }
}
