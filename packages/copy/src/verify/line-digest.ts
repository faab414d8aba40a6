import { HashSum } from './hash-sum.js';
import { RowHash } from './row-hash.js';
import type { RowsDigest } from './rows-digest.js';

const TAB = 0x09;
const NEWLINE = 0x0a;
const BACKSLASH = 0x5c;

/**
 * Of lines of COPY's text format, as they are sent and as they come back. A real number counts by its
 * value: the two sides write it in different ways.
 */
export class LineDigest implements RowsDigest {
  readonly #sum: HashSum;
  readonly #hash: RowHash;
  readonly #value = new Float64Array(1);
  readonly #bits = new Uint8Array(this.#value.buffer);

  /**
   * @param areReal which of the columns hold real numbers
   * @param before what `toString` gave for rows that were added before
   */
  constructor(
    private readonly areReal: readonly boolean[],
    before?: string,
  ) {
    this.#sum = new HashSum(before);
    this.#hash = new RowHash(this.#sum);
  }

  takeStored(bytes: Buffer): number {
    const end = bytes.lastIndexOf(NEWLINE) + 1;
    for (let from = 0; from < end;) from = this.#takeLine(bytes, from);
    return end;
  }

  /** @returns where the next one begins */
  #takeLine(bytes: Buffer, start: number): number {
    const { areReal } = this;
    let from = start;
    for (let column = 0; column < areReal.length; column += 1) {
      const delimiter = column === areReal.length - 1 ? NEWLINE : TAB;
      if (areReal[column] === true && bytes[from] !== BACKSLASH) {
        const end = bytes.indexOf(delimiter, from);
        this.#value[0] = realOf(bytes.toString('latin1', from, end));
        this.#hash.take(this.#bits, 0, this.#bits.length);
        from = end;
      }
      // With its delimiter, so that no field can take from its neighbour.
      from = this.#hash.takeThrough(bytes, from, delimiter);
    }
    this.#hash.end();
    return from;
  }

  toString(): string {
    return String(this.#sum);
  }
}

/** @param text as SQLite or PostgreSQL writes a real number: one of them shortens the infinite ones */
function realOf(text: string): number {
  const value = Number(text);
  return Number.isNaN(value) ? Number(text.replace(/Inf$/, 'Infinity')) : value;
}
