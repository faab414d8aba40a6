import type pg from 'pg';
import { ReasonError } from '../reasons.js';
import type { CopyOptions } from '../options.js';
import type { CopyPlan } from '../plan.js';
import type { Orphans } from '../report.js';
import { setSequence } from '../postgres/existing-tables.js';
import { countRows } from '../postgres/load.js';
import { refusalOf } from '../postgres/refusal.js';
import type { Staging } from '../postgres/staging.js';
import { switchIn } from '../postgres/switch.js';
import type { TargetTable } from '../postgres/target-table.js';
import type { UndoRecord } from '../postgres/undo.js';
import { quoted } from '../sqlite/identifiers.js';
import type { SourceDatabase } from '../sqlite/source-database.js';
import type { PlannedReturn } from '../follow-back/planned-return.js';
import type { FilledTable } from './apply-in-place.js';
import type { FollowedChanges } from './changes.js';
import type { ChangeJournal } from './journal.js';
import { compareCounts } from './verify-tables.js';

/** What is followed, and where it goes. */
export interface Following {
  readonly source: SourceDatabase;
  readonly journal: ChangeJournal;
  readonly staging: Staging;
  readonly plan: CopyPlan;
  /** The tables that exist. */
  readonly filled: readonly FilledTable[];
  readonly changes: FollowedChanges;
  /** What goes back into the source afterwards; undefined when nothing does. */
  readonly back: PlannedReturn | undefined;
}

/** What is about to be committed. */
export interface PlannedCutOver {
  readonly undo: UndoRecord;
  /** Rows of each table that was switched in. */
  readonly rows: ReadonlyMap<string, number>;
  readonly keysApplied: number;
}

export interface CutOver extends PlannedCutOver {
  /** For how long nobody could write to the source, before its writers were refused for good; milliseconds. */
  readonly writersHeldMs: number;
}

/**
 * Shows the tables, in one transaction. What is there for tables that exist is put into them first; then the writers
 * of the source are held, what is left is applied and the file is marked as moved. The mark comes before the commit: a
 * kill in between leaves a file that takes no writes, and a copy that `resume` completes.
 * @param step is told what is done next
 * @param beforeCommit is told what is about to be committed
 * @throws COPY_SOURCE_IN_USE, COPY_MISMATCH, COPY_LOCK_TIMEOUT, what `switchIn` and `FollowedChanges.catchUp` throw:
 * then the source is written to again; COPY_OUTCOME_UNKNOWN: then it is not
 */
export async function cutOver(
  client: pg.Client,
  following: Following,
  {
    replace,
    lockRetry,
    beforeSql,
    afterSql,
    signal,
  }: Pick<CopyOptions, 'replace' | 'lockRetry' | 'beforeSql' | 'afterSql' | 'signal'>,
  step: (text: string) => void,
  beforeCommit: (planned: PlannedCutOver) => void,
): Promise<CutOver> {
  const { source, journal, staging, plan, filled, changes, back } = following;
  let settled: Omit<PlannedCutOver, 'undo'> = { rows: new Map(), keysApplied: 0 };
  let heldAt = NaN;
  let isRetired = false;
  const letWrite = () => {
    if (isRetired) journal.reinstateSource();
    isRetired = false;
  };
  await countPrepared(client, staging, plan);
  if (filled.length > 0) step('filling the tables that exist');
  try {
    const undo = await switchIn(client, staging, plan.tables, {
      replace,
      patience: lockRetry,
      beforeSql,
      afterSql,
      settle: async () => {
        const open = changes.within(filled);
        if (filled.length > 0) await open.catchUpUntilFew(signal);
        step('holding the writers of the source');
        journal.holdWriters();
        heldAt = performance.now();
        const rows = await settle(client, following, open).catch((error: unknown) => {
          journal.releaseWriters();
          throw error;
        });
        isRetired = true;
        await prepare(client, source, staging, plan, rows);
        settled = { rows, keysApplied: open.keys };
      },
      abandoned: letWrite,
      complete: () => back?.install(client),
      compare: async (table, place) => {
        await compareCounts(client, place, source, table);
      },
      beforeCommit: (record) => {
        beforeCommit({ undo: record, ...settled });
      },
    });
    return { undo, ...settled, writersHeldMs: performance.now() - heldAt };
  } catch (error) {
    const isUnknown = error instanceof ReasonError && error.code === 'COPY_OUTCOME_UNKNOWN';
    if (!isUnknown) letWrite();
    throw error;
  }
}

/** How many rows the tables that exist are to take. */
async function countPrepared(
  client: pg.Client,
  staging: Staging,
  { tables }: CopyPlan,
): Promise<void> {
  for (const table of tables.filter(({ created }) => !created))
    await staging.save(table.name, {
      ...staging.progressOf(table.name),
      rowsWritten: await countRows(client, staging.schema, table),
    });
}

/** Applies what is left, and marks the file as moved. @returns the rows of each table @throws COPY_MISMATCH */
async function settle(
  client: pg.Client,
  { source, journal, staging, plan, back }: Following,
  changes: FollowedChanges,
): Promise<ReadonlyMap<string, number>> {
  const rows = new Map<string, number>();
  await changes.catchUp();
  for (const table of plan.tables) {
    const schema = table.created ? staging.schema : staging.target;
    rows.set(table.name, await compareCounts(client, schema, source, table));
  }
  journal.retireSource((connection) => back?.mark(connection));
  return rows;
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
