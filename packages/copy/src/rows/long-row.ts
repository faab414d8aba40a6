import { SampleContradicted } from '../sqlite/sampled-content.js';
import { quoted } from '../sqlite/identifiers.js';
import type { SourceDatabase } from '../sqlite/source-database.js';
import type { SourceTable } from '../sqlite/source-table.js';
import { unreadable } from '../sqlite/unreadable.js';
import type { TargetTable } from '../postgres/target-table.js';
import { BinaryBlock } from './binary-block.js';
import { areOfKind, faultOf, writeValue } from './binary-values.js';
import { LongValue } from './long-values.js';
import type { PlainColumn } from './plain-columns.js';
import { readRows } from './read-rows.js';
import type { Reading } from './reading.js';

/** A row with more bytes of texts and blobs is never in memory as a whole, but for what SQLite has of one value. */
const LONG_ROW = 1024 * 1024;

/** Shorter values of such a row are read as those of other rows. */
const LONG_VALUE = 64 * 1024;

const hasLength = ({ kind }: PlainColumn) => kind === 'text' || kind === 'blob';

/**
 * @param until the last rowid
 * @returns finds the first long row behind a rowid: lengths are told without the values
 */
export function longRowFinder(
  { connection }: SourceDatabase,
  { name, place, rowid = '' }: SourceTable,
  columns: readonly PlainColumn[],
): (after: bigint, until: bigint) => bigint | undefined {
  const lengths = columns
    .filter(hasLength)
    .map((column) => `coalesce(octet_length(${quoted(column.name)}), 0)`);
  if (lengths.length === 0) return () => undefined;
  const statement = connection
    .prepare(
      `SELECT ${rowid} FROM ${place} WHERE ${rowid} > ? AND ${rowid} <= ?
          AND ${lengths.join(' + ')} > ${LONG_ROW} ORDER BY ${rowid} LIMIT 1`,
    )
    .pluck();
  return (after, until) => {
    try {
      return statement.get(after, until) as bigint | undefined;
    } catch (error) {
      throw unreadable(name, error);
    }
  };
}

/**
 * One row of COPY's binary format in several blocks; `counts.isWithinRow` is true behind all of them but the last.
 * @throws COPY_SOURCE_UNREADABLE, `SampleContradicted`
 */
export function* longRow(
  source: SourceDatabase,
  { name: tableName, source: table, content }: TargetTable,
  columns: readonly PlainColumn[],
  { counts, rejected }: Reading,
  row: bigint,
): Generator<Buffer, void, undefined> {
  const long = longValues(source, table, columns, row);
  const short = columns.filter((column) => !long.has(column));
  const names = short.map(({ name }) => name);
  const [read] = readRows(source, table, names, { after: row - 1n, until: row });
  if (!read) return;
  if (content.isAssumed && !(areOfKind(read.values, short) && isOfKind(source, table, long, row)))
    throw new SampleContradicted(tableName);
  const given = new Map(short.map((column, index) => [column, read.values[index] ?? null]));
  const fault = columns
    .map((column) => {
      const reason = long.has(column)
        ? column.kind === 'text'
          ? long.get(column)?.faultAsText()
          : undefined
        : faultOf(given.get(column) ?? null);
      return reason && { column: column.name, reason: reason.reason };
    })
    .find((each) => each !== undefined);
  if (fault) {
    counts.rowsRead += 1;
    counts.rowid = row;
    counts.rowsRejected += 1;
    rejected({ table: table.name, key: read.key(), ...fault });
    return;
  }
  const block = new BinaryBlock();
  const counted = (bytes: Buffer) => {
    counts.bytes += bytes.length;
    return bytes;
  };
  counts.isWithinRow = true;
  block.beginRow(columns.length);
  for (const column of columns) {
    const value = long.get(column);
    if (value) {
      block.writeLength(value.length);
      yield counted(block.take());
      for (const piece of value.pieces()) yield counted(piece);
    } else {
      writeValue(block, given.get(column) ?? null, column);
      if (block.isFull) yield counted(block.take());
    }
  }
  counts.isWithinRow = false;
  counts.rowsRead += 1;
  counts.rowid = row;
  yield counted(block.take());
}

function longValues(
  source: SourceDatabase,
  table: SourceTable,
  columns: readonly PlainColumn[],
  row: bigint,
): ReadonlyMap<PlainColumn, LongValue> {
  const sized = columns.filter(hasLength);
  const lengths = ask(source, table, row, sized, (name) => `octet_length(${name})`);
  return new Map(
    sized.flatMap((column, index) => {
      const length = Number(lengths[index] ?? 0);
      if (length <= LONG_VALUE) return [];
      return [[column, new LongValue(source, table, column.name, row, length)]];
    }),
  );
}

function isOfKind(
  source: SourceDatabase,
  table: SourceTable,
  long: ReadonlyMap<PlainColumn, LongValue>,
  row: bigint,
): boolean {
  const columns = [...long.keys()];
  const kinds = ask(source, table, row, columns, (name) => `typeof(${name})`);
  return columns.every(({ kind }, index) => kinds[index] === kind);
}

/** @param of SQL of a column's name */
function ask(
  { connection }: SourceDatabase,
  { name, place, rowid = '' }: SourceTable,
  row: bigint,
  columns: readonly PlainColumn[],
  of: (name: string) => string,
): readonly unknown[] {
  const asked = columns.map((column) => of(quoted(column.name)));
  try {
    const found = connection
      .prepare(`SELECT ${['0', ...asked].join(', ')} FROM ${place} WHERE ${rowid} = ?`)
      .raw()
      .get(row) as unknown[];
    return found.slice(1);
  } catch (error) {
    throw unreadable(name, error);
  }
}
