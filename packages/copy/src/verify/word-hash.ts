import type { HashSum } from './hash-sum.js';
import { mixed } from './row-hash.js';

export const WORD_BYTES = 4;

const SEED = 0x811c9dc5 | 0;
const OTHER_SEED = 0x2545f491;

/**
 * Two 32-bit hashes of the bytes of a row, four bytes at a time: MurmurHash3, and FNV-1a with another multiplier and a
 * rotation. Every step can be undone, so that two rows of one length that differ in one word never have the same hash.
 */
export class WordHash {
  #one = SEED;
  #other = OTHER_SEED;
  /** Of the row that has begun. */
  #taken = 0;

  constructor(private readonly sum: HashSum) {}

  /**
   * Takes in what a row begins with, or goes on with.
   * @param bytes in which it is, from one position up to another: whole words
   */
  take(bytes: DataView, from: number, to: number): void {
    let one = this.#one;
    let other = this.#other;
    for (let at = from; at < to; at += WORD_BYTES) {
      const word = bytes.getInt32(at, true);
      one = murmured(one, word);
      other = Math.imul(((other << 5) | (other >>> 27)) ^ word, 0x9e3779b1);
    }
    this.#one = one;
    this.#other = other;
    this.#taken += to - from;
  }

  /**
   * Adds a row to the sum.
   * @param bytes in which it is, or what is left of it, from one position up to another
   */
  add(bytes: DataView, from: number, to: number): void {
    let at = to - ((to - from) % WORD_BYTES);
    this.take(bytes, from, at);
    let rest = this.#taken + to - at;
    for (; at < to; at += 1) rest = (rest << 8) ^ bytes.getUint8(at);
    this.sum.add(
      mixed(murmured(this.#one, rest)),
      mixed(Math.imul(((this.#other << 5) | (this.#other >>> 27)) ^ rest, 0x9e3779b1)),
    );
    this.#one = SEED;
    this.#other = OTHER_SEED;
    this.#taken = 0;
  }
}

function murmured(hash: number, word: number): number {
  const scrambled = Math.imul(word, 0xcc9e2d51);
  const mix = hash ^ Math.imul((scrambled << 15) | (scrambled >>> 17), 0x1b873593);
  return (Math.imul((mix << 13) | (mix >>> 19), 5) + 0xe6546b64) | 0;
}
