import { describe, expect, it } from '@jest/globals';
import { cleanup } from '../support/cleanup.js';
import { eventually } from '../support/eventually.js';
import {
  documentOf,
  migrate,
  type MigrateTarget,
  postgresTarget,
  sqliteTarget,
} from '../support/migrate.js';
import { connected, ownMigrations } from '../support/migrations.js';
import { type Environment, execute, start } from '../support/program.js';

const { later, temporaryFolder } = cleanup();

const LOCAL = { APP_PERSISTENCE_PROFILE: 'LOCAL', DB_TYPE: 'postgresql' };

async function onPostgres(): Promise<MigrateTarget> {
  const target = await postgresTarget(later);
  return { ...target, environment: { ...target.environment, ...LOCAL } };
}

const onSqlite = () => Promise.resolve(sqliteTarget(temporaryFolder()));

/** Migrated, with a row in a store, and tables of somebody else's. */
async function filled(open: () => Promise<MigrateTarget>): Promise<MigrateTarget> {
  const target = await open();
  expect(await migrate(target, ['up'])).toMatchObject({ code: 0 });
  await target.exec(
    `INSERT INTO dpm_leases (name, holder, expires_at) VALUES ('mine', 'me', '2026-01-01 00:00:00Z');
     CREATE TABLE others (id integer PRIMARY KEY);
     INSERT INTO others VALUES (7)`,
  );
  return target;
}

const leases = ({ rows }: MigrateTarget) => rows('SELECT name FROM dpm_leases');

const reset = (
  target: MigrateTarget,
  args: readonly string[] = ['--yes'],
  more: Environment = {},
) => migrate({ ...target, environment: { ...target.environment, ...more } }, ['reset', ...args]);

/** Refused with an exit code and a code; the tables of the stores are as they were. */
async function expectRefused(
  target: MigrateTarget,
  [exit, code]: readonly [number, string],
  more?: Environment,
): Promise<string> {
  const before = await target.everything();
  const refused = await reset(target, ['--yes'], more);
  expect([refused.code, refused.stdout, refused.stderr.split('\n', 1)]).toEqual([exit, '', [code]]);
  expect(await target.everything()).toEqual(before);
  expect(await leases(target)).toEqual([{ name: 'mine' }]);
  return refused.stderr;
}

