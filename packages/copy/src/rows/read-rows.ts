import { isUtf8 } from 'node:buffer';
import { quoted } from '../sqlite/identifiers.js';
import type { SourceDatabase, TextEncoding } from '../sqlite/source-database.js';
import type { SourceTable } from '../sqlite/source-table.js';
import { unreadable } from '../sqlite/unreadable.js';
import { keyText } from './key-text.js';
import { NOT_UTF8 } from './text-converters.js';
import { Reject, type Value } from './value.js';

/** One row: its values in the order of the columns, and what names it. */
export interface SourceRow {
  readonly values: readonly (Value | Reject)[];
  /** For people: `rowid 7`, or the values of the key. */
  readonly key: () => string;
  /** Undefined for a table without rowids. */
  readonly rowid: bigint | undefined;
}

/** Rows behind one, up to another. */
export interface RowRange {
  readonly after?: bigint | undefined;
  readonly until?: bigint | undefined;
}

const NOT_UTF16 = new Reject('is text with half a surrogate pair');

/**
 * Every row of a table, once. Texts come as what they are: one that cannot be read as text is a
 * `Reject`, never another text.
 * @param columns names, in the order of the values
 * @param range of rowids; they come in their order anyway
 * @param binary columns whose texts come as bytes where they are not UTF-8
 * @throws COPY_SOURCE_UNREADABLE
 */
export function* readRows(
  { connection, encoding }: SourceDatabase,
  table: SourceTable,
  columns: readonly string[],
  { after, until }: RowRange = {},
  binary: ReadonlySet<string> = new Set(),
): Generator<SourceRow, void, undefined> {
  const { rowid, place } = table;
  // Where a row cannot be asked for again, its texts come as bytes at once.
  const asBytes = encoding !== 'UTF-8' || rowid === undefined;
  const keys = keyColumns(table);
  const selected = columns.map((column) => (asBytes ? bytesFirst(column) : quoted(column)));
  try {
    const statement = connection
      .prepare(
        `SELECT ${[...keys.map(quoted), ...selected].join(', ')} FROM ${place}
          ${condition(rowid, after, until)}
          ${rowid === undefined ? '' : `ORDER BY ${rowid}`}`,
      )
      .raw();
    const bytesOf = (column: string, key: Value | undefined): Buffer =>
      connection
        .prepare(`SELECT CAST(${quoted(column)} AS BLOB) FROM ${place} WHERE ${rowid ?? ''} = ?`)
        .pluck()
        .get(key) as Buffer;
    let number = 0;
    for (const row of statement.iterate() as IterableIterator<Value[]>) {
      number += 1;
      const position = number;
      const values = row.slice(keys.length);
      yield {
        values: values.map((value, index) => {
          const column = columns[index] ?? '';
          if (asBytes) return fromBytesFirst(value, encoding, binary.has(column));
          if (typeof value !== 'string' || !value.includes('\uFFFD')) return value;
          const bytes = bytesOf(column, row[0]);
          if (isUtf8(bytes)) return value;
          return binary.has(column) ? bytes : NOT_UTF8;
        }),
        rowid: rowid === undefined ? undefined : (row[0] as bigint),
        key: () => keyText(keys, row, position),
      };
    }
  } catch (error) {
    throw unreadable(table.name, error);
  }
}

function condition(rowid: string | undefined, after?: bigint, until?: bigint): string {
  if (rowid === undefined) return '';
  const conditions = [
    ...(after === undefined ? [] : [`${rowid} > ${after}`]),
    ...(until === undefined ? [] : [`${rowid} <= ${until}`]),
  ];
  return conditions.length === 0 ? '' : `WHERE ${conditions.join(' AND ')}`;
}

/** The row's number first, where there is one. */
function keyColumns({ rowid, rowidColumn, primaryKey }: SourceTable): readonly string[] {
  const key = rowidColumn === undefined ? primaryKey : [];
  return rowid === undefined ? key : [rowid, ...key];
}

/** A text as its bytes, and so that they can be told apart, bytes as a text of digits. */
function bytesFirst(column: string): string {
  const value = quoted(column);
  return `CASE typeof(${value}) WHEN 'text' THEN CAST(${value} AS BLOB)
               WHEN 'blob' THEN hex(${value}) ELSE ${value} END`;
}

function fromBytesFirst(value: Value, encoding: TextEncoding, isBinary: boolean): Value | Reject {
  if (typeof value === 'string') return Buffer.from(value, 'hex');
  if (!Buffer.isBuffer(value)) return value;
  if (encoding === 'UTF-8' && isUtf8(value)) return value.toString();
  if (encoding === 'UTF-8') return isBinary ? value : NOT_UTF8;
  if (value.length % 2 !== 0) return NOT_UTF16;
  const text = (encoding === 'UTF-16be' ? Buffer.from(value).swap16() : value).toString('utf16le');
  return text.isWellFormed() ? text : NOT_UTF16;
}
