import { isUtf8 } from 'node:buffer';
import { SampleContradicted } from '../sqlite/sampled-content.js';
import type { SourceDatabase } from '../sqlite/source-database.js';
import type { TargetTable } from '../postgres/target-table.js';
import { misplacedBytes } from './line-shape.js';
import { lineSql, unexpectedRowSql } from './line-sql.js';
import type { PlainColumn } from './plain-columns.js';
import type { RowCounts } from './reading.js';
import { blockReader } from './sql-blocks.js';

/** With fewer a statement costs more, with more its memory does. */
const BLOCK_ROWS = 1000;

/**
 * The rows of a table as lines of COPY's text format that SQLite's own SQL makes, many at once. Nothing
 * is escaped at first, because it costs more than all the rest: the bytes of a block tell when something
 * has to be, and the block is made again with that.
 * @param judge the rows behind `counts.rowid` up to a rowid one by one, for a block with a text that
 * PostgreSQL does not take
 * @throws COPY_SOURCE_UNREADABLE, `SampleContradicted`
 */
export function* lineBlocks(
  source: SourceDatabase,
  table: TargetTable,
  columns: readonly PlainColumn[],
  counts: RowCounts,
  judge: (until: bigint) => Iterable<Buffer>,
): Generator<Buffer, void, undefined> {
  const escaped = new Set<number>();
  let read = lineReader(source, table, columns, escaped);
  for (let block; (block = read(counts.rowid));) {
    const { rows, nulls, last, bytes } = block;
    const hasNul = bytes.includes(0);
    if (hasNul && table.content.isAssumed) throw new SampleContradicted(table.name);
    if (hasNul || !isUtf8(bytes)) {
      yield* judge(last);
      continue;
    }
    const misplaced = misplacedBytes(bytes, { rows, nulls, fields: columns.length }, escaped);
    if (misplaced.length > 0) {
      for (const byte of misplaced) escaped.add(byte);
      read = lineReader(source, table, columns, escaped);
      continue;
    }
    counts.rowsRead += rows;
    counts.rowid = last;
    counts.bytes += bytes.length;
    yield bytes;
  }
}

function lineReader(
  source: SourceDatabase,
  { source: table, content }: TargetTable,
  columns: readonly PlainColumn[],
  escaped: ReadonlySet<number>,
): ReturnType<typeof blockReader> {
  const line = lineSql(columns, escaped);
  const nullable = columns.filter(({ hasNulls }) => hasNulls).map(({ name }) => name);
  // A row that is not as it was assumed has no line but a byte that none has, so that no block gets long.
  const row = content.isAssumed
    ? `coalesce(CASE WHEN ${unexpectedRowSql(columns, table.rowidColumn)} THEN NULL ELSE ${line} END, char(0))`
    : line;
  return blockReader(source, table, row, nullable, BLOCK_ROWS);
}
