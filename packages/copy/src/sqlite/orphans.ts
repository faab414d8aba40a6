import type Sqlite from 'better-sqlite3';
import type { Orphans } from '../report.js';
import { quoted } from './identifiers.js';
import type { SourceTable } from './source-table.js';
import { unreadable } from './unreadable.js';

const UNCHECKED = /^(foreign key mismatch|no such collation sequence)/;

/**
 * Rows of the tables that refer to rows which are not there, counted by SQLite itself.
 * @throws COPY_SOURCE_UNREADABLE
 */
export function readOrphans(
  database: Sqlite.Database,
  tables: readonly SourceTable[],
): readonly Orphans[] {
  return tables.flatMap(({ name, foreignKeys }) => {
    if (foreignKeys.length === 0) return [];
    const counts = new Map<string, number>();
    for (const parent of brokenParents(database, name))
      counts.set(parent, (counts.get(parent) ?? 0) + 1);
    return [...counts].map(([references, rows]) => ({ table: name, references, rows }));
  });
}

function* brokenParents(database: Sqlite.Database, table: string): Generator<string> {
  try {
    const rows = database
      .prepare<[], { parent: string }>(`PRAGMA main.foreign_key_check(${quoted(table)})`)
      .iterate();
    for (const { parent } of rows) yield parent;
  } catch (error) {
    // A key that refers to columns which are not unique holds for nothing, in SQLite either. What it
    // cannot compare, PostgreSQL does.
    if (error instanceof Error && UNCHECKED.test(error.message)) return;
    throw unreadable(table, error);
  }
}
