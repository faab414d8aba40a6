import type { SourceDatabase } from '../source/source-database.js';
import type { SourceTable } from '../source/source-table.js';
import { BinaryBlock } from './binary-block.js';
import type { PlainColumn } from './plain-columns.js';
import { readRows, type SourceRow } from './read-rows.js';
import type { Reading } from './reading.js';
import { HAS_NUL } from './texts.js';
import { Reject } from './value.js';

/**
 * The rows of a table in COPY's binary format: what is not text is never made text.
 * @throws COPY_SOURCE_UNREADABLE
 */
export function* binaryBlocks(
  source: SourceDatabase,
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
  const names = columns.map(({ name }) => name);
  for (const { values, key, rowid } of readRows(source, table, names, { after: counts.rowid })) {
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
