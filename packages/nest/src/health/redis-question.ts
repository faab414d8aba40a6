import type { ReasonCode } from '@holdfast/core/reasons';
import { isAnswer, isLoginFailure, redisFailure } from '../redis/failure.js';
import type { Redis } from '../redis/redis.js';
import { tryOut } from '../redis/try-out.js';
import type { Question } from './probe.js';
import '../reasons.js';

/** Whether Redis does what the service needs of it. */
export class RedisQuestion implements Question<void> {
  readonly #try: () => Promise<void>;
  /** How it failed last. */
  failure = '';
  /** Whether what failed last was answered to who is logged in. */
  isLetIn = false;

  constructor(private readonly redis: Redis) {
    this.#try = tryOut(redis);
  }

  connect(): Promise<void> {
    return this.redis.connected();
  }

  async ask(): Promise<void> {
    try {
      await this.#try();
    } catch (error) {
      // Behind a name that has moved, another connection leads to the server that takes writes.
      if (redisFailure(error).code === 'REDIS_READ_ONLY') this.redis.reconnect();
      throw error;
    }
  }

  /** Any answer will do: what it does is tried by `ask`. */
  async beat(): Promise<void> {
    await this.redis.ping().catch((error: unknown) => {
      if (!isAnswer(error)) throw error;
    });
  }

  abandon(isSilent: boolean): void {
    if (isSilent) this.redis.reconnect();
  }

  codeOf(error: unknown): ReasonCode {
    const { code, kind } = redisFailure(error);
    this.failure = kind;
    this.isLetIn = isAnswer(error) && !isLoginFailure(error);
    return code;
  }

  isLost(error: unknown): boolean {
    return !isAnswer(error);
  }
}
