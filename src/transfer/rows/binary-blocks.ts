import { isUtf8 } from 'node:buffer';
import { quoted } from '../source/identifiers.js';
import type { SourceDatabase } from '../source/source-database.js';
import type { SourceTable } from '../source/source-table.js';
import { unreadable } from '../source/unreadable.js';
import { BinaryBlock } from './binary-block.js';
import { keyText } from './key-text.js';
import type { PlainColumn } from './plain-columns.js';
import { keyColumns } from './read-rows.js';
import type { Reading } from './reading.js';
import { HAS_NUL, NOT_UTF8 } from './texts.js';
import type { Reject, Value } from './value.js';

/**
 * The rows of a table in COPY's binary format: bytes travel as they are, without being written as text.
 * @throws COPY_SOURCE_UNREADABLE
 */
export function* binaryBlocks(
  { connection }: SourceDatabase,
  table: SourceTable,
  columns: readonly PlainColumn[],
  { counts, rejected }: Reading,
): Generator<Buffer, void, undefined> {
  const block = new BinaryBlock();
  const taken = () => {
    const bytes = block.take();
    counts.bytes += bytes.length;
    return bytes;
  };
  const { name, rowid = '' } = table;
  const keys = keyColumns(table);
  const selected = columns.map((column) =>
    column.kind === 'text' ? `CAST(${quoted(column.name)} AS BLOB)` : quoted(column.name),
  );
  const behind = counts.rowid === undefined ? '' : `WHERE ${rowid} > ${counts.rowid}`;
  try {
    const statement = connection
      .prepare(
        `SELECT ${[...keys.map(quoted), ...selected].join(', ')}
           FROM main.${quoted(name)} ${behind} ORDER BY ${rowid}`,
      )
      .raw();
    for (const row of statement.iterate() as IterableIterator<Value[]>) {
      counts.rowsRead += 1;
      counts.rowid = row[0] as bigint;
      const fault = writeRow(block, columns, row, keys.length);
      if (fault) {
        block.dropRow();
        counts.rowsRejected += 1;
        const { column, reason } = fault;
        rejected({ table: name, key: keyText(keys, row, counts.rowsRead), column, reason });
      }
      if (block.isFull) yield taken();
    }
  } catch (error) {
    throw unreadable(name, error);
  }
  yield taken();
}

interface Fault {
  readonly column: string;
  readonly reason: string;
}

/** @param first position of the first column's value */
function writeRow(
  block: BinaryBlock,
  columns: readonly PlainColumn[],
  row: readonly Value[],
  first: number,
): Fault | undefined {
  block.beginRow(columns.length);
  for (const [index, column] of columns.entries()) {
    const value = row[first + index] ?? null;
    if (typeof value === 'bigint') block.writeInteger(value, column.bytes);
    else if (typeof value === 'number') block.writeReal(value);
    else if (Buffer.isBuffer(value)) {
      const fault = column.kind === 'text' ? textFault(value) : undefined;
      if (fault) return { column: column.name, reason: fault.reason };
      block.writeBytes(value);
    } else block.writeNull();
  }
  return undefined;
}

function textFault(text: Buffer): Reject | undefined {
  if (!isUtf8(text)) return NOT_UTF8;
  return text.includes(0) ? HAS_NUL : undefined;
}
