import { expect, it } from '@jest/globals';
import type pg from 'pg';
import { cleanup } from '../support/cleanup.js';
import { eventually } from '../support/eventually.js';
import { documentOf } from '../support/migrate.js';
import {
  appliedVersions,
  catalogue,
  connected,
  environmentOf,
  holdersOf,
  migratedDatabase,
  type OwnMigrations,
  ownMigrations,
} from '../support/migrations.js';
import { startCluster } from '@holdfast/testing/cluster';
import { createDatabase } from '@holdfast/testing/temporary-database';
import type { Environment } from '../support/program.js';

const { later } = cleanup();

const MIGRATIONS = {
  '0001_create_accounts.sql':
    'CREATE TABLE accounts (id integer PRIMARY KEY);\nSELECT pg_sleep(1);\n',
  // It is sent only when the first has been answered.
  '0002_add_owner.sql':
    '-- holdfast: no-transaction\nALTER TABLE accounts ADD COLUMN owner text;\n',
};

/** Starts a migrator, and stops its process in the middle of its first migration. */
async function freeze(own: OwnMigrations, environment: Environment, observer: pg.Client) {
  const migrator = own.start(['up'], environment);
  later(() => migrator.process.kill('SIGKILL'));
  const pid = await eventually(async () => {
    const { rows } = await observer.query<{ pid: number }>(
      `SELECT pid FROM pg_stat_activity
        WHERE datname = current_database() AND wait_event = 'PgSleep'`,
    );
    const [holder] = rows;
    if (!holder) throw new Error('the migration has not come that far yet');
    return holder.pid;
  });
  migrator.process.kill('SIGSTOP');
  return { migrator, pid };
}

const pidOf = async (client: pg.Client): Promise<number> => {
  const { rows } = await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
  return rows[0]?.pid ?? 0;
};

it('a holder that stands still is named, and can be ended by its number alone', async () => {
  const { database, environment } = await migratedDatabase(later);
  const own = ownMigrations(later, MIGRATIONS);
  const observer = await connected(later, database.url);
  const bystander = await connected(later, database.url);
  const { migrator, pid } = await freeze(own, environment, observer);

  const others = await Promise.all(
    [1, 2].map(() => own.migrate(['up'], { ...environment, MIGRATION_LOCK_TIMEOUT: '2' })),
  );
  for (const { code, stdout, stderr } of others) {
    expect({ code, stdout }).toEqual({ code: 69, stdout: '' });
    expect(stderr).toMatch(/^MIGRATION_LOCK_TIMEOUT$/m);
    expect(stderr).toContain(`pid ${pid} (holdfast migrate, `);
  }
  expect(documentOf(await own.migrate(['status', '--json'], environment))).toMatchObject({
    lock_holders: [{ store: 'advisory', pid, application_name: 'holdfast migrate' }],
  });

  for (const wrong of [await pidOf(bystander), 2 ** 22 + 1]) {
    const refused = await own.migrate(['unlock', '--pid', String(wrong)], environment);
    expect(refused).toMatchObject({ code: 1, stdout: '' });
    expect(refused.stderr).toMatch(/^MIGRATION_LOCK_NOT_HELD$/m);
  }
  expect(await holdersOf(observer)).toEqual([pid]);

  const unlocked = await own.migrate(['unlock', '--pid', String(pid)], environment);
  expect(unlocked.code).toBe(0);
  expect(unlocked.stderr).toMatch(new RegExp(`pid ${pid} .*its last statement: .*pg_sleep`));
  expect(await holdersOf(observer)).toEqual([]);
  expect(await pidOf(bystander)).toEqual(expect.any(Number));
  // What its server process had been sent, it has done as a whole or not at all.
  const isThere = (await catalogue(database)).some((line) => line.includes('accounts'));
  expect(await appliedVersions(database)).toEqual(isThere ? ['0001'] : []);

  expect(await own.migrate(['up'], environment)).toMatchObject({ code: 0, stderr: '' });
  expect(await appliedVersions(database)).toEqual(['0001', '0002']);

  migrator.process.kill('SIGCONT');
  const old = await migrator.ended;
  expect({ code: old.code, stdout: old.stdout }).toEqual({ code: 69, stdout: '' });
  expect(old.stderr).toMatch(/^POSTGRES_CONNECTION_ENDED$/m);
  expect(old.stderr).not.toMatch(/host and port/);
  expect(old.stderr).toMatch(/advisory 000[12]_/);
  expect(await appliedVersions(database)).toEqual(['0001', '0002']);
});

it('a holder that goes on in time applies all, and those who waited find nothing to do', async () => {
  const { database, environment } = await migratedDatabase(later);
  const own = ownMigrations(later, MIGRATIONS);
  const observer = await connected(later, database.url);
  const { migrator } = await freeze(own, environment, observer);
  const other = own.migrate(['up'], environment);
  await eventually(async () => {
    const { rowCount } = await observer.query(
      `SELECT 1 FROM pg_stat_activity
        WHERE datname = current_database() AND application_name = 'holdfast migrate'`,
    );
    expect(rowCount).toBe(2);
  });
  migrator.process.kill('SIGCONT');
  // Each tells what it waited for, where that took seconds.
  expect(await migrator.ended).toMatchObject({
    code: 0,
    stderr: expect.stringMatching(/^(advisory 0001_\w+: statement 2 of 2, \d+ s\n)*$/),
  });
  expect(await other).toMatchObject({
    code: 0,
    stdout: 'Nothing to do.\n',
    stderr: expect.stringMatching(/^(advisory: waiting for the migrator at work: .*\n)*$/),
  });
  expect(await appliedVersions(database)).toEqual(['0001', '0002']);
});

it('unlock does not wait for ever for a server process that cannot end', async () => {
  // A server of its own is on this machine, whatever the other tests use.
  const cluster = await startCluster();
  later(() => cluster.remove());
  const { url } = await createDatabase(cluster.url);
  const environment = environmentOf(url);
  const own = ownMigrations(later, MIGRATIONS);
  const holder = await connected(later, url);
  await holder.query(
    `SELECT pg_advisory_lock(hashtextextended('holdfast_migrations:advisory', 0))`,
  );
  const pid = await pidOf(holder);
  process.kill(pid, 'SIGSTOP');
  later(() => process.kill(pid, 'SIGCONT'));
  const unlock = await own.migrate(['unlock', '--pid', String(pid)], {
    ...environment,
    MIGRATION_LOCK_TIMEOUT: '1',
  });
  expect({ code: unlock.code, stdout: unlock.stdout }).toEqual({ code: 69, stdout: '' });
  expect(unlock.stderr).toMatch(/^MIGRATION_LOCK_TIMEOUT$/m);
  expect(unlock.stderr).toContain(`pid ${pid} has been told to end`);
});
