import type { SourceDatabase } from '../sqlite/source-database.js';
import type { TargetTable } from '../postgres/target-table.js';
import { copyField, NULL } from './copy-text.js';
import { readRows } from './read-rows.js';
import type { Reading, RowCounts } from './reading.js';
import { Reject, type Value } from './value.js';

/** A value that could not be copied, and so its row. */
export interface RejectedRow {
  readonly table: string;
  readonly key: string;
  readonly column: string;
  readonly reason: string;
}

const BLOCK_CHARACTERS = 128 * 1024;

/**
 * The rows of a table as blocks of COPY's text format, each value judged and converted.
 * @param until the last rowid; undefined for all rows
 * @param taken is told every row that is not left out
 */
export function* convertRows(
  database: SourceDatabase,
  { source, columns }: TargetTable,
  { counts, rejected }: Pick<Reading, 'counts' | 'rejected'>,
  {
    until,
    taken,
  }: {
    readonly until?: bigint | undefined;
    readonly taken?: ((values: readonly Value[]) => void) | undefined;
  } = {},
): Generator<Buffer, void, undefined> {
  let block = '';
  const names = columns.map((column) => column.source.name);
  const range = { after: counts.rowid, until };
  for (const { values, key, rowid } of readRows(database, source, names, range, binary(columns))) {
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
    taken?.(values as readonly Value[]);
    block += `${fields.join('\t')}\n`;
    if (block.length < BLOCK_CHARACTERS) continue;
    yield blockOf(block, counts);
    block = '';
  }
  if (block !== '') yield blockOf(block, counts);
}

/** Columns that take bytes which are no text; where it has to be told which value was which, they do not. */
function binary(columns: TargetTable['columns']): ReadonlySet<string> {
  return new Set(
    columns.flatMap(({ source, type, mixture }) =>
      type === 'bytea' && !mixture ? [source.name] : [],
    ),
  );
}

function blockOf(text: string, counts: RowCounts): Buffer {
  const block = Buffer.from(text);
  counts.bytes += block.length;
  return block;
}
