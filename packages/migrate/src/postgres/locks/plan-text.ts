import type { Migration } from '../../migration.js';
import { annotate, asComments } from '../../verdicts/annotate.js';
import { type Finding, findingLines, inOrder, wrapped } from '../../verdicts/verdict.js';
import { formatBytes } from './format-bytes.js';
import type { Blocks, LockMode } from './lock-modes.js';
import type { StatementLocks, TableLock } from './table-locks.js';
import { formatCount, type Warning, warningsOf } from './warnings.js';

/** A migration that `up` would run, with what each of its statements does. */
export interface PlannedMigration {
  readonly migration: Migration;
  readonly statements: readonly PlannedStatement[];
}

/** What a statement locks, and what else is to be said of it. */
export interface PlannedStatement extends StatementLocks {
  /** Without what it locks for long. */
  readonly findings: readonly Finding[];
}

/** One statement as `plan --json` prints it. */
export interface StatementDocument {
  readonly number: number;
  readonly sql: string;
  readonly locks: readonly {
    readonly table: string;
    readonly mode: LockMode;
    readonly blocks: Blocks;
    /** Estimated. */
    readonly rows: number;
    readonly bytes: number;
  }[];
  readonly rewrites: boolean;
  readonly scans: boolean;
  /** Why the locks are not all of them; null when they are. */
  readonly unknown: string | null;
  readonly warning: string | null;
  /** The worst first. */
  readonly verdicts: readonly Finding[];
}

/** The migration's SQL, and before each statement, as comments, what it does. */
export function annotatedSql({ migration, statements }: PlannedMigration): string {
  return annotate(
    migration.sql,
    statements.map((one) => ({ offset: one.statement.offset, note: commentsOf(one) })),
  );
}

function commentsOf(planned: PlannedStatement): string {
  const { statement, locks, unknown } = planned;
  const known = locks.map((lock) => `locks ${lockText(lock)}`);
  const notes = unknown === undefined ? known : [...known, unknown];
  const [first = 'locks no table that exists', ...others] = notes;
  return asComments([
    ...[`statement ${statement.number}: ${first}`, ...others].flatMap(wrapped),
    ...findingsOf(planned).flatMap(findingLines),
  ]);
}

/** All that is to be said of a statement; one that fails locks nothing for long. */
export function findingsOf(planned: PlannedStatement): readonly Finding[] {
  return inOrder([
    ...planned.findings,
    ...feltLocks(planned).map(({ rewrites, what, advice }): Finding => ({
      verdict: rewrites ? 'REWRITES' : 'LOCKS',
      rule: rewrites ? 'rewrite' : 'long-lock',
      text: `${what.slice(0, 1).toUpperCase()}${what.slice(1)}`,
      fix: advice ?? null,
    })),
  ]);
}

function feltLocks(planned: PlannedStatement): readonly Warning[] {
  const fails = planned.findings.some(({ verdict }) => verdict === 'WILL FAIL');
  return fails ? [] : warningsOf(planned);
}

function lockText({ table, mode, blocks, rows, bytes, partitions, ...does }: TableLock): string {
  const heirs = partitions === 0 ? '' : ` and its ${partitions} partitions`;
  const size = `${formatCount(rows)} rows, ${formatBytes(bytes)}`;
  const rewrites = does.rewrites ? '; rewrites the table' : '';
  const scans = does.scans && mode !== 'ROW EXCLUSIVE' ? '; reads all of it' : '';
  return `${table}${heirs} (${mode}: blocks ${blocks}), ${size}${rewrites}${scans}`;
}

export function documentOf(planned: PlannedStatement): StatementDocument {
  const { statement, locks, rewrites, scans, unknown } = planned;
  const warnings = feltLocks(planned).map(({ text }) => text);
  return {
    number: statement.number,
    sql: statement.text,
    locks: locks.map(({ table, mode, blocks, rows, bytes }) => ({
      table,
      mode,
      blocks,
      rows,
      bytes,
    })),
    rewrites,
    scans,
    unknown: unknown ?? null,
    warning: warnings.length > 0 ? warnings.join(' ') : null,
    verdicts: findingsOf(planned),
  };
}
