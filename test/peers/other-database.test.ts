import { randomUUID } from 'node:crypto';
import { expect, it } from '@jest/globals';
import pg from 'pg';
import { cleanup } from '../support/cleanup.js';
import { eventually } from '../support/eventually.js';
import { migratedDatabase } from '../support/migrations.js';
import { startPooler } from '../support/pgbouncer.js';
import { type TestDatabase, testServer } from '@holdfast/testing/temporary-database';
import { startPostgresServer } from '../support/postgres-server.js';
import { execute } from '../support/program.js';
import { type Service, startService } from '../support/service.js';
import { nameOf, swapNames } from '../support/swap-names.js';
import { startProxy, through } from '@holdfast/testing/tcp-proxy';

const { later, temporaryFolder } = cleanup();

/** In milliseconds, with some for the machine. */
const NOTICED_WITHIN = 5000;
const MISMATCH = 'DATABASE_IDENTITY_MISMATCH';

async function post({ url }: Service) {
  const response = await fetch(`${url}/rebalance/proposals`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'idempotency-key': randomUUID() },
    body: JSON.stringify({ portfolio_id: 'pf', created_by: 'me', document: {} }),
  });
  return { status: response.status, body: (await response.json()) as { readonly code?: string } };
}

async function get({ url }: Service, path: string) {
  const response = await fetch(url + path);
  return { status: response.status, text: await response.text() };
}

const becomes = (service: Service, status: number, said: string) =>
  eventually(async () => {
    const ready = await get(service, '/health/ready');
    expect(ready).toEqual({ status, text: expect.stringContaining(said) });
  }, NOTICED_WITHIN);

const proposals = async (database: Pick<TestDatabase, 'query'>) =>
  (await database.query('SELECT 1 FROM proposal_records')).length;

async function migrated() {
  const { database, environment } = await migratedDatabase(later);
  expect(await execute('cli.js', ['migrate', 'up'], environment)).toMatchObject({ code: 0 });
  return { database, environment: { ...environment, HOST: '127.0.0.1' } };
}

async function started(environment: Readonly<Record<string, string>>): Promise<Service> {
  const service = await startService(environment, temporaryFolder());
  later(() => service.stop('SIGKILL'));
  return service;
}

/** What all of them go through: another database, and the right one again. */
async function meetsAnother(
  service: Service,
  other: Pick<TestDatabase, 'query'>,
  lead: { readonly astray: () => unknown; readonly back: () => unknown },
  more: () => Promise<unknown> = () => Promise.resolve(),
): Promise<void> {
  expect(await post(service)).toMatchObject({ status: 201 });
  await becomes(service, 200, '"ok"');
  await lead.astray();
  await becomes(service, 503, MISMATCH);
  const { text } = await get(service, '/health/ready');
  expect(JSON.parse(text)).toMatchObject({
    checks: { db: { ok: false, detail: 'connected' }, migrations: { because: 'db' } },
  });
  expect(await post(service)).toMatchObject({ status: 503, body: { code: MISMATCH } });
  expect((await get(service, '/rebalance/proposals')).text).toContain(MISMATCH);
  const { text: diagnostics } = await get(service, '/api/v1/diagnostics');
  expect(JSON.parse(diagnostics)).toMatchObject({ storage: { write_probe_ok: false } });
  await more();
  await lead.back();
  await becomes(service, 200, '"ok"');
  await eventually(async () => {
    expect(await post(service)).toMatchObject({ status: 201 });
  }, NOTICED_WITHIN);
  expect(await proposals(other)).toBe(0);
}

it.each(['itself', 'a pooler'])(
  'another database takes over the name: nothing is read or written, through %s',
  async (way) => {
    const { database, environment } = await migrated();
    const other = await migrated();
    const [name, otherName] = [database, other.database].map(({ url }) => nameOf(url));
    const swap = () => swapNames(testServer(), name ?? '', otherName ?? '');
    let { url } = database;
    if (way === 'a pooler') {
      const pooler = await startPooler(database.url, 'transaction', 5, {
        ignore_startup_parameters: 'extra_float_digits,options,statement_timeout,lock_timeout',
        server_login_retry: '0',
      });
      later(pooler.stop);
      url = pooler.url;
    }
    const service = await started({ ...environment, DATABASE_URL: url });
    let astray = 0;
    await meetsAnother(service, other.database, { astray: swap, back: swap }, async () => {
      // Under the name of the first is the other one now.
      astray = await proposals(database);
    });
    expect(astray).toBe(0);
    expect(service.output()).toContain(MISMATCH);
  },
  60_000,
);

