import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import Sqlite from 'better-sqlite3';
import pg from 'pg';
import type { DatabaseSettings } from '@holdfast/guard/databases';
import { idOf, type Migration } from '../../src/migration.js';
import { openMigrationSession } from '../../src/open-migration-session.js';
import type {
  MigrationProgress,
  MigrationSession,
  MigrationSettings,
  PinSettings,
} from '../../src/migration-session.js';
import { type AppliedMigration, type MigratedStore, migrateUp } from '../../src/migrator.js';
import { openSession } from '@holdfast/postgres/sessions/open-session';
import type { Inspection } from '@holdfast/postgres/sessions/session';
import { ReasonError } from '@holdfast/core/reasons';
import { cleanup } from '../../../../test/support/cleanup.js';
import { eventually } from '../../../../test/support/eventually.js';
import { createDatabase } from '@holdfast/testing/temporary-database';
import { poolSettings, postgresSettings } from '../../../../test/support/settings.js';

const { later, temporaryFolder } = cleanup();

const IDENTITY = { appliedBy: 'a test', build: '0.0.0' };

type Pool = Parameters<typeof poolSettings>[0];

interface Told {
  readonly applied: AppliedMigration[];
  readonly progress: MigrationProgress[];
}

/** An empty database of either dialect. */
class Place {
  constructor(readonly settings: DatabaseSettings) {}

  up(
    stores: readonly MigratedStore[],
    { seconds = 20, told, pool }: { seconds?: number; told?: Told; pool?: Pool } = {},
  ): Promise<readonly AppliedMigration[]> {
    return migrateUp(this.settings, stores, settingsOf(seconds, pool), IDENTITY, {
      applied: (one) => told?.applied.push(one),
      progress: (one) => told?.progress.push(one),
      warning: () => undefined,
      waiting: () => undefined,
    });
  }

  async inspect(): Promise<Inspection> {
    const session = await openSession(this.settings, poolSettings(), 'migrate');
    try {
      return await session.inspect();
    } finally {
      session.destroy();
    }
  }

  async probeWrite(): Promise<void> {
    const session = await openSession(this.settings, poolSettings(), 'migrate');
    try {
      await session.probeWrite();
    } finally {
      session.destroy();
    }
  }

  async open(seconds = 20): Promise<MigrationSession> {
    const session = await openMigrationSession(this.settings, settingsOf(seconds), {
      progress: () => undefined,
      warning: () => undefined,
      waiting: () => undefined,
    });
    later(() => {
      session.destroy();
    });
    return session;
  }

  async ids(): Promise<readonly string[]> {
    return (await this.inspect()).ledger.map((entry) => `${entry.store} ${idOf(entry)}`).toSorted();
  }

  /** Whether a table is there, asked by a migration that needs it. */
  async has(table: string): Promise<boolean> {
    const session = await this.open();
    const question = migration('9999', `INSERT INTO ${table} VALUES (1);`, `asks for ${table}`);
    return session
      .apply([question], IDENTITY, () => undefined)
      .then(
        () => true,
        () => false,
      );
  }
}

function settingsOf(
  migrationLockTimeoutSeconds: number,
  pool?: Pool,
): MigrationSettings & PinSettings {
  const pin = { profile: 'LOCAL', environment: null } as const;
  return { migrationLockTimeoutSeconds, pool: poolSettings(pool), ...pin };
}

async function onPostgres(): Promise<Place> {
  const database = await createDatabase();
  later(() => database.drop());
  return new Place(postgresSettings(database.url));
}

function onSqlite(): Promise<Place> {
  const path = join(temporaryFolder(), 'new', 'trial.sqlite');
  return Promise.resolve(new Place({ name: 'primary', type: 'sqlite', stores: ['trial'], path }));
}

function migration(version: string, sql: string, store = 'trial'): Migration {
  const checksum = createHash('sha256').update(sql).digest('hex');
  return {
    store,
    version,
    name: `step_${Number(version)}`,
    sql,
    checksum,
    transactional: true,
    backwardCompatible: false,
  };
}

function store(migrations: readonly Migration[], name = 'trial'): MigratedStore {
  return {
    store: name,
    backend: 'SQLITE',
    database: 'primary',
    migrations,
    needs: {},
    recorded: () => undefined,
  };
}

