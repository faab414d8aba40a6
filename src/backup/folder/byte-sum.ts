import { createHash } from 'node:crypto';

/** How many bytes went by, and their checksum. */
export class ByteSum {
  readonly #hash = createHash('sha256');
  #bytes = 0;

  get bytes(): number {
    return this.#bytes;
  }

  take(chunk: Uint8Array): void {
    this.#hash.update(chunk);
    this.#bytes += chunk.length;
  }

  /** Passes them on. */
  async *of<Chunk extends Uint8Array>(
    source: Iterable<Chunk> | AsyncIterable<Chunk>,
  ): AsyncGenerator<Chunk> {
    for await (const chunk of source) {
      this.take(chunk);
      yield chunk;
    }
  }

  /** Once, at the end. */
  sha256(): string {
    return this.#hash.digest('hex');
  }
}
