import { isUtf8 } from 'node:buffer';
import { cellAt, type Leaf } from '../sqlite/pages/table-leaves.js';
import { Varints } from '../sqlite/pages/varint.js';
import { COUNT_BYTES, LENGTH_BYTES, NULL_LENGTH, NUMBER_BYTES } from './binary-block.js';
import type { PlainColumn } from './plain-columns.js';

const BLOCK_BYTES = 96 * 1024;

/** SQLite's serial types: https://www.sqlite.org/fileformat2.html#record_format */
const NULL = 0;
const SIX_BYTES = 5;
const EIGHT_BYTES = 6;
const REAL = 7;
const ZERO = 8;
const ONE = 9;
const FIRST_BLOB = 12;
/** Bytes of those that are neither text nor blob. */
const BYTES = Uint8Array.of(0, 1, 2, 3, 4, 6, 8, 8, 0, 0);

/** Bytes of a text up to which a loop is as fast as what is native. */
const SHORT_BYTES = 64;

/** So much less than a page holds is the most that a row has in its leaf alone. */
const BEYOND_PAYLOAD = 35;

/** Of a whole number that is exact as a double. */
const MOST_EXACT_BYTES = 6;
const TWO_TO_THE_32 = 2 ** 32;
const WORD_BYTES = 4;
/** Of each byte of a word. */
const NOT_ASCII = 0x80808080;
/** In the upper half of a double: its exponent is that of an infinity, or of no number, which SQLite takes for NULL. */
const NOT_FINITE = 0x7ff00000;

/** A column as it is stored. */
export interface StoredColumn extends PlainColumn {
  /** Among the fields of a row. */
  readonly field: number;
  /** Its values are the rowids. */
  readonly isRowid: boolean;
}

/**
 * Makes rows of COPY's binary format of the leaves of a table. Whole numbers and reals have the same bytes in both; a leaf
 * that holds anything else than its columns are to hold is not taken.
 */
export class LeafRows {
  rows = 0;
  #rowid: number;
  #bytes = Buffer.allocUnsafe(BLOCK_BYTES);
  #view = viewOf(this.#bytes);
  #length = 0;
  readonly #varints = new Varints();
  readonly #types: Int32Array;
  readonly #starts: Uint32Array;

  /**
   * @param fields of each row
   * @param after rows up to this rowid are left out
   */
  constructor(
    private readonly columns: readonly StoredColumn[],
    private readonly fields: number,
    after: number,
  ) {
    this.#rowid = after;
    this.#types = new Int32Array(fields);
    this.#starts = new Uint32Array(fields);
  }

  /** Of the last row that was taken. */
  get rowid(): number {
    return this.#rowid;
  }

  /** Rows up to this rowid were read otherwise. */
  skipTo(rowid: number): void {
    this.#rowid = rowid;
  }

  /** Whether the block has room for what may come of a leaf. */
  hasRoomFor({ cells, start, end }: Leaf): boolean {
    const { length } = this.#bytes;
    return this.#length + mostBytes(cells, this.columns.length, end - start) <= length;
  }

  /** @returns whether it was taken, whole: else nothing of it was */
  add(leaf: Leaf): boolean {
    const most = mostBytes(leaf.cells, this.columns.length, leaf.end - leaf.start);
    if (this.#length === 0 && most > this.#bytes.length) this.#renew(most);
    const [length, rowid] = [this.#length, this.#rowid];
    let rows = 0;
    for (let cell = 0; cell < leaf.cells; cell += 1) {
      const taken = this.#takeCell(leaf, cellAt(leaf, cell), rowid);
      if (taken === undefined) {
        this.#length = length;
        this.#rowid = rowid;
        return false;
      }
      rows += taken;
    }
    this.rows += rows;
    return true;
  }

  /** What is written, which is then no longer kept. */
  take(): Buffer {
    const bytes = this.#bytes.subarray(0, this.#length);
    this.#renew(BLOCK_BYTES);
    this.rows = 0;
    return bytes;
  }

  #renew(size: number): void {
    this.#bytes = Buffer.allocUnsafe(size);
    this.#view = viewOf(this.#bytes);
    this.#length = 0;
  }

  /** @returns how many rows were taken; undefined where it is not understood */
  #takeCell(leaf: Leaf, at: number, after: number): 0 | 1 | undefined {
    const { bytes, start, end } = leaf;
    const varints = this.#varints;
    varints.at = at;
    const payload = varints.next(bytes, end);
    const rowid = varints.next(bytes, end);
    if (payload < 0 || rowid < 0) return undefined;
    if (rowid <= after) return 0;
    const body = varints.at;
    if (rowid <= this.#rowid || payload > end - start - BEYOND_PAYLOAD || body + payload > end)
      return undefined;
    // Rows of a damaged page may have bytes in common, which come to more than it has.
    if (this.#length + mostBytes(1, this.columns.length, payload) > this.#bytes.length)
      return undefined;
    if (!this.#takeHeader(bytes, body, body + payload)) return undefined;
    this.#rowid = rowid;
    this.#view.setInt16(this.#length, this.columns.length);
    this.#length += COUNT_BYTES;
    for (const column of this.columns) {
      if (!this.#takeField(leaf, column)) return undefined;
    }
    return 1;
  }

  /** @returns whether the fields are as many as they are to be, and are all there is */
  #takeHeader(bytes: Buffer, from: number, to: number): boolean {
    const varints = this.#varints;
    const size = varints.next(bytes, to);
    const end = from + size;
    if (size < 0 || end > to) return false;
    let start = end;
    for (let field = 0; field < this.fields; field += 1) {
      const type = varints.next(bytes, end);
      if (type < 0 || (type > ONE && type < FIRST_BLOB)) return false;
      this.#types[field] = type;
      this.#starts[field] = start;
      start += bytesOf(type);
    }
    return varints.at === end && start === to;
  }

  #takeField(leaf: Leaf, column: StoredColumn): boolean {
    const type = this.#types[column.field] ?? 0;
    const at = this.#starts[column.field] ?? 0;
    if (column.isRowid) return type === NULL && this.#writeRowid(column.bytes);
    if (type === NULL) {
      this.#writeLength(NULL_LENGTH);
      return column.hasNulls;
    }
    switch (column.kind) {
      case 'integer':
        return this.#takeInteger(leaf.view, at, type, column.bytes);
      case 'real':
        return this.#takeReal(leaf, at, type, column);
      case 'text':
        return type > FIRST_BLOB && type % 2 === 1 && this.#takeText(leaf, at, bytesOf(type));
      case 'blob':
        return false;
    }
  }

  /** The bytes of both are those of the number, the highest first; shorter ones get more of the sign in front. */
  #takeInteger(view: DataView, at: number, type: number, size: PlainColumn['bytes']): boolean {
    if (type === REAL || type > ONE) return false;
    const low = lowOf(view, at, type);
    const high = type === SIX_BYTES || type === EIGHT_BYTES ? highOf(view, at, type) : low >> 31;
    this.#writeLength(size);
    const to = this.#length;
    this.#length += size;
    if (size === 8) {
      this.#view.setInt32(to, high);
      this.#view.setInt32(to + 4, low);
      return true;
    }
    if (size === 4) this.#view.setInt32(to, low);
    else this.#view.setInt16(to, low);
    return high === low >> 31 && (size === 4 || low === (low << 16) >> 16);
  }

  /** Whole numbers stand for reals in columns of that affinity alone. */
  #takeReal({ bytes, view }: Leaf, at: number, type: number, { source }: StoredColumn): boolean {
    this.#writeLength(NUMBER_BYTES);
    const to = this.#length;
    this.#length += NUMBER_BYTES;
    if (type === REAL) {
      const high = view.getInt32(at);
      this.#view.setInt32(to, high);
      this.#view.setInt32(to + 4, view.getInt32(at + 4));
      return (high & NOT_FINITE) !== NOT_FINITE;
    }
    const length = bytesOf(type);
    if (type > ONE || length > MOST_EXACT_BYTES || source.affinity !== 'REAL') return false;
    this.#view.setFloat64(to, type > REAL ? type - ZERO : bytes.readIntBE(at, length));
    return true;
  }

