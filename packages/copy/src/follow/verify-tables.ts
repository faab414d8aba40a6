import { setImmediate as nextTurn } from 'node:timers/promises';
import type pg from 'pg';
import { ReasonError } from '../reasons.js';
import { countRows, readBack } from '../postgres/load.js';
import type { TargetTable } from '../postgres/target-table.js';
import type { RowCounts } from '../rows/reading.js';
import { judgedFormat } from '../rows/row-format.js';
import type { SourceDatabase } from '../sqlite/source-database.js';
import { answersOfTarget } from '../verify/aggregates.js';
import { answersOfSource } from '../verify/source-answers.js';
import { typeDifference } from '../verify/column-types.js';
import { questionsOf } from '../verify/questions.js';
import { valueDifference } from '../verify/table-difference.js';
import { refuse } from './apply-changes.js';

/** The rows of one table, as both sides have them. */
export interface ComparedTable {
  readonly table: string;
  readonly rows: number;
  readonly digest: string;
}

/**
 * Compares every value of a table with the source's snapshot.
 * @throws COPY_MISMATCH, COPY_ROWS_REJECTED, the reason of the signal
 */
export async function compareTable(
  client: pg.Client,
  schema: string,
  source: SourceDatabase,
  table: TargetTable,
  signal: AbortSignal,
): Promise<ComparedTable> {
  const format = judgedFormat(source, table);
  const counts: RowCounts = { rowsRead: 0, rowsRejected: 0, bytes: 0, rowid: undefined };
  const { blocks, digest } = format.read({
    counts,
    rejected: refuse,
    digest: { before: undefined },
  });
  for (const _ of blocks) {
    signal.throwIfAborted();
    await nextTurn();
  }
  const stored = format.newDigest();
  await readBack(client, schema, table, format, stored);
  const difference =
    String(digest) === String(stored)
      ? ((await typeDifference(client, schema, table)) ??
        (await valueDifference(
          client,
          schema,
          source,
          table,
          await askBoth(client, schema, source, table, signal),
        )))
      : 'what PostgreSQL has is not what SQLite has: changes were missed';
  if (difference !== undefined) throw mismatch(table, difference);
  return { table: table.name, rows: counts.rowsRead, digest: String(stored) };
}

/** Both sides are at it at the same time. */
async function askBoth(
  client: pg.Client,
  schema: string,
  source: SourceDatabase,
  table: TargetTable,
  signal: AbortSignal,
) {
  const [ofTarget, ofSource] = await Promise.all([
    answersOfTarget(client, schema, table, questionsOf(table, source.encoding)),
    answersOfSource(source, table, signal),
  ]);
  return { ofTarget, ofSource };
}

/** Only their numbers, which is quick. @returns the number of rows @throws COPY_MISMATCH */
export async function compareCounts(
  client: pg.Client,
  schema: string,
  source: SourceDatabase,
  table: TargetTable,
): Promise<number> {
  // SQLite counts while PostgreSQL does.
  const counted = countRows(client, schema, table);
  const rows = Number(
    source.connection.prepare(`SELECT count(*) FROM ${table.source.place}`).pluck().get(),
  );
  const stored = await counted;
  if (rows !== stored)
    throw mismatch(table, `SQLite has ${rows} rows and PostgreSQL ${stored}: changes were missed`);
  return rows;
}

function mismatch({ name }: TargetTable, detail: string): ReasonError {
  return new ReasonError('COPY_MISMATCH', { detail: `${name}: ${detail}` });
}
