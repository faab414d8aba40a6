import { describe, expect, it } from '@jest/globals';
import type pg from 'pg';
import { cleanup } from '../support/cleanup.js';
import { eventually } from '../support/eventually.js';
import { documentOf } from '../support/migrate.js';
import {
  connected,
  environmentOf,
  migratedDatabase,
  ownMigrations,
} from '../support/migrations.js';
import type { TestDatabase } from '@holdfast/testing/temporary-database';
import { type Environment, execute, jsonLines } from '../support/program.js';
import { startService } from '../support/service.js';

const { later, temporaryFolder } = cleanup();

async function migrated(): Promise<{ database: TestDatabase; environment: Environment }> {
  const place = await migratedDatabase(later);
  const up = await execute('cli.js', ['migrate', 'up'], place.environment);
  expect(up).toMatchObject({ code: 0, stderr: '' });
  return place;
}

/** Runs all that reads the ledger; every one has to end with 69 and the code. */
async function expectTold(environment: Environment, code: string, message: RegExp): Promise<void> {
  for (const command of ['status', 'plan', 'up']) {
    const ended = await execute('cli.js', ['migrate', command], environment);
    expect({ code: ended.code, stdout: ended.stdout }).toEqual({ code: 69, stdout: '' });
    expect(ended.stderr.split('\n')[0]).toBe(code);
    expect(ended.stderr).toMatch(message);
  }
  const service = await execute('main.js', [], environment);
  expect(service.code).toBe(69);
  const told = jsonLines(service.stdout).flatMap((line) => line.code ?? []);
  expect(told).toEqual([code]);
}

/** Codes of a server that has said no, and is there. */
const ANSWERS = ['POSTGRES_RIGHTS_MISSING'];

/** Until readiness is 503 and tells the code. */
async function expectUnready(url: string, code: string): Promise<void> {
  await eventually(async () => {
    const answer = await fetch(`${url}/health/ready`);
    const { checks } = (await answer.json()) as { checks: { db: object; migrations: object } };
    expect({ status: answer.status, db: checks.db, migrations: checks.migrations }).toMatchObject({
      status: 503,
      db: { ok: false, detail: ANSWERS.includes(code) ? 'connected' : 'unreachable', code },
      migrations: { ok: false, detail: 'unknown' },
    });
  });
}

