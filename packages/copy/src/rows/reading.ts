import type { RejectedRow } from './convert-rows.js';

/** What the rows of one table came to. */
export interface RowCounts {
  rowsRead: number;
  rowsRejected: number;
  bytes: number;
  /** Of the last row that was looked at; undefined before the first and for a table without rowids. */
  rowid: bigint | undefined;
  /** The block that was given last ends within a row. */
  isWithinRow?: boolean;
}

/** What the rows of a table are read with. */
export interface Reading {
  /**
   * Is added to; what it holds belongs to the blocks that were taken. With a `rowid` the rows behind
   * that one are read.
   */
  readonly counts: RowCounts;
  /** Is told each row that is left out, once. */
  readonly rejected: (row: RejectedRow) => void;
  /** Whether a digest is made, and that of the rows before. */
  readonly digest: { readonly before: string | undefined } | undefined;
}
