import { type DynamicModule, Module } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { ThrottlerModule, type ThrottlerModuleOptions } from '@nestjs/throttler';
import { SETTINGS } from '../settings.module.js';
import type { Settings } from '@holdfast/guard/settings';
import { LOG, type Log } from '@holdfast/core/log';
import { reasonFor } from '@holdfast/core/reasons';
import { redisFailure } from '../redis/failure.js';
import { REDIS, RedisModule } from '../redis/redis.module.js';
import type { Redis } from '../redis/redis.js';
import { RateLimitGuard } from './rate-limit.guard.js';
import { RateLimiter } from './rate-limiter.js';
import { SharedCounts } from './shared-counts.js';

@Module({})
export class RateLimitModule {
  static register(): DynamicModule {
    return {
      module: RateLimitModule,
      imports: [
        ThrottlerModule.forRootAsync({
          imports: [RedisModule],
          inject: [SETTINGS, REDIS, LOG],
          useFactory: options,
        }),
      ],
      providers: [{ provide: APP_GUARD, useClass: RateLimitGuard }],
    };
  }
}

function options({ rateLimit }: Settings, redis: Redis | null, log: Log): ThrottlerModuleOptions {
  const shared =
    redis &&
    new SharedCounts(redis, (isUp, error) => {
      logChange(log, isUp, error);
    });
  return {
    throttlers: [{ limit: rateLimit.requests, ttl: rateLimit.windowSeconds * 1000 }],
    storage: new RateLimiter(rateLimit, shared),
  };
}

function logChange(log: Log, isUp: boolean, error: unknown): void {
  const { code } = redisFailure(error);
  if (isUp) log.info({ event: 'rate_limit.shared' }, 'requests are counted in Redis');
  else {
    const event = 'rate_limit.alone';
    log.warn(
      { event, code },
      `each instance grants its share of the rate limit: ${reasonFor(code).meaning}`,
    );
  }
}
