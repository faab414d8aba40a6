import type { ImageInput } from '../drivers/driver.js';
import type { MediaFiles } from '../files/media-files.js';
import { ReasonError } from '../media.reasons.js';

interface StoredFile {
  readonly path: string;
  readonly contentType: string;
  readonly bytes: number;
}

/** An image of which the file is there: read when it is needed, never held. */
export class StoredImage implements ImageInput {
  readonly contentType: string;
  readonly bytes: number;
  readonly #path: string;

  constructor(
    private readonly files: MediaFiles,
    { path, contentType, bytes }: StoredFile,
  ) {
    this.contentType = contentType;
    this.bytes = bytes;
    this.#path = path;
  }

  /** @throws MEDIA_FILES_UNAVAILABLE, also when it is gone */
  async *read(): AsyncGenerator<Uint8Array, void, undefined> {
    const content = await this.files.open(this.#path);
    if (!content) throw new ReasonError('MEDIA_FILES_UNAVAILABLE', { detail: 'a file is missing' });
    yield* content as AsyncIterable<Uint8Array>;
  }

  withLocal<T>(work: (localPath: string) => Promise<T>): Promise<T> {
    return this.files.withLocal(this.#path, work);
  }
}
