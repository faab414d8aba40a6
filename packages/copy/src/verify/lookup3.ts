/**
 * Bob Jenkins' lookup3 as PostgreSQL's `hash…extended` functions have it on processors that put the low byte first: a
 * server's partitions are made by them, so that no version has others. The hash so far is the seed of what comes next.
 * A seed of 0, which PostgreSQL leaves out, does not come up: one hash of 2⁶⁴ is 0.
 */
export class Lookup3 {
  /** The hash so far: its two halves, whole numbers of 32 bits. */
  high = 0;
  low = 0;
  /** Within a value that comes in pieces. */
  #a = 0;
  #b = 0;
  #c = 0;

  begin(seed: number): void {
    this.high = 0;
    this.low = seed;
  }

  /** As `hashint4extended`. */
  addWord(word: number): void {
    this.#add(4, word, 0);
  }

  /** As `hashfloat8extended`, other than for zero. */
  addWords(low: number, high: number): void {
    this.#add(8, low, high);
  }

  /** As `hashtextextended` and as bytes are hashed. */
  addBytes(bytes: DataView, from: number, length: number): void {
    const start = (START + length) | 0;
    this.#goOn((start + this.high) | 0, (start + this.low) | 0, start, bytes, from, length);
  }

  /** @param length of bytes that come in pieces */
  beginBytes(length: number): void {
    const start = (START + length) | 0;
    this.#a = (start + this.high) | 0;
    this.#b = (start + this.low) | 0;
    this.#c = start;
  }

  /** @returns how many were taken: whole rounds */
  takeBytes(bytes: DataView, from: number, length: number): number {
    const end = from + length - (length % ROUND_BYTES);
    let a = this.#a | 0;
    let b = this.#b | 0;
    let c = this.#c | 0;
    for (let at = from; at < end; at += ROUND_BYTES) {
      a = (a - c) ^ ((c << 4) | (c >>> 28));
      c = (c + b) | 0;
      b = (b - a) ^ ((a << 6) | (a >>> 26));
      a = (a + c) | 0;
      c = (c - b) ^ ((b << 8) | (b >>> 24));
      b = (b + a) | 0;
      a = (a - c) ^ ((c << 16) | (c >>> 16));
      c = (c + b) | 0;
      b = (b - a) ^ ((a << 19) | (a >>> 13));
      a = (a + c) | 0;
      c = (c - b) ^ ((b << 4) | (b >>> 28));
      b = (b + a) | 0;
      a = (a + bytes.getInt32(at, true)) | 0;
      b = (b + bytes.getInt32(at + 4, true)) | 0;
      c = (c + bytes.getInt32(at + 8, true)) | 0;
    }
    this.#a = a;
    this.#b = b;
    this.#c = c;
    return end - from;
  }

  /** With what is left of them. */
  endBytes(bytes: DataView, from: number, length: number): void {
    this.#goOn(this.#a, this.#b, this.#c, bytes, from, length);
  }

  #goOn(
    first: number,
    second: number,
    third: number,
    bytes: DataView,
    from: number,
    length: number,
  ): void {
    let a = first | 0;
    let b = second | 0;
    let c = third | 0;
    let at = from;
    let left = length;
    for (;;) {
      a = (a - c) ^ ((c << 4) | (c >>> 28));
      c = (c + b) | 0;
      b = (b - a) ^ ((a << 6) | (a >>> 26));
      a = (a + c) | 0;
      c = (c - b) ^ ((b << 8) | (b >>> 24));
      b = (b + a) | 0;
      a = (a - c) ^ ((c << 16) | (c >>> 16));
      c = (c + b) | 0;
      b = (b - a) ^ ((a << 19) | (a >>> 13));
      a = (a + c) | 0;
      c = (c - b) ^ ((b << 4) | (b >>> 28));
      b = (b + a) | 0;
      if (left < ROUND_BYTES) break;
      a = (a + bytes.getInt32(at, true)) | 0;
      b = (b + bytes.getInt32(at + 4, true)) | 0;
      c = (c + bytes.getInt32(at + 8, true)) | 0;
      at += ROUND_BYTES;
      left -= ROUND_BYTES;
    }
    if (left >= 4) a = (a + bytes.getInt32(at, true)) | 0;
    if (left >= 8) b = (b + bytes.getInt32(at + 4, true)) | 0;
    const rest = restOf(bytes, at + (left & ~3), left & 3);
    // The lowest byte of the last word stands for the length.
    if (left >= 8) c = (c + (rest << 8)) | 0;
    else if (left >= 4) b = (b + rest) | 0;
    else a = (a + rest) | 0;
    this.#end(a, b, c);
  }

  #add(length: number, low: number, high: number): void {
    let a = (START + length) | 0;
    let b = a;
    let c = a;
    a = (a + this.high) | 0;
    b = (b + this.low) | 0;
    a = (a - c) ^ ((c << 4) | (c >>> 28));
    c = (c + b) | 0;
    b = (b - a) ^ ((a << 6) | (a >>> 26));
    a = (a + c) | 0;
    c = (c - b) ^ ((b << 8) | (b >>> 24));
    b = (b + a) | 0;
    a = (a - c) ^ ((c << 16) | (c >>> 16));
    c = (c + b) | 0;
    b = (b - a) ^ ((a << 19) | (a >>> 13));
    a = (a + c) | 0;
    c = (c - b) ^ ((b << 4) | (b >>> 28));
    b = (b + a) | 0;
    this.#end((a + low) | 0, (b + high) | 0, c);
  }

  #end(first: number, second: number, third: number): void {
    let a = first | 0;
    let b = second | 0;
    let c = third | 0;
    c = (c ^ b) - ((b << 14) | (b >>> 18));
    a = (a ^ c) - ((c << 11) | (c >>> 21));
    b = (b ^ a) - ((a << 25) | (a >>> 7));
    c = (c ^ b) - ((b << 16) | (b >>> 16));
    a = (a ^ c) - ((c << 4) | (c >>> 28));
    b = (b ^ a) - ((a << 14) | (a >>> 18));
    c = (c ^ b) - ((b << 24) | (b >>> 8));
    this.high = b | 0;
    this.low = c | 0;
  }
}

const ROUND_BYTES = 12;
const START = 0x9e3779b9 + 3923095;

/** Up to three bytes, the lowest first. */
function restOf(bytes: DataView, at: number, length: number): number {
  let rest = 0;
  for (let byte = length - 1; byte >= 0; byte -= 1) rest = (rest << 8) | bytes.getUint8(at + byte);
  return rest;
}
