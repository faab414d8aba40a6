import type Sqlite from 'better-sqlite3';

/** When the first migration of a file was applied, by which files are told apart; null where none was. */
export function firstMigratedAt(connection: Sqlite.Database): string | null {
  const hasLedger = connection
    .prepare(`SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'holdfast_migrations'`)
    .get();
  if (hasLedger === undefined) return null;
  return (
    connection
      .prepare<[], string | null>('SELECT min(applied_at) FROM holdfast_migrations')
      .pluck()
      .get() ?? null
  );
}
