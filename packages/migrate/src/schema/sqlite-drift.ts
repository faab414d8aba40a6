import { existsSync } from 'node:fs';
import Sqlite from 'better-sqlite3';
import type { SqliteSettings } from '@holdfast/guard/databases';
import type { Settings } from '@holdfast/guard/settings';
import type { Migration } from '../migration.js';
import type { SchemaPair } from './drift.js';
import { notComparable } from './not-comparable.js';
import type { Schema } from './schema.js';
import { readSqliteSchema } from './sqlite-schema.js';

/** Builds the expected tables in memory, and reads the file without a right to write. */
export function readSqlitePair(
  { path }: SqliteSettings,
  { lockTimeoutMs }: Settings['pool'],
  migrations: readonly Migration[],
): SchemaPair {
  return { expected: expectedOf(migrations), live: liveIn(path, lockTimeoutMs) };
}

function expectedOf(migrations: readonly Migration[]): Schema {
  const memory = new Sqlite(':memory:');
  try {
    for (const migration of migrations) {
      try {
        memory.exec(migration.sql);
      } catch (error) {
        throw notComparable(migration, error);
      }
    }
    return readSqliteSchema(memory);
  } finally {
    memory.close();
  }
}

function liveIn(path: string, timeout: number): Schema {
  if (!existsSync(path)) return new Map();
  const file = new Sqlite(path, { readonly: true, timeout });
  try {
    // One transaction, so that all is read from the same moment.
    return file.transaction(() => readSqliteSchema(file))();
  } finally {
    file.close();
  }
}
