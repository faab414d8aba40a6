import { type BeforeApplicationShutdown, Inject, Module } from '@nestjs/common';
import { SETTINGS } from '../config/config.module.js';
import type { Settings } from '../config/settings.js';
import { LOG, type Log } from '../logging/log.js';
import { type ReasonCode, reasonFor } from '../reasons.js';
import { Redis } from './redis.js';

/** Injection token of `Redis | null`. */
export const REDIS = 'holdfast.redis';

@Module({
  providers: [
    {
      provide: REDIS,
      inject: [SETTINGS, LOG],
      useFactory: ({ redisUrl, redisAuthorities }: Settings, log: Log) =>
        redisUrl
          ? Redis.open(redisUrl, redisAuthorities, () => {
              const code: ReasonCode = 'REDIS_UNREACHABLE';
              log.warn({ event: 'redis.unreachable', code }, reasonFor(code).meaning);
            })
          : null,
    },
  ],
  exports: [REDIS],
})
export class RedisModule implements BeforeApplicationShutdown {
  constructor(@Inject(REDIS) private readonly redis: Redis | null) {}

  /** Before the pools, which close on application shutdown. */
  async beforeApplicationShutdown(): Promise<void> {
    await this.redis?.close();
  }
}
