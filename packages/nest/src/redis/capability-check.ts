import { randomUUID } from 'node:crypto';
import type { Redis } from './redis.js';

/** Longer than the script takes, so that nothing stays of one that is cut off. */
const EXPIRY_MS = 10_000;

/**
 * Every command that the service's own scripts call, on two keys, as they have. What a replica, a node
 * of a cluster, a full server or a user without the right refuses, it refuses here.
 */
const TRY = `
redis.call('SET', KEYS[1], 1, 'PX', ARGV[1])
redis.call('INCR', KEYS[1])
redis.call('PEXPIRE', KEYS[1], ARGV[1])
redis.call('GET', KEYS[1])
local time = redis.call('TIME')
redis.call('ZADD', KEYS[2], time[1], 'a')
redis.call('PEXPIRE', KEYS[2], ARGV[1])
redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', 0)
redis.call('ZCARD', KEYS[2])
redis.call('ZREVRANGE', KEYS[2], 0, 0, 'WITHSCORES')
redis.call('ZREM', KEYS[2], 'a')
return redis.call('DEL', KEYS[1])`;

/**
 * What tries whether Redis does what the service needs of it: a script that writes, by EVAL and by EVALSHA.
 * @returns a function that rejects with why not, and hangs as long as Redis does
 */
export function capabilityCheck(redis: Redis): () => Promise<void> {
  const id = randomUUID();
  const run = redis.scriptInBothWays(2, TRY);
  return async () => {
    await run(`holdfast:probe:${id}:count`, `holdfast:probe:${id}:set`, EXPIRY_MS);
  };
}
