import { isUtf8 } from 'node:buffer';
import { SampleContradicted } from '../sqlite/sampled-content.js';
import type { SourceDatabase } from '../sqlite/source-database.js';
import type { TargetTable } from '../postgres/target-table.js';
import { BinaryBlock } from './binary-block.js';
import { binarySql } from './binary-sql.js';
import { type PlainColumn, differsSql } from './plain-columns.js';
import { readRows, type SourceRow } from './read-rows.js';
import type { Reading } from './reading.js';
import { blockReader } from './sql-blocks.js';
import { HAS_NUL } from './text-converters.js';
import { Reject, storageClassOf } from './value.js';

/** At most 64 KiB each. */
const BLOCK_ROWS = 50;

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
    yield* blocksOfValues(source, table, columns, reading);
    return;
  }
  const known = table.content.isAssumed
    ? `CASE WHEN ${differsSql(columns, table.source.rowidColumn)} THEN NULL ELSE ${row} END`
    : row;
  const read = blockReader(source, table.source, known, [], BLOCK_ROWS);
  for (let block; (block = read(counts.rowid));) {
    const { rows, last, bytes } = block;
    if (soundRows(bytes, columns) < rows) {
      yield* blocksOfValues(source, table, columns, reading, last);
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

/** @param until the last rowid; undefined for all rows */
function* blocksOfValues(
  source: SourceDatabase,
  { name: tableName, source: table, content }: TargetTable,
  columns: readonly PlainColumn[],
  { counts, rejected }: Reading,
  until?: bigint,
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

function areOfKind(values: SourceRow['values'], columns: readonly PlainColumn[]): boolean {
  return columns.every(({ kind }, index) => {
    const value = values[index] ?? null;
    // Only a text is ever refused before it is looked at.
    return value === null || kind === (value instanceof Reject ? 'text' : storageClassOf(value));
  });
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
  for (const [index, { name, bytes }] of columns.entries()) {
    const given = values[index] ?? null;
    const value = typeof given === 'string' && given.includes('\0') ? HAS_NUL : given;
    if (value instanceof Reject) return { column: name, reason: value.reason };
    if (value === null) block.writeNull();
    else if (typeof value === 'bigint') block.writeInteger(value, bytes);
    else if (typeof value === 'number') block.writeReal(value);
    else if (typeof value === 'string') block.writeText(value);
    else block.writeBytes(value);
  }
  return undefined;
}
