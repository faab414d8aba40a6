import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { cleanup } from '../support/cleanup.js';
import { eventually } from '../support/eventually.js';
import {
  appliedVersions,
  catalogue,
  connected,
  environmentOf,
  migratedDatabase,
  ownMigrations,
} from '../support/migrations.js';
import { documentOf } from '../support/migrate.js';
import { startPooler } from '../support/pgbouncer.js';
import { execute, installation } from '../support/program.js';
import { startService } from '../support/service.js';

const { later, temporaryFolder } = cleanup();

const TABLES = {
  '0001_create_accounts.sql': `CREATE TABLE accounts (id integer PRIMARY KEY, owner text);
SELECT pg_sleep(0.2);
INSERT INTO accounts SELECT n, 'owner ' || n FROM generate_series(1, 100) AS n;
`,
  '0002_add_balance.sql': 'ALTER TABLE accounts ADD COLUMN balance bigint NOT NULL DEFAULT 0;\n',
  '0003_copy_accounts.sql': 'INSERT INTO accounts SELECT id + 1000, owner, 1 FROM accounts;\n',
};
const INDEX = `-- holdfast: no-transaction
CREATE INDEX CONCURRENTLY accounts_by_owner ON accounts (owner);
`;
const LIMITS = [
  'lock_timeout',
  'statement_timeout',
  'idle_in_transaction_session_timeout',
  'client_connection_check_interval',
  'synchronous_commit',
];

async function behindPooler(mode: 'transaction' | 'statement', poolSize?: number) {
  const { database, environment: direct } = await migratedDatabase(later);
  const pooler = await startPooler(database.url, mode, poolSize);
  later(pooler.stop);
  return { database, pooler, direct, pooled: environmentOf(pooler.url) };
}

