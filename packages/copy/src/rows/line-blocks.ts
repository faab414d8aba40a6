import { isUtf8 } from 'node:buffer';
import { quoted } from '../sqlite/identifiers.js';
import { SampleContradicted } from '../sqlite/sampled-content.js';
import type { SourceDatabase } from '../sqlite/source-database.js';
import type { TargetTable } from '../postgres/target-table.js';
import { LineRows, type Reals } from './line-rows.js';
import { lineSql, unexpectedRowSql } from './line-sql.js';
import type { PlainColumn } from './plain-columns.js';
import type { RowCounts } from './reading.js';
import { blockReader, rowsBetween } from './sql-blocks.js';

/** With fewer a statement costs more, with more its memory does. */
const BLOCK_ROWS = 1000;

/** Is in no text that is UTF-8. */
const UNEXPECTED = 0xff;

/**
 * The rows of a table in COPY's binary format. SQLite's own SQL writes what is short of many rows at once, and they are
 * made of that: it is several times as fast as to ask for the values one by one.
 * @param until the last rowid
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
  until?: bigint,
): Generator<Buffer, void, undefined> {
  const { isAssumed } = table.content;
  const read = blockReader(source, table.source, rowSql(columns, table), BLOCK_ROWS);
  const realsOf = realsReader(source, table, columns);
  const encoder = new LineRows(columns);
  for (let block; (block = read(counts.rowid, until));) {
    const { rows, first, last, bytes } = block;
    const sent = isUtf8(bytes) ? encoder.encode(bytes, rows, realsOf(first, last)) : undefined;
    if (sent === undefined) {
      if (isAssumed && bytes.includes(UNEXPECTED)) throw new SampleContradicted(table.name);
      yield* judge(last);
      continue;
    }
    counts.rowsRead += rows;
    counts.rowid = last;
    counts.bytes += sent.length;
    yield sent;
  }
}

/** A row that is not as it was assumed is a byte that no line has, so that no block gets long. */
function rowSql(columns: readonly PlainColumn[], { source, content }: TargetTable): string {
  const line = lineSql(columns);
  if (!content.isAssumed) return line;
  const marked = `CAST(x'${UNEXPECTED.toString(16)}' AS TEXT)`;
  return `CASE WHEN ${unexpectedRowSql(columns, source.rowidColumn)} THEN ${marked} ELSE ${line} END`;
}

/** @returns reads the real numbers of the rows from a rowid up to another, column by column */
function realsReader(
  { connection }: SourceDatabase,
  { source }: TargetTable,
  columns: readonly PlainColumn[],
): (first: bigint, last: bigint) => readonly Reals[] {
  const order = `${rowsBetween(source)} ORDER BY ${source.rowid ?? ''}`;
  const statements = columns
    .filter(({ kind }) => kind === 'real')
    .map(({ name }) => connection.prepare(`SELECT ${quoted(name)} ${order}`).pluck());
  return (first, last) => statements.map((statement) => statement.all(first, last) as Reals);
}
