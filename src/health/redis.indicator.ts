import { Inject, Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { type HealthIndicatorResult, HealthIndicatorService } from '@nestjs/terminus';
import { SETTINGS } from '../config/config.module.js';
import { maskRedisUrl } from '../config/redis-url.js';
import type { Settings } from '../config/settings.js';
import { REDIS } from '../redis/redis.module.js';
import type { Redis } from '../redis/redis.js';
import { readingCheck } from './check.js';
import type { HealthCheck } from './health-check.js';
import { Probe } from './probe.js';
import { RedisQuestion } from './redis-question.js';

/** A script that writes next to nothing, once a second; PING in between. */
const EVERY_MS = 1000;
const WATCH_MS = 2500;

/** Redis, when there is one: required in a strict environment, optional otherwise. */
@Injectable()
export class RedisIndicator implements HealthCheck, OnApplicationShutdown {
  readonly name = 'redis';
  readonly #question: RedisQuestion | undefined;
  readonly #probe: Probe<void> | undefined;

  constructor(
    private readonly indicators: HealthIndicatorService,
    @Inject(SETTINGS) private readonly settings: Settings,
    @Inject(REDIS) redis: Redis | null,
  ) {
    if (redis === null) return;
    const timeoutMs = settings.probeTimeoutMs;
    this.#question = new RedisQuestion(redis);
    this.#probe = new Probe(this.#question, { timeoutMs, everyMs: EVERY_MS, watchMs: WATCH_MS });
  }

  get isUsed(): boolean {
    return this.#probe !== undefined;
  }

  async check(): Promise<HealthIndicatorResult<'redis'>> {
    if (!this.#probe || !this.#question) throw new TypeError('there is no Redis to check');
    const data = readingCheck(await this.#probe.read(), this.#question.isLetIn);
    const session = this.indicators.check('redis');
    if (data.ok) return session.up({ ...data });
    return this.settings.strict ? session.down({ ...data }) : session.degraded({ ...data });
  }

  place(): Readonly<Record<string, string>> {
    const { redisUrl } = this.settings;
    if (!redisUrl || !this.#question) return {};
    return { url: maskRedisUrl(redisUrl.reveal()), failure: this.#question.failure };
  }

  onApplicationShutdown(): void {
    this.#probe?.close();
  }
}
