import { isUtf8 } from 'node:buffer';
import { quoted } from '../source/identifiers.js';
import { Surprise } from '../source/glance.js';
import type { SourceDatabase } from '../source/source-database.js';
import type { TargetTable } from '../target/target-table.js';
import { unreadable } from '../source/unreadable.js';
import { type LineShape, misplacedBytes } from './line-shape.js';
import { lineSql, surpriseSql } from './line-sql.js';
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
 * @throws COPY_SOURCE_UNREADABLE, `Surprise`
 */
export function* lineBlocks(
  source: SourceDatabase,
  table: TargetTable,
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

type Found = [rows: bigint, nulls: bigint, last: bigint, surprises: bigint, lines: Buffer];

/** @returns the rows behind one; undefined when there are none */
function blockReader(
  { connection }: SourceDatabase,
  { source: table, content }: TargetTable,
  columns: readonly PlainColumn[],
  escaped: ReadonlySet<number>,
): (after: bigint | undefined) => Block | undefined {
  const { name, rowid = '', rowidColumn } = table;
  const nulls = columns.filter(({ hasNulls }) => hasNulls).map((each) => quoted(each.name));
  const nullsSql = nulls.map((column) => `(${column} IS NULL)`).join(' + ') || '0';
  const made = lineSql(columns, escaped);
  // Such a row has no line, so that no block gets long.
  const line = content.isAssumed
    ? `CASE WHEN ${surpriseSql(columns, rowidColumn)} THEN NULL ELSE ${made} END`
    : made;
  const missing = content.isAssumed ? 'count(*) - count(line)' : '0';
  const statement = connection
    .prepare(
      `SELECT count(*), sum(nulls), max(place), ${missing}, CAST(group_concat(line, '') AS BLOB)
         FROM (SELECT ${rowid} AS place, ${nullsSql} AS nulls, ${line} AS line
                 FROM main.${quoted(name)} WHERE ${rowid} >= ?
                ORDER BY ${rowid} LIMIT ${BLOCK_ROWS})`,
    )
    .raw();
  return (after) => {
    try {
      const from = after === undefined ? LEAST_ROWID : after + 1n;
      const [rows, nullCount, last, surprises, lines] = statement.get(from) as Found;
      if (rows === 0n) return undefined;
      if (surprises > 0n) throw new Surprise(name);
      return { rows: Number(rows), nulls: Number(nullCount), fields: columns.length, last, lines };
    } catch (error) {
      if (error instanceof Surprise) throw error;
      throw unreadable(name, error);
    }
  };
}
