import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync, renameSync, rmSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { cleanup } from '../support/cleanup.js';
import { eventually } from '../support/eventually.js';
import { type Cluster, freePort, startCluster } from '@holdfast/testing/cluster';
import {
  createDatabase,
  type TestDatabase,
  testServer,
} from '@holdfast/testing/temporary-database';
import { type Environment, execute, jsonLines } from '../support/program.js';
import { type RedisServer, startRedis } from '../support/redis.js';
import { type Service, startService, workingFolder } from '../support/service.js';
import { startProxy, through } from '@holdfast/testing/tcp-proxy';
import { STORES_ALWAYS_ON } from '../support/registered.js';

const { later, temporaryFolder } = cleanup();

const ALIASES = {
  live: ['/health/live', '/livez'],
  ready: ['/health/ready', '/readyz', '/healthz', '/api/ready'],
  startup: ['/health/startup'],
  pool: ['/health/pool'],
  migrations: ['/health/migrations'],
  overview: ['/health'],
  version: ['/version', '/api/version'],
  diagnostics: ['/api/v1/diagnostics'],
} as const;

const UTC = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;
const PRODUCTION = { APP_PERSISTENCE_PROFILE: 'PRODUCTION', HOST: '127.0.0.1' };

interface Check {
  readonly ok: boolean;
  readonly detail: string;
  readonly latency_ms?: number;
  readonly code?: string;
  readonly failing_since?: string;
  readonly stores?: Readonly<Record<string, Check>>;
}

interface Ready {
  readonly status: string;
  readonly profile: string;
  readonly version: string;
  readonly timestamp: string;
  readonly checks: Readonly<Partial<Record<'db' | 'migrations' | 'redis' | 'shutdown', Check>>>;
}

interface Pool {
  readonly name: string;
  readonly type: string;
  readonly stores: readonly string[];
  readonly checked_out: number;
  readonly waiting: number;
  readonly timeouts_total: number;
}

interface Answer<Body> {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Body;
}

/** What must not be told: parts of every URL and path that a service of this file is given. */
const untold = new Set<string>();

/** What drivers say, and what they are. */
const DRIVER_TEXT =
  /ECONN|EPIPE|ENOENT|ENOTFOUND|ETIMEDOUT|terminat|timeout|expired|refused|SQLSTATE|FATAL|Sqlite|no such|NOAUTH|WRONGPASS|\.js\b|ioredis|pg_|127\.0\.0\.1|localhost|\b1[4-9]\.\d+ |redis_version/;

function keepUntold(environment: Environment): void {
  for (const [name, value] of Object.entries(environment)) {
    if (name.endsWith('_PATH')) untold.add(value);
    if (!/^(postgres(ql)?|redis):\/\//.test(value)) continue;
    const { username, password, host, pathname } = new URL(value);
    for (const part of [username, password, host, pathname.slice(1)]) {
      if (part.length > 1 && part !== 'postgres') untold.add(part);
    }
  }
}

function textsOf(value: unknown): readonly string[] {
  if (typeof value === 'string') return [value];
  if (typeof value !== 'object' || value === null) return [];
  return [...Object.keys(value), ...Object.values(value).flatMap(textsOf)];
}

async function get<Body = Ready>(
  service: Pick<Service, 'url'>,
  path: string,
): Promise<Answer<Body>> {
  const response = await fetch(`${service.url}${path}`);
  const text = await response.text();
  for (const part of untold) expect(text).not.toContain(part);
  const body = JSON.parse(text) as Body;
  const keys = new Set(['timeouts_total']);
  for (const told of textsOf(body)) if (!keys.has(told)) expect(told).not.toMatch(DRIVER_TEXT);
  expect(response.headers.get('cache-control')).toBe('no-store');
  expect(response.headers.get('content-type')).toMatch(/^application\/json/);
  return { status: response.status, headers: response.headers, body };
}

const ready = (service: Pick<Service, 'url'>) => get(service, '/health/ready');

/** Waits until readiness is what is asked for. */
const becomes = (service: Service, status: number, checks: object = {}) =>
  eventually(async () => {
    const answer = await ready(service);
    expect(answer.status).toBe(status);
    expect(answer.body.checks).toMatchObject(checks);
    return answer.body;
  });

async function launch(environment: Environment, cwd: string): Promise<Service> {
  keepUntold(environment);
  return startService(environment, cwd);
}

/** A service that ends with the test. */
async function start(environment: Environment, cwd = temporaryFolder()): Promise<Service> {
  const service = await launch(environment, cwd);
  later(() => service.stop('SIGKILL'));
  return service;
}

function onPostgres(url: string, more: Environment = {}): Environment {
  return { ...PRODUCTION, DATABASE_URL: url, MIGRATE_ON_START: 'true', ...more };
}

async function ownDatabase(server = testServer()): Promise<TestDatabase> {
  const database = await createDatabase(server);
  later(() => database.drop());
  return database;
}

async function proxyTo(url: string) {
  const { hostname, port } = new URL(url);
  const proxy = await startProxy({ host: hostname, port: Number(port || 5432) });
  later(() => proxy.close());
  return proxy;
}

let keys = 0;
function create(service: Service): Promise<Response> {
  keys += 1;
  return fetch(`${service.url}/rebalance/proposals`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', 'Idempotency-Key': `health-${keys}` },
    body: JSON.stringify({ portfolio_id: 'PF-1', created_by: 'health-test', document: { a: 1 } }),
  });
}

