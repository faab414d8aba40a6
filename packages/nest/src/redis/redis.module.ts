import { type BeforeApplicationShutdown, Inject, Module } from '@nestjs/common';
import { SETTINGS } from '../settings.module.js';
import type { Settings } from '@holdfast/guard/settings';
import { Redis } from './redis.js';

/** Injection token of `Redis | null`. */
export const REDIS = 'holdfast.redis';

@Module({
  providers: [
    {
      provide: REDIS,
      inject: [SETTINGS],
      useFactory: ({ redisUrl, redisAuthorities }: Settings) =>
        redisUrl ? Redis.open(redisUrl, redisAuthorities) : null,
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
