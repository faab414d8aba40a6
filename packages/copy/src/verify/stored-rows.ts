import type pg from 'pg';
import { countRows, readBack } from '../postgres/load.js';
import type { TargetTable } from '../postgres/target-table.js';
import type { RowFormat } from '../rows/row-format.js';
import { quoted } from '../sqlite/identifiers.js';
import { answersOfTarget, MAX_QUESTIONS } from './aggregates.js';
import type { Question } from './questions.js';
import { serverDigest, type StoredRows } from './server-digest.js';

/**
 * How many rows a table holds, the digest of their values, and what is asked about them: from the server, which reads
 * all of them.
 * @param table whose columns have the types that it was planned with
 * @param isNarrow whether no whole number of what was read has more than 32 bits
 * @returns undefined where the server cannot digest them by itself
 */
export async function digestedRows(
  client: pg.Client,
  schema: string,
  { name }: TargetTable,
  { serverDigest: digest }: RowFormat,
  questions: readonly Question[],
  isNarrow: boolean,
): Promise<StoredRows | undefined> {
  if (digest === undefined || questions.length > MAX_QUESTIONS) return undefined;
  return serverDigest(client, `${quoted(schema)}.${quoted(name)}`, digest, questions, isNarrow);
}

/** The same, of rows that are read back. */
export async function readBackRows(
  client: pg.Client,
  schema: string,
  table: TargetTable,
  format: RowFormat,
  questions: readonly Question[],
): Promise<StoredRows> {
  const rows = await countRows(client, schema, table);
  const digest = format.newDigest();
  await readBack(client, schema, table, format, digest);
  const asked = await answersOfTarget(client, schema, table, questions);
  return { rows, digest: String(digest), asked };
}