const keysOf = (value: object | undefined) => Object.keys(value ?? {});

const GOOD = ['ok', 'detail', 'latency_ms'];
const BAD = ['ok', 'detail', 'code', 'failing_since'];
const HEADER = ['status', 'profile', 'version', 'timestamp', 'checks'];
const POOL = [
  'name',
  'type',
  'stores',
  'size',
  'max_overflow',
  'checked_out',
  'idle',
  'overflow',
  'waiting',
  'acquired_total',
  'timeouts_total',
  'leaks_total',
  'acquire_ms',
];

let redis: RedisServer;
/** A server whose life and settings are this file's to change. */
let cluster: Cluster;
beforeAll(async () => {
  [redis, cluster] = await Promise.all([startRedis(), startCluster()]);
}, 60_000);
afterAll(() => Promise.all([redis.remove(), cluster.remove()]));

describe('a service for which everything is there', () => {
  let service: Service;
  let database: TestDatabase;
  let environment: Environment;
  const role = `role_${randomBytes(6).toString('hex')}`;
  const password = `password-${randomBytes(6).toString('hex')}`;
  const folder = workingFolder();
  const release = JSON.parse(readFileSync('package.json', 'utf8')) as Record<string, string>;
  beforeAll(async () => {
    database = await createDatabase(cluster.url);
    await database.query(`CREATE ROLE ${role} LOGIN SUPERUSER PASSWORD '${password}'`);
    const url = Object.assign(new URL(database.url), { username: role, password });
    environment = onPostgres(url.href, {
      APP_ENV: 'staging',
      REDIS_URL: redis.url,
      DB_POOL_SIZE: '3',
      DB_MAX_OVERFLOW: '4',
    });
    service = await launch(environment, folder);
  });
  afterAll(async () => {
    await service.stop();
    await database.drop();
    rmSync(folder, { recursive: true });
  });

  const every = (name: keyof typeof ALIASES) => ALIASES[name].map((path) => [path]);

  it.each(every('live'))('%s says no more than that it lives', async (path) => {
    expect(await get(service, path)).toMatchObject({ status: 200, body: { status: 'ok' } });
    expect(keysOf((await get(service, path)).body)).toEqual(['status']);
  });

  it.each(every('ready'))('%s has the body of the contract', async (path) => {
    const { status, body } = await get(service, path);
    expect(status).toBe(200);
    expect(keysOf(body)).toEqual(HEADER);
    expect(body).toMatchObject({
      status: 'ok',
      profile: 'PRODUCTION',
      version: release.version,
      checks: {
        db: { ok: true, detail: 'connected' },
        migrations: { ok: true, detail: 'head' },
        redis: { ok: true, detail: 'connected' },
      },
    });
    expect(body.timestamp).toMatch(UTC);
    const { db, migrations, redis: cache } = body.checks;
    expect(keysOf(body.checks)).toEqual(['db', 'migrations', 'redis']);
    expect(keysOf(db)).toEqual(GOOD);
    expect(keysOf(migrations)).toEqual(['ok', 'detail']);
    expect(keysOf(cache)).toEqual(GOOD);
    expect(db?.latency_ms).toBeGreaterThan(0);
    expect(cache?.latency_ms).toBeGreaterThan(0);
  });

  it.each(every('startup'))('%s is 200 once the verification has passed', async (path) => {
    expect(await get(service, path)).toMatchObject({ status: 200, body: { status: 'ok' } });
  });

  it.each(every('pool'))('%s has one entry a database', async (path) => {
    expect((await create(service)).status).toBe(201);
    const { status, body } = await get<{ pools: Pool[] }>(service, path);
    expect(status).toBe(200);
    expect(keysOf(body)).toEqual(['pools']);
    expect(body.pools).toHaveLength(1);
    const [pool] = body.pools;
    expect(keysOf(pool)).toEqual(POOL);
    expect(pool).toMatchObject({
      name: 'primary',
      type: 'postgresql',
      stores: STORES_ALWAYS_ON,
      size: 3,
      max_overflow: 4,
      checked_out: 0,
      overflow: 0,
      waiting: 0,
      timeouts_total: 0,
      leaks_total: 0,
    });
    const { acquired_total, idle, acquire_ms } = pool as unknown as {
      acquired_total: number;
      idle: number;
      acquire_ms: { p50: number; p99: number };
    };
    expect(idle).toBeGreaterThanOrEqual(1);
    expect(acquired_total).toBeGreaterThanOrEqual(1);
    expect(keysOf(acquire_ms)).toEqual(['p50', 'p99']);
    expect(acquire_ms.p99).toBeGreaterThanOrEqual(acquire_ms.p50);
  });

  it.each(every('migrations'))('%s says what holdfast migrate status --json says', async (path) => {
    const { status, body } = await get<object>(service, path);
    expect(status).toBe(200);
    expect(body).toEqual({
      status: 'head',
      stores: {
        dpm: {
          backend: 'POSTGRES',
          status: 'head',
          current: '0003_add_request_keys',
          applied: 3,
          expected: 3,
          pending: [],
          ahead: [],
          drifted: [],
        },
        advisory: {
          backend: 'POSTGRES',
          status: 'head',
          current: '0003_add_request_keys',
          applied: 3,
          expected: 3,
          pending: [],
          ahead: [],
          drifted: [],
        },
      },
    });
    const { stdout } = await execute('cli.js', ['migrate', 'status', '--json'], environment);
    expect(stdout).toBe(`${JSON.stringify(body)}\n`);
  });

  it.each(every('overview'))('%s is the whole picture', async (path) => {
    const { status, body } = await get<Record<string, unknown>>(service, path);
    expect(status).toBe(200);
    expect(keysOf(body).toSorted()).toEqual(
      [
        ...HEADER,
        'environment',
        'uptime_seconds',
        'database',
        'stores',
        'migrations',
        'shadow',
      ].toSorted(),
    );
    expect(body).toMatchObject({
      status: 'ok',
      version: release.version,
      profile: 'PRODUCTION',
      environment: 'staging',
      database: { type: 'postgresql', status: 'connected' },
      checks: { db: { ok: true }, migrations: { ok: true }, redis: { ok: true } },
      shadow: [],
    });
    expect(body.timestamp).toMatch(UTC);
    expect(body.uptime_seconds).toBeGreaterThan(0);
    expect(keysOf(body.stores as object)).toEqual(STORES_ALWAYS_ON);
    expect(keysOf((body.database as { pool: object }).pool)).toEqual(POOL);
    expect(body.migrations).toEqual((await get<object>(service, '/health/migrations')).body);
  });

  it.each(every('version'))('%s says what runs', async (path) => {
    const response = await fetch(`${service.url}${path}`);
    const body = (await response.json()) as Record<string, unknown>;
    expect(response.status).toBe(200);
    expect(response.headers.get('cache-control')).toBe('no-store');
    expect(keysOf(body)).toEqual(['name', 'version', 'commit', 'node']);
    const { name, version } = release;
    expect(body).toMatchObject({ name, version, node: process.version });
    expect(JSON.stringify(body.commit)).toMatch(/^(null|"[0-9a-f]{7,64}")$/);
  });

  it.each(every('diagnostics'))('%s tells of a real write, which leaves nothing', async (path) => {
    const { status, body } = await get<object>(service, path);
    expect(status).toBe(200);
    expect(body).toMatchObject({
      status: 'ok',
      profile: 'PRODUCTION',
      storage: { write_probe_ok: true, backends: { dpm: 'POSTGRES', advisory: 'POSTGRES' } },
    });
    expect(await database.query('SELECT * FROM holdfast_write_probe')).toEqual([]);
  });
});

