import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { SPAN_KIND, startTraceCollector, tracedTo } from '../support/trace-collector.js';
import { eventually } from '../support/eventually.js';
import {
  installAdopter,
  runAdopter,
  testAdopter,
  withFurther,
  without,
} from '../support/adopter.js';
import { createDatabase, type TestDatabase } from '@holdfast/testing/temporary-database';

/** Compiles six packages and an application. */
const INSTALL_MS = 1_200_000;
/** Starts without a bundle, several times. */
const USE_MS = 600_000;

const json = async (url: string, body?: object) => {
  const response = await fetch(url, {
    ...(body && {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    }),
  });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
};

let folder: string;
beforeAll(() => {
  execFileSync(process.execPath, ['scripts/build-packages.mjs'], { stdio: 'ignore' });
  folder = installAdopter(withFurther);
}, INSTALL_MS);
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

/** Asked as in a warehouse that answers each path in its own way. */
async function warehouse(): Promise<Server> {
  const server = createServer((request, response) => {
    if (request.url === '/silent') return;
    response.writeHead(request.url === '/well' ? 200 : 500).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
}

describe('examples/orders, from the tarballs of the packages', () => {
  let server: Server;
  beforeAll(async () => {
    server = await warehouse();
  });
  afterAll(() => {
    server.closeAllConnections();
    server.close();
  });
  const asking = (path: string) => ({
    WAREHOUSE_URL: `http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`,
  });

  it(
    'is refused under PRODUCTION without a connection string, by the code of its own store',
    async () => {
      const environment = { APP_PERSISTENCE_PROFILE: 'PRODUCTION' };
      const { code, stderr } = await runAdopter(folder, 'main.js', environment).ended;
      expect(stderr).toContain('PERSISTENCE_PROFILE_REQUIRES_ORDERS_POSTGRES_DSN');
      expect(stderr).toContain('ORDERS_POSTGRES_DSN');
      expect(code).toBe(78);
      const onSqlite = { ...environment, ORDERS_STORE_BACKEND: 'SQLITE' };
      const refused = await runAdopter(folder, 'main.js', onSqlite).ended;
      expect(refused.stderr).toContain('"PERSISTENCE_PROFILE_REQUIRES_ORDERS_POSTGRES"');
      expect(refused.code).toBe(78);
    },
    USE_MS,
  );

  it.each([
    ['Fastify', 'main.js'],
    ['Express', 'main.express.js'],
  ])(
    'serves on SQLite under LOCAL by %s, migrated by its start, and tells its own check',
    async (_, file) => {
      const environment = { APP_PERSISTENCE_PROFILE: 'LOCAL', PORT: '0' };
      const { child, url, ended } = runAdopter(folder, file, {
        ...environment,
        ...asking('/well'),
      });
      const base = await url;
      const ready = await json(`${base}/health/ready`);
      expect(ready).toMatchObject({
        status: 200,
        body: { status: 'ok', checks: { warehouse: { ok: true, detail: 'well' } } },
      });
      await takesOrders(base);
      expect((await json(`${base}/version`)).body).toMatchObject({ name: 'orders' });
      expect((await json(`${base}/docs-json`)).body).toMatchObject({ info: { title: 'Orders' } });
      expect((await fetch(`${base}/docs/swagger-ui.css`)).status).toBe(200);
      child.kill('SIGTERM');
      expect((await ended).code).toBe(0);
    },
    USE_MS,
  );

  it.each([
    ['Fastify', 'main.js'],
    ['Express', 'main.express.js'],
  ])(
    'is refused by %s where callers prove who they are, and a route does not say who may ask for it',
    async (_, file) => {
      const environment = {
        APP_PERSISTENCE_PROFILE: 'LOCAL',
        AUTH_MODE: 'jwt',
        JWT_SIGNING_KEY: 'a key of tests, which is long enough for HS256',
        PORT: '0',
      };
      const { code, stdout } = await runAdopter(folder, file, environment).ended;
      expect(stdout).toContain('"code":"ROUTE_WITHOUT_SCOPE"');
      expect(stdout).toContain('OrdersController.create');
      expect(code).toBe(1);
    },
    USE_MS,
  );

  it.each([
    ['@nestjs/platform-express', 'main.express.js', 'main.js'],
    ['@nestjs/platform-fastify', 'main.js', 'main.express.js'],
  ])(
    'needs %s only where it serves by it',
    async (name, served, other) => {
      const environment = { APP_PERSISTENCE_PROFILE: 'LOCAL', PORT: '0', ...asking('/well') };
      await without(folder, name, async () => {
        const { code, stdout } = await runAdopter(folder, served, environment).ended;
        expect(stdout).toContain('"code":"HTTP_FRAMEWORK_MISSING"');
        expect(stdout).toContain(`${name} is not installed`);
        expect(code).toBe(1);
        const { child, url, ended } = runAdopter(folder, other, environment);
        await takesOrders(await url);
        child.kill('SIGTERM');
        expect((await ended).code).toBe(0);
      });
    },
    USE_MS,
  );

  it(
    'proves its repository on every backend by node:test',
    async () => {
      const { TEST_DATABASE_URL = '' } = process.env;
      const recorded = mkdtempSync(join(tmpdir(), 'holdfast-recorded-'));
      const environment = { TEST_DATABASE_URL, RECORD_STATEMENTS: recorded };
      const { code, stdout } = await testAdopter(folder, environment).ended;
      const [sent, shipped] = [recorded, join(folder, 'migrations')].map((place) =>
        readFileSync(join(place, 'orders', 'statements.json'), 'utf8'),
      );
      rmSync(recorded, { recursive: true });
      expect(sent).toBe(shipped);
      expect(stdout).toContain('OrdersRepository on SQLITE');
      expect(stdout).toContain('OrdersRepository on POSTGRES');
      expect(stdout).toMatch(/^. pass 6$/m);
      expect(stdout).toMatch(/^. fail 0$/m);
      expect(stdout).toMatch(/^. skipped 0$/m);
      expect(code).toBe(0);
    },
    USE_MS,
  );

  it.each([
    ['/broken', 'WAREHOUSE_UNREACHABLE', 'The warehouse does not answer.'],
    ['/silent', 'CHECK_FAILED', 'no answer'],
  ])(
    'goes on, degraded, where what it can do without fails: %s',
    async (path, code, detail) => {
      const environment = { APP_PERSISTENCE_PROFILE: 'LOCAL', PORT: '0' };
      const { child, url, ended } = runAdopter(folder, 'main.js', {
        ...environment,
        ...asking(path),
      });
      const base = await url;
      const check = { ok: false, code, detail };
      expect(await json(`${base}/health/ready`)).toMatchObject({
        status: 200,
        body: { status: 'degraded', checks: { warehouse: check } },
      });
      expect(await json(`${base}/health/ready/warehouse`)).toMatchObject({
        status: 503,
        body: { status: 'fail', checks: { warehouse: check } },
      });
      expect((await json(`${base}/health/ready?exclude=warehouse`)).body.status).toBe('ok');
      expect((await json(`${base}/health/ready?exclude=stable`)).status).toBe(422);
      child.kill('SIGTERM');
      expect((await ended).code).toBe(0);
    },
    USE_MS,
  );

  it.each([
    ['Fastify', 'main.js'],
    ['Express', 'main.express.js'],
    ['an application that makes itself', 'own/main.js'],
  ])(
    'answers every request until the load balancer has seen that %s drains',
    async (_, file) => {
      const { child, url, ended } = runAdopter(folder, file, {
        APP_PERSISTENCE_PROFILE: 'LOCAL',
        PORT: '0',
        SHUTDOWN_DRAIN_MS: '2000',
        ...asking('/well'),
      });
      const base = await url;
      const balancer = { sees: 200 };
      const answers: number[] = [];
      const client = async () => {
        while (balancer.sees === 200)
          answers.push((await json(`${base}/orders`, { article: 'cup', quantity: 2 })).status);
      };
      const watch = async () => {
        while (balancer.sees === 200) balancer.sees = (await fetch(`${base}/health/ready`)).status;
      };
      const all = Promise.all([watch(), client(), client(), client(), client()]);
      await eventually(() => {
        expect(answers.length).toBeGreaterThan(50);
      });
      child.kill('SIGTERM');
      await all;
      expect(balancer.sees).toBe(503);
      expect(new Set(answers)).toEqual(new Set([201]));
      const { code, stdout } = await ended;
      expect(stdout).toContain('"abandoned":0');
      expect(code).toBe(0);
    },
    USE_MS,
  );

  it.each([
    ['Fastify', 'main.js'],
    ['Express', 'main.express.js'],
    ['an application that makes itself', 'own/main.js'],
  ])(
    'tells an SDK the spans of its requests and of what its repository asks TypeORM for: %s',
    async (_, file) => {
      const collector = await startTraceCollector();
      const database = await createDatabase();
      const { child, url, ended } = runAdopter(folder, file, {
        APP_PERSISTENCE_PROFILE: 'LOCAL',
        ORDERS_STORE_BACKEND: 'POSTGRES',
        ORDERS_POSTGRES_DSN: database.url,
        MIGRATE_ON_START: 'true',
        PORT: '0',
        ...tracedTo(collector),
        ...asking('/well'),
      });
      await takesOrders(await url);
      child.kill('SIGTERM');
      expect((await ended).code).toBe(0);
      const servers = collector.spans.filter(({ kind }) => kind === SPAN_KIND.server);
      for (const [name, statement] of [
        ['POST /orders', 'INSERT orders'],
        ['GET /orders/:id', 'SELECT orders'],
      ] as const) {
        const server = servers.find((span) => span.name === name);
        const children = collector.spans.filter(
          ({ parentSpanId }) => parentSpanId !== undefined && parentSpanId === server?.spanId,
        );
        expect(children.map((span) => span.name)).toEqual(['pool.acquire', statement]);
      }
      await collector.close();
      await database.drop();
    },
    USE_MS,
  );

  describe('as an application that makes itself', () => {
    it(
      'has databases, probes and problem answers by HoldfastModule.forRoot()',
      async () => {
        const { child, url, ended } = runAdopter(folder, 'own/main.js', {
          APP_PERSISTENCE_PROFILE: 'LOCAL',
          PORT: '0',
          ...asking('/well'),
        });
        const base = await url;
        expect((await json(`${base}/health/ready`)).body).toMatchObject({ status: 'ok' });
        expect((await json(`${base}/health/startup`)).status).toBe(200);
        await takesOrders(base);
        child.kill('SIGTERM');
        expect((await ended).code).toBe(0);
      },
      USE_MS,
    );

    it(
      'is not made where the guard or a database refuses it',
      async () => {
        const production = { APP_PERSISTENCE_PROFILE: 'PRODUCTION', PORT: '0' };
        const refused = await runAdopter(folder, 'own/main.js', production).ended;
        expect(refused.stderr).toContain('PERSISTENCE_PROFILE_REQUIRES_ORDERS_POSTGRES_DSN');
        expect(refused.code).toBe(78);
        const nowhere = { ...production, ORDERS_POSTGRES_DSN: 'postgresql://a:b@127.0.0.1:1/a' };
        const unfit = await runAdopter(folder, 'own/main.js', {
          ...nowhere,
          DB_STARTUP_TIMEOUT: '1',
          DB_SSL_MODE: 'disable',
        }).ended;
        expect(unfit.stderr).toContain('POSTGRES_UNREACHABLE');
        expect(unfit.code).toBe(69);
      },
      USE_MS,
    );
  });

  describe('on PostgreSQL under PRODUCTION', () => {
    let database: TestDatabase;
    beforeEach(async () => {
      database = await createDatabase();
    });
    afterEach(() => database.drop());

    it.each([
      ['Fastify', 'main.js'],
      ['Express', 'main.express.js'],
    ])(
      'waits by %s for its migrator, serves, and drains',
      async (_, file) => {
        const environment = {
          APP_PERSISTENCE_PROFILE: 'PRODUCTION',
          ORDERS_POSTGRES_DSN: database.url,
          DB_DURABILITY: 'warn',
          PORT: '0',
          ...asking('/well'),
        };
        const early = await runAdopter(folder, file, environment).ended;
        expect(early.stdout).toContain('MIGRATIONS_PENDING');
        expect(early.code).toBe(69);

        const migrated = await runAdopter(folder, 'migrate.js', environment).ended;
        expect(migrated.stderr).toContain('0001_create_orders');
        expect(migrated.code).toBe(0);

        const { child, url, ended } = runAdopter(folder, file, environment);
        const base = await url;
        expect(await json(`${base}/health/ready`)).toMatchObject({
          status: 200,
          body: { status: 'ok', profile: 'PRODUCTION', checks: { migrations: { ok: true } } },
        });
        await takesOrders(base);
        expect(await database.query('SELECT article, quantity FROM orders')).toEqual([
          { article: 'cup', quantity: 2 },
        ]);
        child.kill('SIGTERM');
        const { code, stdout } = await ended;
        expect(stdout).toContain('"event":"stopped","abandoned":0');
        expect(code).toBe(0);
      },
      USE_MS,
    );

    it(
      'tells a migrator that reaches no database what to do',
      async () => {
        const nowhere = new URL(database.url);
        nowhere.pathname = '/nowhere';
        const { code, stderr } = await runAdopter(folder, 'migrate.js', {
          APP_PERSISTENCE_PROFILE: 'PRODUCTION',
          ORDERS_POSTGRES_DSN: nowhere.href,
        }).ended;
        expect(stderr).toContain('POSTGRES_DATABASE_MISSING');
        expect(stderr).not.toContain(nowhere.password);
        expect(code).toBe(69);
      },
      USE_MS,
    );
  });
});

/** The report of the application's own `check`. */
async function checked(environment: Readonly<Record<string, string>>, ...flags: string[]) {
  const { code, stdout, stderr } = await runAdopter(folder, 'check.js', environment, flags).ended;
  const report = JSON.parse(stdout) as {
    readonly verdict: string;
    readonly checks: readonly { name: string; ok: boolean; code: string | null }[];
  };
  const failing = report.checks.filter(({ ok }) => !ok);
  return { code, stderr, report, failing: failing.map((each) => [each.name, each.code]) };
}

describe('check(), with a check of the application', () => {
  const PRODUCTION = { APP_PERSISTENCE_PROFILE: 'PRODUCTION', STOCK: 'counted' };
  let database: TestDatabase;
  beforeAll(async () => {
    database = await createDatabase();
  });
  afterAll(() => database.drop());

  it(
    "is a no-go with 78 by the two codes of the application's store",
    async () => {
      const noDsn = await checked(PRODUCTION, '--json');
      expect(noDsn.failing).toEqual([
        ['guard.ORDERS_POSTGRES_DSN', 'PERSISTENCE_PROFILE_REQUIRES_ORDERS_POSTGRES_DSN'],
      ]);
      expect(noDsn.stderr).toContain('PERSISTENCE_PROFILE_REQUIRES_ORDERS_POSTGRES_DSN');
      expect(noDsn.code).toBe(78);
      const inMemory = { ...PRODUCTION, ORDERS_STORE_BACKEND: 'IN_MEMORY' };
      const onSqlite = await checked(inMemory, '--json');
      expect(onSqlite.failing).toEqual([
        ['guard.ORDERS_STORE_BACKEND', 'PERSISTENCE_PROFILE_REQUIRES_ORDERS_POSTGRES'],
      ]);
      expect(onSqlite.code).toBe(78);
    },
    USE_MS,
  );

  it(
    'goes on a migrated database, and not where the check of the application fails',
    async () => {
      const environment = {
        ...PRODUCTION,
        ORDERS_POSTGRES_DSN: database.url,
        DB_DURABILITY: 'warn',
      };
      const flags = ['--connect', '--migrations', '--json'];
      const early = await checked(environment, ...flags);
      expect(early.failing).toContainEqual(['migrations.orders', 'MIGRATIONS_PENDING']);
      expect(early.report.verdict).toBe('no-go');

      expect((await runAdopter(folder, 'migrate.js', environment).ended).code).toBe(0);
      const go = await checked(environment, ...flags);
      expect(go.failing).toEqual([]);
      expect(go.report.checks).toContainEqual(
        expect.objectContaining({ name: 'stock', ok: true, detail: 'counted' }),
      );
      expect([go.report.verdict, go.code]).toEqual(['go', 0]);

      const uncounted = await checked({ ...environment, STOCK: '' }, ...flags);
      expect(uncounted.failing).toEqual([['stock', 'STOCK_NOT_COUNTED']]);
      expect([uncounted.report.verdict, uncounted.code]).toEqual(['no-go', 1]);
    },
    USE_MS,
  );

  it(
    'says how it is used',
    async () => {
      const { code, stderr } = await runAdopter(folder, 'check.js', {}, ['--conect']).ended;
      expect(stderr).toContain('usage: [--connect]');
      expect(code).toBe(64);
    },
    USE_MS,
  );
});

/** Takes one order, gives it back, and refuses others in the form that every error has. */
async function takesOrders(base: string): Promise<void> {
  const { status, body } = await json(`${base}/orders`, { article: 'cup', quantity: 2 });
  expect(status).toBe(201);
  expect(await json(`${base}/orders/${String(body.id)}`)).toEqual({ status: 200, body });
  expect(await json(`${base}/orders/none`)).toMatchObject({
    status: 404,
    body: { code: 'REQUEST_REFUSED', detail: 'there is no order none' },
  });
  expect(await json(`${base}/order`)).toMatchObject({
    status: 404,
    body: { code: 'ROUTE_NOT_FOUND' },
  });
  expect(await json(`${base}/orders`, { article: 'cup', quantity: 0 })).toMatchObject({
    status: 422,
    body: { code: 'VALIDATION_FAILED' },
  });
}
