import type { LogFields } from '@holdfast/core/log-fields';
import { Inject, Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { type HealthIndicatorResult, HealthIndicatorService } from '@nestjs/terminus';
import { SETTINGS } from '../settings.module.js';
import { maskRedisUrl } from '@holdfast/guard/redis-url';
import type { Settings } from '@holdfast/guard/settings';
import { expiringSoon } from '@holdfast/postgres/connection/certificates';
import { LOG, type Log } from '@holdfast/core/log';
import { reasonFor } from '@holdfast/core/reasons';
import { REDIS } from '../redis/redis.module.js';
import type { Redis } from '../redis/redis.js';
import { type Check, readingCheck } from './check.js';
import type { HealthCheck } from './health-check.js';
import type { LoginCanary } from './login-canary.js';
import { Probe } from './probe.js';
import { RedisTarget } from './redis-target.js';

/** A script that writes next to nothing, once a second; PING in between. */
const EVERY_MS = 1000;
const WATCH_MS = 2500;

/** Injection token of `LoginCanary | null`. */
export const REDIS_CANARY = 'holdfast.health.redis-login';

type Session = ReturnType<HealthIndicatorService['check']>;

/** Redis, when there is one: required in a strict environment, optional otherwise. */
@Injectable()
export class RedisIndicator implements HealthCheck, OnApplicationShutdown {
  readonly name = 'redis';
  readonly #question: RedisTarget | undefined;
  readonly #probe: Probe<void> | undefined;
  #reportedEnding = '';

  constructor(
    private readonly indicators: HealthIndicatorService,
    @Inject(SETTINGS) private readonly settings: Settings,
    @Inject(REDIS) private readonly redis: Redis | null,
    @Inject(REDIS_CANARY) private readonly canary: LoginCanary | null,
    @Inject(LOG) private readonly log: Log,
  ) {
    if (redis === null) return;
    const timeoutMs = settings.probeTimeoutMs;
    this.#question = new RedisTarget(redis);
    this.#probe = new Probe(this.#question, { timeoutMs, everyMs: EVERY_MS, watchMs: WATCH_MS });
  }

  get isUsed(): boolean {
    return this.#probe !== undefined;
  }

  async check(): Promise<HealthIndicatorResult<'redis'>> {
    if (!this.#probe || !this.#question) throw new TypeError('there is no Redis to check');
    const data = readingCheck(await this.#probe.read(), this.#question.isLoggedIn);
    const session = this.indicators.check('redis');
    if (data.ok) return this.#condition(data, session);
    return this.settings.strict ? session.down({ ...data }) : session.degraded({ ...data });
  }

  /** The open session still works, and the next one may not. */
  #condition(data: Check, session: Session): HealthIndicatorResult<'redis'> {
    const ending = expiringSoon(this.redis?.certificates() ?? [], new Date()).join(', ');
    this.#tellCertificate(ending);
    if (this.canary && !this.canary.check.ok)
      return session.degraded({ ...this.canary.check, detail: data.detail });
    return ending === ''
      ? session.up({ ...data })
      : session.degraded({ ...data, code: 'REDIS_CERTIFICATE_EXPIRING' });
  }

  #tellCertificate(detail: string): void {
    if (detail === this.#reportedEnding) return;
    this.#reportedEnding = detail;
    const code = 'REDIS_CERTIFICATE_EXPIRING';
    if (detail === '') this.log.info({ event: 'redis.fit' }, 'its certificate lasts');
    else this.log.warn({ event: 'redis.warning', code, detail }, reasonFor(code).meaning);
  }

  place(): Pick<LogFields, 'url' | 'failure'> {
    const { redisUrl } = this.settings;
    if (!redisUrl || !this.#question) return {};
    return { url: maskRedisUrl(redisUrl.reveal()), failure: this.#question.failure };
  }

  onApplicationShutdown(): void {
    this.#probe?.close();
  }
}
