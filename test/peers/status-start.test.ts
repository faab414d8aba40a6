import { describe, expect, it, jest } from '@jest/globals';
import { Redis as Client } from 'ioredis';
import type { Status } from '@holdfast/nest/status/status';
import { createDatabase, type TestDatabase } from '@holdfast/testing/temporary-database';
import { cleanup } from '../support/cleanup.js';
import { eventually } from '../support/eventually.js';
import { type Environment, jsonLines } from '../support/program.js';
import { startRedis } from '../support/redis.js';
import { type Service, startService } from '../support/service.js';

// Each start serves for some seconds before it counts.
jest.setTimeout(180_000);

const { later } = cleanup();

type Since = NonNullable<Status['since_start']>;

/** As it is kept. */
function startOf(version: string): string {
  const start = { version, commit: null, settings: {}, schema: {}, databases: {} };
  return `2026-11-29T00:00:00.000Z ${JSON.stringify(start)}`;
}

async function database(): Promise<TestDatabase> {
  const made = await createDatabase();
  later(() => made.drop());
  return made;
}

/** What a service says of the starts before, once it has compared. */
async function sinceOf(service: Service): Promise<Since> {
  return eventually(async () => {
    const answer = await fetch(`${service.url}/status.json`);
    const { since_start: since } = (await answer.json()) as Status;
    if (!since || (!since.known && since.why === 'not_yet')) throw new Error('not compared yet');
    return since;
  });
}

describe('what has changed since the last start', () => {
  it('is told by name and without values, and not again by a start that is alike', async () => {
    const redis = await startRedis();
    later(() => redis.remove());
    const [one, other] = [await database(), await database()];
    const base = {
      APP_PERSISTENCE_PROFILE: 'PRODUCTION',
      HOST: '127.0.0.1',
      OPS_ACCESS: 'open',
      MIGRATE_ON_START: 'true',
      REDIS_URL: redis.url,
      DATABASE_URL: one.url,
      DB_POOL_SIZE: '3',
    };
    const serve = async (environment: Environment, look?: (url: string) => Promise<void>) => {
      const service = await startService(environment);
      const since = await sinceOf(service);
      await look?.(service.url);
      await service.stop();
      return since;
    };
    expect(await serve(base)).toEqual({ known: false, why: 'first' });
    expect(await serve(base)).toEqual({ known: false, why: 'first' });
    const changed = { ...base, DB_POOL_SIZE: '4', DATABASE_URL: other.url };
    const after = await serve(changed, async (url) => {
      const page = await (await fetch(`${url}/status`)).text();
      expect(page).toContain('setting DB_POOL_SIZE');
      expect(await (await fetch(`${url}/status/report`)).text()).toContain(
        'setting DATABASE_URL\n',
      );
    });
    const databases = { what: 'database', before: expect.any(String), after: expect.any(String) };
    expect(after).toMatchObject({
      known: true,
      changes: [
        { what: 'setting', name: 'DATABASE_URL', before: null, after: null },
        { what: 'setting', name: 'DB_POOL_SIZE', before: null, after: null },
        { ...databases, name: 'advisory' },
        { ...databases, name: 'dpm' },
      ],
    });
    expect(await serve(changed)).toEqual(after);

    const client = new Client(redis.url);
    later(() => client.quit());
    const [key = '', ...others] = await client.keys('holdfast:starts:*');
    expect(others).toEqual([]);
    const kept = (await client.lrange(key, 0, -1)).join('\n');
    expect(await client.llen(key)).toBe(2);
    expect(await client.pttl(key)).toBeGreaterThan(0);
    const { password, pathname, port } = new URL(one.url);
    for (const untold of [password, pathname.slice(1), port, '127.0.0.1'])
      expect(kept).not.toContain(untold);
  });

  it('is kept of few starts', async () => {
    const redis = await startRedis();
    later(() => redis.remove());
    const client = new Client(redis.url);
    later(() => client.quit());
    const key = 'holdfast:starts:v1:holdfast:LOCAL:';
    await client.rpush(key, ...Array.from({ length: 30 }, (_, index) => startOf(`0.0.${index}`)));
    const service = await startService({ REDIS_URL: redis.url });
    later(() => service.stop());
    await eventually(async () => {
      expect(await client.llen(key)).toBe(10);
    });
    expect(await sinceOf(service)).toMatchObject({
      before_at: '2026-11-29T00:00:00.000Z',
      changes: expect.arrayContaining([
        expect.objectContaining({ what: 'version', before: '0.0.0' }),
      ]),
    });
  });

  it('is not known without Redis, and told once Redis has come', async () => {
    const alone = await startService({});
    expect(await sinceOf(alone)).toEqual({ known: false, why: 'no_redis' });
    await alone.stop();
    const redis = await startRedis();
    later(() => redis.remove());
    await redis.stop();
    const service = await startService({ REDIS_URL: redis.url });
    later(() => service.stop());
    await eventually(() => {
      const events = jsonLines(service.output()).map(({ event }) => event);
      expect(events).toContain('start.unrecorded');
    });
    await redis.start();
    expect(await sinceOf(service)).toEqual({ known: false, why: 'first' });
  });
});
