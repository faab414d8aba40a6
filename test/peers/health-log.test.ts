import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { reasonFor } from '@holdfast/core/reasons';
import '../../src/reasons.js';
import { cleanup } from '../support/cleanup.js';
import { eventually } from '../support/eventually.js';
import { type Cluster, startCluster } from '@holdfast/testing/cluster';
import { createDatabase, testServer } from '@holdfast/testing/temporary-database';
import { type Environment, jsonLines } from '../support/program.js';
import { type RedisServer, startRedis } from '../support/redis.js';
import { type Service, startService } from '../support/service.js';

const { later, temporaryFolder } = cleanup();

let redis: RedisServer;
beforeAll(async () => {
  redis = await startRedis();
}, 60_000);
afterAll(() => redis.remove());

async function start(environment: Environment): Promise<Service> {
  const service = await startService(environment, temporaryFolder());
  later(() => service.stop('SIGKILL'));
  return service;
}

async function strict(server = testServer()): Promise<Service> {
  const database = await createDatabase(server);
  later(() => database.drop());
  return start({
    APP_ENV: 'staging',
    HOST: '127.0.0.1',
    DATABASE_URL: database.url,
    MIGRATE_ON_START: 'true',
    REDIS_URL: redis.url,
  });
}

type Line = Readonly<Record<string, unknown>>;

/** The lines about readiness, in their order; without those of an event loop that lags where the machine is busy. */
const told = (service: Service): readonly Line[] =>
  jsonLines(service.output()).filter(
    ({ event, check }) => /^(check|ready)\./.test(String(event)) && check !== 'event_loop',
  );

const events = (service: Service) =>
  told(service).map(({ event, check }) => [event, check].filter((part) => part).join(' '));

const tells = (service: Service, expected: readonly string[]) =>
  eventually(() => {
    expect(events(service)).toEqual(expected);
  });

async function get(service: Service, path: string) {
  const response = await fetch(service.url + path);
  return {
    status: response.status,
    body: (await response.json()) as {
      readonly status: string;
      readonly code?: string;
      readonly checks: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
    },
  };
}

describe('the log', () => {
  it('tells once that Redis takes a strict service out, and back in, though nobody probes', async () => {
    later(redis.start);
    const service = await strict();
    await redis.stop();
    await tells(service, ['check.failed redis', 'ready.lost']);
    const { fix } = reasonFor('REDIS_UNREACHABLE');
    const advice = { fix, runbook: 'docs/RUNBOOK.md#redis_unreachable' };
    const code = 'REDIS_UNREACHABLE';
    expect(told(service)).toMatchObject([
      { level: 'warn', check: 'redis', code, since: expect.any(String), ...advice },
      { level: 'error', checks: ['redis'], code, since: expect.any(String), ...advice },
    ]);
    // However many ask at once, and however long it lasts, it is one change.
    await Promise.all(Array.from({ length: 30 }, () => get(service, '/health/ready')));
    await wait(2500);
    await redis.start();
    const all = ['check.failed redis', 'ready.lost', 'check.recovered redis', 'ready.regained'];
    await tells(service, all);
    expect(told(service).slice(2)).toMatchObject([
      { level: 'info', duration_ms: expect.any(Number), codes: [code] },
      { level: 'info', duration_ms: expect.any(Number), status: 'ok' },
    ]);
    expect(told(service)[2]?.duration_ms).toBeGreaterThan(2000);
    expect(service.output()).not.toContain(redis.password);
  });

  it('says that an optional Redis fails, and no loss of readiness', async () => {
    later(redis.start);
    const service = await start({ REDIS_URL: redis.url });
    await redis.stop();
    await tells(service, ['check.failed redis']);
    await redis.start();
    await tells(service, ['check.failed redis', 'check.recovered redis']);
  });

  it('tells of a PostgreSQL that is killed, and which failures are only because of it', async () => {
    const cluster: Cluster = await startCluster();
    later(() => cluster.remove());
    const service = await strict(cluster.url);
    await cluster.stop();
    await tells(service, ['check.failed db', 'check.failed migrations', 'ready.lost']);
    expect(told(service)).toMatchObject([
      { code: 'POSTGRES_UNREACHABLE', runbook: 'docs/RUNBOOK.md#postgres_unreachable' },
      { because: 'db' },
      { level: 'error', checks: ['db'], code: 'POSTGRES_UNREACHABLE' },
    ]);
    const { status, body } = await get(service, '/health');
    expect(status).toBe(503);
    expect(body.checks).toMatchObject({
      db: {
        code: 'POSTGRES_UNREACHABLE',
        fix: reasonFor('POSTGRES_UNREACHABLE').fix,
        runbook: 'docs/RUNBOOK.md#postgres_unreachable',
      },
      migrations: { because: 'db', fix: reasonFor('DATABASE_UNAVAILABLE').fix },
      redis: { ok: true },
    });
    expect(Object.keys(body.checks.redis ?? {})).not.toContain('fix');
    expect((await get(service, '/health/ready?exclude=db')).status).toBe(200);
    expect((await get(service, '/health/ready/migrations')).body).toMatchObject({
      status: 'fail',
      checks: { migrations: { ok: false, because: 'db' } },
    });
    await cluster.start();
    await eventually(() => {
      expect(events(service).slice(3)).toEqual([
        'check.recovered db',
        'check.recovered migrations',
        'ready.regained',
      ]);
    });
  }, 60_000);

  it('tells of a draining service that it drains, and of nothing that fails then', async () => {
    later(redis.start);
    const service = await strict();
    const asked = await get(service, '/health/ready');
    expect(asked.status).toBe(200);
    service.process.kill('SIGTERM');
    await redis.stop();
    await service.stop();
    const lines = jsonLines(service.output()).filter(({ event }) => event === 'draining');
    expect(lines).toHaveLength(1);
    expect(events(service)).toEqual([]);
  });

  it('says nothing while all is well', async () => {
    const service = await strict();
    await wait(2500);
    expect(events(service)).toEqual([]);
    await service.stop();
    expect(events(service)).toEqual([]);
  });
});

