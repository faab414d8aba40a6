const FOLD_EVERY = 2 ** 20;
const BITS = 128;

/** The exact sum of whole numbers of 64 bits. */
export class WideSum {
  #sum = 0n;
  /** What is not in the sum yet, in halves: numbers add faster. */
  #highs = 0;
  #lows = 0;
  #added = 0;

  /** @param before what `toString` gave for what was added before */
  constructor(before?: string) {
    if (before !== undefined) this.#sum = BigInt(`0x${before}`);
  }

  /** The two halves of a number, each a whole number of 32 bits. */
  add(high: number, low: number): void {
    this.#highs += high;
    this.#lows += low >>> 0;
    this.#added += 1;
    if (this.#added === FOLD_EVERY) this.#fold();
  }

  addWhole(value: bigint): void {
    this.#sum += value;
  }

  /** 32 hexadecimal digits. */
  toString(): string {
    this.#fold();
    return BigInt.asUintN(BITS, this.#sum)
      .toString(16)
      .padStart(BITS / 4, '0');
  }

  #fold(): void {
    this.#sum += (BigInt(this.#highs) << 32n) + BigInt(this.#lows);
    this.#highs = this.#lows = this.#added = 0;
  }
}
