import { LENGTH_BYTES } from '../rows/binary-block.js';
import type { PlainColumn } from '../rows/plain-columns.js';
import type { Lookup3 } from './lookup3.js';

/** Of a number's upper half. */
const NOT_SIGN = 0x7fffffff;

/** What is hashed of a field. */
export type FieldKind = Pick<PlainColumn, 'kind' | 'bytes'>;

/**
 * Takes a field's number into a hash.
 * @param at where its bytes are
 * @returns whether the hash tells it from all others
 */
export function takesNumberWhole(
  hash: Lookup3,
  { kind, bytes }: FieldKind,
  view: DataView,
  at: number,
  length: number,
): boolean {
  if (length < 0) {
    if (kind === 'integer') hash.addWord(0);
    return false;
  }
  const low = bytes === 2 ? view.getInt16(at) : view.getInt32(at + bytes - 4);
  const high = bytes === 8 ? view.getInt32(at) : low >> 31;
  if (kind === 'integer') {
    hash.addWord(low ^ high ^ (high >> 31));
    return high === low >> 31;
  }
  // Zeros of both signs are one number.
  if (((high & NOT_SIGN) | low) === 0) return false;
  hash.addWords(low, high);
  return true;
}

/** Takes what `takesNumberWhole` and the bytes of a field have not told. */
export function takeRest(
  { kind, bytes }: FieldKind,
  view: DataView,
  at: number,
  length: number,
  take: (word: number) => void,
): void {
  take(length < 0 ? 1 : 0);
  if (kind === 'integer' && bytes === 8) take(length < 0 ? 0 : view.getInt32(at));
  if (kind === 'real') take(length >= 0 && Object.is(view.getFloat64(at), -0) ? 1 : 0);
}

/** A row that is taken into a hash piece by piece, so that nobody has to keep it. */
export class OpenRow {
  /** The field that comes next, or goes on. */
  #field = 0;
  /** Bytes of that field that are still to come; undefined before its length. */
  #left: number | undefined;
  #isPlain = true;
  readonly #rest: number[] = [];

  /** @param hash that has begun */
  constructor(
    private readonly columns: readonly FieldKind[],
    private readonly hash: Lookup3,
  ) {}

  /** Whether what was taken so far was told by its hash. */
  get isPlain(): boolean {
    return this.#isPlain;
  }

  get isWhole(): boolean {
    return this.#field === this.columns.length;
  }

  /** @returns the position behind what was taken, from one position on */
  take(view: DataView, from: number): number {
    let at = from;
    for (let next; (next = this.#next(view, at)) !== undefined;) at = next;
    return at;
  }

  /** @returns undefined where nothing can be taken yet */
  #next(view: DataView, from: number): number | undefined {
    if (this.#left !== undefined) return this.#takeBytes(view, from, this.#left);
    const column = this.columns[this.#field];
    return column && this.#takeField(view, from, column);
  }

  #takeField(view: DataView, from: number, column: FieldKind): number | undefined {
    const at = from + LENGTH_BYTES;
    if (at > view.byteLength) return undefined;
    const length = view.getInt32(from);
    const bytes = Math.max(0, length);
    const isNumber = column.kind === 'integer' || column.kind === 'real';
    if (isNumber && at + bytes > view.byteLength) return undefined;
    takeRest(column, view, at, length, (word) => this.#rest.push(word));
    if (isNumber) {
      if (!takesNumberWhole(this.hash, column, view, at, length)) this.#isPlain = false;
      this.#endField();
      return at + bytes;
    }
    if (length < 0) this.#isPlain = false;
    this.hash.beginBytes(bytes);
    this.#left = bytes;
    return at;
  }

  #takeBytes(view: DataView, from: number, left: number): number | undefined {
    const there = Math.min(left, view.byteLength - from);
    const taken = this.hash.takeBytes(view, from, there);
    this.#left = left - taken;
    if (there < left) return taken > 0 ? from + taken : undefined;
    this.hash.endBytes(view, from + taken, there - taken);
    this.#endField();
    return from + there;
  }

  #endField(): void {
    this.#left = undefined;
    this.#field += 1;
    if (this.isWhole && !this.#isPlain) for (const word of this.#rest) this.hash.addWord(word);
  }
}
