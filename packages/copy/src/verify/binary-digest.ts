import { HashSum } from './hash-sum.js';
import type { RowsDigest } from './rows-digest.js';
import { WORD_BYTES, WordHash } from './word-hash.js';

/** Of rows of COPY's binary format, as they are sent and as they come back. */
export class BinaryDigest implements RowsDigest {
  readonly #sum: HashSum;
  readonly #hash: WordHash;
  #open: OpenRow | undefined;

  /** @param before what `toString` gave for rows that were added before */
  constructor(before?: string) {
    this.#sum = new HashSum(before);
    this.#hash = new WordHash(this.#sum);
  }

  takeStored(bytes: Buffer): number {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    let from = this.#open ? this.#takeOpen(this.#open, bytes, view, 0) : 0;
    while (!this.#open) {
      const end = endOfRow(bytes, from);
      if (end === undefined) {
        if (bytes.length - from < LONG_BYTES) return from;
        const open = { fields: bytes.readInt16BE(from), next: COUNT_BYTES };
        return this.#takeOpen(open, bytes, view, from);
      }
      const isTrailer = bytes.readInt16BE(from) === TRAILER;
      if (!isTrailer) this.#hash.add(view, from, end);
      from = end;
    }
    return from;
  }

  /**
   * Takes in as many words of a long row as there are, so that nobody has to keep them.
   * @returns the position behind them
   */
  #takeOpen({ fields, next }: OpenRow, bytes: Buffer, view: DataView, from: number): number {
    let left = fields;
    let at = from + next;
    for (; left > 0 && at + LENGTH_BYTES <= bytes.length; left -= 1)
      at += LENGTH_BYTES + Math.max(0, bytes.readInt32BE(at));
    if (left === 0 && at <= bytes.length) {
      this.#hash.add(view, from, at);
      this.#open = undefined;
      return at;
    }
    const there = Math.min(at, bytes.length);
    const to = there - ((there - from) % WORD_BYTES);
    this.#hash.take(view, from, to);
    this.#open = { fields: left, next: at - to };
    return to;
  }

  toString(): string {
    return String(this.#sum);
  }
}

/** A row that is taken in piece by piece. */
interface OpenRow {
  /** Whose lengths have not been seen. */
  readonly fields: number;
  /** Bytes from what is taken to the length of the next field, or to the end of the row. */
  readonly next: number;
}

/** A row of which so much is there is not waited for. */
const LONG_BYTES = 256 * 1024;

const TRAILER = -1;
/** Bytes before a row's fields, and before a field. */
const COUNT_BYTES = 2;
const LENGTH_BYTES = 4;

/** @returns undefined for a row that is not whole yet */
function endOfRow(bytes: Buffer, from: number): number | undefined {
  let at = from + COUNT_BYTES;
  if (at > bytes.length) return undefined;
  const fields = bytes.readInt16BE(from);
  for (let field = 0; field < fields; field += 1) {
    if (at + LENGTH_BYTES > bytes.length) return undefined;
    const length = bytes.readInt32BE(at);
    at += LENGTH_BYTES + Math.max(0, length);
  }
  return at > bytes.length ? undefined : at;
}
