import { hash } from 'node:crypto';
import { fieldsOf } from '../rows/copy-text.js';
import type { Value } from '../rows/value.js';
import type { TargetColumn } from '../postgres/target-table.js';
import { type Canonical, canonicalFor } from './canonical.js';
import { HashSum } from './hash-sum.js';
import type { RowsDigest } from './rows-digest.js';

const NEWLINE = 0x0a;

/** Of rows whose values are compared by what they mean: the sides may write them in different ways. */
export class RowDigest implements RowsDigest {
  readonly #canonical: readonly Canonical[];
  readonly #sum: HashSum;

  /** @param before what `toString` gave for rows that were added before */
  constructor(columns: readonly TargetColumn[], before?: string) {
    this.#canonical = columns.map(canonicalFor);
    this.#sum = new HashSum(before);
  }

  addSource(values: readonly Value[]): void {
    this.#add(
      this.#canonical.map(({ ofSource }, index) => {
        const value = values[index] ?? null;
        return value === null ? null : ofSource(value);
      }),
    );
  }

  takeStored(bytes: Buffer): number {
    const end = bytes.lastIndexOf(NEWLINE);
    if (end < 0) return 0;
    for (const line of bytes.toString('utf8', 0, end).split('\n')) this.#addTarget(fieldsOf(line));
    return end + 1;
  }

  toString(): string {
    return String(this.#sum);
  }

  #addTarget(fields: readonly (string | null)[]): void {
    this.#add(
      this.#canonical.map(({ ofTarget }, index) => {
        const field = fields[index] ?? null;
        return field === null ? null : ofTarget(field);
      }),
    );
  }

  /** Each value with its length before it, so that none can take from its neighbour. */
  #add(values: readonly (string | null)[]): void {
    const texts = values.map((value) => (value === null ? '-;' : `${value.length}:${value};`));
    const bytes = hash('md5', texts.join(''), 'buffer');
    this.#sum.add(bytes.readUInt32BE(0), bytes.readUInt32BE(4));
  }
}
