const HIGHEST = 0x80;
/** Bytes whose value is exact as a double. */
const MOST_BYTES = 7;

/** Reads SQLite's numbers of variable length: https://www.sqlite.org/fileformat2.html#varint */
export class Varints {
  /** Where the next one begins. */
  at = 0;

  /** @returns -1 for one that is longer than seven bytes, or goes on behind `end` */
  next(bytes: Uint8Array, end: number): number {
    const first = bytes[this.at] ?? HIGHEST;
    if (first < HIGHEST && this.at < end) {
      this.at += 1;
      return first;
    }
    let value = 0;
    for (const most = Math.min(end, this.at + MOST_BYTES); this.at < most;) {
      const byte = bytes[this.at] ?? 0;
      this.at += 1;
      if (byte < HIGHEST) return value * HIGHEST + byte;
      value = value * HIGHEST + byte - HIGHEST;
    }
    return -1;
  }
}