const ONE = migration('0001', 'CREATE TABLE one (id integer PRIMARY KEY);');
const TWO = migration('0002', 'CREATE TABLE two (id integer PRIMARY KEY);');
const BROKEN = migration(
  '0002',
  'CREATE TABLE half_done (id integer); INSERT INTO half_done VALUES (1); SELECT * FROM missing;',
);
const THREE = migration('0003', 'CREATE TABLE three (id integer PRIMARY KEY);');

async function reasonOf(work: Promise<unknown>): Promise<ReasonError> {
  try {
    await work;
  } catch (error) {
    if (error instanceof ReasonError) return error;
    throw error;
  }
  throw new Error('nothing was refused');
}

describe.each([
  ['PostgreSQL', onPostgres],
  ['SQLite', onSqlite],
] as const)('migrateUp on %s', (_name, createPlace) => {
  it('applies what is pending, in order, and tells as it goes', async () => {
    const place = await createPlace();
    const first = await place.up([store([ONE])]);
    expect(first).toEqual([{ store: 'trial', id: '0001_step_1', durationMs: expect.any(Number) }]);
    const told: Told = { applied: [], progress: [] };
    const applied = await place.up([store([ONE, TWO, THREE])], { told });
    expect(applied.map(({ id }) => id)).toEqual(['0002_step_2', '0003_step_3']);
    expect(told.applied).toEqual(applied);
    expect(applied.every(({ durationMs }) => durationMs > 0)).toBe(true);
    const { ledger } = await place.inspect();
    expect(ledger.toSorted((a, b) => a.version.localeCompare(b.version))).toEqual(
      [ONE, TWO, THREE].map(({ version, name, checksum }) => ({
        store: 'trial',
        version,
        name,
        checksum,
        backwardCompatible: false,
      })),
    );
    expect(await place.up([store([ONE, TWO, THREE])])).toEqual([]);
  });

  it('makes the ledger, and what the write check needs, even when there is nothing to apply', async () => {
    const place = await createPlace();
    expect(await place.up([store([])])).toEqual([]);
    expect(await place.inspect()).toEqual({ readOnly: false, prepared: true, ledger: [] });
    await place.probeWrite();
  });

  it('keeps the stores of one database apart', async () => {
    const place = await createPlace();
    const other = migration('0001', 'CREATE TABLE other (id integer);', 'other');
    await place.up([store([ONE, TWO])]);
    expect(await place.ids()).toEqual(['trial 0001_step_1', 'trial 0002_step_2']);
    const both = [store([ONE, TWO]), store([other], 'other')];
    expect(await place.up(both)).toMatchObject([{ store: 'other' }]);
    expect(await place.ids()).toContain('other 0001_step_1');
  });

  it('leaves nothing of a migration that fails, and stops there', async () => {
    const place = await createPlace();
    const told: Told = { applied: [], progress: [] };
    const failed = place.up([store([ONE, BROKEN, THREE])], { told });
    const { code, message, cause, reason } = await reasonOf(failed);
    expect(code).toBe('MIGRATION_FAILED:trial:0002');
    expect(message).toContain('missing');
    expect(cause).toHaveProperty('message', expect.stringContaining('missing'));
    expect(reason.exit).toBe(1);
    expect(told.applied.map(({ id }) => id)).toEqual(['0001_step_1']);
    expect(await place.ids()).toEqual(['trial 0001_step_1']);
    expect(await place.has('one')).toBe(true);
    expect(await place.has('half_done')).toBe(false);
    expect(await place.has('three')).toBe(false);

    const corrected = [store([ONE, TWO, THREE])];
    expect(await place.up(corrected)).toHaveLength(2);
    expect(await place.up(corrected)).toEqual([]);
  });

  it('is done once by several migrators at a time', async () => {
    const place = await createPlace();
    const applied = await Promise.all(
      Array.from({ length: 6 }, () => place.up([store([ONE, TWO, THREE])])),
    );
    expect(
      applied
        .flat()
        .map(({ id }) => id)
        .toSorted(),
    ).toEqual(['0001_step_1', '0002_step_2', '0003_step_3']);
    expect(await place.ids()).toHaveLength(3);
  });

  it('does not run again what another migrator has applied meanwhile', async () => {
    const place = await createPlace();
    const session = await place.open();
    await place.up([store([ONE])]);
    const applied: string[] = [];
    await session.apply([ONE, TWO], IDENTITY, ({ version }) => applied.push(version));
    expect(applied).toEqual(['0002']);
    expect(await place.ids()).toEqual(['trial 0001_step_1', 'trial 0002_step_2']);
  });

  it('refuses a ledger that does not fit, before it changes anything', async () => {
    const place = await createPlace();
    await place.up([store([ONE, TWO])]);
    const edited = { ...ONE, checksum: 'other' };
    const refusals: readonly (readonly [string, readonly Migration[]])[] = [
      ['MIGRATION_CHECKSUM_MISMATCH:trial:0001', [edited, TWO, THREE]],
      ['SCHEMA_NEWER_THAN_BUILD', [ONE]],
    ];
    for (const [code, migrations] of refusals) {
      const refused = await reasonOf(place.up([store(migrations)], { seconds: 0 }));
      expect(refused.code).toBe(code);
    }
    expect(await place.has('three')).toBe(false);
  });

  it('lets an older build be, where the newer migrations say that it can go on', async () => {
    const place = await createPlace();
    const compatible = { ...TWO, backwardCompatible: true };
    await place.up([store([ONE, compatible])]);
    expect(await place.up([store([ONE])])).toEqual([]);
    expect((await place.inspect()).ledger).toContainEqual(
      expect.objectContaining({ version: '0002', backwardCompatible: true }),
    );
    await place.up([store([ONE, compatible, THREE])]);
    const refused = await reasonOf(place.up([store([ONE])]));
    expect(refused.code).toBe('SCHEMA_NEWER_THAN_BUILD');
  });

  it('can write and roll back once the ledger is there', async () => {
    const place = await createPlace();
    await expect(place.probeWrite()).rejects.toHaveProperty(
      'message',
      expect.stringContaining('holdfast_write_probe'),
    );
    const session = await place.open();
    await session.prepareLedger();
    await session.prepareLedger();
    await place.probeWrite();
    expect(await place.inspect()).toEqual({ readOnly: false, prepared: true, ledger: [] });
  });
});

