import type pg from 'pg';
import { countRows, readBack } from '../postgres/load.js';
import type { TargetTable } from '../postgres/target-table.js';
import type { RowFormat } from '../rows/row-format.js';
import { quoted } from '../sqlite/identifiers.js';
import { answersOfTarget, MAX_QUESTIONS } from './aggregates.js';
import type { Question } from './questions.js';
import { serverDigest, type StoredRows } from './server-digest.js';

/**
 * How many rows a table holds, the digest of their values, and what is asked about them: the server digests them where
 * it can, else all of them are read back.
 * @param table whose columns have the types that it was planned with
 */
export async function storedRows(
  client: pg.Client,
  schema: string,
  table: TargetTable,
  format: RowFormat,
  questions: readonly Question[],
): Promise<StoredRows> {
  const place = `${quoted(schema)}.${quoted(table.name)}`;
  const found =
    format.serverDigest === undefined || questions.length > MAX_QUESTIONS
      ? undefined
      : await serverDigest(client, place, format.serverDigest, questions);
  if (found) return found;
  const rows = await countRows(client, schema, table);
  const digest = format.newDigest();
  await readBack(client, schema, table, format, digest);
  const asked = await answersOfTarget(client, schema, table, questions);
  return { rows, digest: String(digest), asked };
}
