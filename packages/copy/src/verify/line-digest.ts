import { HashSum } from './hash-sum.js';
import { RowHash } from './row-hash.js';
import type { RowsDigest } from './rows-digest.js';

const NEWLINE = 0x0a;

/** Of lines of COPY's text format: every byte counts. */
export class LineDigest implements RowsDigest {
  readonly #sum = new HashSum();
  readonly #hash = new RowHash(this.#sum);

  takeStored(bytes: Buffer): number {
    const end = bytes.lastIndexOf(NEWLINE) + 1;
    for (let from = 0; from < end;) {
      from = this.#hash.takeThrough(bytes, from, NEWLINE);
      this.#hash.end();
    }
    return end;
  }

  toString(): string {
    return String(this.#sum);
  }
}
