import { type DynamicModule, Inject, Module, type OnModuleDestroy } from '@nestjs/common';
import { LOG, type Log } from '@holdfast/core/log';
import type { Settings } from '@holdfast/guard/settings';
import { REDIS, RedisModule } from '../redis/redis.module.js';
import type { Redis } from '../redis/redis.js';
import { SETTINGS } from '../settings.module.js';
import { RATE_LIMITS, type RateLimits } from './rate-limits.js';

/** How often callers may ask; nothing of it is even loaded where no limit is on. */
@Module({})
export class RateLimitModule implements OnModuleDestroy {
  constructor(@Inject(RATE_LIMITS) private readonly limits: RateLimits | null) {}

  static register({ rateLimit }: Settings): DynamicModule {
    const isLimited = Object.values(rateLimit.requests).some((requests) => requests > 0);
    return {
      module: RateLimitModule,
      imports: isLimited ? [RedisModule] : [],
      providers: [
        isLimited
          ? { provide: RATE_LIMITS, inject: [SETTINGS, REDIS, LOG], useFactory: opened }
          : { provide: RATE_LIMITS, useValue: null },
      ],
      exports: [RATE_LIMITS],
    };
  }

  onModuleDestroy(): void {
    this.limits?.close();
  }
}

async function opened({ rateLimit }: Settings, redis: Redis | null, log: Log): Promise<RateLimits> {
  const { openRateLimits } = await import('./open-rate-limits.js');
  return openRateLimits(rateLimit, redis, log);
}
