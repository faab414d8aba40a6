import { setTimeout as wait } from 'node:timers/promises';
import { withDeadline } from '@holdfast/core/deadline';
import { maskRedisUrl } from '@holdfast/guard/redis-url';
import type { Secret } from '@holdfast/core/secret';
import { expiringSoon } from '@holdfast/postgres/connection/certificates';
import { reasonFor } from '@holdfast/core/reasons';
import { ReasonError } from './cutover.reasons.js';
import { redisFailure } from '../redis/failure.js';
import { Redis } from '../redis/redis.js';
import { capabilityCheck } from '../redis/capability-check.js';
import type { Chain } from './chain.js';
import { passed, warned } from './finding.js';

/** Milliseconds to connect and to get an answer. */
const BOUND_MS = 4000;
const PAUSE_MS = 100;
const WORKS = 'takes writes and scripts';
/** A wrong answer may come from a server that is just taking over. */
const CERTAIN_AFTER_MS = 500;

/** Redis does what the service needs of it: a script that writes. */
export function redisChain(url: Secret, authorities: string | undefined): Chain {
  return {
    names: ['redis'],
    run: async (report) => {
      const redis = await Redis.open(url, authorities);
      const failure = { last: undefined as unknown };
      try {
        const late = () => reasonOf(failure.last, url);
        const working = waitUntilWorking(redis, failure);
        if (!(await withDeadline(BOUND_MS, working, { late, ref: false }))) throw late();
        const ending = expiringSoon(redis.certificates(), new Date());
        const code = 'REDIS_CERTIFICATE_EXPIRING';
        const finding = ending.length > 0 ? warned(code, ending.join(', ')) : passed(WORKS);
        report('redis', finding);
      } finally {
        // A server that is frozen does not close its side.
        void redis.close();
      }
    },
  };
}

/** Tries until it does, or until what is wrong is sure to stay. */
async function waitUntilWorking(redis: Redis, failure: { last: unknown }): Promise<boolean> {
  const began = performance.now();
  const attempt = capabilityCheck(redis);
  for (;;) {
    try {
      await redis.connected();
      await attempt();
      return true;
    } catch (error) {
      failure.last = error;
      const taken = performance.now() - began;
      if (taken > BOUND_MS || (taken > CERTAIN_AFTER_MS && !redisFailure(error).isTransient))
        return false;
      await wait(PAUSE_MS);
    }
  }
}

function reasonOf(error: unknown, url: Secret): ReasonError {
  const { code, kind } = redisFailure(error);
  const detail = `${reasonFor(code).meaning} ${maskRedisUrl(url.reveal())}: ${kind}.`;
  return new ReasonError(code, { detail });
}
