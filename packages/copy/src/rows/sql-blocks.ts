import { quoted } from '../sqlite/identifiers.js';
import type { SourceDatabase } from '../sqlite/source-database.js';
import type { SourceTable } from '../sqlite/source-table.js';
import { unreadable } from '../sqlite/unreadable.js';

/** Rows that SQLite's own SQL has written one after the other. */
export interface SqlBlock {
  readonly rows: number;
  /** Of the columns that were asked about. */
  readonly nulls: number;
  /** No row up to this rowid is left. */
  readonly last: bigint;
  readonly bytes: Buffer;
}

export const LEAST_ROWID = -(2n ** 63n);
export const GREATEST_ROWID = 2n ** 63n - 1n;

type Found = [rows: bigint, nulls: bigint, bytes: Buffer | null];

/**
 * @param row SQL of what is written for a row; NULL for nothing
 * @param nullable columns whose NULLs are counted
 * @param most rows of a block
 * @returns reads the rows behind one; undefined when there are none
 * @throws COPY_SOURCE_UNREADABLE
 */
export function blockReader(
  source: SourceDatabase,
  table: SourceTable,
  row: string,
  nullable: readonly string[],
  most: number,
): (after: bigint | undefined) => SqlBlock | undefined {
  const { connection } = source;
  const { name, place, rowid = '' } = table;
  const nulls = nullable.map((column) => `(${quoted(column)} IS NULL)`).join(' + ');
  const endAfter = portionFinder(source, table, most);
  const block = connection
    .prepare(
      `SELECT count(*), ${nulls === '' ? 0 : `sum(${nulls})`}, CAST(group_concat(${row}, '') AS BLOB)
         FROM ${place} WHERE ${rowid} BETWEEN ? AND ?`,
    )
    .raw();
  return (after) => {
    if (after === GREATEST_ROWID) return undefined;
    const last = endAfter(after);
    try {
      const first = after === undefined ? LEAST_ROWID : after + 1n;
      const [rows, nullCount, bytes] = block.get(first, last) as Found;
      if (rows === 0n) return undefined;
      return {
        rows: Number(rows),
        nulls: Number(nullCount),
        last,
        bytes: bytes ?? Buffer.alloc(0),
      };
    } catch (error) {
      throw unreadable(name, error);
    }
  };
}

/**
 * @param most rows
 * @returns finds where so many rows end behind one; the greatest rowid that there can be when there are fewer
 * @throws COPY_SOURCE_UNREADABLE
 */
export function portionFinder(
  { connection }: SourceDatabase,
  { name, place, rowid = '' }: SourceTable,
  most: number,
): (after: bigint | undefined) => bigint {
  // Finding where a block ends costs less than a LIMIT, whose rows SQLite puts aside first.
  const end = connection
    .prepare(
      `SELECT ${rowid} FROM ${place} WHERE ${rowid} >= ?
        ORDER BY ${rowid} LIMIT 1 OFFSET ${most - 1}`,
    )
    .pluck();
  return (after) => {
    if (after === GREATEST_ROWID) return after;
    try {
      const first = after === undefined ? LEAST_ROWID : after + 1n;
      return (end.get(first) as bigint | undefined) ?? GREATEST_ROWID;
    } catch (error) {
      throw unreadable(name, error);
    }
  };
}