describe('a service on a PostgreSQL server that goes away and comes back', () => {
  it('is not ready meanwhile, but alive, and recovers by itself', async () => {
    const database = await ownDatabase(cluster.url);
    const service = await start(onPostgres(database.url));
    expect((await ready(service)).status).toBe(200);
    expect((await create(service)).status).toBe(201);
    const asked = Date.now();
    await cluster.stop();
    let isUp = false;
    const revive = async () => {
      if (!isUp) await cluster.start();
      isUp = true;
    };
    later(revive);

    const down = { db: { ok: false, detail: 'unreachable', code: 'POSTGRES_UNREACHABLE' } };
    const { status, checks } = await becomes(service, 503, {
      ...down,
      migrations: { ok: false, detail: 'unknown' },
    });
    expect(status).toBe('fail');
    expect(keysOf(checks.db)).toEqual(BAD);
    const since = checks.db?.failing_since ?? '';
    expect(since).toMatch(UTC);
    expect(new Date(since).getTime()).toBeGreaterThanOrEqual(asked);
    expect((await ready(service)).body.checks.db?.failing_since).toBe(since);

    for (const path of ALIASES.live) expect((await get(service, path)).status).toBe(200);
    for (const path of ALIASES.ready) expect((await get(service, path)).status).toBe(503);
    expect((await get(service, '/health/startup')).status).toBe(200);
    expect((await get(service, '/health/pool')).status).toBe(200);
    expect((await get(service, '/version')).status).toBe(200);
    expect(await get(service, '/health')).toMatchObject({
      status: 503,
      body: { status: 'fail', database: { type: 'postgresql', status: 'unreachable' } },
    });
    expect(await get(service, '/health/migrations')).toMatchObject({
      status: 200,
      body: { status: 'unknown', stores: { advisory: { status: 'unknown', expected: 3 } } },
    });
    expect((await get(service, '/api/v1/diagnostics')).body).toMatchObject({
      storage: { write_probe_ok: false },
    });
    const refused = await create(service);
    expect(refused.status).toBe(503);
    expect(refused.headers.get('retry-after')).toMatch(/^\d+$/);
    expect(refused.headers.get('content-type')).toMatch(/^application\/problem\+json/);

    await revive();
    const recovered = await becomes(service, 200);
    expect(keysOf(recovered.checks.db)).toEqual(GOOD);
    expect((await get(service, '/health/migrations')).body).toMatchObject({ status: 'head' });
    await eventually(async () => {
      expect((await create(service)).status).toBe(201);
    });
    expect(jsonLines((await service.stop()).stdout).length).toBeGreaterThan(0);
  });

  it('lives on when connections break while they are used and while they are tested', async () => {
    const database = await ownDatabase();
    const proxy = await proxyTo(database.url);
    const service = await start(onPostgres(through(proxy, database.url)));
    await Promise.all(Array.from({ length: 5 }, () => create(service)));

    proxy.when('INSERT', () => {
      proxy.cut();
      proxy.mend();
    });
    const broken = await create(service);
    expect(broken.status).toBe(503);
    expect(await broken.json()).toMatchObject({ code: 'POSTGRES_CONNECTION_ENDED' });
    // Connections that broke while they were idle for less than a second may still be lent.
    await eventually(async () => {
      expect((await create(service)).status).toBe(201);
    });

    // The pool tests a connection that has been idle for a second before it lends it.
    await new Promise((resolve) => setTimeout(resolve, 1200));
    proxy.when('SELECT 1', () => {
      proxy.cut();
      proxy.mend();
    });
    expect((await create(service)).status).toBe(201);
    expect((await get(service, '/health/live')).status).toBe(200);
    expect((await service.stop()).code).toBe(0);
  });
});

