import type { PlainColumn } from '../rows/plain-columns.js';
import { Lookup3 } from './lookup3.js';
import type { RowsDigest } from './rows-digest.js';
import { WideSum } from './wide-sum.js';

const TRAILER = -1;
/** Bytes before a row's fields, and before a field. */
const COUNT_BYTES = 2;
const LENGTH_BYTES = 4;

/** What every row begins with. */
export const SEED = 1;
/** In place of NULL; that it is none is told by what follows. */
const NO_BYTES = new DataView(new ArrayBuffer(0));

/**
 * The sum of the hashes of rows of COPY's binary format, as they are sent and as they come back; `serverDigestSql` has a
 * server make the same. The hash of a row goes through its columns. A row that holds a NULL, a zero among real numbers
 * or a whole number of more than 32 bits goes on with what is not told by that.
 */
export class FieldDigest implements RowsDigest {
  readonly #sum: WideSum;
  readonly #hash = new Lookup3();

  /** @param before what `toString` gave for rows that were added before */
  constructor(
    private readonly columns: readonly Pick<PlainColumn, 'kind' | 'bytes'>[],
    before?: string,
  ) {
    this.#sum = new WideSum(before);
  }

  takeStored(bytes: Buffer): number {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    let from = 0;
    for (;;) {
      const end = endOfRow(view, from);
      if (end === undefined) return from;
      if (view.getInt16(from) !== TRAILER) this.#addRow(view, from + COUNT_BYTES);
      from = end;
    }
  }

  toString(): string {
    return String(this.#sum);
  }

  #addRow(view: DataView, fields: number): void {
    const hash = this.#hash;
    hash.begin(SEED);
    let isPlain = true;
    let at = fields;
    for (const { kind, bytes } of this.columns) {
      const length = view.getInt32(at);
      at += LENGTH_BYTES;
      if (kind === 'integer') {
        const low = length < 0 ? 0 : lowOf(view, at, bytes);
        const high = length < 0 ? 0 : highOf(view, at, bytes);
        const sign = high >> 31;
        if (length < 0 || high !== low >> 31) isPlain = false;
        hash.addWord(low ^ high ^ sign);
      } else if (kind === 'real') {
        if (length < 0 || view.getFloat64(at) === 0) isPlain = false;
        else hash.addWords(view.getInt32(at + 4), view.getInt32(at));
      } else {
        if (length < 0) isPlain = false;
        hash.addBytes(length < 0 ? NO_BYTES : view, at, Math.max(0, length));
      }
      at += Math.max(0, length);
    }
    if (!isPlain) this.#addRest(view, fields);
    this.#sum.add(hash.high, hash.low);
  }

  /** What has not been told yet. */
  #addRest(view: DataView, fields: number): void {
    const hash = this.#hash;
    let at = fields;
    for (const { kind, bytes } of this.columns) {
      const length = view.getInt32(at);
      at += LENGTH_BYTES;
      hash.addWord(length < 0 ? 1 : 0);
      if (kind === 'integer' && bytes === 8) hash.addWord(length < 0 ? 0 : view.getInt32(at));
      if (kind === 'real') hash.addWord(length >= 0 && Object.is(view.getFloat64(at), -0) ? 1 : 0);
      at += Math.max(0, length);
    }
  }
}

function lowOf(view: DataView, at: number, bytes: PlainColumn['bytes']): number {
  return bytes === 2 ? view.getInt16(at) : view.getInt32(at + bytes - 4);
}

/** The upper 32 of 64 bits. */
function highOf(view: DataView, at: number, bytes: PlainColumn['bytes']): number {
  return bytes === 8 ? view.getInt32(at) : lowOf(view, at, bytes) >> 31;
}

/** @returns undefined for a row that is not whole yet */
function endOfRow(view: DataView, from: number): number | undefined {
  const { byteLength } = view;
  let at = from + COUNT_BYTES;
  if (at > byteLength) return undefined;
  const fields = view.getInt16(from);
  for (let field = 0; field < fields; field += 1) {
    if (at + LENGTH_BYTES > byteLength) return undefined;
    at += LENGTH_BYTES + Math.max(0, view.getInt32(at));
  }
  return at > byteLength ? undefined : at;
}
