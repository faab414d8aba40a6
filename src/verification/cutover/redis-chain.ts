import { setTimeout as wait } from 'node:timers/promises';
import type { Secret } from '../../config/secret.js';
import { ReasonError } from '../../reasons.js';
import { Redis } from '../../redis/redis.js';
import type { Chain } from './chain.js';
import { passed } from './finding.js';

/** Milliseconds to connect and to get an answer. */
const BOUND_MS = 4000;
const PAUSE_MS = 25;

/** Redis answers PING. */
export function redisChain(url: Secret, authorities: string | undefined): Chain {
  return {
    names: ['redis'],
    run: async (tell) => {
      const redis = await Redis.open(url, authorities, () => undefined);
      try {
        const late = wait(BOUND_MS, 'late' as const, { ref: false });
        if ((await Promise.race([ping(redis), late])) === 'late')
          throw new ReasonError('REDIS_UNREACHABLE');
        tell('redis', passed('answers PING'));
      } finally {
        // A server that is frozen does not close its side.
        void redis.close();
      }
    },
  };
}

/** Resolves with the first answer; a command before the connection stands fails at once. */
async function ping(redis: Redis): Promise<void> {
  const end = performance.now() + BOUND_MS;
  while (performance.now() < end) {
    try {
      await redis.ping();
      return;
    } catch {
      await wait(PAUSE_MS);
    }
  }
  throw new ReasonError('REDIS_UNREACHABLE');
}
