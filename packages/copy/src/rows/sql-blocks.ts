import type { SourceDatabase } from '../sqlite/source-database.js';
import type { SourceTable } from '../sqlite/source-table.js';
import { unreadable } from '../sqlite/unreadable.js';

/** Rows that SQLite's own SQL has written one after the other. */
export interface SqlBlock {
  readonly rows: number;
  /** All of them, and no others, have rowids from this one up to `last`. */
  readonly first: bigint;
  readonly last: bigint;
  readonly bytes: Buffer;
}

const NOT_INDEXED = ' NOT INDEXED';

export const LEAST_ROWID = -(2n ** 63n);
export const GREATEST_ROWID = 2n ** 63n - 1n;

type Found = [rows: bigint, bytes: Buffer | null];

/**
 * @param row SQL of what is written for a row; NULL for nothing
 * @param most rows of a block
 * @returns reads the rows behind one, up to another; undefined when there are none
 * @throws COPY_SOURCE_UNREADABLE
 */
export function blockReader(
  source: SourceDatabase,
  table: SourceTable,
  row: string,
  most: number,
): (after: bigint | undefined, until?: bigint) => SqlBlock | undefined {
  const { connection } = source;
  const { name } = table;
  const endAfter = portionFinder(source, table, most);
  const block = connection
    .prepare(`SELECT count(*), CAST(group_concat(${row}, '') AS BLOB) ${rowsBetween(table)}`)
    .raw();
  return (after, until = GREATEST_ROWID) => {
    if (after !== undefined && after >= until) return undefined;
    const first = after === undefined ? LEAST_ROWID : after + 1n;
    const end = endAfter(after);
    const last = end < until ? end : until;
    try {
      const [rows, bytes] = block.get(first, last) as Found;
      if (rows === 0n) return undefined;
      return {
        rows: Number(rows),
        first,
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

/** SQL: the rows from one rowid up to another, in the order of rowids, by which nothing else leads to them. */
export function rowsBetween({ place, rowid = '' }: SourceTable): string {
  const unindexed = place.endsWith(NOT_INDEXED) ? place : `${place}${NOT_INDEXED}`;
  return `FROM ${unindexed} WHERE ${rowid} BETWEEN ? AND ?`;
}
