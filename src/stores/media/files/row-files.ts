import type { Log } from '@holdfast/core/log';
import { ReasonError } from '../media.reasons.js';
import type { ByteRange, FileContent, MediaFiles } from './media-files.js';
import '../media.log-fields.js';

/** What a row says of its file. */
export interface FileRow {
  readonly path: string;
  readonly bytes: number;
}

/** Reads files by their rows: one of another size than its row says is damaged, and nobody gets any of it. */
export class RowFiles {
  constructor(
    private readonly files: MediaFiles,
    private readonly log: Log,
  ) {}

  /** @returns null when it is not there @throws MEDIA_FILES_UNAVAILABLE, also when it is damaged */
  async open(row: FileRow, range?: ByteRange): Promise<FileContent | null> {
    const content = await this.files.open(row.path, range);
    if (!content || content.fileBytes === row.bytes) return content;
    content.destroy();
    throw this.#damaged(row, content.fileBytes);
  }

  /** As `MediaFiles.withLocal`. @throws MEDIA_FILES_UNAVAILABLE, also when it is not there, or damaged */
  withLocal<T>(row: FileRow, work: (localPath: string) => Promise<T>): Promise<T> {
    return this.files.withLocal(row.path, (localPath, fileBytes) => {
      if (fileBytes !== row.bytes) throw this.#damaged(row, fileBytes);
      return work(localPath);
    });
  }

  #damaged({ path, bytes }: FileRow, fileBytes: number): ReasonError {
    const code = 'MEDIA_FILES_UNAVAILABLE';
    this.log.error({ event: 'media.file_damaged', media_path: path, bytes: fileBytes, code });
    const detail = `a file is damaged: it has ${fileBytes} bytes, its row says ${bytes}`;
    return new ReasonError(code, { detail });
  }
}
