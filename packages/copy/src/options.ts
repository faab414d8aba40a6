import type pg from 'pg';
import type { CopyReport, Verification } from './report.js';
import type { RejectedRow } from './rows/convert-rows.js';
import type { ColumnRule } from './rule.js';
import type { Rename } from './selection.js';
import type { LockRetryLimits } from './postgres/lock-retry.js';

export interface CopyOptions {
  /** For the report. */
  readonly sourceName: string;
  readonly schema: string;
  /** Names of tables, with `*` and `?`; undefined for all. */
  readonly only: readonly string[] | undefined;
  readonly exclude: readonly string[];
  /** The same, of a preset: they need not be there. */
  readonly excludeIfThere: readonly string[];
  /** Tables that are not copied either, and need not be there. */
  readonly never: readonly string[];
  readonly rules: readonly ColumnRule[];
  readonly renames: readonly Rename[];
  /** `TABLE.COLUMN`, with `*` and `?`. */
  readonly skipColumns: readonly string[];
  /** Tables without rows, rows for tables that exist, or both. */
  readonly parts: 'all' | 'schema' | 'data';
  /** SQL for the transaction that shows the copy: before anything in it, and after everything. */
  readonly beforeSql: string | undefined;
  readonly afterSql: string | undefined;
  /** What columns of tables that are made become: by what they hold, or as they are declared, where all fits. */
  readonly types: 'held' | 'declared';
  readonly verify: Verification;
  readonly replace: boolean;
  readonly onReject: 'fail' | 'list';
  readonly onOrphan: 'fail' | 'not-valid';
  readonly dryRun: boolean;
  /** Continue what was interrupted, if anything was. */
  readonly resume: boolean;
  /** Look whether an earlier copy, killed at its very end, has left all rows; `resume` does it anyway. */
  readonly detectCompleted: boolean;
  /** Whether tables that do not exist are made. */
  readonly mayCreate: boolean;
  /** Tables that are loaded and verified at once, each through a connection of its own. */
  readonly jobs: number;
  /** Opens one more connection to the target; the caller closes it. */
  readonly connect: () => Promise<pg.Client>;
  /** Looks at what is about to be switched in, in its schema. */
  readonly beforeSwitch: (schema: string, report: CopyReport) => Promise<void>;
  /** Is told what is about to be committed; what it throws takes it back. */
  readonly beforeCommit: (report: CopyReport) => void;
  readonly lockRetry: LockRetryLimits;
  /** Ends the copy with its reason; what is loaded is kept for `resume`. */
  readonly signal: AbortSignal;
}

/** Is told how far a copy is. */
export interface CopyListener {
  /** All tables that will be loaded, before the first of them; `rows` is how many each has. */
  readonly begun: (tables: readonly { readonly table: string; readonly rows: number }[]) => void;
  readonly tableStarted: (table: string, rows: number) => void;
  /** Rows that an interrupted copy has left are kept; `rowsRead` counts them. */
  readonly rowsReused: (table: string, rows: number, bytes: number) => void;
  readonly rowsRead: (table: string, rows: number, bytes: number) => void;
  readonly tableEnded: (table: string) => void;
  /** The copy begins anew: the rows that were left out are told again. */
  readonly restarted: () => void;
  /** Is told every row that is left out. */
  readonly rejected: (row: RejectedRow) => void;
}
