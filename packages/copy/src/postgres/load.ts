import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type pg from 'pg';
import { from as copyFrom, to as copyTo } from 'pg-copy-streams';
import type { RowFormat } from '../rows/row-format.js';
import { quoted } from '../sqlite/identifiers.js';
import { Rest } from '../verify/rest.js';
import type { RowsDigest } from '../verify/rows-digest.js';
import { refusalOf } from './refusal.js';
import type { TargetTable } from './target-table.js';

function columnList({ columns }: TargetTable): string {
  return columns.map(({ name }) => quoted(name)).join(', ');
}

/**
 * Sends rows.
 * @param rowsBefore that are in the table already
 * @returns rows written
 * @throws COPY_REFUSED naming table and line
 */
export async function load(
  client: pg.Client,
  schema: string,
  table: TargetTable,
  { copyFormat, header }: RowFormat,
  blocks: Iterable<Buffer>,
  rowsBefore = 0,
): Promise<number> {
  const place = `${quoted(schema)}.${quoted(table.name)}`;
  const stream = client.query(
    copyFrom(`COPY ${place} (${columnList(table)}) FROM STDIN (FORMAT ${copyFormat})`),
  );
  try {
    await pipeline(Readable.from(withHeader(header, blocks), { highWaterMark: 4 }), stream);
  } catch (error) {
    throw refusalOf(table.name, error, rowsBefore);
  }
  return stream.rowCount;
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
  const stream = client.query(copyTo(`COPY ${rows} TO STDOUT (FORMAT ${copyFormat})`));
  const rest = new Rest((bytes) => digest.takeStored(bytes));
  let skipped = 0;
  for await (const chunk of stream as AsyncIterable<Buffer>) {
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
