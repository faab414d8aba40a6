import type { ReasonCode } from '@holdfast/core/reasons';
import { isAnswer, isLoginFailure, redisFailure } from '../redis/failure.js';
import type { Redis } from '../redis/redis.js';
import { capabilityCheck } from '../redis/capability-check.js';
import type { ProbeTarget } from './probe.js';
import '../reasons.js';

/** Whether Redis does what the service needs of it. */
export class RedisTarget implements ProbeTarget<void> {
  readonly #try: () => Promise<void>;
  /** How it failed last. */
  failure = '';
  /** Whether the server answered the last failure after a login. */
  isLoggedIn = false;

  constructor(private readonly redis: Redis) {
    this.#try = capabilityCheck(redis);
  }

  connect(): Promise<void> {
    return this.redis.connected();
  }

  async query(): Promise<void> {
    try {
      await this.#try();
    } catch (error) {
      // Behind a name that has moved, another connection leads to the server that takes writes.
      if (redisFailure(error).code === 'REDIS_READ_ONLY') this.redis.reconnect();
      throw error;
    }
  }

  /** Any answer will do: `query` checks what Redis can do. */
  async heartbeat(): Promise<void> {
    await this.redis.ping().catch((error: unknown) => {
      if (!isAnswer(error)) throw error;
    });
  }

  abandon(isStalled: boolean): void {
    if (isStalled) this.redis.reconnect();
  }

  codeOf(error: unknown): ReasonCode {
    const { code, kind } = redisFailure(error);
    this.failure = kind;
    this.isLoggedIn = isAnswer(error) && !isLoginFailure(error);
    return code;
  }

  isLost(error: unknown): boolean {
    return !isAnswer(error);
  }
}
