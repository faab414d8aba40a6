import { isUtf8 } from 'node:buffer';
import { SampleContradicted } from '../sqlite/sampled-content.js';
import type { SourceDatabase } from '../sqlite/source-database.js';
import type { TargetTable } from '../postgres/target-table.js';
import { BinaryBlock } from './binary-block.js';
import { binarySql } from './binary-sql.js';
import { areOfKind, faultOf, writeValue } from './binary-values.js';
import { longRow, longRowFinder } from './long-row.js';
import { type PlainColumn, differsSql } from './plain-columns.js';
import { readRows, type SourceRow } from './read-rows.js';
import type { Reading } from './reading.js';
import { blockReader, GREATEST_ROWID, LEAST_ROWID, portionFinder } from './sql-blocks.js';

/** At most 64 KiB each. */
const BLOCK_ROWS = 50;

/** Rows among which long ones are looked for at once, before they are read. */
const PORTION_ROWS = 500;

/**
 * The rows of a table in COPY's binary format: what is not text is never made text. SQLite's own SQL
 * makes many at once, where it can; the others are made of their values.
 * @throws COPY_SOURCE_UNREADABLE
 */
export function* binaryBlocks(
  source: SourceDatabase,
  table: TargetTable,
  columns: readonly PlainColumn[],
  reading: Reading,
): Generator<Buffer, void, undefined> {
  const { counts } = reading;
  const row = binarySql(columns);
  if (row === undefined) {
    const portionAfter = portionFinder(source, table.source, PORTION_ROWS);
    for (let end; end !== GREATEST_ROWID;) {
      end = portionAfter(counts.rowid);
      yield* rowsOfValues(source, table, columns, reading, end);
    }
    return;
  }
  const known = table.content.isAssumed
    ? `CASE WHEN ${differsSql(columns, table.source.rowidColumn)} THEN NULL ELSE ${row} END`
    : row;
  const read = blockReader(source, table.source, known, BLOCK_ROWS);
  for (let block; (block = read(counts.rowid));) {
    const { rows, last, bytes } = block;
    if (soundRows(bytes, columns) < rows) {
      yield* rowsOfValues(source, table, columns, reading, last);
      continue;
    }
    counts.rowsRead += rows;
    counts.rowid = last;
    counts.bytes += bytes.length;
    yield bytes;
  }
}

/** How many rows there are before one with a text that PostgreSQL does not take. */
function soundRows(bytes: Buffer, columns: readonly PlainColumn[]): number {
  let rows = 0;
  for (let at = 0; at < bytes.length; rows += 1) {
    at += 2;
    for (const { kind } of columns) {
      const length = Math.max(0, bytes.readInt32BE(at));
      at += 4;
      if (kind === 'text' && length > 0) {
        const text = bytes.subarray(at, at + length);
        if (!isUtf8(text) || text.includes(0)) return rows;
      }
      at += length;
    }
  }
  return rows;
}

/**
 * Rows made of their values; a long one in pieces.
 * @param until the last rowid
 */
function* rowsOfValues(
  source: SourceDatabase,
  table: TargetTable,
  columns: readonly PlainColumn[],
  reading: Reading,
  until: bigint,
): Generator<Buffer, void, undefined> {
  const { counts } = reading;
  const findLong = longRowFinder(source, table.source, columns);
  for (;;) {
    const long = findLong(counts.rowid ?? LEAST_ROWID, until);
    yield* blocksOfValues(source, table, columns, reading, long === undefined ? until : long - 1n);
    if (long === undefined) return;
    yield* longRow(source, table, columns, reading, long);
  }
}

/**
 * Rows made of their values one by one, none of which is long.
 * @param until the last rowid
 * @throws COPY_SOURCE_UNREADABLE, `SampleContradicted`
 */
export function* blocksOfValues(
  source: SourceDatabase,
  { name: tableName, source: table, content }: TargetTable,
  columns: readonly PlainColumn[],
  { counts, rejected }: Reading,
  until: bigint,
): Generator<Buffer, void, undefined> {
  const block = new BinaryBlock();
  const taken = () => {
    const bytes = block.take();
    counts.bytes += bytes.length;
    return bytes;
  };
  const names = columns.map(({ name }) => name);
  const range = { after: counts.rowid, until };
  for (const { values, key, rowid } of readRows(source, table, names, range)) {
    if (content.isAssumed && !areOfKind(values, columns)) throw new SampleContradicted(tableName);
    counts.rowsRead += 1;
    counts.rowid = rowid;
    const fault = writeRow(block, columns, values);
    if (fault) {
      block.dropRow();
      counts.rowsRejected += 1;
      rejected({ table: table.name, key: key(), ...fault });
    }
    if (block.isFull) yield taken();
  }
  yield taken();
}

interface Fault {
  readonly column: string;
  readonly reason: string;
}

function writeRow(
  block: BinaryBlock,
  columns: readonly PlainColumn[],
  values: SourceRow['values'],
): Fault | undefined {
  block.beginRow(columns.length);
  for (const [index, column] of columns.entries()) {
    const value = values[index] ?? null;
    const fault = faultOf(value);
    if (fault) return { column: column.name, reason: fault.reason };
    writeValue(block, value, column);
  }
  return undefined;
}
