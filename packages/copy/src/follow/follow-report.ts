import type { CopiedTable } from '../copied-table.js';
import type { CopyOptions } from '../options.js';
import { type CopyPlan, statementsOf } from '../plan.js';
import type { CopyReport, Orphans } from '../report.js';
import type { UndoRecord } from '../postgres/undo.js';
import type { ComparedTable } from './verify-tables.js';

/** What following came to. */
export interface FollowReport extends CopyReport {
  readonly follow: {
    readonly keys_applied: number;
    /** For how long nobody could write to the source, before its writers were refused for good. */
    readonly writers_held_ms: number;
  };
}

/** What a report of following is made of. */
export interface Followed {
  readonly plan: CopyPlan;
  readonly copies: readonly CopiedTable[];
  readonly compared: readonly ComparedTable[];
  readonly notes: CopyReport['notes'];
  readonly isResumed: boolean;
  readonly startedAt: number;
  /** The file. */
  readonly path: string;
}

/** How it ended, as far as it is known. */
export interface FollowEnd {
  readonly undo: UndoRecord;
  /** Of each table. */
  readonly rows: ReadonlyMap<string, number>;
  readonly heldMs: number;
  readonly orphans: readonly Orphans[];
  readonly keysApplied: number;
}

const NOTHING = {
  dry_run: false,
  rejects: [],
  obstacles: [],
  unforeseen: [],
  estimated_seconds: null,
} as const;

/** The report of a copy that has followed, or is about to be committed. */
export function followReport(
  { sourceName, schema, verify }: CopyOptions,
  { plan, copies, compared, notes, isResumed, startedAt, path }: Followed,
  { undo, rows, heldMs, orphans, keysApplied }: FollowEnd,
): FollowReport {
  return {
    ...NOTHING,
    source: sourceName,
    schema,
    resumed: isResumed,
    already_there: false,
    verify,
    tables: copies.map((copied) => {
      const report = copied.report();
      const count = rows.get(report.table) ?? 0;
      const digest = compared.find(({ table }) => table === report.table)?.digest ?? null;
      return {
        ...report,
        rows_read: count,
        rows_written: count,
        source_digest: digest,
        target_digest: digest,
      };
    }),
    orphans,
    skipped: plan.skipped,
    notes,
    types: plan.types,
    sql: statementsOf(plan),
    seconds: (performance.now() - startedAt) / 1000,
    undo,
    retired_source: path,
    follow: { keys_applied: keysApplied, writers_held_ms: Math.round(heldMs) },
  };
}

/** The process before was killed between the switch and its last words. */
export function switchedBefore(
  { sourceName, schema, verify }: CopyOptions,
  path: string,
): FollowReport {
  return {
    ...NOTHING,
    source: sourceName,
    schema,
    resumed: true,
    already_there: true,
    verify,
    tables: [],
    orphans: [],
    skipped: [],
    notes: [],
    types: [],
    sql: [],
    seconds: 0,
    undo: null,
    retired_source: path,
    follow: { keys_applied: 0, writers_held_ms: 0 },
  };
}
