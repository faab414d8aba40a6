import type { FileHandle } from 'node:fs/promises';
import { Readable } from 'node:stream';
import type { ByteRange } from '../media-files.js';
import type { BoundedCalls } from './bounded-calls.js';

/** Read at a time: few calls for a large file, little memory for many readers. */
const READ_BYTES = 256 * 1024;

/** Reads an open file, each call in its time, and closes it however it ends. */
export class FileReadable extends Readable {
  #position: number;
  readonly #end: number;

  constructor(
    private readonly handle: FileHandle,
    private readonly calls: BoundedCalls,
    range?: ByteRange,
  ) {
    super({ highWaterMark: READ_BYTES });
    this.#position = range?.start ?? 0;
    this.#end = range ? range.end + 1 : Infinity;
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
    this.calls
      .run(() => this.handle.close(), { isRelease: true })
      .then(
        () => {
          done(error);
        },
        (fault: unknown) => {
          done(error ?? (fault as Error));
        },
      );
  }

  /** Null at the end. */
  async #next(): Promise<Buffer | null> {
    const length = Math.min(READ_BYTES, this.#end - this.#position);
    if (length <= 0) return null;
    const { bytesRead, buffer } = await this.calls.run(() =>
      this.handle.read(Buffer.allocUnsafe(length), 0, length, this.#position),
    );
    this.#position += bytesRead;
    return bytesRead === 0 ? null : buffer.subarray(0, bytesRead);
  }
}
