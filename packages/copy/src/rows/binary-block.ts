/** What COPY's binary format begins with: https://www.postgresql.org/docs/current/sql-copy.html */
export const BINARY_HEADER = Buffer.from('PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0', 'latin1');

/** Bytes before the fields of a row, before each of them, and of a number. */
export const COUNT_BYTES = 2;
export const LENGTH_BYTES = 4;
export const NUMBER_BYTES = 8;
export const NULL_LENGTH = -1;

const BLOCK_BYTES = 256 * 1024;

/** Rows of COPY's binary format, written one after the other. */
export class BinaryBlock {
  #bytes = Buffer.allocUnsafe(BLOCK_BYTES);
  #length = 0;
  #rowStart = 0;

  get isFull(): boolean {
    return this.#length >= BLOCK_BYTES;
  }

  beginRow(fields: number): void {
    this.#rowStart = this.#length;
    this.#reserve(2);
    this.#length = this.#bytes.writeInt16BE(fields, this.#length);
  }

  /** Takes back the row that was begun. */
  dropRow(): void {
    this.#length = this.#rowStart;
  }

  writeNull(): void {
    this.writeLength(NULL_LENGTH);
  }

  writeText(value: string): void {
    // UTF-16 has at most three bytes of UTF-8 for each of its units.
    this.#reserve(4 + 3 * value.length);
    const at = this.#length;
    this.#length = at + 4 + this.#bytes.write(value, at + 4);
    this.#bytes.writeInt32BE(this.#length - at - 4, at);
  }

  /** Of a field whose bytes come from elsewhere, behind what is taken next. */
  writeLength(length: number): void {
    this.#reserve(4);
    this.#length = this.#bytes.writeInt32BE(length, this.#length);
  }

  writeBytes(value: Buffer): void {
    this.#reserve(4 + value.length);
    this.writeLength(value.length);
    this.#length += value.copy(this.#bytes, this.#length);
  }

  /** @param size 2, 4 or 8 bytes, which hold the value */
  writeInteger(value: bigint, size: 2 | 4 | 8): void {
    this.#reserve(4 + size);
    this.writeLength(size);
    const at = this.#length;
    if (size === 8) this.#length = this.#bytes.writeBigInt64BE(value, at);
    else this.#length = this.#bytes.writeIntBE(Number(value), at, size);
  }

  writeReal(value: number): void {
    this.#reserve(4 + 8);
    this.writeLength(8);
    this.#length = this.#bytes.writeDoubleBE(value, this.#length);
  }

  /** What is written, which is then no longer kept. */
  take(): Buffer {
    const bytes = this.#bytes.subarray(0, this.#length);
    this.#bytes = Buffer.allocUnsafe(BLOCK_BYTES);
    this.#length = 0;
    return bytes;
  }

  #reserve(bytes: number): void {
    const needed = this.#length + bytes;
    if (needed <= this.#bytes.length) return;
    const larger = Buffer.allocUnsafe(Math.max(needed, this.#bytes.length * 2));
    this.#bytes.copy(larger, 0, 0, this.#length);
    this.#bytes = larger;
  }
}
