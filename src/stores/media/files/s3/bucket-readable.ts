import { Readable } from 'node:stream';
import type { Opened } from './bucket.js';
import { bucketFailure } from './bucket-failure.js';
import { ReasonError } from '../../media.reasons.js';

/** The body of an answer, read as it is wanted: a server that stops in the middle is not waited for. */
export class BucketReadable extends Readable {
  readonly #reader: ReadableStreamDefaultReader<Uint8Array> | undefined;

  #left: number;

  /**
   * @param idleMs milliseconds for the next bytes
   * @param mostBytes that were asked for; a server may give more
   */
  constructor(
    private readonly opened: Opened,
    private readonly idleMs: number,
    mostBytes = Infinity,
  ) {
    super();
    this.#left = mostBytes;
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
      const next = this.#left > 0 ? await this.#reader?.read() : undefined;
      if (!next || next.done) return null;
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