describe('one check, and all but one', () => {
  it.each(['/health/ready', '/readyz', '/healthz', '/api/ready'])('%s', async (path) => {
    later(redis.start);
    const service = await start({ REDIS_URL: redis.url });
    await eventually(async () => {
      const { status, body } = await get(service, `${path}/redis`);
      expect({ status, of: Object.keys(body.checks) }).toEqual({ status: 200, of: ['redis'] });
    });

    await redis.stop();
    await eventually(async () => {
      expect((await get(service, path)).body.status).toBe('degraded');
    });
    expect(await get(service, `${path}/redis`)).toMatchObject({
      status: 503,
      body: { status: 'fail', checks: { redis: { ok: false, code: 'REDIS_UNREACHABLE' } } },
    });
    expect((await get(service, `${path}/db`)).status).toBe(200);
    const without = await get(service, `${path}?exclude=redis`);
    expect(without).toMatchObject({ status: 200, body: { status: 'ok' } });
    expect(Object.keys(without.body.checks)).toEqual(['db', 'migrations']);
    for (const query of ['exclude=redis,migrations', 'exclude=redis&exclude=migrations']) {
      const { checks } = (await get(service, `${path}?${query}`)).body;
      expect(Object.keys(checks)).toEqual(['db']);
    }
  });

  it('a check that there is not is unknown, and cannot be left out', async () => {
    const service = await start({});
    for (const name of ['redis', 'cache', 'shutdown', 'constructor', '%00', '..%2fpool']) {
      const { status, body } = await get(service, `/health/ready/${name}`);
      expect({ name, status, code: body.code }).toEqual({
        name,
        status: name === '%00' ? 422 : 404,
        code: name === '%00' ? 'VALIDATION_FAILED' : 'HEALTH_CHECK_UNKNOWN',
      });
    }
    // What is known and not in use here can be left out: one setting for all instances.
    expect((await get(service, '/health/ready?exclude=redis')).status).toBe(200);
    for (const names of ['cache', 'db,cache', '', 'db&exclude=', 'shutdown']) {
      const { status, body } = await get(service, `/health/ready?exclude=${names}`);
      expect({ names, status, code: body.code }).toEqual({
        names,
        status: 422,
        code: 'VALIDATION_FAILED',
      });
    }
  });

  it('a service that drains says so whatever it is asked', async () => {
    const service = await start({ SHUTDOWN_DRAIN_MS: '20000' });
    expect((await get(service, '/health/ready')).status).toBe(200);
    service.process.kill('SIGTERM');
    await eventually(() => {
      expect(service.output()).toContain('"event":"draining"');
    });
    for (const path of ['/health/ready/db', '/health/ready?exclude=db']) {
      const { status, body } = await get(service, path);
      expect(status).toBe(503);
      expect(body.checks).toEqual({ shutdown: { ok: false, detail: 'draining' } });
    }
    service.process.kill('SIGTERM');
  });
});