describe.each([
  ['PostgreSQL', onPostgres],
  ['SQLite', onSqlite],
])('holdfast migrate reset on %s', (_, open) => {
  it('drops the tables of the stores and no others, and migrates again from nothing', async () => {
    const target = await filled(open);
    const before = await target.everything();
    const { code, stdout } = await reset(target, ['--yes', '--json']);
    expect(code).toBe(0);
    const { dropped, applied } = JSON.parse(stdout) as {
      dropped: { database: string; tables: string[] }[];
      applied: { store: string }[];
    };
    expect(dropped).toHaveLength(1);
    const tables = dropped[0]?.tables.map((name) => name.replace('public.', ''));
    expect(tables).toContain('dpm_leases');
    expect(tables).toContain('policy_packs');
    expect(tables).not.toContain('others');
    expect(applied.length).toBeGreaterThan(2);
    expect(await leases(target)).toEqual([]);
    expect(await target.rows('SELECT id FROM others')).toEqual([{ id: 7 }]);
    expect(await target.everything()).toEqual(before);
    expect(documentOf(await migrate(target, ['status', '--drift', '--json']))).toMatchObject({
      status: 'head',
    });

    const again = await reset(target);
    expect(again.stdout).toMatch(/^\w+: dropped .*dpm_leases/);
    expect(again.stdout).toMatch(/^dpm 0001_\w+: applied in /m);
  });

  it('without --yes says what it would drop, and changes nothing', async () => {
    const target = await filled(open);
    const before = await target.everything();
    const { code, stdout, stderr } = await reset(target, []);
    expect([code, stdout]).toEqual([64, '']);
    expect(stderr).toMatch(/^USAGE\n/);
    expect(stderr).toMatch(/would drop .*dpm_leases/);
    expect(stderr).toContain('--yes');
    expect(stderr).not.toMatch(/\bothers\b/);
    const asJson = await reset(target, ['--json']);
    expect([asJson.code, JSON.parse(asJson.stdout)]).toMatchObject([
      64,
      { error: { code: 'USAGE', errors: [{ message: expect.stringContaining('dpm_leases') }] } },
    ]);
    expect(await target.everything()).toEqual(before);
    expect(await leases(target)).toEqual([{ name: 'mine' }]);
  });

  it('--store resets that store alone', async () => {
    const target = await filled(open);
    const { code, stdout } = await reset(target, ['--yes', '--store', 'policy_packs']);
    expect(code).toBe(0);
    expect(stdout.split('\n')[0]).toMatch(/^\w+: dropped (public\.)?policy_packs$/);
    expect(stdout).not.toContain('dpm');
    expect(await leases(target)).toEqual([{ name: 'mine' }]);
    expect((await migrate(target, ['status'])).code).toBe(0);
  });

  it('migrates a database that there is not yet', async () => {
    const target = await open();
    const { code, stdout } = await reset(target);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^\w+: there is nothing to drop\n/);
    expect(documentOf(await migrate(target, ['status', '--json']))).toMatchObject({
      status: 'head',
    });
  });

  it('leaves tables alone that the ledger does not know, whatever they are called', async () => {
    const target = await open();
    expect((await migrate(target, ['up', '--store', 'advisory'])).code).toBe(0);
    await target.exec('CREATE TABLE policy_packs (id integer)');
    await target.exec('INSERT INTO policy_packs VALUES (1)');
    const { code, stderr } = await reset(target);
    expect([code, stderr.split('\n', 1)]).toEqual([1, ['MIGRATION_FAILED:policy_packs:0001']]);
    expect(await target.rows('SELECT id FROM policy_packs')).toEqual([{ id: 1 }]);
  });

  it('is refused where a later build has migrated', async () => {
    const target = await filled(open);
    await target.exec(
      `INSERT INTO holdfast_migrations (store, version, name, checksum, duration_ms, applied_by, build)
       VALUES ('dpm', '0099', 'add_later', 'x', 1, 'x', 'x')`,
    );
    await expectRefused(target, [69, 'SCHEMA_NEWER_THAN_BUILD']);
  });

  it('is refused where a table of others refers to one of them', async () => {
    const target = await filled(open);
    await target.exec('CREATE TABLE referring (lease text REFERENCES dpm_leases (name))');
    expect(await expectRefused(target, [1, 'MIGRATION_RESET_REFUSED'])).toContain('referring');
  });
});

