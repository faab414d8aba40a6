import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import type { DatabaseSettings } from '../../../src/config/databases.js';
import { idOf, type Migration } from '../../../src/migrations/migration.js';
import { type MigratedStore, migrateUp } from '../../../src/migrations/migrator.js';
import { openSession } from '../../../src/database/open-session.js';
import type { DatabaseSession } from '../../../src/database/session.js';
import { ReasonError } from '../../../src/reasons.js';
import { cleanup } from '../../support/cleanup.js';
import { createDatabase } from '../../support/postgres.js';
import { poolSettings, postgresSettings } from '../../support/settings.js';

const { later, temporaryFolder } = cleanup();

const PATIENT = { migrationLockTimeoutSeconds: 20 };
const IMPATIENT = { migrationLockTimeoutSeconds: 0 };
const IDENTITY = { appliedBy: 'a test', build: '0.0.0' };

type Pool = Parameters<typeof poolSettings>[0];

/** An empty database of either dialect. */
interface Place {
  readonly settings: DatabaseSettings;
  readonly open: (pool?: Pool) => Promise<DatabaseSession>;
}

function place(settings: DatabaseSettings): Place {
  return {
    settings,
    open: async (pool) => {
      const session = await openSession(settings, poolSettings(pool), 'migrate');
      later(() => {
        session.destroy();
      });
      return session;
    },
  };
}

async function onPostgres(): Promise<Place> {
  const database = await createDatabase();
  later(() => database.drop());
  return place(postgresSettings(database.url));
}

function onSqlite(): Promise<Place> {
  const path = join(temporaryFolder(), 'new', 'trial.sqlite');
  return Promise.resolve(place({ name: 'primary', type: 'sqlite', stores: ['trial'], path }));
}

function migration(version: string, sql: string, store = 'trial'): Migration {
  const checksum = createHash('sha256').update(sql).digest('hex');
  return { store, version, name: `step_${Number(version)}`, sql, checksum, transactional: true };
}

function store(migrations: readonly Migration[], name = 'trial'): MigratedStore {
  return { store: name, backend: 'SQLITE', database: 'primary', migrations };
}

const ONE = migration('0001', 'CREATE TABLE one (id integer PRIMARY KEY);');
const TWO = migration('0002', 'CREATE TABLE two (id integer PRIMARY KEY);');
const BROKEN = migration(
  '0002',
  'CREATE TABLE half_done (id integer); INSERT INTO half_done VALUES (1); SELECT * FROM missing;',
);
const THREE = migration('0003', 'CREATE TABLE three (id integer PRIMARY KEY);');

const ids = async (session: DatabaseSession) =>
  (await session.inspect()).ledger.map((entry) => `${entry.store} ${idOf(entry)}`).toSorted();

