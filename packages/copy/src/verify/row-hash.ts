import type { HashSum } from './hash-sum.js';

/**
 * Two 32-bit hashes of the bytes of a row: FNV-1a with other multipliers, ended as MurmurHash3 is. Every
 * step can be undone, so that two rows that differ in one byte never have the same hash.
 */
export class RowHash {
  #one = 0;
  #other = 0;

  constructor(private readonly sum: HashSum) {
    this.#begin();
  }

  /** The bytes from one position up to another. */
  take(bytes: Uint8Array, from: number, to: number): void {
    let one = this.#one;
    let other = this.#other;
    for (let at = from; at < to; at += 1) {
      const byte = bytes[at] ?? 0;
      one = Math.imul(one ^ byte, 0x01000193);
      other = Math.imul(((other << 5) | (other >>> 27)) ^ byte, 0x9e3779b1);
    }
    this.#one = one;
    this.#other = other;
  }

  /**
   * The bytes from one position through the next delimiter.
   * @returns the position behind it
   */
  takeThrough(bytes: Uint8Array, from: number, delimiter: number): number {
    let one = this.#one;
    let other = this.#other;
    let at = from;
    let byte: number;
    do {
      byte = bytes[at] ?? delimiter;
      one = Math.imul(one ^ byte, 0x01000193);
      other = Math.imul(((other << 5) | (other >>> 27)) ^ byte, 0x9e3779b1);
      at += 1;
    } while (byte !== delimiter);
    this.#one = one;
    this.#other = other;
    return at;
  }

  /** Adds the row to the sum. */
  end(): void {
    this.sum.add(mixed(this.#one), mixed(this.#other));
    this.#begin();
  }

  #begin(): void {
    this.#one = 0x811c9dc5 | 0;
    this.#other = 0x2545f491;
  }
}

/** The end of MurmurHash3: each bit comes to depend on all. */
export function mixed(hash: number): number {
  let bits = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35);
  return (bits ^ (bits >>> 16)) >>> 0;
}