describe('migrateUp on SQLite', () => {
  it('rebuilds a table that others refer to, and checks what they refer to', async () => {
    const place = await onSqlite();
    const parents = migration(
      '0001',
      `CREATE TABLE parent (id integer PRIMARY KEY, old text);
       CREATE TABLE child (id integer PRIMARY KEY, parent integer REFERENCES parent ON DELETE CASCADE);
       INSERT INTO parent VALUES (1, 'a'), (2, 'b'); INSERT INTO child VALUES (7, 1), (8, 2);`,
    );
    const rebuild = (which: string) =>
      migration(
        '0002',
        `CREATE TABLE new_parent (id integer PRIMARY KEY);
         INSERT INTO new_parent SELECT id FROM parent WHERE ${which};
         DROP TABLE parent; ALTER TABLE new_parent RENAME TO parent;`,
      );
    await place.up([store([parents])]);
    const refused = await reasonOf(place.up([store([parents, rebuild('id = 1')])]));
    expect(refused.code).toBe('MIGRATION_FAILED:trial:0002');
    expect(refused.message).toContain('rows of child refer to rows of parent that are missing');
    expect(await place.up([store([parents, rebuild('true')])])).toHaveLength(1);
    const children = migration('0003', 'INSERT INTO child SELECT 9, count(*) FROM child;');
    await place.up([store([parents, rebuild('true'), children])]);
    const orphan = migration('0004', 'INSERT INTO child VALUES (10, 99);');
    const again = await reasonOf(place.up([store([parents, rebuild('true'), children, orphan])]));
    expect(again.message).toContain('missing');
  });

  it.each([
    'CREATE TABLE one (id INTEGER); COMMIT;',
    'CREATE TABLE one (id INTEGER); ROLLBACK;',
    'CREATE TABLE one (id INTEGER); COMMIT; BEGIN; CREATE TABLE two (id INTEGER);',
  ])('does not enter a migration that ends the transaction: %s', async (sql) => {
    const place = await onSqlite();
    const refused = await reasonOf(place.up([store([migration('0001', sql)])]));
    expect(refused).toMatchObject({
      code: 'MIGRATION_FAILED:trial:0001',
      message: expect.stringContaining('ended the transaction'),
    });
    expect(await place.ids()).toEqual([]);
  });

  it('gives up on a file that another process keeps writing to', async () => {
    const place = await onSqlite();
    await place.up([store([ONE])]);
    const { settings } = place;
    if (settings.type !== 'sqlite') throw new Error('not on SQLite');
    const writer = new Sqlite(settings.path);
    later(() => writer.close());
    writer.exec('BEGIN IMMEDIATE');
    const refused = await reasonOf(place.up([store([ONE, TWO])], { seconds: 1 }));
    expect(refused.code).toBe('MIGRATION_LOCK_TIMEOUT');
    writer.exec('ROLLBACK');
    expect(await place.up([store([ONE, TWO])])).toHaveLength(1);
  });

  it('adds to the ledger of an older build what it lacks', async () => {
    const place = await onSqlite();
    await place.up([store([ONE])]);
    const { settings } = place;
    if (settings.type !== 'sqlite') throw new Error('not on SQLite');
    const file = new Sqlite(settings.path);
    later(() => file.close());
    file.exec('ALTER TABLE holdfast_migrations DROP COLUMN backward_compatible');
    expect((await place.inspect()).ledger).toMatchObject([{ backwardCompatible: false }]);
    await place.up([store([ONE, { ...TWO, backwardCompatible: true }])]);
    expect(await place.up([store([ONE])])).toEqual([]);
  });
});

