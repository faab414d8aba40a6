import type { Statement } from './statements.js';
import { locksOf, type StatementLocks, type TableLock } from './table-locks.js';
import { NO_SIZES, type TableSizes } from './table-sizes.js';

/** Rows from which on a lock is felt. */
const LARGE_ROWS = 100_000;

/** A statement that users will notice. */
export interface Warning {
  readonly statement: Statement;
  readonly table: string;
  /** Estimated. */
  readonly rows: number;
  /** What it does to the table, and how to do it with less: sentences. */
  readonly text: string;
}

/** What to say before a migration runs. */
export function warnings(statements: readonly Statement[], sizes: TableSizes): readonly Warning[] {
  return locksOf(statements, sizes).flatMap(warningsOf);
}

/** Whether any of the statements could earn a warning, were the tables large. */
export function mayBeFelt(statements: readonly Statement[]): boolean {
  return locksOf(statements, NO_SIZES).some(
    ({ locks, statement }) =>
      locks.some(isFelt) || statement.type === 'UpdateStmt' || statement.type === 'DeleteStmt',
  );
}

/** Of one statement: one for each large table that it blocks, rewrites or writes throughout. */
export function warningsOf({ statement, locks }: StatementLocks): Warning[] {
  return locks
    .filter((lock) => lock.rows > LARGE_ROWS && isFelt(lock))
    .map((lock) => ({ statement, table: lock.table, rows: lock.rows, text: warningText(lock) }));
}

function isFelt({ blocks, rewrites, mode, scans }: TableLock): boolean {
  return blocks !== 'other DDL' || rewrites || (scans && mode === 'ROW EXCLUSIVE');
}

function warningText(lock: TableLock): string {
  const size = `a table of ${countText(lock.rows)} rows`;
  const advice = lock.advice === undefined ? '' : ` ${lock.advice}`;
  return `${actionText(lock)} ${lock.table}, ${size}.${advice}`;
}

function actionText({ mode, blocks, rewrites, scans }: TableLock): string {
  if (mode === 'ROW EXCLUSIVE') return 'writes every row of';
  if (rewrites) return `rewrites, and blocks ${blocks} of,`;
  return scans ? `reads through, and blocks ${blocks} of,` : `blocks ${blocks} of`;
}

/** `~1,200,000`: an estimate. */
export function countText(rows: number): string {
  return `~${rows.toFixed(0).replaceAll(/\B(?=(\d{3})+$)/g, ',')}`;
}