it.each([
  ['at once', true],
  ['for new logins alone, of which one of the pool is the first', false],
])(
  'a balancer leads to another cluster %s: nothing is read or written there',
  async (_, isCut) => {
    const { database, environment } = await migrated();
    const server = await startPostgresServer();
    later(() => server.remove());
    const elsewhere = new URL(database.url);
    elsewhere.port = String(server.port);
    const { default: pg } = await import('pg');
    const ask = async (url: string, sql: string) => {
      const client = new pg.Client({ connectionString: url });
      await client.connect();
      try {
        return (await client.query<object>(sql)).rows;
      } finally {
        await client.end();
      }
    };
    const { username, password } = elsewhere;
    await ask(server.url, `CREATE DATABASE ${nameOf(database.url)}`);
    await ask(server.url, `ALTER ROLE ${username} PASSWORD '${password}'`);
    const migration = { ...environment, DATABASE_URL: elsewhere.href };
    expect(await execute('cli.js', ['migrate', 'up'], migration)).toMatchObject({ code: 0 });
    const port = Number(new URL(database.url).port);
    const proxy = await startProxy({ port });
    later(() => proxy.close());
    const service = await started({ ...environment, DATABASE_URL: through(proxy, database.url) });
    const lead = (to: number) => () => {
      proxy.lead({ port: to });
      if (isCut || to === port) {
        proxy.cut();
        proxy.mend();
        return;
      }
      // The probe has its own session, and goes on in it.
      void database
        .query(
          `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
            WHERE datname = current_database() AND application_name = 'holdfast'`,
        )
        .then(() => post(service));
    };
    const other = { query: (sql: string) => ask(elsewhere.href, sql) } as TestDatabase;
    await meetsAnother(service, other, { astray: lead(server.port), back: lead(port) });
  },
  60_000,
);

it('health has one fingerprint for one database, and nothing of where it is', async () => {
  const { database, environment } = await migrated();
  const other = await migrated();
  const told = async (given: Readonly<Record<string, string>>) => {
    const service = await started(given);
    const { text } = await get(service, '/health');
    await service.stop();
    expect(text).not.toContain(nameOf(given.DATABASE_URL ?? ''));
    const { stores } = JSON.parse(text) as { stores: { dpm: { fingerprint: string } } };
    return stores.dpm.fingerprint;
  };
  const first = await told(environment);
  expect(first).toMatch(/^[0-9a-f]{16}$/);
  expect(await told({ ...environment, DATABASE_URL: `${database.url}?application_name=x` })).toBe(
    first,
  );
  expect(await told(other.environment)).not.toBe(first);
}, 60_000);

it('who accepts another database restarts the service', async () => {
  const { database, environment } = await migrated();
  const other = await migrated();
  const [name = '', otherName = ''] = [database, other.database].map(({ url }) => nameOf(url));
  const service = await started(environment);
  await swapNames(testServer(), name, otherName);
  await becomes(service, 503, MISMATCH);
  expect(await execute('cli.js', ['identity', 'accept'], environment)).toMatchObject({ code: 0 });
  await becomes(service, 503, MISMATCH);
  await service.stop();
  expect(await post(await started(environment))).toMatchObject({ status: 201 });
}, 60_000);

it('a standby that takes over is the same database, and another environment is another one', async () => {
  const { database, environment } = await migrated();
  const service = await started({ ...environment, APP_ENV: 'blue' });
  expect(await post(service)).toMatchObject({ status: 201 });
  const end = () =>
    database.query(
      'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()',
    );
  await end();
  await eventually(async () => {
    expect(await post(service)).toMatchObject({ status: 201 });
  }, NOTICED_WITHIN);
  // A physical copy is the same in all but the name of its environment.
  await database.query(`UPDATE holdfast_identity SET environment = 'green'`);
  await end();
  await eventually(async () => {
    expect(await post(service)).toMatchObject({ status: 503, body: { code: MISMATCH } });
  }, NOTICED_WITHIN);
});

it('a table of the identity that others keep to themselves holds up no log-in', async () => {
  const { database, environment } = await migrated();
  const service = await started(environment);
  expect(await post(service)).toMatchObject({ status: 201 });
  const holder = new pg.Client(database.url);
  await holder.connect();
  later(() => holder.end());
  await holder.query('BEGIN; LOCK TABLE holdfast_identity');
  await database.query(
    `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
      WHERE datname = current_database() AND application_name = 'holdfast'`,
  );
  await eventually(async () => {
    expect(await post(service)).toMatchObject({ status: 201 });
  }, NOTICED_WITHIN);
});

it('under LOCAL a database may be dropped and made anew', async () => {
  const { database, environment } = await migrated();
  const other = await migrated();
  const [name = '', otherName = ''] = [database, other.database].map(({ url }) => nameOf(url));
  const service = await started({
    ...environment,
    APP_PERSISTENCE_PROFILE: 'LOCAL',
    DB_TYPE: 'postgresql',
  });
  expect(await post(service)).toMatchObject({ status: 201 });
  await swapNames(testServer(), name, otherName);
  await eventually(async () => {
    expect(await post(service)).toMatchObject({ status: 201 });
  }, NOTICED_WITHIN);
  expect(await proposals(database)).toBeGreaterThan(0);
});
