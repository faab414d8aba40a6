import { HashSum } from './hash-sum.js';
import type { RowsDigest } from './rows-digest.js';
import { WordHash } from './word-hash.js';

/** Of rows of COPY's binary format, as they are sent and as they come back. */
export class BinaryDigest implements RowsDigest {
  readonly #sum: HashSum;
  readonly #hash: WordHash;

  /** @param before what `toString` gave for rows that were added before */
  constructor(before?: string) {
    this.#sum = new HashSum(before);
    this.#hash = new WordHash(this.#sum);
  }

  takeStored(bytes: Buffer): number {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    let from = 0;
    for (;;) {
      const end = endOfRow(bytes, from);
      if (end === undefined) return from;
      const isTrailer = bytes.readInt16BE(from) === TRAILER;
      if (!isTrailer) this.#hash.add(view, from, end);
      from = end;
    }
  }

  toString(): string {
    return String(this.#sum);
  }
}

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
