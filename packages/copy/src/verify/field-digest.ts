import { COUNT_BYTES, LENGTH_BYTES } from '../rows/binary-block.js';
import { Lookup3 } from './lookup3.js';
import { type FieldKind, OpenRow, takeRest, takesNumberWhole } from './open-row.js';
import type { RowsDigest } from './rows-digest.js';
import { WideSum } from './wide-sum.js';

const TRAILER = -1;

/** A row of which so much is there is not waited for. */
const LONG_BYTES = 256 * 1024;

/** What every row begins with. */
export const SEED = 1;

/**
 * The sum of the hashes of rows of COPY's binary format, as they are sent and as they come back; `serverDigestSql` has a
 * server make the same. The hash of a row goes through its columns. A row that holds a NULL, a zero among real numbers
 * or a whole number of more than 32 bits goes on with what is not told by that.
 */
export class FieldDigest implements RowsDigest {
  readonly #sum: WideSum;
  readonly #hash = new Lookup3();
  readonly #addWord = (word: number) => {
    this.#hash.addWord(word);
  };
  #open: OpenRow | undefined;
  #isPlain: boolean | undefined;

  /** @param before what `toString` gave for rows that were added before */
  constructor(
    private readonly columns: readonly FieldKind[],
    before?: string,
  ) {
    this.#sum = new WideSum(before);
    // Of rows that were added before it is not known.
    this.#isPlain = before === undefined ? true : undefined;
  }

  get isPlain(): boolean | undefined {
    return this.#isPlain;
  }

  takeStored(bytes: Buffer): number {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    let from = this.#open ? this.#takeOpen(this.#open, view, 0) : 0;
    while (!this.#open) {
      const end = this.#takeRow(view, from);
      if (end !== undefined) from = end;
      else if (bytes.length - from < LONG_BYTES) break;
      else {
        this.#hash.begin(SEED);
        from = this.#takeOpen(new OpenRow(this.columns, this.#hash), view, from + COUNT_BYTES);
      }
    }
    return from;
  }

  toString(): string {
    return String(this.#sum);
  }

  /** @returns the position behind what was taken */
  #takeOpen(row: OpenRow, view: DataView, from: number): number {
    const at = row.take(view, from);
    this.#open = row.isWhole ? undefined : row;
    if (row.isWhole) {
      if (!row.isPlain) this.#isPlain = false;
      this.#sum.add(this.#hash.high, this.#hash.low);
    }
    return at;
  }

  /** @returns the position behind it; undefined for a row that is not whole yet, of which nothing is kept */
  #takeRow(view: DataView, from: number): number | undefined {
    const { byteLength } = view;
    const hash = this.#hash;
    const fields = from + COUNT_BYTES;
    if (fields > byteLength) return undefined;
    if (view.getInt16(from) === TRAILER) return fields;
    hash.begin(SEED);
    let isPlain = true;
    let at = fields;
    for (const column of this.columns) {
      const start = at + LENGTH_BYTES;
      if (start > byteLength) return undefined;
      const length = view.getInt32(at);
      at = start + Math.max(0, length);
      if (at > byteLength) return undefined;
      if (column.kind === 'integer' || column.kind === 'real') {
        if (!takesNumberWhole(hash, column, view, start, length)) isPlain = false;
      } else {
        if (length < 0) isPlain = false;
        hash.addBytes(view, start, at - start);
      }
    }
    if (!isPlain) {
      this.#isPlain = false;
      this.#addRest(view, fields);
    }
    this.#sum.add(hash.high, hash.low);
    return at;
  }

  /** What has not been told yet. */
  #addRest(view: DataView, fields: number): void {
    let at = fields;
    for (const column of this.columns) {
      const length = view.getInt32(at);
      at += LENGTH_BYTES;
      takeRest(column, view, at, length, this.#addWord);
      at += Math.max(0, length);
    }
  }
}
