import { isUtf8 } from 'node:buffer';
import { quoted } from '../source/identifiers.js';
import type { SourceDatabase } from '../source/source-database.js';
import type { SourceTable } from '../source/source-table.js';
import { unreadable } from '../source/unreadable.js';
import { type LineShape, misplacedBytes } from './line-shape.js';
import { lineSql } from './line-sql.js';
import type { PlainColumn } from './plain-columns.js';
import type { RowCounts } from './reading.js';

/** Lines that SQLite makes at once: with fewer a statement costs more, with more its memory does. */
const BLOCK_ROWS = 1000;

const LEAST_ROWID = -(2n ** 63n);
const GREATEST_ROWID = 2n ** 63n - 1n;

interface Block extends LineShape {
  /** The greatest rowid. */
  readonly last: bigint;
  readonly lines: Buffer;
}

/**
 * The rows of a table as lines of COPY's text format that SQLite's own SQL makes, many at once. Nothing
 * is escaped at first, because it costs more than all the rest: the bytes of a block tell when something
 * has to be, and the block is made again with that.
 * @param judge the rows behind `counts.rowid` up to a rowid one by one, for a block with a text that
 * PostgreSQL does not take
 * @throws COPY_SOURCE_UNREADABLE
 */
export function* lineBlocks(
  source: SourceDatabase,
  table: SourceTable,
  columns: readonly PlainColumn[],
  counts: RowCounts,
  judge: (until: bigint) => Iterable<Buffer>,
): Generator<Buffer, void, undefined> {
  const escaped = new Set<number>();
  let read = blockReader(source, table, columns, escaped);
  for (let block; counts.rowid !== GREATEST_ROWID && (block = read(counts.rowid));) {
    const { rows, last, lines } = block;
    if (!isUtf8(lines) || lines.includes(0)) {
      yield* judge(last);
      continue;
    }
    const misplaced = misplacedBytes(lines, block, escaped);
    if (misplaced.length > 0) {
      for (const byte of misplaced) escaped.add(byte);
      read = blockReader(source, table, columns, escaped);
      continue;
    }
    counts.rowsRead += rows;
    counts.rowid = last;
    counts.bytes += lines.length;
    yield lines;
  }
}

/** @returns the rows behind one; undefined when there are none */
function blockReader(
  { connection }: SourceDatabase,
  table: SourceTable,
  columns: readonly PlainColumn[],
  escaped: ReadonlySet<number>,
): (after: bigint | undefined) => Block | undefined {
  const { name, rowid = '' } = table;
  const nulls = columns.filter(({ hasNulls }) => hasNulls).map((each) => quoted(each.name));
  const nullsSql = nulls.map((column) => `(${column} IS NULL)`).join(' + ') || '0';
  const statement = connection
    .prepare(
      `SELECT count(*), sum(nulls), max(place), CAST(group_concat(line, '') AS BLOB)
         FROM (SELECT ${rowid} AS place, ${nullsSql} AS nulls, ${lineSql(columns, escaped)} AS line
                 FROM main.${quoted(name)} WHERE ${rowid} >= ?
                ORDER BY ${rowid} LIMIT ${BLOCK_ROWS})`,
    )
    .raw();
  return (after) => {
    try {
      const from = after === undefined ? LEAST_ROWID : after + 1n;
      const [rows, nullCount, last, lines] = statement.get(from) as [
        bigint,
        bigint,
        bigint,
        Buffer,
      ];
      if (rows === 0n) return undefined;
      return { rows: Number(rows), nulls: Number(nullCount), fields: columns.length, last, lines };
    } catch (error) {
      throw unreadable(name, error);
    }
  };
}
