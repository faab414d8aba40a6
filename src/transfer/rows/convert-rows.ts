import type { SourceDatabase } from '../source/source-database.js';
import type { TargetTable } from '../target/target-table.js';
import type { RowDigest } from '../verify/row-digest.js';
import { copyField, NULL } from './copy-text.js';
import { readRows } from './read-rows.js';
import { Reject, type Value } from './value.js';

/** A value that could not be copied, and so its row. */
export interface RejectedRow {
  readonly table: string;
  readonly key: string;
  readonly column: string;
  readonly reason: string;
}

/** What the rows of one table came to. */
export interface Converted {
  rowsRead: number;
  rowsRejected: number;
  bytes: number;
  /** Of the last row that was looked at; undefined before the first and for a table without rowids. */
  rowid: bigint | undefined;
}

const BLOCK_CHARACTERS = 128 * 1024;

/**
 * The rows of a table as blocks of COPY's text format.
 * @param counts is added to; what it holds belongs to the blocks that were taken. With a `rowid` the rows
 * behind that one are read
 * @param rejected is told each row that is left out, once
 * @param digest takes in every row that is not
 */
export function* convertRows(
  database: SourceDatabase,
  { source, columns }: TargetTable,
  counts: Converted,
  rejected: (row: RejectedRow) => void,
  digest: RowDigest | undefined,
): Generator<Buffer, void, undefined> {
  let block = '';
  const names = columns.map((column) => column.source.name);
  for (const { values, key, rowid } of readRows(database, source, names, counts.rowid)) {
    counts.rowsRead += 1;
    counts.rowid = rowid;
    const fields: string[] = [];
    for (const [index, column] of columns.entries()) {
      const value = values[index] ?? null;
      const converted =
        value === null ? column.missing : value instanceof Reject ? value : column.convert(value);
      if (converted instanceof Reject) {
        counts.rowsRejected += 1;
        rejected({
          table: source.name,
          key: key(),
          column: column.source.name,
          reason: converted.reason,
        });
        break;
      }
      fields.push(converted === null ? NULL : copyField(converted));
    }
    if (fields.length < columns.length) continue;
    digest?.addSource(values as readonly Value[]);
    block += `${fields.join('\t')}\n`;
    if (block.length < BLOCK_CHARACTERS) continue;
    yield blockOf(block, counts);
    block = '';
  }
  if (block !== '') yield blockOf(block, counts);
}

function blockOf(text: string, counts: Converted): Buffer {
  const block = Buffer.from(text);
  counts.bytes += block.length;
  return block;
}
