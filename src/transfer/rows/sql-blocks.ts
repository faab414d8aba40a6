import { quoted } from '../source/identifiers.js';
import type { SourceDatabase } from '../source/source-database.js';
import type { SourceTable } from '../source/source-table.js';
import { unreadable } from '../source/unreadable.js';

/** Rows that SQLite's own SQL has written one after the other. */
export interface SqlBlock {
  readonly rows: number;
  /** Of the columns that were asked about. */
  readonly nulls: number;
  /** Rows for which nothing was written. */
  readonly missing: number;
  /** The greatest rowid. */
  readonly last: bigint;
  readonly bytes: Buffer;
}

const LEAST_ROWID = -(2n ** 63n);
const GREATEST_ROWID = 2n ** 63n - 1n;

type Found = [rows: bigint, nulls: bigint, missing: bigint, last: bigint, bytes: Buffer | null];

/**
 * @param row SQL of what is written for a row; NULL for nothing
 * @param nullable columns whose NULLs are counted
 * @param most rows of a block
 * @returns reads the rows behind one; undefined when there are none
 * @throws COPY_SOURCE_UNREADABLE
 */
export function blockReader(
  { connection }: SourceDatabase,
  { name, place, rowid = '' }: SourceTable,
  row: string,
  nullable: readonly string[],
  most: number,
): (after: bigint | undefined) => SqlBlock | undefined {
  const nulls = nullable.map((column) => `(${quoted(column)} IS NULL)`).join(' + ') || '0';
  const statement = connection
    .prepare(
      `SELECT count(*), sum(nulls), count(*) - count(written), max(place),
              CAST(group_concat(written, '') AS BLOB)
         FROM (SELECT ${rowid} AS place, ${nulls} AS nulls, ${row} AS written
                 FROM ${place} WHERE ${rowid} >= ?
                ORDER BY ${rowid} LIMIT ${most})`,
    )
    .raw();
  return (after) => {
    if (after === GREATEST_ROWID) return undefined;
    try {
      const found = statement.get(after === undefined ? LEAST_ROWID : after + 1n) as Found;
      const [rows, nullCount, missing, last, bytes] = found;
      if (rows === 0n) return undefined;
      return {
        rows: Number(rows),
        nulls: Number(nullCount),
        missing: Number(missing),
        last,
        bytes: bytes ?? Buffer.alloc(0),
      };
    } catch (error) {
      throw unreadable(name, error);
    }
  };
}
