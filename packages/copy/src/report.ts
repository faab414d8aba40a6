import './reasons.js';
import type { RowFormatName } from './rows/row-format.js';
import type { RejectedRow } from './rows/convert-rows.js';
import type { Skipped } from './sqlite/source-table.js';
import type { Note } from './postgres/target-table.js';
import type { UndoRecord } from './postgres/undo.js';

export type Verification = 'none' | 'counts' | 'full';

/** What became of one table. */
export interface TableReport {
  readonly table: string;
  /** Made by the copy. */
  readonly created: boolean;
  /** How its rows travelled: see `RowFormat`. */
  readonly format: RowFormatName;
  readonly rows_read: number;
  readonly rows_written: number;
  readonly rows_rejected: number;
  /** Of those that were read: by the copy that `--resume` continues. */
  readonly rows_reused: number;
  /** Of COPY's text. */
  readonly bytes: number;
  readonly seconds: number;
  /** Of the rows that were read, and of those that PostgreSQL has; null unless `--verify full`. */
  readonly source_digest: string | null;
  readonly target_digest: string | null;
}

/** Rows that refer to rows which are not there. */
export interface Orphans {
  readonly table: string;
  readonly references: string;
  readonly rows: number;
}

/** What a dry run finds that would end the copy. */
export interface Obstacle {
  /** Of the reason that it would end with. */
  readonly code: 'COPY_TOO_MANY_COLUMNS' | 'COPY_ROW_TOO_BIG' | 'COPY_KEY_CLASH';
  readonly table: string;
  readonly text: string;
}

/** A column that is made as something else than it is declared. */
export interface TypeReport {
  readonly table: string;
  readonly column: string;
  readonly declared: string;
  readonly made: string;
  /** What `--types declared` makes it; null when not all values fit, or nobody has looked. */
  readonly proposed: string | null;
  /** Why they do not; null when they do, or nobody has looked. */
  readonly why: string | null;
}

/** What a copy did, or would do. */
export interface CopyReport {
  readonly source: string;
  readonly schema: string;
  readonly dry_run: boolean;
  /** Continued, or found to have been completed, by `--resume`. */
  readonly resumed: boolean;
  /** All rows are there, as an earlier copy has left them: nothing was written. */
  readonly already_there: boolean;
  readonly verify: Verification;
  readonly tables: readonly TableReport[];
  readonly rejects: readonly RejectedRow[];
  readonly orphans: readonly Orphans[];
  readonly skipped: readonly Skipped[];
  /** What could not be carried over as it was. */
  readonly notes: readonly Note[];
  readonly types: readonly TypeReport[];
  /** Of a dry run: what would end the copy beside rejects, and what cannot be foreseen. */
  readonly obstacles: readonly Obstacle[];
  readonly unforeseen: readonly string[];
  /** What is run for the tables that are made. */
  readonly sql: readonly string[];
  readonly seconds: number;
  /** Of a dry run: about how long the copy would take. */
  readonly estimated_seconds: number | null;
  /** What `--undo` needs; null when there is nothing that it could undo. */
  readonly undo: UndoRecord | null;
  /** The file that was marked as moved: only Holdfast's own, and only into the database of its stores. */
  readonly retired_source: string | null;
}
