import type { FileHandle } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { ReasonError } from '../../media.reasons.js';
import type { ByteRange, FileContent } from '../media-files.js';
import type { BoundedCalls } from './bounded-calls.js';

/** Read at a time: few calls for a large file, little memory for many readers. */
const READ_BYTES = 256 * 1024;

/** Reads an open file, each call in its time, and closes it however it ends. */
export class FileReadable extends Readable implements FileContent {
  #position: number;
  readonly #end: number;

  /** @param fileBytes of the whole file, as it was opened */
  constructor(
    private readonly handle: FileHandle,
    private readonly calls: BoundedCalls,
    readonly fileBytes: number,
    range?: ByteRange,
  ) {
    super({ highWaterMark: READ_BYTES });
    this.#position = range?.start ?? 0;
    this.#end = Math.min(fileBytes, range ? range.end + 1 : Infinity);
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

  /** Null at the end. @throws MEDIA_FILES_UNAVAILABLE, also when there is less than there was */
  async #next(): Promise<Buffer | null> {
    const length = Math.min(READ_BYTES, this.#end - this.#position);
    if (length <= 0) return null;
    const { bytesRead, buffer } = await this.calls.run(() =>
      this.handle.read(Buffer.allocUnsafe(length), 0, length, this.#position),
    );
    if (bytesRead === 0)
      throw new ReasonError('MEDIA_FILES_UNAVAILABLE', { detail: 'a file has become shorter' });
    this.#position += bytesRead;
    return buffer.subarray(0, bytesRead);
  }
}
