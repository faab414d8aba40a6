import { describe, expect, it } from '@jest/globals';
import { cleanup } from '../support/cleanup.js';
import { eventually } from '../support/eventually.js';
import { documentOf, migrate } from '../support/migrate.js';
import { connected, ownMigrations } from '../support/migrations.js';
import { execute } from '../support/program.js';
import { expectRefused, filled, leases, reset, resettable } from '../support/reset.js';

const cleaning = cleanup();
const { later } = cleaning;
const { onPostgres, onSqlite } = resettable(cleaning);

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
    expect(code).toBe(1);
    expect(stderr).toMatch(/^MIGRATION_FAILED:policy_packs:0001$/m);
    expect(await target.rows('SELECT id FROM policy_packs')).toEqual([{ id: 1 }]);
  });
});

describe('holdfast migrate reset', () => {
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

  it('tells what it has dropped when a migration then fails', async () => {
    const { environment, everything } = await onPostgres();
    const own = ownMigrations(later, { '0001_create_one.sql': 'CREATE TABLE one (id integer);\n' });
    expect((await own.migrate(['up'], environment)).code).toBe(0);
    own.write('0001_create_one.sql', 'CREATE TABLE one (id integer);\nSELECT 1 / 0;\n');
    const { code, stdout, stderr } = await own.migrate(['reset', '--yes'], environment);
    expect([code, stdout]).toEqual([1, '']);
    expect(stderr).toMatch(/^primary: dropped public\.one\nMIGRATION_FAILED:advisory:0001\n/);
    expect(stderr.replaceAll(/\s+/g, ' ')).toContain(
      'division by zero. The tables of the stores had been dropped before that, with all their rows',
    );
    expect(await everything()).not.toContain('public.one');
  });

  it('--help says that it destroys', async () => {
    const { code, stdout } = await execute('cli.js', ['migrate', 'reset', '--help'], {});
    expect(code).toBe(0);
    for (const part of ['DESTROYS DATA', '--yes', '--json', '--store']) {
      expect(stdout).toContain(part);
    }
  });
});
