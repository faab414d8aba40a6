import type { HashSum } from './hash-sum.js';
import { mixed } from './row-hash.js';

const WORD_BYTES = 4;

/**
 * Two 32-bit hashes of the bytes of a row, four bytes at a time: MurmurHash3, and FNV-1a with another multiplier and a
 * rotation. Every step can be undone, so that two rows of one length that differ in one word never have the same hash.
 */
export class WordHash {
  constructor(private readonly sum: HashSum) {}

  /**
   * Adds a row to the sum.
   * @param bytes in which it is, from one position up to another
   */
  add(bytes: DataView, from: number, to: number): void {
    let one = 0x811c9dc5 | 0;
    let other = 0x2545f491;
    let at = from;
    for (const last = to - WORD_BYTES; at <= last; at += WORD_BYTES) {
      const word = bytes.getInt32(at, true);
      one = murmured(one, word);
      other = Math.imul(((other << 5) | (other >>> 27)) ^ word, 0x9e3779b1);
    }
    let rest = to - from;
    for (; at < to; at += 1) rest = (rest << 8) ^ bytes.getUint8(at);
    this.sum.add(
      mixed(murmured(one, rest)),
      mixed(Math.imul(((other << 5) | (other >>> 27)) ^ rest, 0x9e3779b1)),
    );
  }
}

function murmured(hash: number, word: number): number {
  const scrambled = Math.imul(word, 0xcc9e2d51);
  const mix = hash ^ Math.imul((scrambled << 15) | (scrambled >>> 17), 0x1b873593);
  return (Math.imul((mix << 13) | (mix >>> 19), 5) + 0xe6546b64) | 0;
}
