import { COUNT_BYTES, LENGTH_BYTES, NULL_LENGTH, NUMBER_BYTES } from './binary-block.js';
import { IS_TEXT } from './line-sql.js';
import type { PlainColumn } from './plain-columns.js';

const ZERO = 0x30;
const NINE = 0x39;
const MINUS = 0x2d;
const IS_TEXT_BYTE = IS_TEXT.charCodeAt(0);

/** Digits of a whole number that is exact as a double. */
const EXACT_DIGITS = 15;
const TWO_TO_THE_32 = 2 ** 32;

/** Real numbers of a column, row by row. */
export type Reals = readonly (number | null)[];

/** Makes rows of COPY's binary format of what `lineSql` writes and of the real numbers beside it. */
export class LineRows {
  #lines: Uint8Array = new Uint8Array();
  #at = 0;
  #rows = Buffer.alloc(0);
  #view = new DataView(this.#rows.buffer);
  #length = 0;

  constructor(private readonly columns: readonly PlainColumn[]) {}

  /**
   * @param lines of so many rows
   * @param reals of the columns that hold them, in their order
   * @returns undefined when there is something else in the lines
   */
  encode(lines: Buffer, rows: number, reals: readonly Reals[]): Buffer | undefined {
    const { columns } = this;
    const most = COUNT_BYTES + columns.length * (LENGTH_BYTES + NUMBER_BYTES);
    this.#rows = Buffer.allocUnsafe(lines.length + rows * most);
    this.#view = new DataView(this.#rows.buffer, this.#rows.byteOffset, this.#rows.length);
    this.#lines = lines;
    this.#at = this.#length = 0;
    for (let row = 0; row < rows; row += 1) {
      if (!this.#takeRow(row, reals)) return undefined;
    }
    return this.#at === lines.length ? this.#rows.subarray(0, this.#length) : undefined;
  }

  /** @returns whether there is one */
  #takeRow(row: number, reals: readonly Reals[]): boolean {
    const { columns } = this;
    this.#view.setInt16(this.#length, columns.length);
    this.#length += COUNT_BYTES;
    let real = 0;
    for (const { kind, bytes, hasNulls } of columns) {
      if (kind === 'real') {
        this.#writeReal(reals[real]?.[row] ?? null);
        real += 1;
        continue;
      }
      if (hasNulls && this.#lines[this.#at] === 0) {
        this.#at += 1;
        this.#writeLength(NULL_LENGTH);
      } else if (!(kind === 'integer' ? this.#takeInteger(bytes) : this.#takeText(hasNulls)))
        return false;
    }
    return true;
  }

  #takeInteger(bytes: PlainColumn['bytes']): boolean {
    const lines = this.#lines;
    const start = this.#at;
    const isNegative = lines[start] === MINUS;
    const first = isNegative ? start + 1 : start;
    let at = first;
    let value = 0;
    for (let byte; (byte = lines[at] ?? 0) >= ZERO && byte <= NINE; at += 1)
      value = value * 10 + byte - ZERO;
    if (at === first || lines[at] !== 0) return false;
    this.#at = at + 1;
    this.#writeLength(bytes);
    if (at - first <= EXACT_DIGITS) this.#writeInteger(isNegative ? -value : value, bytes);
    else this.#writeDigits(Buffer.from(lines.subarray(start, at)).toString('latin1'));
    return true;
  }

  /** @param value exact */
  #writeInteger(value: number, bytes: PlainColumn['bytes']): void {
    const view = this.#view;
    if (bytes === 2) view.setInt16(this.#length, value);
    else if (bytes === 4) view.setInt32(this.#length, value);
    else {
      view.setInt32(this.#length, Math.floor(value / TWO_TO_THE_32));
      view.setInt32(this.#length + 4, value);
    }
    this.#length += bytes;
  }

  #writeDigits(digits: string): void {
    this.#view.setBigInt64(this.#length, BigInt(digits));
    this.#length += NUMBER_BYTES;
  }

  #writeReal(value: number | null): void {
    if (value === null) {
      this.#writeLength(NULL_LENGTH);
      return;
    }
    this.#writeLength(NUMBER_BYTES);
    this.#view.setFloat64(this.#length, value);
    this.#length += NUMBER_BYTES;
  }

  #takeText(isMarked: boolean): boolean {
    const lines = this.#lines;
    const rows = this.#rows;
    let at = this.#at;
    if (isMarked && lines[at++] !== IS_TEXT_BYTE) return false;
    const start = this.#length + LENGTH_BYTES;
    let to = start;
    for (let byte; (byte = lines[at] ?? 0) !== 0; at += 1) {
      rows[to] = byte;
      to += 1;
    }
    if (at >= lines.length) return false;
    this.#at = at + 1;
    this.#writeLength(to - start);
    this.#length = to;
    return true;
  }

  #writeLength(length: number): void {
    this.#view.setInt32(this.#length, length);
    this.#length += LENGTH_BYTES;
  }
}
