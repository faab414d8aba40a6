import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { expect, it } from '@jest/globals';
import { cleanup } from '../support/cleanup.js';
import { eventually } from '../support/eventually.js';
import { migratedDatabase } from '../support/migrations.js';
import { type Environment, execute, installation } from '../support/program.js';
import { type Service, startService } from '../support/service.js';

const { later, temporaryFolder } = cleanup();

const MARK = '-- holdfast: backward-compatible\n';
const DROPS = `${MARK}ALTER TABLE proposal_records DROP COLUMN advisor_notes;\n`;

/** Applies a migration of the advisory store that this build does not have. */
function migrateTo(sql: string, environment: Environment) {
  const { folder, remove } = installation();
  later(remove);
  writeFileSync(join(folder, 'migrations', 'advisory', 'postgres', '0004_next.sql'), sql);
  return execute('cli.js', ['migrate', 'up'], environment, { installation: folder });
}

type Database = Awaited<ReturnType<typeof migratedDatabase>>['database'];

/** Waits until so many processes say that they run. */
const areRunning = (database: Database, count: number) =>
  eventually(async () => {
    const rows = await database.query<{ processes: number }>(
      `SELECT count(DISTINCT process)::int AS processes FROM holdfast_running
        WHERE seen_at > now() - interval '60 seconds'`,
    );
    expect(rows).toEqual([{ processes: count }]);
  });

async function started(environment: Environment): Promise<Service> {
  const service = await startService({ ...environment, HOST: '127.0.0.1' }, temporaryFolder());
  later(() => service.stop('SIGKILL'));
  return service;
}

async function running() {
  const { database, environment } = await migratedDatabase(later);
  await execute('cli.js', ['migrate', 'up'], environment);
  const service = await started(environment);
  await areRunning(database, 1);
  return { database, environment, service };
}

const columnsOf = async (database: Database) =>
  (
    await database.query<{ name: string }>(
      `SELECT attname AS name FROM pg_attribute
        WHERE attrelid = 'proposal_records'::regclass AND attnum > 0 AND NOT attisdropped`,
    )
  ).map(({ name }) => name);

it('what is marked, and drops a column that the running build writes, is taken back', async () => {
  const { database, environment, service } = await running();
  const refused = await migrateTo(DROPS, environment);
  expect(refused).toMatchObject({ code: 1 });
  expect(refused.stderr).toContain('MIGRATION_NOT_COMPATIBLE:advisory:0004');
  expect(refused.stderr).toMatch(
    /proposal_records.* of the advisory store of build \S+ \(1 running\): column \S*advisor_notes\S* .*does not exist/,
  );
  expect(await columnsOf(database)).toContain('advisor_notes');
  const entries = await database.query(`SELECT 1 FROM holdfast_migrations WHERE version = '0004'`);
  expect(entries).toEqual([]);
  expect((await fetch(`${service.url}/health/ready`)).status).toBe(200);
});

it('ends, and applies nothing, where it cannot be asked who runs', async () => {
  const { database, environment } = await migratedDatabase(later);
  await execute('cli.js', ['migrate', 'up'], environment);
  await database.query('ALTER TABLE holdfast_running RENAME COLUMN seen_at TO seen');
  const adds = `${MARK}ALTER TABLE proposal_records ADD COLUMN remark text;\n`;
  expect(await migrateTo(adds, environment)).toMatchObject({ code: 69 });
  expect(await columnsOf(database)).not.toContain('remark');
});

it('what adds a column is applied while the build runs', async () => {
  const { database, environment, service } = await running();
  const adds = `${MARK}ALTER TABLE proposal_records ADD COLUMN remark text;\n`;
  expect(await migrateTo(adds, environment)).toMatchObject({ code: 0, stderr: '' });
  expect(await columnsOf(database)).toContain('remark');
  expect((await fetch(`${service.url}/health/ready`)).status).toBe(200);
});

it.each([
  `CREATE INDEX by_amount ON proposal_versions (((document ->> 'amount')::numeric))`,
  `ALTER TABLE proposal_records ADD COLUMN phase varchar(6);
   ALTER TABLE proposal_records ALTER COLUMN phase SET DEFAULT 'initial'`,
  'DROP TABLE holdfast_write_probe',
  '-- holdfast: no-transaction\nCREATE INDEX CONCURRENTLY a ON proposal_records ((1 / length(title)))',
])('what the running build could not write with is refused: %s', async (sql) => {
  const { environment, service } = await running();
  const refused = await migrateTo(`${MARK}${sql};\n`, environment);
  expect(refused).toMatchObject({ code: 1 });
  expect(refused.stderr).toContain('MIGRATION_NOT_COMPATIBLE:advisory:0004');
  expect((await fetch(`${service.url}/health/ready`)).status).toBe(200);
});