/** Whether a table is there, asked by a migration that needs it. */
async function has(session: DatabaseSession, table: string): Promise<boolean> {
  const question = migration('9999', `INSERT INTO ${table} VALUES (1);`, `asks for ${table}`);
  return session.apply(question, IDENTITY).then(
    () => true,
    () => false,
  );
}

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
    const session = await (await createPlace()).open();
    const told: string[] = [];
    const first = await migrateUp(session, [store([ONE])], PATIENT);
    expect(first).toEqual([{ store: 'trial', id: '0001_step_1', durationMs: expect.any(Number) }]);
    const applied = await migrateUp(session, [store([ONE, TWO, THREE])], PATIENT, ({ id }) => {
      told.push(id);
    });
    expect(applied.map(({ id }) => id)).toEqual(['0002_step_2', '0003_step_3']);
    expect(told).toEqual(['0002_step_2', '0003_step_3']);
    expect(applied.every(({ durationMs }) => durationMs > 0)).toBe(true);
    const { ledger } = await session.inspect();
    expect(ledger.toSorted((a, b) => a.version.localeCompare(b.version))).toEqual(
      [ONE, TWO, THREE].map(({ version, name, checksum }) => ({
        store: 'trial',
        version,
        name,
        checksum,
      })),
    );
    expect(await migrateUp(session, [store([ONE, TWO, THREE])], PATIENT)).toEqual([]);
  });

  it('makes the ledger, and what the write check needs, even when there is nothing to apply', async () => {
    const session = await (await createPlace()).open();
    expect(await migrateUp(session, [store([])], PATIENT)).toEqual([]);
    expect(await session.inspect()).toEqual({ readOnly: false, prepared: true, ledger: [] });
    await session.probeWrite();
  });

  it('keeps the stores of one database apart', async () => {
    const session = await (await createPlace()).open();
    const other = migration('0001', 'CREATE TABLE other (id integer);', 'other');
    await migrateUp(session, [store([ONE, TWO])], PATIENT);
    expect(await ids(session)).toEqual(['trial 0001_step_1', 'trial 0002_step_2']);
    const both = [store([ONE, TWO]), store([other], 'other')];
    expect(await migrateUp(session, both, PATIENT)).toMatchObject([{ store: 'other' }]);
    expect(await ids(session)).toContain('other 0001_step_1');
  });

  it('leaves nothing of a migration that fails, and stops there', async () => {
    const { open } = await createPlace();
    const session = await open();
    const told: string[] = [];
    const failed = migrateUp(session, [store([ONE, BROKEN, THREE])], PATIENT, ({ id }) => {
      told.push(id);
    });
    const { code, message, cause, reason } = await reasonOf(failed);
    expect(code).toBe('MIGRATION_FAILED:trial:0002');
    expect(message).toContain('missing');
    expect(cause).toHaveProperty('message', expect.stringContaining('missing'));
    expect(reason.exit).toBe(1);
    expect(told).toEqual(['0001_step_1']);
    expect(await ids(session)).toEqual(['trial 0001_step_1']);
    expect(await has(session, 'one')).toBe(true);
    expect(await has(session, 'half_done')).toBe(false);
    expect(await has(session, 'three')).toBe(false);

    // Neither the session nor the lock is left in a state in which nothing goes any more.
    const corrected = [store([ONE, TWO, THREE])];
    expect(await migrateUp(await open(), corrected, PATIENT)).toHaveLength(2);
    expect(await migrateUp(session, corrected, PATIENT)).toEqual([]);
  });

  it('is done once by several sessions at a time', async () => {
    const { open } = await createPlace();
    const sessions = await Promise.all(Array.from({ length: 6 }, () => open()));
    const applied = await Promise.all(
      sessions.map((session) => migrateUp(session, [store([ONE, TWO, THREE])], PATIENT)),
    );
    expect(
      applied
        .flat()
        .map(({ id }) => id)
        .toSorted(),
    ).toEqual(['0001_step_1', '0002_step_2', '0003_step_3']);
    expect(await ids(await open())).toHaveLength(3);
  });

  it('does not run again what another session has applied meanwhile', async () => {
    const { open } = await createPlace();
    const [session, faster] = [await open(), await open()];
    await migrateUp(faster, [store([ONE])], PATIENT);
    expect(await session.apply(ONE, IDENTITY)).toBeNull();
    expect(await ids(session)).toEqual(['trial 0001_step_1']);
  });

  it('refuses a ledger that does not fit, before it changes anything', async () => {
    const session = await (await createPlace()).open();
    await migrateUp(session, [store([ONE, TWO])], PATIENT);
    const edited = { ...ONE, checksum: 'other' };
    const refusals: readonly (readonly [string, readonly Migration[]])[] = [
      ['MIGRATION_CHECKSUM_MISMATCH:trial:0001', [edited, TWO, THREE]],
      ['SCHEMA_NEWER_THAN_BUILD', [ONE]],
    ];
    for (const [code, migrations] of refusals) {
      const refused = await reasonOf(migrateUp(session, [store(migrations)], IMPATIENT));
      expect(refused.code).toBe(code);
    }
    expect(await has(session, 'three')).toBe(false);
  });

  it('can write and roll back once the ledger is there', async () => {
    const session = await (await createPlace()).open();
    await expect(session.probeWrite()).rejects.toHaveProperty(
      'message',
      expect.stringContaining('holdfast_write_probe'),
    );
    await session.prepareLedger();
    await session.prepareLedger();
    await session.probeWrite();
    expect(await session.inspect()).toEqual({ readOnly: false, prepared: true, ledger: [] });
  });
});

