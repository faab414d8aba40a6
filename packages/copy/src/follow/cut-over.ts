import type pg from 'pg';
import { ReasonError } from '../reasons.js';
import type { CopyOptions } from '../options.js';
import type { CopyPlan } from '../plan.js';
import type { Orphans } from '../report.js';
import { setSequence } from '../postgres/existing-tables.js';
import { refusalOf } from '../postgres/refusal.js';
import type { Staging } from '../postgres/staging.js';
import { switchIn } from '../postgres/switch.js';
import type { TargetTable } from '../postgres/target-table.js';
import type { UndoRecord } from '../postgres/undo.js';
import { quoted } from '../sqlite/identifiers.js';
import type { SourceDatabase } from '../sqlite/source-database.js';
import type { PlannedReturn } from '../follow-back/planned-return.js';
import type { FollowedChanges } from './changes.js';
import type { ChangeJournal } from './journal.js';
import { compareCounts } from './verify-tables.js';

/** What is followed, and where it goes. */
export interface Following {
  readonly source: SourceDatabase;
  readonly journal: ChangeJournal;
  readonly staging: Staging;
  readonly plan: CopyPlan;
  readonly changes: FollowedChanges;
  /** What goes back into the source afterwards; undefined when nothing does. */
  readonly back: PlannedReturn | undefined;
}

export interface CutOver {
  readonly undo: UndoRecord;
  /** For how long nobody could write to the source, before its writers were refused for good; milliseconds. */
  readonly writersHeldMs: number;
  /** Rows of each table that was switched in. */
  readonly rows: ReadonlyMap<string, number>;
}

/**
 * Holds the writers of the source, applies what is left, marks the file as moved and shows the tables. The mark
 * comes first: a kill in between leaves a file that takes no writes, and a copy that `resume` completes.
 * @param beforeCommit is told what is about to be committed
 * @throws COPY_SOURCE_IN_USE, COPY_MISMATCH, COPY_LOCK_TIMEOUT, and what `FollowedChanges.catchUp` throws: then the
 * source is written to again; COPY_OUTCOME_UNKNOWN: then it is not
 */
export async function cutOver(
  client: pg.Client,
  { source, journal, staging, plan, changes, back }: Following,
  {
    replace,
    lockRetry,
    beforeSql,
    afterSql,
  }: Pick<CopyOptions, 'replace' | 'lockRetry' | 'beforeSql' | 'afterSql'>,
  beforeCommit: (undo: UndoRecord, rows: ReadonlyMap<string, number>) => void,
): Promise<CutOver> {
  journal.holdWriters();
  const heldAt = performance.now();
  const rows = new Map<string, number>();
  try {
    await changes.catchUp();
    for (const table of plan.tables)
      rows.set(table.name, await compareCounts(client, staging.schema, source, table));
    journal.retireSource((connection) => back?.mark(connection));
  } catch (error) {
    journal.releaseWriters();
    throw error;
  }
  try {
    const undo = await switchIn(client, staging, plan.tables, {
      replace,
      patience: lockRetry,
      beforeSql,
      afterSql,
      prepare: () => prepare(client, source, staging, plan, rows),
      complete: () => back?.install(client),
      compare: async (table, place) => {
        await compareCounts(client, place, source, table);
      },
      beforeCommit: (record) => {
        beforeCommit(record, rows);
      },
    });
    return { undo, rows, writersHeldMs: performance.now() - heldAt };
  } catch (error) {
    const isUnknown = error instanceof ReasonError && error.code === 'COPY_OUTCOME_UNKNOWN';
    if (!isUnknown) journal.reinstateSource();
    throw error;
  }
}

/** Foreign keys hold for what comes; what is there is looked at when nobody waits for it. */
async function prepare(
  client: pg.Client,
  source: SourceDatabase,
  staging: Staging,
  { tables, made, definitions }: CopyPlan,
  rows: ReadonlyMap<string, number>,
): Promise<void> {
  for (const { table, foreignKeys } of definitions)
    for (const { sql } of foreignKeys)
      await client.query(`${sql} NOT VALID`).catch((error: unknown) => {
        throw refusalOf(table, error);
      });
  for (const table of made)
    await setSequence(client, staging.schema, {
      ...table,
      source: { ...table.source, sequence: sequenceOf(source, table) },
    });
  const since = await staging.followingTransactions();
  for (const { name } of tables) {
    const progress = staging.progressOf(name);
    await staging.save(name, {
      ...progress,
      rowsWritten: rows.get(name) ?? 0,
      transactions: [...new Set([...progress.transactions, ...since])],
    });
  }
}

function sequenceOf({ connection }: SourceDatabase, { source }: TargetTable): bigint | undefined {
  if (source.sequence === undefined && !source.autoincrement) return undefined;
  const sql = 'SELECT seq FROM sqlite_sequence WHERE name = ?';
  return connection.prepare(sql).pluck().get(source.name) as bigint | undefined;
}

/** SQLSTATE of rows that break a foreign key. */
const FOREIGN_KEY_VIOLATION = '23503';

/**
 * Has PostgreSQL look at the rows that were there before the foreign keys; requests go on meanwhile.
 * @returns an entry for each that rows break: it holds for new rows alone
 */
export async function validateForeignKeys(
  client: pg.Client,
  { schema, tables }: UndoRecord,
): Promise<readonly Orphans[]> {
  const { rows } = await client.query<{ table: string; name: string; references: string }>(
    `SELECT c.relname AS table, k.conname AS name, p.relname AS references
       FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid JOIN pg_class p ON p.oid = k.confrelid
      WHERE k.contype = 'f' AND NOT k.convalidated AND k.conrelid::text = ANY ($1)`,
    [tables.map(({ oid }) => oid)],
  );
  const orphans: Orphans[] = [];
  for (const { table, name, references } of rows) {
    try {
      await client.query(
        `ALTER TABLE ${quoted(schema)}.${quoted(table)} VALIDATE CONSTRAINT ${quoted(name)}`,
      );
    } catch (error) {
      if ((error as { code?: string }).code !== FOREIGN_KEY_VIOLATION) throw error;
      orphans.push({ table, references, rows: 1 });
    }
  }
  return orphans;
}