it.each([
  'CREATE INDEX by_state ON proposal_records (lower(current_state), created_at)',
  `ALTER TABLE proposal_records ADD COLUMN phase varchar(7) NOT NULL DEFAULT 'initial'`,
  '-- holdfast: no-transaction\nCREATE INDEX CONCURRENTLY a ON proposal_records (lower(current_state))',
])('what the running build does not notice is applied: %s', async (sql) => {
  const { environment } = await running();
  expect(await migrateTo(`${MARK}${sql};\n`, environment)).toMatchObject({ code: 0 });
});

/** As a migrator does that has found nobody running. */
const changeTo = (database: Database, sql: string) =>
  database.query(
    `${sql}; INSERT INTO holdfast_migrations
       (store, version, name, checksum, duration_ms, applied_by, build, backward_compatible)
     VALUES ('advisory', '0004', 'next', 'x', 1, 'a test', '9.9.9', true)`,
  );

async function answerOf({ url }: Service, path: string) {
  const response = await fetch(`${url}${path}`);
  return { status: response.status, body: (await response.json()) as object };
}

const NOTES = 'ALTER TABLE proposal_records DROP COLUMN advisor_notes';

it('a schema that takes some of the statements makes readiness fail, and names the store, until it takes them all', async () => {
  const { database, environment, service } = await running();
  await changeTo(database, NOTES);
  await eventually(async () => {
    expect(await answerOf(service, '/health/ready')).toMatchObject({
      status: 503,
      body: {
        checks: {
          migrations: {
            ok: false,
            code: 'SCHEMA_FITS_PARTLY',
            stores: { advisory: { ok: false, code: 'SCHEMA_FITS_PARTLY' } },
          },
        },
      },
    });
  });
  const { body } = await answerOf(service, '/health/migrations');
  expect(body).toMatchObject({
    stores: { advisory: { status: 'drifted', broken_statements: expect.any(Number) } },
  });
  expect(service.output()).toMatch(
    /"event":"database.unfit".*proposal_records of advisory fails: column [^,]*advisor_notes/,
  );

  const refused = await execute('main.js', [], environment);
  expect(refused).toMatchObject({ code: 69 });
  expect(refused.stdout).toMatch(/"code":"SCHEMA_FITS_PARTLY".*proposal_records of advisory fails/);

  await database.query('ALTER TABLE proposal_records ADD COLUMN advisor_notes text');
  await eventually(async () => {
    expect(await answerOf(service, '/health/ready')).toMatchObject({
      status: 200,
      body: { checks: { migrations: { ok: true, detail: 'ahead' } } },
    });
  });
});

it('what a newer build takes away, and this one does not use, is no loss', async () => {
  const { database, environment, service } = await running();
  const drops = `${MARK}ALTER TABLE proposal_async_operations DROP COLUMN error;\n`;
  expect(await migrateTo(drops, environment)).toMatchObject({ code: 0, stderr: '' });
  // Tables are looked at every two seconds.
  const until = Date.now() + 4000;
  while (Date.now() < until) {
    expect((await answerOf(service, '/health/ready')).status).toBe(200);
    await wait(100);
  }
  const again = await started(environment);
  expect((await answerOf(again, '/health/ready')).status).toBe(200);
  await areRunning(database, 2);
});

it('only builds that run count: neither those that have ended, nor those that were killed a minute ago', async () => {
  const { database, environment, service } = await running();
  await service.stop('SIGTERM');
  await areRunning(database, 0);
  const killed = await started(environment);
  await areRunning(database, 1);
  await killed.stop('SIGKILL');
  const refused = await migrateTo(DROPS, environment);
  expect(refused.stderr).toContain('MIGRATION_NOT_COMPATIBLE:advisory:0004');
  await database.query(`UPDATE holdfast_running SET seen_at = now() - interval '61 seconds'`);
  expect(await migrateTo(DROPS, environment)).toMatchObject({ code: 0, stderr: '' });
  expect(await columnsOf(database)).not.toContain('advisor_notes');
});