  #takeText({ bytes, view }: Leaf, at: number, length: number): boolean {
    const end = at + length;
    if (length > SHORT_BYTES) {
      const text = bytes.subarray(at, end);
      this.#writeLength(length);
      this.#length += bytes.copy(this.#bytes, this.#length, at, end);
      return isUtf8(text) && !text.includes(0);
    }
    this.#writeLength(length);
    const target = this.#view;
    let to = this.#length;
    let from = at;
    let seen = 0;
    for (; from + WORD_BYTES <= end; from += WORD_BYTES, to += WORD_BYTES) {
      const word = view.getInt32(from);
      if (hasZeroByte(word)) return false;
      seen |= word;
      target.setInt32(to, word);
    }
    for (; from < end; from += 1, to += 1) {
      const byte = bytes[from] ?? 0;
      if (byte === 0) return false;
      seen |= byte;
      target.setUint8(to, byte);
    }
    this.#length = to;
    return (seen & NOT_ASCII) === 0 || isUtf8(bytes.subarray(at, end));
  }

  #writeRowid(size: PlainColumn['bytes']): boolean {
    const view = this.#view;
    const at = this.#length + LENGTH_BYTES;
    const rowid = this.#rowid;
    this.#writeLength(size);
    this.#length += size;
    if (size !== 8) {
      if (size === 4) view.setInt32(at, rowid);
      else view.setInt16(at, rowid);
      return rowid < 2 ** (size * 8 - 1);
    }
    view.setInt32(at, Math.floor(rowid / TWO_TO_THE_32));
    view.setInt32(at + 4, rowid);
    return true;
  }

  #writeLength(length: number): void {
    this.#view.setInt32(this.#length, length);
    this.#length += LENGTH_BYTES;
  }
}

/** The lower 32 bits of a whole number. */
function lowOf(view: DataView, at: number, type: number): number {
  switch (type) {
    case 1:
      return view.getInt8(at);
    case 2:
      return view.getInt16(at);
    case 3:
      return (view.getInt8(at) << 16) | view.getUint16(at + 1);
    case 4:
      return view.getInt32(at);
    case SIX_BYTES:
      return view.getInt32(at + 2);
    case EIGHT_BYTES:
      return view.getInt32(at + 4);
    default:
      return type - ZERO;
  }
}

/** The upper 32 of 64 bits. */
function highOf(view: DataView, at: number, type: number): number {
  return type === SIX_BYTES ? view.getInt16(at) : view.getInt32(at);
}

/** https://graphics.stanford.edu/~seander/bithacks.html#ZeroInWord */
function hasZeroByte(word: number): boolean {
  return ((word - 0x01010101) & ~word & NOT_ASCII) !== 0;
}

/** Bytes of a value by its serial type. */
function bytesOf(type: number): number {
  return type > ONE ? Math.floor((type - FIRST_BLOB) / 2) : (BYTES[type] ?? 0);
}

function viewOf({ buffer, byteOffset, length }: Buffer): DataView {
  return new DataView(buffer, byteOffset, length);
}

/** Bytes that rows take at most, which are so many in the file. */
function mostBytes(rows: number, columns: number, bytes: number): number {
  return rows * (COUNT_BYTES + columns * (LENGTH_BYTES + NUMBER_BYTES)) + bytes;
}
