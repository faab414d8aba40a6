/**
 * About what one transaction of a load sends, which is done again after an interruption: at most about as
 * much as is done already, while a large table is not interrupted by many commits.
 */
const FIRST_BYTES = 8 * 1024 * 1024;
const MAX_BYTES = 8 * FIRST_BYTES;

/** Blocks in portions. Between two of them, everything that was taken has been handed on. */
export class Chunks {
  #ended = false;
  #maxBytes = FIRST_BYTES;

  /** @param isWithinRow whether the last block ends within a row, which goes on in the next one */
  constructor(
    private readonly blocks: Iterator<Buffer, void>,
    private readonly isWithinRow: () => boolean,
  ) {}

  /** There is nothing more. */
  get ended(): boolean {
    return this.#ended;
  }

  *next(): Generator<Buffer, void, undefined> {
    const most = this.#maxBytes;
    this.#maxBytes = Math.min(2 * most, MAX_BYTES);
    for (let bytes = 0; bytes < most || this.isWithinRow();) {
      const block = this.blocks.next();
      if (block.done === true) {
        this.#ended = true;
        return;
      }
      bytes += block.value.length;
      yield block.value;
    }
  }
}