describe('through PgBouncer in transaction mode:', () => {
  it.each([1, 3])(
    'of five at once one applies each migration, with %i server connection(s)',
    async (poolSize) => {
      const { database, pooled } = await behindPooler('transaction', poolSize);
      const own = ownMigrations(later, TABLES);
      const all = await Promise.all(
        Array.from({ length: 5 }, () => own.migrate(['up', '--json'], pooled)),
      );
      expect(all.map(({ code, stderr }) => ({ code, stderr }))).toEqual(
        all.map(() => ({ code: 0, stderr: '' })),
      );
      const applied = all.flatMap(
        (ended) => (documentOf(ended) as { applied: { migration: string }[] }).applied,
      );
      expect(applied.map(({ migration }) => migration).toSorted()).toEqual([
        '0001_create_accounts',
        '0002_add_balance',
        '0003_copy_accounts',
      ]);
      expect(await appliedVersions(database)).toEqual(['0001', '0002', '0003']);
      expect(await database.query('SELECT count(*)::int AS rows FROM accounts')).toEqual([
        { rows: 200 },
      ]);
    },
  );

  it('no limit of the migrations stays with the server connections', async () => {
    const { pooler, pooled, direct } = await behindPooler('transaction', 1);
    const own = ownMigrations(later, TABLES);
    const client = await connected(later, pooler.url);
    const limits = async () => {
      const { rows } = await client.query<object>(
        `SELECT pg_backend_pid(), ${LIMITS.map((name) => `current_setting('${name}') AS ${name}`).join(', ')}`,
      );
      return rows;
    };
    const before = await limits();
    expect(await own.migrate(['up'], pooled)).toMatchObject({ code: 0, stderr: '' });
    expect(await limits()).toEqual(before);
    own.write('0004_index_owners.sql', INDEX);
    const both = { ...pooled, MIGRATION_DATABASE_URL: direct.DATABASE_URL ?? '' };
    expect(await own.migrate(['up'], both)).toMatchObject({ code: 0, stderr: '' });
    expect(await limits()).toEqual(before);
  });

  it('what needs a session is refused and leaves nothing, and goes directly', async () => {
    const { database, pooled, direct } = await behindPooler('transaction');
    const own = ownMigrations(later, { ...TABLES, '0004_index_owners.sql': INDEX });
    const before = await catalogue(database);
    const refused = await own.migrate(['up'], pooled);
    expect(refused).toMatchObject({ code: 78, stdout: '' });
    expect(refused.stderr).toMatch(/^MIGRATION_REQUIRES_SESSION$/m);
    expect(refused.stderr).toContain('MIGRATION_DATABASE_URL');
    expect(refused.stderr).toContain('0004_index_owners');
    expect(await catalogue(database)).toEqual(before);

    const both = { ...pooled, MIGRATION_DATABASE_URL: direct.DATABASE_URL ?? '' };
    expect(await own.migrate(['up'], both)).toMatchObject({ code: 0, stderr: '' });
    expect(await appliedVersions(database)).toEqual(['0001', '0002', '0003', '0004']);
  });

  it('what is marked is proved against a build that runs through it, and leaves nothing prepared', async () => {
    const { database, pooler, pooled, direct } = await behindPooler('transaction', 2);
    await execute('cli.js', ['migrate', 'up'], direct);
    const service = await startService({ ...pooled, HOST: '127.0.0.1' }, temporaryFolder());
    later(() => service.stop('SIGKILL'));
    await eventually(async () => {
      const running = await database.query('SELECT DISTINCT process FROM holdfast_running');
      expect(running).toHaveLength(1);
    });
    const { folder, remove } = installation();
    later(remove);
    const migrateTo = (change: string) => {
      const file = join(folder, 'migrations/advisory/postgres/0004_next.sql');
      writeFileSync(file, `-- holdfast: backward-compatible\n${change};\n`);
      return execute('cli.js', ['migrate', 'up'], pooled, { installation: folder });
    };
    const table = 'ALTER TABLE proposal_records';
    const refused = await migrateTo(`${table} DROP COLUMN advisor_notes`);
    expect(refused).toMatchObject({ code: 1 });
    expect(refused.stderr).toContain('MIGRATION_NOT_COMPATIBLE:advisory:0004');
    expect(await migrateTo(`${table} ADD COLUMN remark text`)).toMatchObject({ code: 0 });
    const client = await connected(later, pooler.url);
    for (let time = 0; time < 10; time += 1) {
      const { rows } = await client.query(
        `SELECT name FROM pg_prepared_statements WHERE name LIKE 'holdfast%'`,
      );
      expect(rows).toEqual([]);
    }
    await eventually(async () => {
      const response = await fetch(`${service.url}/health/ready`);
      expect(await response.json()).toMatchObject({
        checks: { migrations: { ok: true, detail: 'ahead' } },
      });
    });
  });

  it('a lock that is held directly is waited for, and named', async () => {
    const { database, pooled } = await behindPooler('transaction');
    const own = ownMigrations(later, TABLES);
    const holder = await connected(later, database.url);
    const { rows } = await holder.query<{ pid: number }>(
      `SELECT pg_backend_pid() AS pid, pg_advisory_lock(hashtextextended('holdfast_migrations:advisory', 0))`,
    );
    const before = await catalogue(database);
    const refused = await own.migrate(['up'], { ...pooled, MIGRATION_LOCK_TIMEOUT: '1' });
    expect(refused).toMatchObject({ code: 69, stdout: '' });
    expect(refused.stderr).toMatch(/^MIGRATION_LOCK_TIMEOUT$/m);
    expect(refused.stderr).toContain(`pid ${rows[0]?.pid}`);
    expect(await catalogue(database)).toEqual(before);
  });

  it('status, plan and drift are told', async () => {
    const { database, pooled } = await behindPooler('transaction', 1);
    const own = ownMigrations(later, TABLES);
    const plan = await own.migrate(['plan'], pooled);
    expect(plan).toMatchObject({ code: 0, stderr: '' });
    expect(plan.stdout).toContain('ADD COLUMN balance');
    await own.migrate(['up'], pooled);
    const status = await own.migrate(['status', '--drift', '--json'], pooled);
    expect(documentOf(status)).toMatchObject({ status: 'head', drift: { advisory: [] } });
    await database.query('ALTER TABLE accounts DROP COLUMN owner');
    const drift = await own.migrate(['status', '--drift'], pooled);
    expect(drift.code).toBe(1);
    expect(drift.stdout).toMatch(/accounts.*owner/);
  });
});

describe('through PgBouncer in statement mode:', () => {
  it('up is refused, and leaves nothing', async () => {
    const { database, pooled } = await behindPooler('statement');
    const own = ownMigrations(later, TABLES);
    const before = await catalogue(database);
    const refused = await own.migrate(['up'], pooled);
    expect(refused).toMatchObject({ code: 78, stdout: '' });
    expect(refused.stderr).toMatch(/^MIGRATION_REQUIRES_SESSION$/m);
    expect(await catalogue(database)).toEqual(before);
    expect(documentOf(await own.migrate(['status', '--json'], pooled))).toMatchObject({
      status: 'pending',
    });
  });
});
