import { Readable } from 'node:stream';
import type { Opened } from './bucket.js';
import { BucketAnswer, bucketFailure } from './bucket-failure.js';
import { ReasonError } from '../../media.reasons.js';
import type { FileContent } from '../media-files.js';
import type { AnswerSize } from './answer-size.js';

/** The body of an answer, read as it is wanted: a server that stops in the middle is not waited for. */
export class BucketReadable extends Readable implements FileContent {
  readonly fileBytes: number;

  readonly #reader: ReadableStreamDefaultReader<Uint8Array> | undefined;

  #left: number;

  /**
   * @param idleMs milliseconds for the next bytes
   * @param size of which a server may give more, and less is an error
   */
  constructor(
    private readonly opened: Opened,
    private readonly idleMs: number,
    { fileBytes, bytes }: AnswerSize,
  ) {
    super();
    this.fileBytes = fileBytes;
    this.#left = bytes;
    this.#reader = opened.response.body?.getReader();
  }

  override _read(): void {
    this.#next().then(
      (chunk) => this.push(chunk),
      (error: unknown) => {
        this.destroy(error as Error);
      },
    );
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.opened.abandon.abort();
    done(error);
  }

  /** Null at the end. */
  async #next(): Promise<Uint8Array | null> {
    const timer = setTimeout(() => {
      this.opened.abandon.abort(
        new ReasonError('MEDIA_FILES_UNAVAILABLE', { detail: 'the bucket stopped answering' }),
      );
    }, this.idleMs);
    try {
      if (this.#left === 0) return null;
      const next = await this.#reader?.read();
      if (!next || next.done) throw new BucketAnswer(this.opened.response.status, 'CutShort');
      const chunk = next.value.subarray(0, this.#left);
      this.#left -= chunk.length;
      return chunk;
    } catch (error) {
      throw bucketFailure(error);
    } finally {
      clearTimeout(timer);
    }
  }
}
