const FOLD_EVERY = 2 ** 20;

/**
 * The sum of the hashes of rows: the same for the same rows in any order, and another when one is
 * missing, there twice, or changed.
 */
export class HashSum {
  #one = 0n;
  #other = 0n;
  /** What is not in the sums yet: numbers add faster. */
  #ones = 0;
  #others = 0;
  #added = 0;

  /** @param before what `toString` gave for rows that were added before */
  constructor(before?: string) {
    if (before === undefined) return;
    this.#one = BigInt(`0x${before.slice(0, 16)}`);
    this.#other = BigInt(`0x${before.slice(16)}`);
  }

  /** Two halves of a row's hash, whole numbers below 2³². */
  add(one: number, other: number): void {
    this.#ones += one;
    this.#others += other;
    this.#added += 1;
    if (this.#added === FOLD_EVERY) this.#fold();
  }

  /** 32 hexadecimal digits. */
  toString(): string {
    this.#fold();
    return [this.#one, this.#other]
      .map((half) => BigInt.asUintN(64, half).toString(16).padStart(16, '0'))
      .join('');
  }

  #fold(): void {
    this.#one += BigInt(this.#ones);
    this.#other += BigInt(this.#others);
    this.#ones = this.#others = this.#added = 0;
  }
}
