import { Redis as Client } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { cleanup } from '../support/cleanup.js';
import { eventually } from '../support/eventually.js';
import { daysAgo, DpmRecords, rowsOfRuns } from '../support/expired.js';
import { createDatabase } from '@holdfast/testing/temporary-database';
import { jsonLines } from '../support/program.js';
import { type RedisServer, startRedis } from '../support/redis.js';
import { type Service, startService } from '../support/service.js';

const { later } = cleanup();
const GATE = 'holdfast:job:dpm:purge';

let redis: RedisServer;
beforeAll(async () => {
  redis = await startRedis();
});
afterAll(() => redis.remove());

const events = (service: Service, event: string) =>
  jsonLines(service.output()).filter((line) => line.event === event);

describe('the gate of the purge in Redis', () => {
  it('lets one process in, spares the database the others, and stops nobody when it is gone', async () => {
    const database = await createDatabase();
    later(() => database.drop());
    const client = new Client(redis.url);
    later(() => {
      client.disconnect();
    });
    await client.set(GATE, 'another process', 'PX', 60_000);
    const service = await startService({
      APP_PERSISTENCE_PROFILE: 'PRODUCTION',
      DATABASE_URL: database.url,
      MIGRATE_ON_START: 'true',
      REDIS_URL: redis.url,
      LOG_LEVEL: 'debug',
      DPM_SUPPORTABILITY_RETENTION_DAYS: '30',
      DPM_PURGE_INTERVAL_SECONDS: '1',
    });
    later(() => service.stop('SIGKILL'));
    const records = new DpmRecords((sql) => database.query(sql));
    await records.addRuns('old', 3, daysAgo(31));
    await eventually(() => {
      expect(events(service, 'purge.skipped').length).toBeGreaterThan(1);
    });
    expect(await records.left()).toEqual(rowsOfRuns('old', 3));

    await client.del(GATE);
    await eventually(async () => {
      expect(await records.left()).toEqual({});
    });
    // Given back, so that another process has its turn.
    await eventually(async () => {
      expect(await client.exists(GATE)).toBe(0);
    });

    await client.set(GATE, 'another process', 'PX', 60_000);
    redis.signal('SIGSTOP');
    later(() => {
      redis.signal('SIGCONT');
    });
    await records.addRuns('later', 3, daysAgo(31));
    await eventually(async () => {
      expect(await records.left()).toEqual({});
    });
    expect(events(service, 'purge.failed')).toEqual([]);
  });
});
