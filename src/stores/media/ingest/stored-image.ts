import type { ImageInput } from '../drivers/driver.js';
import type { FileRow, RowFiles } from '../files/row-files.js';
import { ReasonError } from '../media.reasons.js';

interface StoredFile extends FileRow {
  readonly contentType: string;
}

/** An image of which the file is there: read when it is needed, never held. */
export class StoredImage implements ImageInput {
  readonly contentType: string;
  readonly bytes: number;

  constructor(
    private readonly files: RowFiles,
    private readonly file: StoredFile,
  ) {
    this.contentType = file.contentType;
    this.bytes = file.bytes;
  }

  /** @throws MEDIA_FILES_UNAVAILABLE, also when it is gone or damaged */
  async *read(): AsyncGenerator<Uint8Array, void, undefined> {
    const content = await this.files.open(this.file);
    if (!content) throw new ReasonError('MEDIA_FILES_UNAVAILABLE', { detail: 'a file is missing' });
    yield* content as AsyncIterable<Uint8Array>;
  }

  withLocal<T>(work: (localPath: string) => Promise<T>): Promise<T> {
    return this.files.withLocal(this.file, work);
  }
}
