import { createReadStream, createWriteStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { pipeline } from 'node:stream/promises';
import { OWNER_ALONE, writing } from '../folder/durable.js';
import { type MediaPages, type MediaRow, rowsOf } from './media-rows.js';

/** The rows of one moment, in a file beside the backup that is being made: they may be more than memory holds. */
export class RowList {
  readonly #path: string;
  #bytes = 0;

  constructor(folder: string) {
    this.#path = join(folder, 'media.rows');
  }

  /** Of the files of all rows. */
  get bytes(): number {
    return this.#bytes;
  }

  /** @throws BACKUP_NOT_WRITTEN, and what `pages` throws */
  async write(pages: MediaPages): Promise<void> {
    const lines = async function* (count: (bytes: number) => void) {
      for await (const { id, path, bytes, sha256 } of rowsOf(pages)) {
        count(bytes);
        yield `${JSON.stringify([id, path, bytes, sha256])}\n`;
      }
    };
    const target = createWriteStream(this.#path, { mode: OWNER_ALONE, flags: 'w' });
    const count = (bytes: number) => (this.#bytes += bytes);
    await pipeline(lines(count), target).catch((error: unknown) =>
      target.errored === error && 'syscall' in (error as Error)
        ? writing(this.#path, () => Promise.reject(error as Error))
        : Promise.reject(error as Error),
    );
  }

  async *read(): AsyncGenerator<MediaRow> {
    for await (const line of createInterface({ input: createReadStream(this.#path) })) {
      const [id, path, bytes, sha256] = JSON.parse(line) as [string, string, number, string];
      yield { id, path, bytes, sha256 };
    }
  }

  async remove(): Promise<void> {
    await rm(this.#path, { force: true });
  }
}
