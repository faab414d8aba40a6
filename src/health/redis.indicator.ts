import { Inject, Injectable } from '@nestjs/common';
import { type HealthIndicatorResult, HealthIndicatorService } from '@nestjs/terminus';
import { SETTINGS } from '../config/config.module.js';
import type { Settings } from '../config/settings.js';
import { REDIS } from '../redis/redis.module.js';
import type { Redis } from '../redis/redis.js';
import { readingCheck } from './check.js';
import { Probe } from './probe.js';

/** A PING costs Redis next to nothing. */
const EVERY_MS = 250;
const WATCH_MS = 2500;

/** Redis, when there is one: required in a strict environment, optional otherwise. */
@Injectable()
export class RedisIndicator {
  readonly #probe: Probe<void> | undefined;

  constructor(
    private readonly indicators: HealthIndicatorService,
    @Inject(SETTINGS) private readonly settings: Settings,
    @Inject(REDIS) redis: Redis | null,
  ) {
    this.#probe =
      redis === null
        ? undefined
        : new Probe(
            {
              ask: () => redis.ping(),
              abandon: () => {
                redis.reconnect();
              },
              codeOf: () => 'REDIS_UNREACHABLE',
            },
            { timeoutMs: settings.probeTimeoutMs, everyMs: EVERY_MS, watchMs: WATCH_MS },
          );
  }

  get isUsed(): boolean {
    return this.#probe !== undefined;
  }

  async check(): Promise<HealthIndicatorResult<'redis'>> {
    if (!this.#probe) throw new TypeError('there is no Redis to check');
    const data = readingCheck(await this.#probe.read());
    const session = this.indicators.check('redis');
    if (data.ok) return session.up({ ...data });
    return this.settings.strict ? session.down({ ...data }) : session.degraded({ ...data });
  }
}
