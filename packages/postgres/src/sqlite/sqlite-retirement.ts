import type Sqlite from 'better-sqlite3';
import { ReasonError } from '../reasons.js';

/** The mark of a file whose data has moved to PostgreSQL. */
export const RETIREMENT_TABLE = 'holdfast_retired';

/** What a write fails with. */
const REFUSAL = 'SQLITE_SOURCE_RETIRED';

const OPERATIONS = ['INSERT', 'UPDATE', 'DELETE'];

/** @throws SQLITE_SOURCE_RETIRED */
export function refuseRetired(connection: Sqlite.Database): void {
  if (isRetired(connection)) throw new ReasonError('SQLITE_SOURCE_RETIRED');
}

/** Whether a write failed because the file was marked while it was open. */
export function isRefusedAsRetired(error: unknown): boolean {
  const { code, message } = (error ?? {}) as { code?: unknown; message?: unknown };
  return code === 'SQLITE_CONSTRAINT_TRIGGER' && message === REFUSAL;
}

export function isRetired(connection: Sqlite.Database): boolean {
  const found = connection
    .prepare(`SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = '${RETIREMENT_TABLE}'`)
    .get();
  return found !== undefined;
}

/**
 * Marks the file, in the transaction that is under way. Triggers stop processes that have it open, also
 * those of builds that do not know the mark.
 */
export function retire(connection: Sqlite.Database): void {
  if (isRetired(connection)) return;
  const tables = connection
    .prepare(
      `SELECT name FROM pragma_table_list
        WHERE schema = 'main' AND type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'`,
    )
    .pluck()
    .all() as string[];
  for (const [index, table] of tables.entries()) {
    for (const operation of OPERATIONS) {
      connection.exec(
        `CREATE TRIGGER ${RETIREMENT_TABLE}_${index}_${operation}
           BEFORE ${operation} ON "${table.replaceAll('"', '""')}"
           BEGIN SELECT RAISE(ABORT, '${REFUSAL}'); END`,
      );
    }
  }
  connection.exec(
    `CREATE TABLE ${RETIREMENT_TABLE} (retired_at TEXT NOT NULL);
     INSERT INTO ${RETIREMENT_TABLE} VALUES (strftime('%Y-%m-%dT%H:%M:%fZ', 'now'))`,
  );
}

/** Takes the mark away, in the transaction that is under way. */
export function reinstate(connection: Sqlite.Database): void {
  const triggers = connection
    .prepare(
      `SELECT name FROM sqlite_schema
        WHERE type = 'trigger' AND name LIKE '${RETIREMENT_TABLE.replaceAll('_', '\\_')}\\_%' ESCAPE '\\'`,
    )
    .pluck()
    .all() as string[];
  for (const trigger of triggers) connection.exec(`DROP TRIGGER "${trigger}"`);
  connection.exec(`DROP TABLE IF EXISTS ${RETIREMENT_TABLE}`);
}