describe('migrateUp on PostgreSQL', () => {
  /** Names whose lock keys are negative as well as positive numbers. */
  const NAMES = ['advisory', 'dpm', 'policy_packs', 'a', 'b', 'c', 'd', 'e'];

  it('gives up on a lock that another migrator holds, and names the holder', async () => {
    const place = await onPostgres();
    const [holder, session] = [await place.open(), await place.open(0)];
    for (const name of NAMES) {
      const unlock = await holder.lock(name);
      const refused = await reasonOf(session.lock(name));
      expect(refused.code).toBe('MIGRATION_LOCK_TIMEOUT');
      expect(refused.message).toMatch(/pid \d+ \(holdfast-test migrate, idle\).* \d+ s/);
      await unlock();
      await (
        await session.lock(name)
      )();
    }
  });

  it('has locks whose keys are of both signs among those names', async () => {
    const database = await createDatabase();
    later(() => database.drop());
    const keys = await database.query<{ key: string }>(
      `SELECT hashtextextended('holdfast_migrations:' || name, 0) AS key FROM unnest($1::text[]) name`,
      [NAMES],
    );
    expect(new Set(keys.map(({ key }) => key.startsWith('-'))).size).toBe(2);
  });

  it('has a lock that ends with its session', async () => {
    const place = await onPostgres();
    const [holder, session] = [await place.open(), await place.open()];
    await holder.lock('trial');
    holder.destroy();
    const unlock = await session.lock('trial');
    await unlock();
  });

  it('lets the lock go after a failure', async () => {
    const place = await onPostgres();
    await reasonOf(place.up([store([ONE, BROKEN])]));
    const unlock = await (await place.open(0)).lock('trial');
    await unlock();
  });

  it('makes the ledger once for stores that are migrated at the same time', async () => {
    const place = await onPostgres();
    const applied = await Promise.all(
      NAMES.map((name) => {
        const own = migration('0001', `CREATE TABLE of_${name} (id integer);`, name);
        return place.up([store([own], name)]);
      }),
    );
    expect(applied.flat()).toHaveLength(NAMES.length);
  });

  it('is not cut short by the statement timeout of the service', async () => {
    const place = await onPostgres();
    const long = migration('0001', 'SELECT pg_sleep(0.4);');
    expect(await place.up([store([long])], { pool: { statementTimeoutMs: 100 } })).toHaveLength(1);
  });

  const ALTERING = migration('0002', 'ALTER TABLE one ADD COLUMN more text;');

  async function blocked(database: { url: string }): Promise<pg.Client> {
    const blocker = new pg.Client({ connectionString: database.url, application_name: 'a report' });
    await blocker.connect();
    await blocker.query('BEGIN; SELECT * FROM one');
    return blocker;
  }

  it('tells of each migration sent together how long it took by itself, and which one runs', async () => {
    const database = await createDatabase();
    later(() => database.drop());
    const place = new Place(postgresSettings(database.url));
    const told: Told = { applied: [], progress: [] };
    const slow = migration('0002', 'SELECT pg_sleep(2.5);');
    const applied = await place.up([store([ONE, slow, THREE])], { told });
    expect(told.progress[0]).toMatchObject({ id: '0002_step_2', statement: 1, statements: 1 });
    expect(told.progress[0]?.elapsedSeconds).toBeGreaterThan(0.5);
    const rows = await database.query<{ version: string; own: boolean }>(
      `SELECT version, duration_ms > 2500 AS own FROM holdfast_migrations ORDER BY applied_at`,
    );
    expect(rows).toEqual([
      { version: '0001', own: false },
      { version: '0002', own: true },
      { version: '0003', own: false },
    ]);
    expect(applied.map(({ durationMs }) => durationMs > 2500)).toEqual([false, true, false]);
  });

  it.each([
    ['by a statement', 'DEALLOCATE ALL'],
    ['by a block', `DO $$ BEGIN EXECUTE 'DEALLOCATE ALL'; END $$`],
  ])('goes on where a migration drops %s what its session has prepared', async (_how, sql) => {
    const place = await onPostgres();
    const applied = await place.up([store([ONE, migration('0002', sql), THREE])]);
    expect(applied.map(({ id }) => id)).toEqual(['0001_step_1', '0002_step_2', '0003_step_3']);
    expect(await place.ids()).toEqual([
      'trial 0001_step_1',
      'trial 0002_step_2',
      'trial 0003_step_3',
    ]);
  });

  it('refuses one of several that runs what nothing has prepared, and keeps those before it', async () => {
    const place = await onPostgres();
    const running = migration('0002', 'EXECUTE nothing_of_that_name');
    const refused = await reasonOf(place.up([store([ONE, running, THREE])]));
    expect(refused).toMatchObject({
      code: 'MIGRATION_FAILED:trial:0002',
      message: expect.stringContaining('nothing_of_that_name'),
    });
    expect(await place.ids()).toEqual(['trial 0001_step_1']);
  });

  it('waits for a table that is in use, giving way to others, until it is free', async () => {
    const database = await createDatabase();
    later(() => database.drop());
    const place = new Place(postgresSettings(database.url));
    await place.up([store([ONE])]);
    const blocker = await blocked(database);
    later(() => blocker.end());
    const told: Told = { applied: [], progress: [] };
    const migrating = place.up([store([ONE, ALTERING])], { told });
    await eventually(() => {
      expect(told.progress.at(-1)?.doing).toMatch(
        /^waiting for pid \d+ \(a report, idle in transaction, for \d+ s\)$/,
      );
    });
    // Others still get at the table, though an exclusive lock is wanted.
    expect(await database.query('SELECT count(*)::int AS n FROM one')).toEqual([{ n: 0 }]);
    await blocker.query('COMMIT');
    expect(await migrating).toHaveLength(1);
    expect(told.progress[0]).toMatchObject({ id: '0002_step_2', statement: 1, statements: 1 });
  });

  it.each([
    ['one migration', [ALTERING]],
    ['the first of several that are sent together', [ALTERING, THREE]],
  ])('gives up on a table that stays in use, for %s, and names who uses it', async (_, pending) => {
    const database = await createDatabase();
    later(() => database.drop());
    const place = new Place(postgresSettings(database.url));
    await place.up([store([ONE])]);
    const blocker = await blocked(database);
    later(() => blocker.end());
    const refused = await reasonOf(place.up([store([ONE, ...pending])], { seconds: 1 }));
    expect(refused.code).toBe('MIGRATION_LOCK_TIMEOUT');
    expect(refused.message).toMatch(/trial 0002_step_2 .* pid \d+ \(a report, idle in transaction/);
    expect(await place.ids()).toEqual(['trial 0001_step_1']);
    await blocker.query('COMMIT');
    expect(await place.up([store([ONE, ...pending])])).toHaveLength(pending.length);
  });

  const outside = (sql: string): Migration => ({ ...migration('0002', sql), transactional: false });

  it('runs a migration without a transaction on its own', async () => {
    const place = await onPostgres();
    const index = outside('CREATE INDEX CONCURRENTLY ones ON one (id);');
    expect(await place.up([store([ONE, index])])).toHaveLength(2);
    expect(await place.ids()).toEqual(['trial 0001_step_1', 'trial 0002_step_2']);
  });

  it('does not enter a migration without a transaction that fails', async () => {
    const place = await onPostgres();
    const index = outside('CREATE INDEX CONCURRENTLY ones ON one (missing);');
    const refused = await reasonOf(place.up([store([ONE, index])]));
    expect(refused.code).toBe('MIGRATION_FAILED:trial:0002');
    expect(await place.ids()).toEqual(['trial 0001_step_1']);
    expect(await place.up([store([ONE, TWO])])).toHaveLength(1);
  });

  it('builds an index anew that was left INVALID, and keeps one that is valid', async () => {
    const database = await createDatabase();
    later(() => database.drop());
    const place = new Place(postgresSettings(database.url));
    const twice = migration(
      '0001',
      'CREATE TABLE one (id integer); INSERT INTO one VALUES (1), (1);',
    );
    await place.up([store([twice])]);
    const index = outside('CREATE UNIQUE INDEX CONCURRENTLY ones ON one (id);');
    expect((await reasonOf(place.up([store([twice, index])]))).code).toBe(
      'MIGRATION_FAILED:trial:0002',
    );
    const valid = () =>
      database.query(
        `SELECT indisvalid AS valid FROM pg_index WHERE indexrelid = 'ones'::regclass`,
      );
    expect(await valid()).toEqual([{ valid: false }]);
    await database.query('DELETE FROM one WHERE ctid = (SELECT min(ctid) FROM one)');
    expect(await place.up([store([twice, index])])).toHaveLength(1);
    expect(await valid()).toEqual([{ valid: true }]);

    // Killed between the build and the entry.
    await database.query(`DELETE FROM holdfast_migrations WHERE version = '0002'`);
    expect(await place.up([store([twice, index])])).toHaveLength(1);
    expect(await place.ids()).toHaveLength(2);
  });

  it.each([
    ['CREATE INDEX CONCURRENTLY ones ON one (id) WHERE id > 0', ['id']],
    ['CREATE UNIQUE INDEX CONCURRENTLY ones ON one ((id + 1), id)', [null, 'id']],
    ['CREATE INDEX CONCURRENTLY ones ON one USING hash (id)', ['id']],
    ['CREATE INDEX CONCURRENTLY "On\'es" ON public.one (id DESC) INCLUDE ("a b")', ['id', 'a b']],
  ])('knows the index that it has built: %s', async (sql) => {
    const database = await createDatabase();
    later(() => database.drop());
    const place = new Place(postgresSettings(database.url));
    const one = migration('0001', 'CREATE TABLE one (id integer, "a b" integer);');
    const both = [store([one, outside(`${sql};`)])];
    expect(await place.up(both)).toHaveLength(2);
    await database.query(`DELETE FROM holdfast_migrations WHERE version = '0002'`);
    expect(await place.up(both)).toHaveLength(1);
  });

  it.each([
    'CREATE INDEX ones ON one (other)',
    'CREATE INDEX ones ON one (id, other)',
    'CREATE UNIQUE INDEX ones ON one (id)',
    'CREATE INDEX ones ON one (id) WHERE id > 0',
    'CREATE INDEX ones ON one USING hash (id)',
    'CREATE INDEX ones ON one ((id + 1))',
  ])('takes no other index of the same name for the one that it builds: %s', async (sql) => {
    const database = await createDatabase();
    later(() => database.drop());
    const place = new Place(postgresSettings(database.url));
    const one = migration('0001', `CREATE TABLE one (id integer, other integer); ${sql};`);
    const index = outside('CREATE INDEX CONCURRENTLY ones ON one (id);');
    expect((await reasonOf(place.up([store([one, index])]))).code).toBe(
      'MIGRATION_FAILED:trial:0002',
    );
    expect(await place.ids()).toEqual(['trial 0001_step_1']);
  });

  it('has the server read texts as they were judged', async () => {
    const database = await createDatabase();
    later(() => database.drop());
    const { pathname } = new URL(database.url);
    await database.query(
      `ALTER DATABASE ${pathname.slice(1)} SET standard_conforming_strings = off`,
    );
    const place = new Place(postgresSettings(database.url));
    const made = migration('0001', 'CREATE TABLE one (word text)');
    const filled = migration(
      '0002',
      String.raw`INSERT INTO one VALUES ('\'), ('; DROP TABLE one; --')`,
    );
    await place.up([store([made, filled])]);
    expect(await database.query('SELECT word FROM one ORDER BY word')).toEqual([
      { word: '; DROP TABLE one; --' },
      { word: '\\' },
    ]);
  });

  it.each([
    ['a search_path', 'SET search_path TO other'],
    ['a search_path for the transaction', 'SET LOCAL search_path TO other'],
    ['a search_path by a function', `SELECT set_config('search_path', 'other', false)`],
    ['a search_path by a block', `DO $$ BEGIN SET search_path TO other; END $$`],
    ['a role', 'GRANT CREATE ON SCHEMA other TO pg_monitor; SET ROLE pg_monitor'],
    [
      'a role of the session',
      'GRANT CREATE ON SCHEMA other TO pg_monitor; SET SESSION AUTHORIZATION pg_monitor',
    ],
    ['a refusal to write', 'SET default_transaction_read_only = on'],
    ['a temporary table', 'CREATE TEMP TABLE two (id integer)'],
    ['a temporary table by a block', 'DO $$ BEGIN CREATE TEMP TABLE two (id integer); END $$'],
  ])('keeps %s from the next migration, and from the ledger', async (_what, sql) => {
    const database = await createDatabase();
    later(() => database.drop());
    const place = new Place(postgresSettings(database.url));
    await database.query('CREATE SCHEMA other');
    const setting = migration('0001', `${sql};\nCREATE TABLE other.one (id integer);`);
    const next = migration('0002', 'CREATE TABLE two (id integer); INSERT INTO two VALUES (7);');
    expect(await place.up([store([setting, next])])).toHaveLength(2);
    expect(await database.query('SELECT id FROM public.two')).toEqual([{ id: 7 }]);
    expect(
      await database.query(
        `SELECT schemaname || '.' || tablename AS name, tableowner = current_user AS own
           FROM pg_tables WHERE tablename = 'two' OR tablename LIKE 'holdfast%' ORDER BY 1`,
      ),
    ).toEqual(
      [
        'public.holdfast_builds',
        'public.holdfast_identity',
        'public.holdfast_migrations',
        'public.holdfast_running',
        'public.holdfast_write_probe',
        'public.two',
      ].map((name) => ({
        name,
        own: true,
      })),
    );
  });

  it.each([
    ['by a SELECT', 'SELECT pg_advisory_unlock_all();', true],
    ['by a block', 'DO $$ BEGIN PERFORM pg_advisory_unlock_all(); END $$;', true],
    ['among rows', 'INSERT INTO texts SELECT pg_advisory_unlock_all()::text;', true],
    ['by DISCARD', 'DISCARD ALL;', false],
  ])('enters no migration that lets go of its lock %s', async (_how, sql, transactional) => {
    const place = await onPostgres();
    const texts = migration('0001', 'CREATE TABLE texts (a text);');
    const letting = { ...migration('0002', sql), transactional };
    const refused = await reasonOf(place.up([store([texts, letting])]));
    expect(refused).toMatchObject({
      code: 'MIGRATION_FAILED:trial:0002',
      message: expect.stringContaining('let go of the lock'),
    });
    expect(await place.ids()).toEqual(['trial 0001_step_1']);
  });

  it('refuses MIGRATION_DATABASE_URL when it leads elsewhere, before it changes anything', async () => {
    const [database, other] = [await createDatabase(), await createDatabase()];
    later(() => database.drop());
    later(() => other.drop());
    const { dsn } = postgresSettings(other.url);
    const place = new Place(postgresSettings(database.url, { migrationDsn: dsn }));
    expect((await reasonOf(place.up([store([ONE])]))).code).toBe('MIGRATION_DATABASE_DIFFERS');
    expect(await other.query(`SELECT 1 FROM pg_class WHERE relname LIKE 'holdfast%'`)).toEqual([]);
    const same = postgresSettings(database.url).dsn;
    const right = new Place(postgresSettings(database.url, { migrationDsn: same }));
    expect(await right.up([store([ONE])])).toHaveLength(1);
  });
});
