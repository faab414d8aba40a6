import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { createDatabase, type TestDatabase } from '@holdfast/testing/temporary-database';
import { type Environment, execute, installation, start, type Started } from './program.js';
import type { Ended } from './service.js';
import { STORES } from './registered.js';
import { WITHOUT_CALLERS } from './without-callers.js';

type Later = (work: () => unknown) => void;

/** A copy of the built program whose advisory store has the migrations that a test writes. */
export interface OwnMigrations {
  /** Holds `dist` and `migrations`. */
  readonly folder: string;
  readonly write: (file: string, sql: string | Buffer) => void;
  readonly remove: (file: string) => void;
  /** Runs `holdfast migrate <args> --store advisory` to its end. */
  readonly migrate: (args: readonly string[], environment: Environment) => Promise<Ended>;
  readonly start: (args: readonly string[], environment: Environment) => Started;
}

/** @param files by name; the other stores have no PostgreSQL migrations, and are left alone */
export function ownMigrations(later: Later, files: Readonly<Record<string, string>>) {
  const { folder, remove } = installation();
  later(remove);
  for (const store of STORES)
    rmSync(join(folder, 'migrations', store, 'postgres'), { recursive: true, force: true });
  const place = join(folder, 'migrations', 'advisory', 'postgres');
  mkdirSync(place, { recursive: true });
  const own: OwnMigrations = {
    folder,
    write: (file, sql) => {
      writeFileSync(join(place, file), sql);
    },
    remove: (file) => {
      rmSync(join(place, file));
    },
    migrate: (args, environment) =>
      execute('cli.js', advisory(args), environment, { installation: folder }),
    start: (args, environment) =>
      start('cli.js', advisory(args), environment, { installation: folder }),
  };
  for (const [file, sql] of Object.entries(files)) own.write(file, sql);
  return own;
}

function advisory(args: readonly string[]): readonly string[] {
  return ['migrate', ...args, '--store', 'advisory'];
}

/** A new database, and what leads the program to it. */
export async function migratedDatabase(
  later: Later,
): Promise<{ readonly database: TestDatabase; readonly environment: Environment }> {
  const database = await createDatabase();
  later(() => database.drop());
  return { database, environment: environmentOf(database.url) };
}

/** @param url of the database */
export function environmentOf(url: string): Environment {
  return { ...WITHOUT_CALLERS, APP_PERSISTENCE_PROFILE: 'PRODUCTION', DATABASE_URL: url };
}

/** A connection of the test's own, closed after the test. */
export async function connected(later: Later, url: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url, application_name: 'the-test' });
  // A test may have the server end it.
  client.on('error', () => undefined);
  await client.connect();
  later(() => client.end());
  return client;
}

/** Process numbers of who holds the migration lock of the advisory store. */
export async function holdersOf(client: pg.Client): Promise<readonly number[]> {
  const { rows } = await client.query<{ pid: number }>(
    `SELECT l.pid FROM pg_locks l JOIN pg_database d ON d.oid = l.database
      WHERE d.datname = current_database() AND l.locktype = 'advisory' AND l.granted
        AND (l.classid::bigint << 32) | l.objid::bigint =
            hashtextextended('holdfast_migrations:advisory', 0)`,
  );
  return rows.map(({ pid }) => pid);
}

/** Versions in the ledger of the advisory store, in order. */
export async function appliedVersions(database: TestDatabase): Promise<readonly string[]> {
  const rows = await database.query<{ version: string }>(
    `SELECT version FROM holdfast_migrations WHERE store = 'advisory' ORDER BY version`,
  );
  return rows.map(({ version }) => version);
}

/**
 * What the catalogues say of all that is not PostgreSQL's own, as text that does not depend on when
 * it was made: relations, columns, constraints, indexes, functions, types, schemas.
 */
export async function catalogue(database: TestDatabase): Promise<readonly string[]> {
  const rows = await database.query<{ line: string }>(CATALOGUE);
  return rows.map(({ line }) => line);
}

const OURS = `(SELECT oid FROM pg_namespace WHERE nspname !~ '^pg_' AND nspname <> 'information_schema')`;

const CATALOGUE = `
SELECT concat_ws(' ', 'schema', nspname) AS line FROM pg_namespace WHERE oid IN ${OURS}
UNION ALL
SELECT concat_ws(' ', 'relation', oid::regclass, relkind, relpersistence, reloptions)
  FROM pg_class WHERE relnamespace IN ${OURS}
UNION ALL
SELECT concat_ws(' ', 'column', a.attrelid::regclass, a.attnum, a.attname,
         format_type(a.atttypid, a.atttypmod), a.attnotnull, a.attidentity, a.attgenerated,
         pg_get_expr(d.adbin, d.adrelid))
  FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
  LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
 WHERE c.relnamespace IN ${OURS} AND a.attnum > 0
UNION ALL
SELECT concat_ws(' ', 'constraint', conrelid::regclass, conname, convalidated, pg_get_constraintdef(oid))
  FROM pg_constraint WHERE connamespace IN ${OURS}
UNION ALL
SELECT concat_ws(' ', 'index', pg_get_indexdef(i.indexrelid), i.indisvalid, i.indisready)
  FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid WHERE c.relnamespace IN ${OURS}
UNION ALL
SELECT concat_ws(' ', 'function', oid::regprocedure, md5(prosrc)) FROM pg_proc WHERE pronamespace IN ${OURS}
UNION ALL
SELECT concat_ws(' ', 'trigger', tgrelid::regclass, tgname) FROM pg_trigger WHERE NOT tgisinternal
ORDER BY 1`;