describe('a server that answers is not said not to answer:', () => {
  it('a ledger that somebody keeps locked', async () => {
    const { database, environment } = await migrated();
    const bounded = { ...environment, DB_LOCK_TIMEOUT_MS: '200' };
    const service = await startService({ ...bounded, HOST: '127.0.0.1' }, temporaryFolder());
    later(() => service.stop('SIGKILL'));
    const holder = await connected(later, database.url);
    await holder.query('BEGIN; LOCK TABLE holdfast_migrations IN ACCESS EXCLUSIVE MODE');
    await expectTold(bounded, 'POSTGRES_LOCK_TIMEOUT', /pg_locks/);
    await expectUnready(service.url, 'POSTGRES_LOCK_TIMEOUT');
    await holder.query('ROLLBACK');
    await eventually(async () => {
      expect((await fetch(`${service.url}/health/ready`)).status).toBe(200);
    });
  });

  it('a statement that takes longer than it may, and one that somebody cancels', async () => {
    const { database, environment } = await migrated();
    const holder = await connected(later, database.url);
    const bounded = {
      ...environment,
      DB_LOCK_TIMEOUT_MS: '20000',
      DB_STATEMENT_TIMEOUT_MS: '300',
      DB_STARTUP_TIMEOUT: '2',
    };
    await holder.query('BEGIN; LOCK TABLE holdfast_migrations IN ACCESS EXCLUSIVE MODE');
    await expectTold(bounded, 'POSTGRES_STATEMENT_CANCELLED', /DB_STATEMENT_TIMEOUT_MS/);

    const status = execute('cli.js', ['migrate', 'status'], {
      ...bounded,
      DB_STATEMENT_TIMEOUT_MS: '20000',
    });
    await eventually(async () => {
      const cancelled = await database.query(
        `SELECT pg_cancel_backend(pid) FROM pg_stat_activity
          WHERE datname = current_database() AND wait_event_type = 'Lock'`,
      );
      expect(cancelled).toEqual([{ pg_cancel_backend: true }]);
    });
    const { code, stderr } = await status;
    expect([code, stderr.split('\n', 1)]).toEqual([69, ['POSTGRES_STATEMENT_CANCELLED']]);
  });

  it('a role that may not read the ledger', async () => {
    const { database } = await migrated();
    const role = `no_reader_${process.pid}`;
    await database.query(`CREATE ROLE ${role} LOGIN PASSWORD 'reader'`);
    later(() =>
      database.query(`DROP OWNED BY ${role}`).then(() => database.query(`DROP ROLE ${role}`)),
    );
    await database.query(`GRANT ALL ON ALL TABLES IN SCHEMA public TO ${role}`);
    const url = new URL(database.url);
    url.username = role;
    url.password = 'reader';
    const environment = environmentOf(url.href);
    const service = await startService({ ...environment, HOST: '127.0.0.1' }, temporaryFolder());
    later(() => service.stop('SIGKILL'));
    await database.query(`REVOKE SELECT ON holdfast_migrations FROM ${role}`);
    await expectTold(environment, 'POSTGRES_RIGHTS_MISSING', /GRANT them \(docs\/MIGRATIONS\.md\)/);
    await expectUnready(service.url, 'POSTGRES_RIGHTS_MISSING');
  });

  it('a ledger that is a view', async () => {
    const { database, environment } = await migratedDatabase(later);
    await database.query(
      `CREATE VIEW holdfast_migrations AS SELECT 'x' AS store, '0001' AS version, 'y' AS name, 'z' AS checksum`,
    );
    const up = await execute('cli.js', ['migrate', 'up'], environment);
    expect(up).toMatchObject({ code: 69, stdout: '' });
    expect(up.stderr).toMatch(/^POSTGRES_REFUSED$/m);
    expect(up.stderr).toContain('SQLSTATE 42809');
    expect(up.stderr).not.toContain('holdfast_migrations');
  });

  it('a migrator that was ended while it waited', async () => {
    const { database, environment } = await migratedDatabase(later);
    const own = ownMigrations(later, { '0001_create_one.sql': 'CREATE TABLE one (id integer);\n' });
    const holder = await connected(later, database.url);
    await holder.query(
      `SELECT pg_advisory_lock(hashtextextended('holdfast_migrations:advisory', 0))`,
    );
    const up = own.migrate(['up'], environment);
    await eventually(async () => {
      const { rowCount } = await holder.query(
        `SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity
          WHERE datname = current_database() AND application_name = 'holdfast migrate'`,
      );
      expect(rowCount).toBe(1);
    });
    const { code, stderr } = await up;
    expect(code).toBe(69);
    expect(stderr).not.toMatch(/host and port/);
    expect(stderr).toMatch(/^POSTGRES_CONNECTION_ENDED$/m);
  });
});

describe('an INVALID index', () => {
  async function invalid(client: pg.Client, sql: string): Promise<void> {
    await expect(client.query(sql)).rejects.toMatchObject({ code: '23505' });
  }

  it('is said to be built again only when a pending migration builds it', async () => {
    const { database, environment } = await migratedDatabase(later);
    const own = ownMigrations(later, {
      '0001_create_one.sql': 'CREATE TABLE one (id integer);\nINSERT INTO one VALUES (1), (1);\n',
    });
    expect(await own.migrate(['up'], environment)).toMatchObject({ code: 0 });
    const client = await connected(later, database.url);
    await invalid(client, 'CREATE UNIQUE INDEX CONCURRENTLY pending ON one (id)');
    await invalid(client, 'CREATE UNIQUE INDEX CONCURRENTLY "By Hand" ON one (id)');
    own.write(
      '0002_index_one.sql',
      '-- holdfast: no-transaction\nCREATE UNIQUE INDEX CONCURRENTLY pending ON one (id);\n',
    );
    const { code, stdout } = await own.migrate(['status'], environment);
    expect(code).toBe(0);
    expect(stdout.split('\n').filter((line) => line.startsWith('index '))).toEqual([
      'index "By Hand" on one is INVALID: no pending migration builds it: REINDEX INDEX CONCURRENTLY "By Hand", or DROP INDEX CONCURRENTLY "By Hand"',
      'index pending on one is INVALID: its build was cut short; migrate up builds it again',
    ]);
    expect(documentOf(await own.migrate(['status', '--json'], environment))).toMatchObject({
      invalid_indexes: [
        { index: '"By Hand"', table: 'one', pending: false },
        { index: 'pending', table: 'one', pending: true },
      ],
    });

    await client.query('DELETE FROM one WHERE ctid = (SELECT min(ctid) FROM one)');
    expect(await own.migrate(['up'], environment)).toMatchObject({ code: 0, stderr: '' });
    expect((await own.migrate(['status'], environment)).stdout).not.toContain('index pending');
  });
});
