import { effectsOf } from './lock-levels.js';
import { blocksOf, type Touch } from './lock-modes.js';
import type { Statement } from '../parser/statements.js';
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
  readonly rewrites: boolean;
  /** What it does to the table: a sentence. */
  readonly what: string;
  /** How to do it with less: a sentence. */
  readonly advice: string | undefined;
  /** Both. */
  readonly text: string;
}

/** What to say before a migration runs. */
export function warnings(statements: readonly Statement[], sizes: TableSizes): readonly Warning[] {
  return locksOf(statements, sizes).flatMap(warningsOf);
}

/** Whether any of the statements could earn a warning, were the tables that exist large. */
export function isNoticeable(statements: readonly Statement[]): boolean {
  const made = new Set<string>();
  return statements.some((statement) => {
    // It writes its own rows, and waits for nothing else.
    if (statement.type === 'InsertStmt') return false;
    const { touches, makes = [] } = effectsOf(statement, NO_SIZES);
    const felt = touches.some(
      (touch) => !made.has(touch.relation) && isLargeAndLocked(fullTouch(touch)),
    );
    if (!mayBeThere(statement)) for (const relation of makes) made.add(relation);
    return felt;
  });
}

function mayBeThere({ node }: Statement): boolean {
  return 'CreateStmt' in node && node.CreateStmt.if_not_exists === true;
}

function fullTouch({ mode, blocks = blocksOf(mode), rewrites = false, scans = false }: Touch) {
  return { mode, blocks, rewrites, scans };
}

/** Of one statement: one for each large table that it blocks, rewrites or writes throughout. */
export function warningsOf({ statement, locks }: StatementLocks): Warning[] {
  return locks
    .filter((lock) => lock.rows > LARGE_ROWS && isLargeAndLocked(lock))
    .map((lock) => warningOf(statement, lock));
}

function isLargeAndLocked({
  blocks,
  rewrites,
  mode,
  scans,
}: ReturnType<typeof fullTouch>): boolean {
  return blocks !== 'other DDL' || rewrites || (scans && mode === 'ROW EXCLUSIVE');
}

function warningOf(statement: Statement, lock: TableLock): Warning {
  const { table, rows, rewrites, advice } = lock;
  const what = `${actionText(lock)} ${table}, a table of ${formatCount(rows)} rows.`;
  const text = advice === undefined ? what : `${what} ${advice}`;
  return { statement, table, rows, rewrites, what, advice, text };
}

function actionText({ mode, blocks, rewrites, scans }: TableLock): string {
  if (mode === 'ROW EXCLUSIVE') return 'writes every row of';
  if (rewrites) return `rewrites, and blocks ${blocks} of,`;
  return scans ? `reads through, and blocks ${blocks} of,` : `blocks ${blocks} of`;
}

/** `~1,200,000`: an estimate. */
export function formatCount(rows: number): string {
  return `~${rows.toFixed(0).replaceAll(/\B(?=(\d{3})+$)/g, ',')}`;
}
