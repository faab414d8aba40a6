import { createHash } from 'node:crypto';
import type { Value } from '../rows/value.js';
import type { TargetColumn } from '../target/target-table.js';
import { type Canonical, canonicalFor } from './canonical.js';

/**
 * The sum of the hashes of rows: the same for the same rows in any order, and another when one is
 * missing, there twice, or changed.
 */
export class RowDigest {
  readonly #canonical: readonly Canonical[];
  #high = 0n;
  #low = 0n;
  #rows = 0;

  /** @param before what `toString` gave for rows that were added before */
  constructor(columns: readonly TargetColumn[], before?: string) {
    this.#canonical = columns.map(canonicalFor);
    if (before === undefined) return;
    this.#high = BigInt(`0x${before.slice(0, 16)}`);
    this.#low = BigInt(`0x${before.slice(16)}`);
  }

  get rows(): number {
    return this.#rows;
  }

  addSource(values: readonly Value[]): void {
    this.#add(
      this.#canonical.map(({ ofSource }, index) => {
        const value = values[index] ?? null;
        return value === null ? null : ofSource(value);
      }),
    );
  }

  addTarget(fields: readonly (string | null)[]): void {
    this.#add(
      this.#canonical.map(({ ofTarget }, index) => {
        const field = fields[index] ?? null;
        return field === null ? null : ofTarget(field);
      }),
    );
  }

  /** 32 hexadecimal digits. */
  toString(): string {
    return [this.#high, this.#low]
      .map((half) => BigInt.asUintN(64, half).toString(16).padStart(16, '0'))
      .join('');
  }

  /** Each value with its length before it, so that none can take from its neighbour. */
  #add(values: readonly (string | null)[]): void {
    const hash = createHash('md5');
    for (const value of values) hash.update(value === null ? '-;' : `${value.length}:${value};`);
    const bytes = hash.digest();
    this.#high += bytes.readBigUInt64BE(0);
    this.#low += bytes.readBigUInt64BE(8);
    this.#rows += 1;
  }
}
