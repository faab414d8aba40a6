import type pg from 'pg';
import { to as copyTo } from 'pg-copy-streams';
import { LineDigest } from '@holdfast/copy/verify/line-digest';
import { Rest } from '@holdfast/copy/verify/rest';
import type { BackedUpTable } from '../manifest.js';
import { COLUMN_PLACE } from './column-place.js';
import { isOfExtension, isUserSchema } from './user-objects.js';

/** A table whose rows a dump holds. */
export interface NamedTable {
  readonly schema: string;
  readonly name: string;
  /** As the server guesses. */
  readonly rows: number;
  /** Where a restore has them in another order: in that one. */
  readonly columns: readonly string[] | null;
}

const IN_ORDER = `(SELECT CASE WHEN array_agg(a.attnum ORDER BY ${COLUMN_PLACE}) <> array_agg(a.attnum ORDER BY a.attnum)
                              THEN array_agg(a.attname::text ORDER BY ${COLUMN_PLACE}) END
   FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = '')`;

export async function tablesOf(client: pg.Client): Promise<readonly NamedTable[]> {
  const { rows } = await client.query<NamedTable>(
    `SELECT n.nspname AS schema, c.relname AS name, greatest(c.reltuples, 0)::float8 AS rows,
            CASE WHEN EXISTS (SELECT FROM pg_inherits WHERE inhrelid = c.oid) AND NOT c.relispartition THEN ${IN_ORDER} END AS columns
       FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
      WHERE c.relkind = 'r' AND c.relpersistence <> 't' AND ${isUserSchema('n.nspname')}
        AND NOT ${isOfExtension('pg_class', 'c.oid')}
      ORDER BY 1, 2`,
  );
  return rows;
}

/** Reads all rows of all tables; `qualifyNames` comes first. */
export async function digestTables(
  client: pg.Client,
  signal: AbortSignal,
): Promise<BackedUpTable[]> {
  const tables: BackedUpTable[] = [];
  for (const table of await tablesOf(client)) tables.push(await digestTable(client, table, signal));
  return tables;
}

/** Reads all rows of a table, and keeps none. */
async function digestTable(
  client: pg.Client,
  { schema, name, columns }: Pick<NamedTable, 'schema' | 'name' | 'columns'>,
  signal: AbortSignal,
): Promise<BackedUpTable> {
  const place = `${client.escapeIdentifier(schema)}.${client.escapeIdentifier(name)}`;
  const only = columns
    ? ` (${columns.map((each) => client.escapeIdentifier(each)).join(', ')})`
    : '';
  const stream = client.query(copyTo(`COPY ${place}${only} TO STDOUT`));
  const digest = new LineDigest();
  const rest = new Rest((bytes) => digest.takeStored(bytes));
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    signal.throwIfAborted();
    rest.add(chunk);
  }
  rest.take();
  return { schema, name, rows: stream.rowCount, digest: String(digest) };
}
