/** About what one transaction of a load sends: so much is done again after an interruption. */
const CHUNK_BYTES = 16 * 1024 * 1024;

/** Blocks in portions. Between two of them, everything that was taken has been handed on. */
export class Chunks {
  #ended = false;

  constructor(private readonly blocks: Iterator<Buffer, void>) {}

  /** There is nothing more. */
  get ended(): boolean {
    return this.#ended;
  }

  *next(): Generator<Buffer, void, undefined> {
    for (let bytes = 0; bytes < CHUNK_BYTES;) {
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
