import { createHash } from 'node:crypto';
import { notDecoded } from '../images/decoder.js';
import { HeadReader } from '../images/head-reader.js';
import type { ImageType } from '../images/image-type.js';
import type { ReasonError } from '../media.reasons.js';

export const MIB = 1024 * 1024;

/** What is known of an image once all of it has passed. */
export interface ImageFacts {
  readonly contentType: ImageType;
  readonly bytes: number;
  /** In hexadecimal. */
  readonly sha256: string;
}

/** Judges an image while it passes: what it is and how many pixels it has by its head, size, SHA-256. None of it is kept. */
export class PassingImage {
  readonly #hash = createHash('sha256');
  readonly #reader = new HeadReader();
  #bytes = 0;

  /**
   * @param mostBytes at the first byte beyond them the passing ends
   * @param tooLarge @param noImage make what it ends with then
   */
  constructor(
    private readonly mostBytes: number,
    private readonly tooLarge: () => ReasonError,
    private readonly noImage: () => ReasonError = notDecoded,
  ) {}

  /** The same bytes. @throws what the parameters make, what `content` throws */
  async *pass(content: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, undefined> {
    for await (const chunk of content) {
      this.#bytes += chunk.length;
      if (this.#bytes > this.mostBytes) throw this.tooLarge();
      this.#hash.update(chunk);
      if (!this.#reader.isOver) this.#reader.push(chunk);
      if (this.#reader.isOver && !this.#reader.head) throw this.noImage();
      yield chunk;
    }
    if (!this.#reader.head) throw this.noImage();
  }

  /** Once all has passed. */
  facts(): ImageFacts {
    const { head } = this.#reader;
    if (!head) throw this.noImage();
    return { contentType: head.contentType, bytes: this.#bytes, sha256: this.#hash.digest('hex') };
  }
}
