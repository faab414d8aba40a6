import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { createDatabase, type TestDatabase } from '@holdfast/testing/temporary-database';
import { cleanup } from '../support/cleanup.js';
import { startInstalledServer } from '../support/installed-postgres.js';
import { documentOf } from '../support/migrate.js';
import type { PostgresServer } from '../support/postgres-server.js';
import { type Environment, execute, installation } from '../support/program.js';

const { later, temporaryFolder } = cleanup();

let server: PostgresServer;
let source: TestDatabase;
let environment: Environment;

beforeAll(async () => {
  server = await startInstalledServer();
}, 60_000);
afterAll(() => server.remove());

beforeEach(async () => {
  source = await createDatabase(server.url);
  later(() => source.drop());
  environment = {
    APP_PERSISTENCE_PROFILE: 'PRODUCTION',
    APP_ENV: 'test',
    DATABASE_URL: source.url,
    BACKUP_DIR: join(temporaryFolder(), 'backups'),
  };
});

/** The next build: this one with migrations of the advisory store more. */
function nextBuild(...migrations: readonly string[]): string {
  const { folder, remove } = installation();
  later(remove);
  for (const [index, sql] of migrations.entries()) {
    const file = `000${index + 4}_change_it.sql`;
    writeFileSync(join(folder, 'migrations/advisory/postgres', file), sql);
    writeFileSync(join(folder, 'migrations/advisory/sqlite', file), sql);
  }
  return folder;
}

const rehearse = (args: readonly string[], from?: string, more: Environment = {}) =>
  execute(
    'cli.js',
    ['restore', '--rehearse', ...args],
    { ...environment, ...more },
    from === undefined ? {} : { installation: from },
  );

async function backedUp(rows: string): Promise<void> {
  expect(await execute('cli.js', ['migrate', 'up'], environment)).toMatchObject({ code: 0 });
  await source.query(rows);
  expect(await execute('cli.js', ['backup'], environment)).toMatchObject({ code: 0 });
}

/** All that the server has, and what the source holds. */
async function traces(): Promise<unknown> {
  return [
    await source.query(`SELECT datname FROM pg_database ORDER BY 1`),
    await source.query(`SELECT store, version FROM holdfast_migrations ORDER BY 1, 2`),
    await source.query('SELECT count(*)::int AS n, sum(i)::int AS sum FROM numbers'),
  ];
}

const NUMBERS =
  'CREATE TABLE numbers AS SELECT i, i AS untouched FROM generate_series(1, 1000) AS i';

describe('holdfast restore --rehearse', () => {
  it('tells what pending migrations do to the newest backup, and leaves nothing', async () => {
    await backedUp(`${NUMBERS}; CREATE TABLE others AS SELECT 1 AS i`);
    const before = await traces();
    const next = nextBuild(
      `ALTER TABLE numbers ADD COLUMN more text; SELECT pg_sleep(0.4); DELETE FROM numbers WHERE i <= 10;
       CREATE TABLE made AS SELECT 1 AS i; LOCK TABLE made`,
      '-- holdfast: no-transaction\nCREATE INDEX CONCURRENTLY numbers_i ON numbers (i);',
    );
    const told = await rehearse(['--json'], next);
    expect(told).toMatchObject({ code: 0 });
    const [database] = (documentOf(told) as { databases: readonly Rehearsed[] }).databases;
    expect(database?.migrations.map(({ store, migration }) => `${store} ${migration}`)).toEqual([
      'advisory 0004_change_it',
      'advisory 0005_change_it',
    ]);
    const [first] = database?.migrations ?? [];
    expect(first?.duration_ms).toBeGreaterThan(400);
    const [lock] = first?.locks ?? [];
    expect(lock).toMatchObject({
      table: 'public.numbers',
      mode: 'ACCESS EXCLUSIVE',
      blocks: 'reads and writes',
    });
    expect(lock?.held_ms).toBeGreaterThan(300);
    expect(lock?.held_ms).toBeLessThan((first?.duration_ms ?? 0) + 100);
    // What the migration itself has made, nobody else could use.
    expect(first?.locks.map(({ table }) => table)).not.toContain('public.made');
    expect(database?.tables_changed).toEqual([
      { table: 'public.numbers', before: 1000, after: 990 },
      { table: 'public.made', before: null, after: 1 },
    ]);
    expect(await traces()).toEqual(before);

    const shown = await rehearse([], next);
    expect(shown.stdout).toMatch(
      /advisory 0004_change_it: applied in [\d.]+ ms\n {4}public\.numbers: no reads and writes for about \d+ ms \(ACCESS EXCLUSIVE\)/,
    );
    expect(shown.stdout).toContain('public.numbers: changed, 1000 rows before, 990 now');
  });

  it('says of a migration that fails why it does, and leaves nothing', async () => {
    await backedUp(NUMBERS);
    const before = await traces();
    const next = nextBuild('ALTER TABLE numbers ADD CONSTRAINT few CHECK (i < 500)');
    const failed = await rehearse([], next);
    expect(failed).toMatchObject({ code: 1 });
    expect(failed.stderr).toContain('MIGRATION_FAILED:advisory:0004');
    expect(await traces()).toEqual(before);
  });

  it('migrates the restored database, wherever else the service is told to migrate', async () => {
    await backedUp(NUMBERS);
    const before = await traces();
    const next = nextBuild('DELETE FROM numbers');
    const elsewhere = { MIGRATION_DATABASE_URL: source.url };
    expect(await rehearse([], next, elsewhere)).toMatchObject({ code: 0 });
    expect(await traces()).toEqual(before);
  });

  it('says that nothing is pending', async () => {
    await backedUp(NUMBERS);
    expect(await rehearse([])).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('nothing is pending'),
    });
  });

  it.each([
    ['without a backup', [], 'there is no backup in'],
    ['with a target', ['--into', 'somewhere.sqlite'], 'it takes no --into'],
  ])('is refused %s', async (_what, args, said) => {
    expect(await execute('cli.js', ['migrate', 'up'], environment)).toMatchObject({ code: 0 });
    const refused = await rehearse(args);
    expect(refused).toMatchObject({ code: 64 });
    expect(refused.stderr).toContain(said);
  });

  it('is done on SQLite, too', async () => {
    const local = {
      APP_PERSISTENCE_PROFILE: 'LOCAL',
      BACKUP_DIR: join(temporaryFolder(), 'backups'),
      SQLITE_PATH: join(temporaryFolder(), 'some.sqlite'),
    };
    for (const command of [['migrate', 'up'], ['backup']])
      expect(await execute('cli.js', command, local)).toMatchObject({ code: 0 });
    const { code, stdout } = await execute('cli.js', ['restore', '--rehearse'], local, {
      installation: nextBuild('CREATE TABLE made (i integer)'),
    });
    expect(code).toBe(0);
    expect(stdout).toContain('advisory 0004_change_it: applied in');
    expect(stdout).toContain('main.made: new, 0 rows');
  });
});

interface Rehearsed {
  readonly migrations: readonly {
    readonly store: string;
    readonly migration: string;
    readonly duration_ms: number;
    readonly locks: readonly {
      readonly table: string;
      readonly mode: string;
      readonly blocks: string;
      readonly held_ms: number;
    }[];
  }[];
  readonly tables_changed: readonly unknown[];
}
