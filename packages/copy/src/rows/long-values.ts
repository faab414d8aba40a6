import { isUtf8 } from 'node:buffer';
import { quoted } from '../sqlite/identifiers.js';
import type { SourceDatabase } from '../sqlite/source-database.js';
import type { SourceTable } from '../sqlite/source-table.js';
import { unreadable } from '../sqlite/unreadable.js';
import { HAS_NUL, NOT_UTF8 } from './text-converters.js';
import type { Reject } from './value.js';

/** SQLite has all of a value in memory for each slice that it is asked for: there are few of them. */
const SLICES = 16;

const LEAST_SLICE = 4 * 1024 * 1024;

/** Of a slice that is sent; the rest of it is kept meanwhile. */
const PIECE_BYTES = 256 * 1024;

/** One text or blob that is too long to be had at once, as bytes. */
export class LongValue {
  readonly #sliceBytes: number;
  readonly #slice: (at: number) => Buffer;

  constructor(
    { connection }: SourceDatabase,
    { place, rowid = '', name }: SourceTable,
    column: string,
    row: bigint,
    /** In bytes. */
    readonly length: number,
  ) {
    this.#sliceBytes = Math.max(LEAST_SLICE, Math.ceil(length / SLICES));
    const statement = connection
      .prepare(
        `SELECT substr(CAST(${quoted(column)} AS BLOB), ? + 1, ${this.#sliceBytes})
           FROM ${place} WHERE ${rowid} = ?`,
      )
      .pluck();
    this.#slice = (at) => {
      try {
        return statement.get(at, row) as Buffer;
      } catch (error) {
        throw unreadable(name, error);
      }
    };
  }

  /** All of it, in pieces. @throws COPY_SOURCE_UNREADABLE */
  *pieces(): Generator<Buffer, void, undefined> {
    for (let at = 0; at < this.length; at += this.#sliceBytes) {
      const slice = this.#slice(at);
      for (let from = 0; from < slice.length; from += PIECE_BYTES)
        yield slice.subarray(from, from + PIECE_BYTES);
    }
  }

  /** Why PostgreSQL does not take it as a text; undefined where it does. @throws COPY_SOURCE_UNREADABLE */
  faultAsText(): Reject | undefined {
    for (let at = 0; at < this.length;) {
      const slice = this.#slice(at);
      const isLast = at + slice.length >= this.length;
      const whole = isLast ? slice.length : wholeCharacters(slice);
      if (!isUtf8(slice.subarray(0, whole))) return NOT_UTF8;
      if (slice.includes(0)) return HAS_NUL;
      at += whole;
    }
    return undefined;
  }
}

/** How many bytes there are before a character of UTF-8 that goes on behind them. */
function wholeCharacters(bytes: Buffer): number {
  for (let back = 1; back <= 3; back += 1) {
    const byte = bytes[bytes.length - back] ?? 0;
    if ((byte & 0xc0) === 0x80) continue;
    const length = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc0 ? 2 : 1;
    return length > back ? bytes.length - back : bytes.length;
  }
  return bytes.length;
}