describe('holdfast migrate reset', () => {
  it('runs under LOCAL alone', async () => {
    const target = await filled(onPostgres);
    const production = { APP_PERSISTENCE_PROFILE: 'PRODUCTION' };
    const told = await expectRefused(target, [64, 'USAGE'], production);
    expect(told).toContain('this is PRODUCTION');
  });

  it('is refused on a database that is pinned to PRODUCTION, whatever the environment says', async () => {
    const target = await filled(onPostgres);
    const production = { ...target.environment, APP_PERSISTENCE_PROFILE: 'PRODUCTION' };
    const service = start('main.js', [], {
      ...production,
      HOST: '127.0.0.1',
      SHUTDOWN_DRAIN_MS: '0',
    });
    service.process.stdout?.on('data', (chunk: string) => {
      if (chunk.includes('"listening"')) service.process.kill('SIGTERM');
    });
    expect((await service.ended).code).toBe(0);
    const pinned = [78, 'DATABASE_IDENTITY_MISMATCH'] as const;
    for (const environment of [{}, { APP_ENV: 'local' }, { NODE_ENV: 'development' }]) {
      const told = await expectRefused(target, pinned, environment);
      expect(told).toContain('is pinned to PRODUCTION');
    }
    const unconfirmed = await reset(target, []);
    expect([unconfirmed.code, unconfirmed.stderr]).toEqual([
      78,
      expect.stringContaining('is pinned to PRODUCTION'),
    ]);
    const accepted = await execute('cli.js', ['identity', 'accept'], {
      ...production,
      APP_ENV: 'local',
    });
    expect(accepted.code).toBe(0);
    const told = await expectRefused(target, pinned, { APP_ENV: 'local' });
    expect(told).toContain('environment local');
  });

  it('waits for another migrator, and says who it is when the time is up', async () => {
    const target = await filled(onPostgres);
    const holder = await connected(later, target.environment.DATABASE_URL ?? '');
    await holder.query(
      `SELECT pg_advisory_lock(hashtextextended('holdfast_migrations:advisory', 0))`,
    );
    const bounded = { MIGRATION_LOCK_TIMEOUT: '1' };
    const told = await expectRefused(target, [69, 'MIGRATION_LOCK_TIMEOUT'], bounded);
    expect(told).toContain('the-test');
    const waiting = reset(target);
    await eventually(async () => {
      const { rowCount } = await holder.query(
        `SELECT 1 FROM pg_locks JOIN pg_stat_activity USING (pid)
          WHERE locktype = 'advisory' AND granted AND application_name = 'holdfast migrate'`,
      );
      expect(rowCount).toBeGreaterThan(0);
    });
    await holder.query('SELECT pg_advisory_unlock_all()');
    expect((await waiting).code).toBe(0);
    expect(await leases(target)).toEqual([]);
  });

  it('waits for whoever uses a table, and drops nothing when the time is up', async () => {
    const target = await filled(onPostgres);
    const reader = await connected(later, target.environment.DATABASE_URL ?? '');
    await reader.query('BEGIN; SELECT 1 FROM policy_packs');
    const bounded = { MIGRATION_LOCK_TIMEOUT: '1' };
    const told = await expectRefused(target, [69, 'MIGRATION_LOCK_TIMEOUT'], bounded);
    expect(told).toContain('in use');
    await reader.query('ROLLBACK');
  });

  it('waits for whoever writes to the file', async () => {
    const target = await filled(onSqlite);
    const { default: Sqlite } = await import('better-sqlite3');
    const writer = new Sqlite(target.environment.SQLITE_PATH ?? '');
    later(() => writer.close());
    writer.exec('BEGIN IMMEDIATE');
    await expectRefused(target, [69, 'MIGRATION_LOCK_TIMEOUT'], { MIGRATION_LOCK_TIMEOUT: '1' });
    writer.exec('ROLLBACK');
    expect((await reset(target)).code).toBe(0);
  });

  it('is refused to a role that does not own the tables, and where a view depends on them', async () => {
    const target = await filled(onPostgres);
    const role = `no_owner_${process.pid}`;
    await target.exec(
      `CREATE ROLE ${role} LOGIN PASSWORD 'r'; GRANT ALL ON ALL TABLES IN SCHEMA public TO ${role}`,
    );
    later(() => target.exec(`DROP OWNED BY ${role}; DROP ROLE ${role}`));
    const url = new URL(target.environment.DATABASE_URL ?? '');
    url.username = role;
    url.password = 'r';
    await expectRefused(target, [69, 'POSTGRES_RIGHTS_MISSING'], { DATABASE_URL: url.href });
    await target.exec('CREATE VIEW seen AS SELECT name FROM dpm_leases');
    expect(await expectRefused(target, [1, 'MIGRATION_RESET_REFUSED'])).toContain('view seen');
  });

  it('is the way out for whoever has edited a migration that is applied', async () => {
    const { environment, rows } = await onPostgres();
    const own = ownMigrations(later, { '0001_create_one.sql': 'CREATE TABLE one (id integer);\n' });
    expect((await own.migrate(['up'], environment)).code).toBe(0);
    own.write('0001_create_one.sql', 'CREATE TABLE one (id bigint NOT NULL);\n');
    const refused = await own.migrate(['up'], environment);
    expect(refused.stderr).toContain('MIGRATION_CHECKSUM_MISMATCH:advisory:0001');
    expect((await own.migrate(['reset', '--yes'], environment)).code).toBe(0);
    expect(
      await rows(`SELECT data_type FROM information_schema.columns WHERE table_name = 'one'`),
    ).toEqual([{ data_type: 'bigint' }]);
  });

  it('--help says that it destroys', async () => {
    const { code, stdout } = await execute('cli.js', ['migrate', 'reset', '--help'], {});
    expect(code).toBe(0);
    for (const part of ['DESTROYS DATA', '--yes', '--json', '--store']) {
      expect(stdout).toContain(part);
    }
  });
});