describe('a service on a PostgreSQL server that does not answer any more', () => {
  const TIMEOUT_MS = 300;

  /** Every answer to twenty probes at once. */
  const twenty = (service: Service) =>
    Promise.all(Array.from({ length: 20 }, () => ready(service)));

  it('says 503 to all while it waits, holds no connections for it, and recovers', async () => {
    const database = await ownDatabase();
    const proxy = await proxyTo(database.url);
    const service = await start(
      onPostgres(through(proxy, database.url), { HEALTH_PROBE_TIMEOUT_MS: String(TIMEOUT_MS) }),
    );
    const onServer = async () => {
      const [row] = await database.query<{ count: number }>(
        `SELECT count(*)::int AS count FROM pg_stat_activity
          WHERE datname = current_database() AND pid <> pg_backend_pid()`,
      );
      return row?.count ?? 0;
    };
    expect((await twenty(service)).map(({ status }) => status)).toEqual(
      Array.from({ length: 20 }, () => 200),
    );
    const [before, openBefore] = [await onServer(), proxy.open()];

    proxy.stall();
    await becomes(service, 503);
    for (let round = 0; round < 4; round += 1) {
      for (const { status, body } of await twenty(service)) {
        expect(status).toBe(503);
        expect(body.checks.db).toMatchObject({
          ok: false,
          detail: 'unreachable',
          code: 'POSTGRES_UNREACHABLE',
        });
      }
      expect((await get(service, '/health/live')).status).toBe(200);
    }
    await eventually(() => {
      expect(proxy.open()).toBeLessThanOrEqual(openBefore);
    });

    proxy.resume();
    await becomes(service, 200);
    await eventually(async () => {
      expect(await onServer()).toBeLessThanOrEqual(before);
    });
    expect((await create(service)).status).toBe(201);
  });

  it('answers the other health paths too', async () => {
    const database = await ownDatabase();
    const proxy = await proxyTo(database.url);
    const service = await start(
      onPostgres(through(proxy, database.url), { HEALTH_PROBE_TIMEOUT_MS: String(TIMEOUT_MS) }),
    );
    proxy.stall();
    for (const [path, status] of [
      ['/health', 503],
      ['/health/migrations', 200],
      ['/health/pool', 200],
      ['/api/v1/diagnostics', 200],
      ['/health/live', 200],
    ] as const) {
      expect((await get(service, path)).status).toBe(status);
    }
  });
});

describe('a database that takes no more writes', () => {
  it('makes the service not ready until it does again', async () => {
    const database = await ownDatabase(cluster.url);
    const service = await start(onPostgres(database.url));
    expect((await ready(service)).status).toBe(200);
    const readOnly = async (value: 'on' | 'off') => {
      await database.query(`ALTER SYSTEM SET default_transaction_read_only = ${value}`);
      await database.query('SELECT pg_reload_conf()');
    };
    later(() => readOnly('off'));
    await readOnly('on');
    const { status } = await becomes(service, 503, {
      db: { ok: false, code: 'POSTGRES_READ_ONLY' },
    });
    expect(status).toBe('fail');
    expect((await get(service, '/health/live')).status).toBe(200);
    await eventually(async () => {
      expect((await get(service, '/api/v1/diagnostics')).body).toMatchObject({
        status: 'fail',
        storage: { write_probe_ok: false },
      });
    });
    expect((await create(service)).status).toBe(503);

    await readOnly('off');
    await becomes(service, 200);
    await eventually(async () => {
      expect((await get(service, '/api/v1/diagnostics')).body).toMatchObject({
        status: 'ok',
        storage: { write_probe_ok: true },
      });
    });
    expect((await create(service)).status).toBe(201);
  });
});

