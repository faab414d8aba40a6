import type pg from 'pg';
import { to as copyTo } from 'pg-copy-streams';
import type { RowFormat } from '../rows/row-format.js';
import { quoted } from '../sqlite/identifiers.js';
import { Rest } from '../verify/rest.js';
import type { RowsDigest } from '../verify/rows-digest.js';
import { type RowsSent, sendRows } from './copy-in.js';
import { PassingBytes } from './passing-bytes.js';
import { sentAlone } from './pipeline.js';
import { refusalOf } from './refusal.js';
import type { TargetTable } from './target-table.js';

function columnList({ columns }: TargetTable): string {
  return columns.map(({ name }) => quoted(name)).join(', ');
}

/**
 * Sends rows.
 * @returns rows written
 * @throws COPY_REFUSED naming table and line
 */
export async function load(
  client: pg.Client,
  schema: string,
  table: TargetTable,
  format: RowFormat,
  blocks: Iterable<Buffer>,
): Promise<number> {
  const { written } = await send(client, schema, table, format, blocks);
  return written;
}

/**
 * The same, behind whatever was sent before, and without waiting for what comes back.
 * @param rowsBefore that are in the table already
 */
export async function send(
  client: pg.Client,
  schema: string,
  table: TargetTable,
  { copyFormat, header }: RowFormat,
  blocks: Iterable<Buffer>,
  rowsBefore = 0,
): Promise<RowsSent> {
  const place = `${quoted(schema)}.${quoted(table.name)}`;
  const statement = `COPY ${place} (${columnList(table)}) FROM STDIN (FORMAT ${copyFormat})`;
  const sent = await sendRows(client, statement, withHeader(header, blocks));
  const written = sent.written.catch((error: unknown) => {
    throw refusalOf(table.name, error, rowsBefore);
  });
  written.catch(() => undefined);
  return { written };
}

function* withHeader(header: Buffer, blocks: Iterable<Buffer>): Generator<Buffer> {
  if (header.length > 0) yield header;
  yield* blocks;
}

/** Takes into a digest what PostgreSQL has stored. */
export async function readBack(
  client: pg.Client,
  schema: string,
  table: TargetTable,
  format: RowFormat,
  digest: RowsDigest,
): Promise<void> {
  const place = `${quoted(schema)}.${quoted(table.name)}`;
  // Columns that are computed cannot be copied, but what selects them can.
  const rows = table.columns.some((column) => column.source.generated)
    ? `(SELECT ${columnList(table)} FROM ${place})`
    : `${place} (${columnList(table)})`;
  await digestRows(client, rows, format, digest);
}

/**
 * Takes rows into a digest.
 * @param rows what COPY takes them from: a table with its columns, or a SELECT in parentheses
 */
export async function digestRows(
  client: pg.Client,
  rows: string,
  { copyFormat, header }: Pick<RowFormat, 'copyFormat' | 'header'>,
  digest: RowsDigest,
): Promise<void> {
  const stream = sentAlone(client, copyTo(`COPY ${rows} TO STDOUT (FORMAT ${copyFormat})`));
  const rest = new Rest((bytes) => digest.takeStored(bytes));
  const passing = new PassingBytes();
  let skipped = 0;
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    passing.add(chunk.length);
    const skip = Math.min(header.length - skipped, chunk.length);
    skipped += skip;
    rest.add(chunk.subarray(skip));
  }
  rest.take();
}

/** Rows that are there. */
export async function countRows(
  client: pg.Client,
  schema: string,
  { name }: TargetTable,
): Promise<number> {
  const { rows } = await client.query<{ rows: string }>(
    `SELECT count(*) AS rows FROM ${quoted(schema)}.${quoted(name)}`,
  );
  return Number(rows[0]?.rows);
}
