import type { Redis } from 'ioredis';
import type { ReasonCode } from '@holdfast/core/reasons';
import { createDatabase, testServer } from '@holdfast/testing/temporary-database';
import { administer } from '../../support/redis-shapes.js';
import { type RedisServer, startRedis } from '../../support/redis.js';
import type { FaultCase, Stage, Suite } from '../case.js';

/** What the service needs of Redis is tried once a second. */
const TRIED_WITHIN = 2500;

interface Change {
  readonly name: string;
  readonly ready: ReasonCode;
  readonly noticedWithinMs?: number;
  readonly breakIt: (redis: RedisServer, admin: Redis) => unknown;
  readonly heal: (redis: RedisServer, admin: Redis) => unknown;
}

/** Sessions that are open outlive a change of the password. */
async function changePassword(admin: Redis, password: string): Promise<void> {
  await admin.call('CONFIG', 'SET', 'requirepass', password);
  await admin.call('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes');
}

const CHANGES: readonly Change[] = [
  {
    name: 'Redis killed',
    ready: 'REDIS_UNREACHABLE',
    breakIt: (redis) => redis.stop(),
    heal: (redis) => redis.start(),
  },
  {
    name: 'Redis stopped',
    ready: 'REDIS_UNREACHABLE',
    breakIt: (redis) => {
      redis.signal('SIGSTOP');
    },
    heal: (redis) => {
      redis.signal('SIGCONT');
    },
  },
  {
    name: 'Redis made a replica',
    ready: 'REDIS_READ_ONLY',
    noticedWithinMs: TRIED_WITHIN,
    breakIt: (_, admin) => admin.call('REPLICAOF', '127.0.0.1', '1'),
    heal: (_, admin) => admin.call('REPLICAOF', 'NO', 'ONE'),
  },
  {
    name: 'Redis takes its rights away',
    ready: 'REDIS_RIGHTS_MISSING',
    noticedWithinMs: TRIED_WITHIN,
    breakIt: (_, admin) => admin.call('ACL', 'SETUSER', 'default', '-incr'),
    heal: (_, admin) => admin.call('ACL', 'SETUSER', 'default', '+incr'),
  },
  {
    name: 'Redis gets another password',
    ready: 'REDIS_AUTH_FAILED',
    breakIt: (_, admin) => changePassword(admin, 'another'),
    heal: ({ password }, admin) => changePassword(admin, password),
  },
];

/** A strict environment: there Redis is required. */
async function stage({ later }: Suite, { breakIt, heal }: Change): Promise<Stage> {
  const database = await createDatabase(testServer());
  later(() => database.drop());
  const redis = await startRedis();
  later(() => redis.remove());
  const admin = await administer(redis.port, redis.password);
  later(() => {
    admin.disconnect();
  });
  return {
    environment: { APP_ENV: 'production', DATABASE_URL: database.url, REDIS_URL: redis.url },
    database,
    breakIt: async () => {
      await breakIt(redis, admin);
    },
    holdMs: 4000,
    heal: async () => {
      await heal(redis, admin);
    },
  };
}

export const redis: readonly FaultCase[] = CHANGES.map((change) => ({
  name: change.name,
  ready: change.ready,
  ...(change.noticedWithinMs !== undefined && { noticedWithinMs: change.noticedWithinMs }),
  stage: (suite) => stage(suite, change),
}));
