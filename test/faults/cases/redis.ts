import { startRedis } from '../../support/redis.js';
import type { FaultCase, Stage, Suite } from '../case.js';
import { createDatabase, testServer } from '../../support/postgres.js';

/** A strict environment: there Redis is required. */
async function stage({ later }: Suite, fault: 'killed' | 'stopped'): Promise<Stage> {
  const database = await createDatabase(testServer());
  later(() => database.drop());
  const redis = await startRedis();
  later(() => redis.remove());
  return {
    environment: { APP_ENV: 'production', DATABASE_URL: database.url, REDIS_URL: redis.url },
    database,
    breakIt: async () => {
      if (fault === 'killed') await redis.stop();
      else redis.signal('SIGSTOP');
    },
    holdMs: 3000,
    heal: async () => {
      if (fault === 'killed') await redis.start();
      else redis.signal('SIGCONT');
    },
  };
}

export const redis: readonly FaultCase[] = (['killed', 'stopped'] as const).map((fault) => ({
  name: `Redis ${fault}`,
  ready: 'REDIS_UNREACHABLE',
  stage: (suite) => stage(suite, fault),
}));