describe('a ledger that changes under the service', () => {
  it.each([
    [
      'ahead',
      'SCHEMA_NEWER_THAN_BUILD',
      `INSERT INTO holdfast_migrations SELECT store, '9999', 'from_the_future', checksum, now(),
         1, applied_by, '9.9.9' FROM holdfast_migrations
        WHERE store = 'advisory' AND version = '0001'`,
      `DELETE FROM holdfast_migrations WHERE version = '9999'`,
      { ahead: ['9999_from_the_future'], applied: 4 },
    ],
    [
      'drifted',
      'MIGRATION_CHECKSUM_MISMATCH',
      `UPDATE holdfast_migrations SET checksum = 'x' || checksum
        WHERE store = 'advisory' AND version = '0001'`,
      `UPDATE holdfast_migrations SET checksum = substr(checksum, 2)
        WHERE store = 'advisory' AND version = '0001'`,
      { drifted: ['0001_create_proposals'] },
    ],
    [
      'pending',
      'MIGRATIONS_PENDING',
      `UPDATE holdfast_migrations SET store = 'away'
        WHERE store = 'advisory' AND version = '0003'`,
      `UPDATE holdfast_migrations SET store = 'advisory' WHERE store = 'away'`,
      { pending: ['0003_add_request_keys'], current: '0002_add_workflow', applied: 2 },
    ],
  ])('is %s: 503 %s, until it is as before', async (detail, code, change, restore, advisory) => {
    const database = await ownDatabase();
    const service = await start(onPostgres(database.url));
    expect((await ready(service)).status).toBe(200);
    await database.query(change);
    const body = await becomes(service, 503, { migrations: { ok: false, detail } });
    expect(body.checks.migrations?.code).toMatch(new RegExp(`^${code}(:advisory:0001)?$`));
    expect(body.checks.db).toMatchObject({ ok: true, detail: 'connected' });
    expect((await get(service, '/health/migrations')).body).toMatchObject({
      status: detail,
      stores: { advisory: { status: detail, expected: 3, ...advisory }, dpm: { status: 'head' } },
    });
    await database.query(restore);
    await becomes(service, 200);
  });
});