describe('migrateUp on PostgreSQL', () => {
  /** Names whose lock keys are negative as well as positive numbers. */
  const NAMES = ['advisory', 'dpm', 'policy_packs', 'a', 'b', 'c', 'd', 'e'];

  it('gives up on a lock that another session holds, and names the holder', async () => {
    const { open } = await onPostgres();
    const [holder, session] = [await open(), await open()];
    for (const name of NAMES) {
      const unlock = await holder.lock(name, 1);
      const refused = await reasonOf(session.lock(name, 0));
      expect(refused.code).toBe('MIGRATION_LOCK_TIMEOUT');
      expect(refused.message).toMatch(/pid \d+ \(holdfast-test migrate, idle\).* \d+ s/);
      await unlock();
      await (
        await session.lock(name, 1)
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
    const { open } = await onPostgres();
    const [holder, session] = [await open(), await open()];
    await holder.lock('trial', 1);
    holder.destroy();
    const unlock = await session.lock('trial', 20);
    await unlock();
  });

  it('lets the lock go after a failure', async () => {
    const { open } = await onPostgres();
    const [session, other] = [await open(), await open()];
    await reasonOf(migrateUp(session, [store([ONE, BROKEN])], PATIENT));
    const unlock = await other.lock('trial', 0);
    await unlock();
  });

  it('makes the ledger once for stores that are migrated at the same time', async () => {
    const { open } = await onPostgres();
    const sessions = await Promise.all(NAMES.map(() => open()));
    const applied = await Promise.all(
      sessions.map((session, index) => {
        const name = NAMES[index] ?? '';
        const own = migration('0001', `CREATE TABLE of_${name} (id integer);`, name);
        return migrateUp(session, [store([own], name)], PATIENT);
      }),
    );
    expect(applied.flat()).toHaveLength(NAMES.length);
  });

  it('is not cut short by the statement timeout of the service', async () => {
    const session = await (await onPostgres()).open({ statementTimeoutMs: 100 });
    const long = migration('0001', 'SELECT pg_sleep(0.4);');
    expect(await migrateUp(session, [store([long])], PATIENT)).toHaveLength(1);
  });

  it('does not wait for a table longer than the lock timeout', async () => {
    const { open } = await onPostgres();
    const [session, other] = [await open({ lockTimeoutMs: 200 }), await open()];
    await migrateUp(session, [store([ONE])], PATIENT);
    const blocking = migration('0001', 'LOCK TABLE one; SELECT pg_sleep(2);', 'blocking');
    const blocked = other.apply(blocking, IDENTITY);
    await new Promise((resolve) => setTimeout(resolve, 300));
    const altering = migration('0002', 'ALTER TABLE one ADD COLUMN more text;');
    const refused = await reasonOf(migrateUp(session, [store([ONE, altering])], PATIENT));
    expect(refused.code).toBe('MIGRATION_FAILED:trial:0002');
    expect(refused.cause).toMatchObject({ code: '55P03' });
    await blocked;
    expect(await migrateUp(session, [store([ONE, altering])], PATIENT)).toHaveLength(1);
  });

  it('runs a migration without a transaction on its own', async () => {
    const session = await (await onPostgres()).open();
    const outside: Migration = {
      ...migration('0002', 'CREATE INDEX CONCURRENTLY ones ON one (id);'),
      transactional: false,
    };
    expect(await migrateUp(session, [store([ONE, outside])], PATIENT)).toHaveLength(2);
    expect(await ids(session)).toEqual(['trial 0001_step_1', 'trial 0002_step_2']);
  });

  it('does not enter a migration without a transaction that fails', async () => {
    const { open } = await onPostgres();
    const session = await open();
    const outside: Migration = {
      ...migration('0002', 'CREATE INDEX CONCURRENTLY ones ON one (missing);'),
      transactional: false,
    };
    const refused = await reasonOf(migrateUp(session, [store([ONE, outside])], PATIENT));
    expect(refused.code).toBe('MIGRATION_FAILED:trial:0002');
    expect(await ids(session)).toEqual(['trial 0001_step_1']);
    expect(await migrateUp(await open(), [store([ONE, TWO])], PATIENT)).toHaveLength(1);
  });
});
