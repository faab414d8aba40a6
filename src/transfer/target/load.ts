import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type pg from 'pg';
import { from as copyFrom, to as copyTo } from 'pg-copy-streams';
import { fieldsOf } from '../rows/copy-text.js';
import { quoted } from '../source/identifiers.js';
import type { RowDigest } from '../verify/row-digest.js';
import { refusalOf } from './refusal.js';
import type { TargetTable } from './target-table.js';

function columnList({ columns }: TargetTable): string {
  return columns.map(({ name }) => quoted(name)).join(', ');
}

/**
 * Sends blocks of COPY's text format.
 * @param rowsBefore that are in the table already
 * @returns rows written
 * @throws COPY_REFUSED naming table and line
 */
export async function load(
  client: pg.Client,
  schema: string,
  table: TargetTable,
  blocks: Iterable<Buffer>,
  rowsBefore = 0,
): Promise<number> {
  const place = `${quoted(schema)}.${quoted(table.name)}`;
  const stream = client.query(copyFrom(`COPY ${place} (${columnList(table)}) FROM STDIN`));
  try {
    await pipeline(Readable.from(blocks, { objectMode: true, highWaterMark: 4 }), stream);
  } catch (error) {
    throw refusalOf(table.name, error, rowsBefore);
  }
  return stream.rowCount;
}

/** Takes into the digest what PostgreSQL has stored. */
export async function readBack(
  client: pg.Client,
  schema: string,
  table: TargetTable,
  digest: RowDigest,
): Promise<void> {
  const place = `${quoted(schema)}.${quoted(table.name)}`;
  // Columns that are computed cannot be copied, but what selects them can.
  const rows = table.columns.some((column) => column.source.generated)
    ? `(SELECT ${columnList(table)} FROM ${place})`
    : `${place} (${columnList(table)})`;
  const stream = client.query(copyTo(`COPY ${rows} TO STDOUT`));
  let rest: Buffer = Buffer.alloc(0);
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    const bytes = rest.length > 0 ? Buffer.concat([rest, chunk]) : chunk;
    const end = bytes.lastIndexOf(0x0a);
    if (end >= 0) {
      for (const line of bytes.toString('utf8', 0, end).split('\n'))
        digest.addTarget(fieldsOf(line));
    }
    rest = bytes.subarray(end + 1);
  }
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