describe('every check that fails', () => {
  it('has a code and tells since when', async () => {
    const database = await ownDatabase();
    const proxy = await proxyTo(database.url);
    const service = await start(
      onPostgres(through(proxy, database.url), {
        REDIS_URL: `redis://127.0.0.1:${await freePort()}`,
      }),
    );
    await database.query(`DELETE FROM holdfast_migrations WHERE version = '0003'`);
    const behind = (await becomes(service, 503, { migrations: { detail: 'pending' } })).checks;
    proxy.cut();
    const cut = (await becomes(service, 503, { db: { detail: 'unreachable' } })).checks;
    expect({
      redis: keysOf(behind.redis),
      db: keysOf(cut.db),
      behind: keysOf(behind.migrations),
      unknown: keysOf(cut.migrations),
    }).toEqual({ redis: BAD, db: BAD, behind: BAD, unknown: [...BAD, 'because'] });
  });

  it('does so when the database is read-only, too', async () => {
    const database = await ownDatabase();
    const service = await start(onPostgres(database.url));
    const name = new URL(database.url).pathname.slice(1);
    await database.query(`ALTER DATABASE ${name} SET default_transaction_read_only = on`);
    await database.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
        WHERE datname = current_database() AND pid <> pg_backend_pid()`,
    );
    const { checks } = await becomes(service, 503, { db: { code: 'POSTGRES_READ_ONLY' } });
    expect(keysOf(checks.db)).toEqual(BAD);
    expect(checks.db?.detail).toMatch(/^(connected|unreachable)$/);
    // Sessions that are open keep what they were given at their log-in.
    await database.query(
      `BEGIN READ WRITE; ALTER DATABASE ${name} RESET default_transaction_read_only; COMMIT`,
    );
    await becomes(service, 200);
  });
});

describe('Redis', () => {
  const bad = { ok: false, detail: 'unreachable', code: 'REDIS_UNREACHABLE' };
  const good = { ok: true, detail: 'connected' };

  it('is no part of readiness where there is no REDIS_URL', async () => {
    const service = await start({});
    expect(keysOf((await ready(service)).body.checks)).toEqual(['db', 'migrations']);
  });

  it('that is optional degrades readiness while it is down', async () => {
    later(redis.start);
    const service = await start({ REDIS_URL: redis.url });
    const before = await becomes(service, 200, { redis: good });
    expect(before.status).toBe('ok');
    await redis.stop();
    const during = await becomes(service, 200, { redis: bad, db: { ok: true } });
    expect(during.status).toBe('degraded');
    expect(during.checks.redis?.failing_since).toMatch(UTC);
    expect(await get(service, '/health')).toMatchObject({
      status: 200,
      body: { status: 'degraded' },
    });
    expect((await create(service)).status).toBe(201);
    await redis.start();
    expect((await becomes(service, 200, { redis: good })).status).toBe('ok');
  });

  it('that is required takes the service out while it is down', async () => {
    later(redis.start);
    const database = await ownDatabase();
    const environment = onPostgres(database.url, { APP_ENV: 'staging', REDIS_URL: redis.url });
    const service = await start(environment);
    await becomes(service, 200, { redis: good });
    await redis.stop();
    const during = await becomes(service, 503, { redis: bad, db: { ok: true } });
    expect(during.status).toBe('fail');
    expect((await get(service, '/health/live')).status).toBe(200);
    expect((await get(service, '/health')).status).toBe(503);
    await redis.start();
    expect((await becomes(service, 200, { redis: good })).status).toBe('ok');
  });

  it('may come later than the service, whose log tells that it is not there', async () => {
    later(redis.start);
    await redis.stop();
    const database = await ownDatabase();
    const environment = onPostgres(database.url, { APP_ENV: 'staging', REDIS_URL: redis.url });
    const service = await start(environment);
    await becomes(service, 503, { redis: bad });
    const codes = () => jsonLines(service.output()).map(({ code }) => code);
    await redis.start();
    await becomes(service, 200, { redis: good });
    expect(codes()).toContain('REDIS_UNREACHABLE');
    expect(service.output()).not.toContain(redis.password);
  });

  it('that refuses the password is as good as down', async () => {
    const service = await start({ REDIS_URL: redis.url.replace(redis.password, 'wrong-password') });
    const refused = { ...bad, code: 'REDIS_AUTH_FAILED' };
    expect((await becomes(service, 200, { redis: refused })).status).toBe('degraded');
    expect((await service.stop()).stdout).not.toContain('wrong-password');
  });

  it('that does not answer any more holds no probe up', async () => {
    const proxy = await startProxy(redis);
    later(() => proxy.close());
    const REDIS_URL = redis.url.replace(String(redis.port), String(proxy.port));
    const service = await start({ REDIS_URL, HEALTH_PROBE_TIMEOUT_MS: '300' });
    await becomes(service, 200, { redis: good });
    proxy.stall();
    await becomes(service, 200, { redis: bad });
    const all = await Promise.all(Array.from({ length: 20 }, () => ready(service)));
    expect(new Set(all.map(({ body }) => body.status))).toEqual(new Set(['degraded']));
    expect(proxy.open()).toBeLessThanOrEqual(2);
    proxy.resume();
    await becomes(service, 200, { redis: good });
  });
});

describe('several databases', () => {
  it('are told apart, and readiness is their conjunction', async () => {
    const [first, second] = [await ownDatabase(), await ownDatabase()];
    const proxy = await proxyTo(second.url);
    const service = await start(
      onPostgres(first.url, { PROPOSAL_POSTGRES_DSN: through(proxy, second.url) }),
    );
    const { body } = await ready(service);
    expect(body.checks.db).toMatchObject({
      ok: true,
      detail: 'connected',
      stores: { dpm: { ok: true }, advisory: { ok: true } },
    });
    expect(keysOf(body.checks.db)).toEqual([...GOOD, 'stores']);
    expect(keysOf(body.checks.db?.stores)).toEqual(STORES_ALWAYS_ON);
    const { pools } = (await get<{ pools: Pool[] }>(service, '/health/pool')).body;
    expect(pools.map(({ name, stores }) => ({ name, stores }))).toEqual([
      { name: 'primary', stores: STORES_ALWAYS_ON.filter((name) => name !== 'advisory') },
      { name: 'advisory', stores: ['advisory'] },
    ]);
    expect((await get(service, '/health')).body).toMatchObject({
      stores: {
        dpm: { backend: 'POSTGRES', database: 'primary' },
        advisory: { backend: 'POSTGRES', database: 'advisory' },
      },
    });

    proxy.cut();
    const bad = { ok: false, detail: 'unreachable', code: 'POSTGRES_UNREACHABLE' };
    const { checks } = await becomes(service, 503, {
      db: { ...bad, stores: { dpm: { ok: true, detail: 'connected' }, advisory: bad } },
    });
    expect(checks.db?.stores?.advisory?.failing_since).toMatch(UTC);
    expect((await get(service, '/api/v1/diagnostics')).body).toMatchObject({
      storage: { write_probe_ok: false },
    });
    proxy.mend();
    await becomes(service, 200, { db: { ok: true, stores: { advisory: { ok: true } } } });
  });

  it('that are one and the same share a pool and a check', async () => {
    const { url } = await ownDatabase();
    const service = await start(
      onPostgres(url, { DPM_SUPPORTABILITY_POSTGRES_DSN: url, PROPOSAL_POSTGRES_DSN: url }),
    );
    expect(keysOf((await ready(service)).body.checks.db)).toEqual(GOOD);
    const { pools } = (await get<{ pools: Pool[] }>(service, '/health/pool')).body;
    expect(pools).toMatchObject([{ name: 'primary', stores: STORES_ALWAYS_ON }]);
  });
});

describe('a service on SQLite', () => {
  it('has the same bodies', async () => {
    const service = await start({});
    const { status, body } = await ready(service);
    expect(status).toBe(200);
    expect(keysOf(body)).toEqual(HEADER);
    expect(body).toMatchObject({ status: 'ok', profile: 'LOCAL' });
    expect(keysOf(body.checks.db)).toEqual(GOOD);
    const { pools } = (await get<{ pools: Pool[] }>(service, '/health/pool')).body;
    expect(pools.map(keysOf)).toEqual([POOL]);
    expect(pools).toMatchObject([
      { name: 'primary', type: 'sqlite', stores: STORES_ALWAYS_ON, size: 1, max_overflow: 0 },
    ]);
    expect((await get(service, '/health')).body).toMatchObject({
      environment: null,
      database: { type: 'sqlite', status: 'connected' },
      migrations: { status: 'head', stores: { advisory: { backend: 'SQLITE', applied: 3 } } },
    });
    expect((await get(service, '/api/v1/diagnostics')).body).toMatchObject({
      storage: { write_probe_ok: true, backends: { dpm: 'SQLITE', advisory: 'SQLITE' } },
    });
  });

  it('is not ready once its file was away, until a restart', async () => {
    const cwd = temporaryFolder();
    const SQLITE_PATH = join(cwd, 'holdfast.sqlite');
    const service = await start({ SQLITE_PATH }, cwd);
    expect((await ready(service)).status).toBe(200);
    renameSync(SQLITE_PATH, `${SQLITE_PATH}.away`);
    const { status } = await becomes(service, 503, {
      db: { ok: false, detail: 'unreachable', code: 'SQLITE_FILE_REPLACED' },
    });
    expect(status).toBe('fail');
    expect((await get(service, '/health/live')).status).toBe(200);
    renameSync(`${SQLITE_PATH}.away`, SQLITE_PATH);
    expect((await ready(service)).status).toBe(503);
    await service.stop();
    await becomes(await start({ SQLITE_PATH }, cwd), 200);
  });

  it('is not ready once its file has been deleted', async () => {
    const cwd = temporaryFolder();
    const SQLITE_PATH = join(cwd, 'holdfast.sqlite');
    const service = await start({ SQLITE_PATH }, cwd);
    expect((await create(service)).status).toBe(201);
    for (const suffix of ['', '-wal', '-shm']) rmSync(SQLITE_PATH + suffix, { force: true });
    const body = await becomes(service, 503, { db: { ok: false, code: 'SQLITE_FILE_REPLACED' } });
    expect(body.checks.db?.failing_since).toMatch(UTC);
    expect((await get(service, '/api/v1/diagnostics')).body).toMatchObject({
      storage: { write_probe_ok: false },
    });
  });
});

describe('a service in memory', () => {
  it('has no database, no pool and nothing to migrate', async () => {
    const service = await start({
      PROPOSAL_STORE_BACKEND: 'IN_MEMORY',
      DPM_SUPPORTABILITY_STORE_BACKEND: 'IN_MEMORY',
    });
    const { status, body } = await ready(service);
    expect(status).toBe(200);
    expect(body).toMatchObject({
      status: 'ok',
      checks: { db: { ok: true }, migrations: { ok: true, detail: 'head' } },
    });
    expect((await get(service, '/health/pool')).body).toEqual({ pools: [] });
    expect((await get(service, '/health/migrations')).body).toMatchObject({
      status: 'head',
      stores: { advisory: { backend: 'IN_MEMORY', expected: 0 } },
    });
    expect((await get(service, '/health')).body).toMatchObject({
      stores: { advisory: { backend: 'IN_MEMORY' } },
    });
    expect((await get(service, '/api/v1/diagnostics')).body).toMatchObject({
      storage: { backends: { advisory: 'IN_MEMORY' } },
    });
  });
});

describe('the shadow profile', () => {
  it('lists and logs what PRODUCTION would refuse, and refuses nothing', async () => {
    const service = await start({
      APP_PERSISTENCE_SHADOW_PROFILE: 'PRODUCTION',
      DPM_SUPPORTABILITY_STORE_BACKEND: 'IN_MEMORY',
      DPM_POLICY_PACKS_ENABLED: 'true',
    });
    const { status, body } = await get<{ shadow: Record<string, string>[] }>(service, '/health');
    expect(status).toBe(200);
    const expected = [
      'PERSISTENCE_PROFILE_REQUIRES_DPM_POSTGRES',
      'PERSISTENCE_PROFILE_REQUIRES_ADVISORY_POSTGRES_DSN',
      'PERSISTENCE_PROFILE_REQUIRES_POLICY_PACK_POSTGRES_DSN',
    ];
    expect(body.shadow.map(({ code }) => code)).toEqual(expected);
    for (const violation of body.shadow) {
      expect(keysOf(violation)).toEqual(['code', 'variable', 'message', 'fix']);
    }
    expect((await ready(service)).body.status).toBe('ok');
    const warnings = jsonLines(service.output()).filter(({ level }) => level === 'warn');
    expect(warnings.map(({ code }) => code)).toEqual(expected);
  });
});

describe('a service that is asked to stop', () => {
  const BODY = JSON.stringify({ portfolio_id: 'p', created_by: 'c', document: null });

  /** A request of which the last byte of the body is still to come. */
  async function begin({ url }: Service): Promise<Socket> {
    const { hostname, port, host } = new URL(url);
    const socket = connect(Number(port), hostname);
    later(() => socket.destroy());
    await once(socket, 'connect');
    const head = [
      'POST /rebalance/proposals HTTP/1.1',
      `Host: ${host}`,
      'Content-Type: application/json',
      'Idempotency-Key: draining',
      `Content-Length: ${BODY.length}`,
    ];
    socket.write(`${head.join('\r\n')}\r\n\r\n${BODY.slice(0, -1)}`);
    return socket;
  }

  it('finishes what has begun; meanwhile it is not ready, but alive; idle sockets do not hold it', async () => {
    const service = await start({ SHUTDOWN_DRAIN_MS: '20000' });
    const request = await begin(service);
    const idle = connect(Number(new URL(service.url).port), '127.0.0.1');
    later(() => idle.destroy());
    // What was written must have arrived before the signal does.
    expect((await ready(service)).status).toBe(200);
    const stopped = service.stop();
    await eventually(() => {
      expect(service.output()).toContain('"event":"draining"');
    });

    const { status, body } = await ready(service);
    expect(status).toBe(503);
    expect(keysOf(body)).toEqual(HEADER);
    expect(body).toMatchObject({
      status: 'fail',
      profile: 'LOCAL',
      checks: { shutdown: { ok: false, detail: 'draining' } },
    });
    expect(keysOf(body.checks)).toEqual(['shutdown']);
    expect(await get(service, '/health')).toMatchObject({ status: 503, body: { status: 'fail' } });
    const live = await get(service, '/health/live');
    expect(live).toMatchObject({ status: 200, body: { status: 'ok' } });

    request.write(BODY.slice(-1));
    const [answer] = (await once(request, 'data')) as [Buffer];
    expect(answer.toString()).toMatch(/^HTTP\/1\.1 201 /);
    expect(answer.toString().toLowerCase()).toContain('location: /rebalance/proposals/');
    expect(await stopped).toMatchObject({ code: 0, signal: null });
  });
});

describe('a pool whose connections are all in use', () => {
  it('is no outage: the service is ready, and who waits too long is told to come back', async () => {
    const database = await ownDatabase();
    const service = await start(
      onPostgres(database.url, {
        DB_POOL_SIZE: '1',
        DB_MAX_OVERFLOW: '0',
        DB_POOL_TIMEOUT: '2',
        DB_LOCK_TIMEOUT_MS: '60000',
      }),
    );
    const blocker = new pg.Client({ connectionString: database.url });
    await blocker.connect();
    let ended: Promise<void> | undefined;
    const letGo = () => (ended ??= blocker.end());
    later(letGo);
    await blocker.query('BEGIN; LOCK TABLE proposal_records');

    // Those of the same list would wait together.
    const list = (limit: number) => fetch(`${service.url}/rebalance/proposals?limit=${limit}`);
    const requests = [list(1), list(2), list(3)];
    await eventually(async () => {
      const { pools } = (await get<{ pools: Pool[] }>(service, '/health/pool')).body;
      expect(pools).toMatchObject([{ checked_out: 1, waiting: 2, overflow: 0, idle: 0 }]);
    });
    expect((await ready(service)).status).toBe(200);
    let late = 0;
    const refused = await Promise.all(
      requests.map((request) =>
        request.then(async (answer) => {
          if (answer.status !== 503) return undefined;
          late += 1;
          // Both have waited for their time, and the pool has seen it; the one that holds the connection may go on.
          if (late === 2) {
            await eventually(async () => {
              const { pools } = (await get<{ pools: Pool[] }>(service, '/health/pool')).body;
              expect(pools).toMatchObject([{ timeouts_total: 2 }]);
            });
            void letGo();
          }
          return { answer, body: (await answer.json()) as { code: string } };
        }),
      ),
    );
    const timeouts = refused.filter((each) => each !== undefined);
    expect(timeouts.map(({ body }) => body.code)).toEqual(['POOL_TIMEOUT', 'POOL_TIMEOUT']);
    for (const { answer } of timeouts) {
      expect(answer.headers.get('retry-after')).toMatch(/^[1-9]\d*$/);
      expect(answer.headers.get('content-type')).toMatch(/^application\/problem\+json/);
    }
    const statuses = (await Promise.all(requests)).map(({ status }) => status);
    expect(statuses.toSorted()).toEqual([200, 503, 503]);
    const { pools } = (await get<{ pools: Pool[] }>(service, '/health/pool')).body;
    expect(pools).toMatchObject([{ checked_out: 0, waiting: 0, timeouts_total: 2 }]);
  });
});
