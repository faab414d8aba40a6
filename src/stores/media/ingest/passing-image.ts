import { createHash } from 'node:crypto';
import { HEAD_BYTES, imageTypeOf, type ImageType } from '../images/image-type.js';
import { ReasonError } from '../media.reasons.js';

export const MIB = 1024 * 1024;

/** What is known of an image once all of it has passed. */
export interface ImageFacts {
  readonly contentType: ImageType;
  readonly bytes: number;
  /** In hexadecimal. */
  readonly sha256: string;
}

/** Judges an image while it passes: type by its first bytes, size, SHA-256. Nothing of it is kept. */
export class PassingImage {
  readonly #hash = createHash('sha256');
  #bytes = 0;
  #contentType: ImageType | undefined;

  /**
   * @param mostBytes at the first byte beyond them the passing ends
   * @param tooLarge @param noImage make what it ends with then
   */
  constructor(
    private readonly mostBytes: number,
    private readonly tooLarge: () => ReasonError,
    private readonly noImage: () => ReasonError = () => new ReasonError('MEDIA_TYPE_UNSUPPORTED'),
  ) {}

  /** The same bytes. @throws what the parameters make, what `content` throws */
  async *pass(content: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, undefined> {
    let head: Buffer | undefined = Buffer.alloc(0);
    for await (const chunk of content) {
      this.#bytes += chunk.length;
      if (this.#bytes > this.mostBytes) throw this.tooLarge();
      this.#hash.update(chunk);
      if (!head) {
        yield chunk;
        continue;
      }
      head =
        head.length === 0
          ? Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length)
          : Buffer.concat([head, chunk]);
      if (head.length < HEAD_BYTES) continue;
      this.#judge(head);
      const first: Buffer = head;
      head = undefined;
      yield first;
    }
    if (!head) return;
    this.#judge(head);
    yield head;
  }

  /** Once all has passed. */
  facts(): ImageFacts {
    if (!this.#contentType) throw this.noImage();
    return { contentType: this.#contentType, bytes: this.#bytes, sha256: this.#hash.digest('hex') };
  }

  #judge(head: Buffer): void {
    this.#contentType = imageTypeOf(head);
    if (!this.#contentType) throw this.noImage();
  }
}
