import { normalizeIp } from '@nestjs/throttler/dist/ip.js';
import type { Log } from '@holdfast/core/log';
import { reasonFor } from '@holdfast/core/reasons';
import { RATE_CLASSES, type RateLimitSettings } from '@holdfast/guard/rate-limit-settings';
import { redisFailure } from '../redis/failure.js';
import type { Redis } from '../redis/redis.js';
import { RateLimiter } from './rate-limiter.js';
import { RateLimits } from './rate-limits.js';
import { SharedCounts } from './shared-counts.js';

/** The limits that are on, counting from now on in Redis where there is one. */
export function openRateLimits(
  { requests, windowSeconds, instances }: RateLimitSettings,
  redis: Redis | null,
  log: Log,
): RateLimits {
  const shared =
    redis &&
    new SharedCounts(redis, (isUp, error) => {
      logChange(log, isUp, error);
    });
  const limiters = RATE_CLASSES.filter((name) => requests[name] > 0).map((name) => {
    const limit = { name, requests: requests[name], windowSeconds, instances };
    return [name, new RateLimiter(limit, shared)] as const;
  });
  const [[, first] = []] = limiters;
  if (first) shared?.start(() => first.window);
  return new RateLimits(Object.fromEntries(limiters), normalizeIp, () => shared?.close());
}

function logChange(log: Log, isUp: boolean, error: unknown): void {
  const { code } = redisFailure(error);
  if (isUp) log.info({ event: 'rate_limit.shared' }, 'requests are counted in Redis');
  else {
    const event = 'rate_limit.alone';
    log.warn(
      { event, code },
      `each instance grants its share of the rate limits: ${reasonFor(code).meaning}`,
    );
  }
}
