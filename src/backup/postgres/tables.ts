import type pg from 'pg';
import { to as copyTo } from 'pg-copy-streams';
import { LineDigest } from '@holdfast/copy/verify/line-digest';
import { Rest } from '@holdfast/copy/verify/rest';
import type { BackedUpTable } from '../manifest.js';
import { isOfExtension, isUserSchema } from './user-objects.js';

/** A table whose rows a dump holds. */
export interface NamedTable {
  readonly schema: string;
  readonly name: string;
  /** As the server guesses. */
  readonly rows: number;
}

export async function tablesOf(client: pg.Client): Promise<readonly NamedTable[]> {
  const { rows } = await client.query<NamedTable>(
    `SELECT n.nspname AS schema, c.relname AS name, greatest(c.reltuples, 0)::float8 AS rows
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
  { schema, name }: Pick<NamedTable, 'schema' | 'name'>,
  signal: AbortSignal,
): Promise<BackedUpTable> {
  const place = `${client.escapeIdentifier(schema)}.${client.escapeIdentifier(name)}`;
  const stream = client.query(copyTo(`COPY ${place} TO STDOUT`));
  const digest = new LineDigest();
  const rest = new Rest((bytes) => digest.takeStored(bytes));
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    signal.throwIfAborted();
    rest.add(chunk);
  }
  rest.take();
  return { schema, name, rows: stream.rowCount, digest: String(digest) };
}
