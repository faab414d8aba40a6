import { expect } from '@jest/globals';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import { createDatabase } from '@holdfast/testing/temporary-database';
import { type Environment, execute, jsonLines } from './program.js';
import type { Ended } from './service.js';
import { WITHOUT_CALLERS } from './without-callers.js';

/** A database of its own for the command program, with every store turned on. */
export interface MigrateTarget {
  readonly environment: Environment;
  readonly dialect: 'postgres' | 'sqlite';
  /** Runs any number of statements. */
  readonly exec: (sql: string) => Promise<void>;
  readonly rows: <Row extends object>(sql: string) => Promise<readonly Row[]>;
  /** Names of everything that is there: tables, indexes, schemas. */
  readonly everything: () => Promise<readonly string[]>;
}

const EVERY_STORE = {
  DPM_POLICY_PACKS_ENABLED: 'true',
  MEDIA_ENABLED: 'true',
  MEDIA_ROOT_DURABLE: 'true',
};

export async function postgresTarget(later: (work: () => unknown) => void): Promise<MigrateTarget> {
  const database = await createDatabase();
  later(() => database.drop());
  return {
    environment: {
      ...EVERY_STORE,
      ...WITHOUT_CALLERS,
      APP_PERSISTENCE_PROFILE: 'PRODUCTION',
      DATABASE_URL: database.url,
    },
    dialect: 'postgres',
    exec: async (sql) => {
      await database.query(sql);
    },
    rows: (sql) => database.query(sql),
    everything: async () => {
      const rows = await database.query<{ name: string }>(
        `SELECT n.nspname || '.' || c.relname AS name FROM pg_class c
           JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname !~ '^pg_|^information'
         UNION SELECT nspname FROM pg_namespace WHERE nspname !~ '^pg_' ORDER BY 1`,
      );
      return rows.map(({ name }) => name);
    },
  };
}

export function sqliteTarget(folder: string): MigrateTarget {
  const path = join(folder, 'holdfast.sqlite');
  const using = <T>(work: (connection: Sqlite.Database) => T): Promise<T> => {
    const connection = new Sqlite(path);
    try {
      return Promise.resolve(work(connection));
    } finally {
      connection.close();
    }
  };
  return {
    environment: { ...EVERY_STORE, SQLITE_PATH: path },
    dialect: 'sqlite',
    exec: (sql) => using((connection) => void connection.exec(sql)),
    rows: <Row extends object>(sql: string) =>
      using((connection) => connection.prepare<[], Row>(sql).all()),
    everything: async () => {
      if (!existsSync(path)) return [];
      const rows = await using((connection) =>
        connection
          .prepare<[], { name: string }>('SELECT name FROM sqlite_schema ORDER BY name')
          .all(),
      );
      return rows.map(({ name }) => name);
    },
  };
}

export function migrate(
  { environment }: Pick<MigrateTarget, 'environment'>,
  args: readonly string[],
  options: Parameters<typeof execute>[3] = {},
): Promise<Ended> {
  return execute('cli.js', ['migrate', ...args], environment, options);
}

/** The one document that a command with `--json` prints. */
export function documentOf({ stdout }: Ended): unknown {
  const lines = jsonLines(stdout);
  expect(lines).toHaveLength(1);
  return lines[0];
}

/** The text of the migrations of a store, one after the other. */
export function migrationTexts(
  store: string,
  dialect: MigrateTarget['dialect'],
): readonly string[] {
  const folder = join('migrations', store, dialect);
  return readdirSync(folder)
    .toSorted()
    .map((file) => readFileSync(join(folder, file), 'utf8'));
}
