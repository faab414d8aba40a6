import { ReasonError } from '../reasons.js';
import type { SourceDatabase } from '../sqlite/source-database.js';
import { NotUnderstood, type PageFile } from '../sqlite/pages/page-file.js';
import { greatestRowid, tableLeaves } from '../sqlite/pages/table-leaves.js';
import type { TargetTable } from '../postgres/target-table.js';
import { LeafRows, type StoredColumn } from './leaf-rows.js';
import type { PlainColumn } from './plain-columns.js';
import type { RowCounts } from './reading.js';
import { GREATEST_ROWID, LEAST_ROWID, rowsBetween } from './sql-blocks.js';

/**
 * Leaves that SQL reads, more than one of so many that it need not read: beyond, it reads all the others, too, many rows
 * at once.
 */
const MOST_BY_SQL = 16;
const SHARE_BY_SQL = 4;

/** Before all rowids that are understood. */
const NONE_YET = -1;

/** A table whose rows can be read from the pages of its file. */
interface PagedTable {
  readonly file: PageFile;
  readonly root: number;
  readonly fields: number;
  readonly columns: readonly StoredColumn[];
}

/**
 * The rows of a table in COPY's binary format, made of the pages of its file: SQLite need not take them apart.
 * @param counts where to begin, and what was taken
 * @param bySql reads the rows behind `counts.rowid` up to a rowid: all of them where the pages are not what the snapshot
 * shows, else those of a leaf that holds something else than the columns are to hold, and what may be behind the last leaf
 * @throws COPY_SOURCE_UNREADABLE, COPY_MISMATCH where SQLite counts another number of rows
 */
export function* pageBlocks(
  source: SourceDatabase,
  table: TargetTable,
  columns: readonly PlainColumn[],
  counts: RowCounts,
  bySql: (until?: bigint) => Iterable<Buffer>,
): Generator<Buffer, void, undefined> {
  const paged = pagedTable(source, table, columns);
  if (paged) yield* blocksOf(paged, counts, bySql);
  yield* bySql();
  // An index by which rows were counted before may be damaged where the table is not.
  if (!paged || counts.rowsRead === table.content.rows) return;
  const rows = rowsIn(source, table);
  if (counts.rowsRead === rows) return;
  const detail = `${table.name}: ${counts.rowsRead} rows were read of ${rows}`;
  throw new ReasonError('COPY_MISMATCH', { detail });
}

function rowsIn({ connection }: SourceDatabase, { source }: TargetTable): number {
  const counting = connection.prepare(`SELECT count(*) ${rowsBetween(source)}`).pluck();
  return Number(counting.get(LEAST_ROWID, GREATEST_ROWID));
}

/** @returns undefined for a file whose pages are not what the snapshot shows, and for columns that are computed */
function pagedTable(
  source: SourceDatabase,
  { source: table }: TargetTable,
  columns: readonly PlainColumn[],
): PagedTable | undefined {
  const { connection, pages: file } = source;
  if (!file) return undefined;
  const root = connection
    .prepare(`SELECT rootpage FROM main.sqlite_schema WHERE type = 'table' AND name = ?`)
    .pluck()
    .get(table.name) as bigint | undefined;
  const stored = connection
    .prepare(`SELECT name, hidden FROM pragma_table_xinfo(?, 'main')`)
    .all(table.name) as { readonly name: string; readonly hidden: bigint }[];
  if (!root || stored.some(({ hidden }) => hidden !== 0n)) return undefined;
  const names = stored.map(({ name }) => name);
  const found = columns.map((column) => ({
    ...column,
    field: names.indexOf(column.name),
    isRowid: column.name === table.rowidColumn,
  }));
  if (found.some(({ field }) => field < 0)) return undefined;
  return { file, root: Number(root), fields: names.length, columns: found };
}

/** What can be made of pages, and between them what cannot; as far as they are understood. */
function* blocksOf(
  { file, root, fields, columns }: PagedTable,
  counts: RowCounts,
  bySql: (until: bigint) => Iterable<Buffer>,
): Generator<Buffer, void, undefined> {
  const after = Number(counts.rowid ?? NONE_YET);
  const rows = new LeafRows(columns, fields, after);
  function* taken() {
    if (rows.rows === 0) return;
    counts.rowsRead += rows.rows;
    counts.rowid = BigInt(rows.rowid);
    const bytes = rows.take();
    counts.bytes += bytes.length;
    yield bytes;
  }
  let bySqlLeft = MOST_BY_SQL;
  try {
    for (const leaf of tableLeaves(file.reader(), root, after)) {
      if (!rows.hasRoomFor(leaf)) yield* taken();
      if (rows.add(leaf)) {
        bySqlLeft += 1 / SHARE_BY_SQL;
        continue;
      }
      const until = greatestRowid(leaf);
      yield* taken();
      if (--bySqlLeft < 0) break;
      yield* bySql(BigInt(until));
      rows.skipTo(until);
    }
  } catch (error) {
    if (!(error instanceof NotUnderstood)) throw error;
  }
  yield* taken();
}
