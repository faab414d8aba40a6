import type pg from 'pg';
import { type ComparedTable, compareCounts, compareTable } from '../follow/verify-tables.js';
import { type LockRetryLimits, withLockRetry } from '../postgres/lock-retry.js';
import { literal } from '../sqlite/identifiers.js';
import { readContent } from '../sqlite/contents.js';
import { SourceDatabase } from '../sqlite/source-database.js';
import { asDifference } from './difference.js';
import type { ReturnedChanges } from './return-changes.js';
import type { ReturnJournal } from './return-journal.js';
import type { ReturnTable } from './return-table.js';
import type { ReturningFile } from './returning-file.js';

/** What goes back, and into what. */
export interface Returning {
  readonly path: string;
  readonly file: ReturningFile;
  readonly journal: ReturnJournal;
  readonly changes: ReturnedChanges;
  readonly tables: readonly ReturnTable[];
}

/**
 * Compares every value of both sides in one snapshot, while PostgreSQL is written to.
 * @throws COPY_RETURN_DIFFERS, and what `ReturnedChanges.catchUp` throws
 */
export async function compareSides(
  client: pg.Client,
  { path, journal, changes, tables }: Returning,
  signal: AbortSignal,
): Promise<readonly ComparedTable[]> {
  const compared: ComparedTable[] = [];
  await changes
    .catchUp(async () => {
      const source = SourceDatabase.openShared(path, '');
      try {
        for (const { table } of tables) {
          const content = readContent(source.connection, table.source);
          compared.push(
            await compareTable(client, journal.target, source, { ...table, content }, signal),
          );
        }
      } finally {
        source.close();
      }
    })
    .catch(asDifference);
  return compared;
}

/**
 * Holds the writers of PostgreSQL, applies what is left, refuses them for good and lets programs write to the file
 * again. The refusal comes first: a kill in between leaves two sides that take no writes, and a return that the same
 * command completes.
 * @returns for how long nobody could write, in milliseconds
 * @throws COPY_RETURN_DIFFERS, COPY_LOCK_TIMEOUT, COPY_OUTCOME_UNKNOWN, and what `ReturnedChanges.catchUp` throws
 */
export async function goBack(
  client: pg.Client,
  { path, file, journal, changes, tables }: Returning,
  patience: LockRetryLimits,
): Promise<number> {
  let heldAt = performance.now();
  await withLockRetry(client, patience, async () => {
    heldAt = performance.now();
    await journal.lockTables('EXCLUSIVE');
    await changes.applyLocked(() => advanceSequences(client, journal, file, tables));
    const source = SourceDatabase.openShared(path, '');
    try {
      for (const { table } of tables)
        await compareCounts(client, journal.target, source, table).catch(asDifference);
    } finally {
      source.close();
    }
    await journal.refuseWriters();
  });
  file.reinstate();
  return performance.now() - heldAt;
}

async function advanceSequences(
  client: pg.Client,
  journal: ReturnJournal,
  file: ReturningFile,
  tables: readonly ReturnTable[],
): Promise<void> {
  for (const { table } of tables) {
    const column = table.columns.find(({ source }) => source.name === table.source.rowidColumn);
    if (!table.source.autoincrement || !column) continue;
    const place = journal.placeOf(table.name);
    const { rows } = await client.query<{ sequence: string | null }>(
      `SELECT pg_get_serial_sequence(${literal(place)}, ${literal(column.name)}) AS sequence`,
    );
    const sequence = rows[0]?.sequence;
    if (typeof sequence !== 'string') continue;
    const given = await client.query<{ last: string }>(
      `SELECT CASE WHEN is_called THEN last_value ELSE 0 END AS last FROM ${sequence}`,
    );
    file.advanceSequence(table.source.name, BigInt(given.rows[0]?.last ?? 0));
  }
}
