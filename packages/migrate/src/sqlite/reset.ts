import { existsSync } from 'node:fs';
import Sqlite from 'better-sqlite3';
import type { SqliteSettings } from '@holdfast/guard/databases';
import { refuseRetired } from '@holdfast/postgres/sqlite/sqlite-retirement';
import { migrationFailure } from '../migration-failure.js';
import type { Migration } from '../migration.js';
import type { MigrationSettings } from '../migration-session.js';
import type { MigratedStore } from '../migrator.js';
import { appliedOf, type LedgerRow, type ResetMode, resetRefused } from '../reset.js';
import { BUSY_TIMEOUT_MS, inExclusiveTransaction } from './exclusive-transaction.js';
import { judgeAnew } from './judge-anew.js';

/** `reset` of one SQLite file, in one transaction; see `resetStores`. @throws SQLITE_SOURCE_RETIRED */
export async function resetSqlite(
  { path }: SqliteSettings,
  stores: readonly MigratedStore[],
  { migrationLockTimeoutSeconds }: MigrationSettings,
  mode: ResetMode,
): Promise<readonly string[]> {
  if (!existsSync(path)) {
    judgeAnew(stores, []);
    return [];
  }
  const file = new Sqlite(path, {
    timeout: BUSY_TIMEOUT_MS,
    fileMustExist: true,
    readonly: mode === 'plan',
  });
  try {
    refuseRetired(file);
    if (mode === 'plan') return judgedTables(file, stores);
    // Nothing is deleted row by row, nor judged by what it refers to.
    file.pragma('foreign_keys = OFF');
    return await inExclusiveTransaction(file, migrationLockTimeoutSeconds, () => {
      const tables = judgedTables(file, stores);
      drop(file, tables, stores);
      return tables;
    });
  } finally {
    file.close();
  }
}

/** As `ownTables`, once the migrations are known to run where these are not. @throws as `judgeAnew` too */
function judgedTables(file: Sqlite.Database, stores: readonly MigratedStore[]): readonly string[] {
  const tables = ownTables(file, stores);
  judgeAnew(stores, schemaWithout(file, tables));
  return tables;
}

/** The statements that have made all but these tables, and what is on them. */
function schemaWithout(file: Sqlite.Database, tables: readonly string[]): readonly string[] {
  const dropped = new Set(tables.map((name) => name.toLowerCase()));
  return file
    .prepare<[], { sql: string; tbl_name: string }>(
      `SELECT sql, tbl_name FROM sqlite_schema WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'
        ORDER BY type <> 'table', rowid`,
    )
    .all()
    .filter((each) => !dropped.has(each.tbl_name.toLowerCase()))
    .map(({ sql }) => sql);
}

/** Those that are there. @throws SCHEMA_NEWER_THAN_BUILD, MIGRATION_RESET_REFUSED, MIGRATION_FAILED */
function ownTables(file: Sqlite.Database, stores: readonly MigratedStore[]): readonly string[] {
  const there = new Map(tablesOf(file).map((name) => [name.toLowerCase(), name]));
  if (!there.has('holdfast_migrations')) return [];
  const ledger = file
    .prepare<[], LedgerRow>('SELECT store, version FROM holdfast_migrations')
    .all();
  const made = stores.flatMap((store) => tablesMadeBy(appliedOf(store, ledger)));
  const tables = made.flatMap((name) => there.get(name.toLowerCase()) ?? []);
  refuseReferences(file, tables);
  return tables;
}

function tablesMadeBy(migrations: readonly Migration[]): readonly string[] {
  const memory = new Sqlite(':memory:');
  try {
    for (const migration of migrations) {
      try {
        memory.exec(migration.sql);
      } catch (error) {
        throw migrationFailure(migration, error);
      }
    }
    return tablesOf(memory);
  } finally {
    memory.close();
  }
}

function tablesOf(connection: Sqlite.Database): readonly string[] {
  return connection
    .prepare<[], string>(
      `SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'`,
    )
    .pluck()
    .all();
}

/** SQLite would leave rows behind that refer to nothing. @throws MIGRATION_RESET_REFUSED */
function refuseReferences(file: Sqlite.Database, tables: readonly string[]): void {
  const own = new Set(tables.map((name) => name.toLowerCase()));
  const others = tablesOf(file).filter((name) => !own.has(name.toLowerCase()));
  const [found] = others.flatMap((name) =>
    file
      .prepare<[string], { parent: string }>(
        'SELECT "table" AS parent FROM pragma_foreign_key_list(?)',
      )
      .all(name)
      .filter(({ parent }) => own.has(parent.toLowerCase()))
      .map(({ parent }) => `${name} refers to ${parent}`),
  );
  if (found !== undefined) throw resetRefused(`the table ${found}`);
}

function drop(
  file: Sqlite.Database,
  tables: readonly string[],
  stores: readonly MigratedStore[],
): void {
  for (const table of tables) file.exec(`DROP TABLE "${table.replaceAll('"', '""')}"`);
  if (!tablesOf(file).includes('holdfast_migrations')) return;
  const remove = file.prepare('DELETE FROM holdfast_migrations WHERE store = ?');
  for (const { store } of stores) remove.run(store);
  if (file.prepare('SELECT 1 FROM holdfast_migrations').get() !== undefined) return;
  file.exec('DROP TABLE holdfast_migrations; DROP TABLE IF EXISTS holdfast_write_probe');
}
