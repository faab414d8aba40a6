import type { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import type { MediaFiles } from '../../stores/media/files/media-files.js';
import { ReasonError } from '../backup.reasons.js';
import { ByteSum } from '../folder/byte-sum.js';
import { AT_ONCE, MOST_HELD } from './held-files.js';
import type { TarEntry } from './tar.js';

/** Puts the files of a backup into their place, several at once. */
export class PutFiles {
  readonly #files: MediaFiles;
  readonly #signal: AbortSignal;
  /** Those that failed stay, for whoever waits next. */
  readonly #underWay = new Set<Promise<void>>();

  constructor(files: MediaFiles, signal: AbortSignal) {
    this.#files = files;
    this.#signal = signal;
  }

  /**
   * Resolves once the content is read; the file is put by the end.
   * @throws RESTORE_TARGET_NOT_EMPTY, RESTORE_MISMATCH, MEDIA_FILES_FULL, MEDIA_FILES_UNAVAILABLE, of this file or one before
   */
  async put({ path, bytes }: TarEntry, content: AsyncIterable<Buffer>): Promise<void> {
    if (bytes > MOST_HELD) return this.#put(path, content);
    const held = await buffer(content);
    while (this.#underWay.size >= AT_ONCE) await Promise.race(this.#underWay);
    const putting = this.#put(path, [held]);
    this.#underWay.add(putting);
    putting.then(
      () => this.#underWay.delete(putting),
      () => undefined,
    );
  }

  /** Resolves once every file is put. @throws as putting throws */
  async end(): Promise<void> {
    await Promise.all(this.#underWay);
  }

  /** Resolves once nothing is put any more, whatever came of it. */
  async settled(): Promise<void> {
    await Promise.allSettled(this.#underWay);
  }

  async #put(path: string, content: Iterable<Buffer> | AsyncIterable<Buffer>): Promise<void> {
    const sum = new ByteSum();
    const there = await this.#files.open(path);
    if (there) {
      const found = await sumOf(there);
      for await (const _ of sum.of(content));
      if (found === sum.sha256()) return;
      throw new ReasonError('RESTORE_TARGET_NOT_EMPTY', {
        detail: `${path} of the media store is there, and is another file`,
      });
    }
    await this.#files.store(path, sum.of(content), { signal: this.#signal, durable: true });
    const back = await this.#files.open(path);
    if (back && (await sumOf(back)) === sum.sha256()) return;
    throw new ReasonError('RESTORE_MISMATCH', { detail: `${path} of the media store` });
  }
}

async function sumOf(content: Readable): Promise<string> {
  const sum = new ByteSum();
  for await (const _ of sum.of(content as AsyncIterable<Buffer>));
  return sum.sha256();
}
