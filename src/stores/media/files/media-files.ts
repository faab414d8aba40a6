import type { Readable } from 'node:stream';

/** A file that is there. */
export interface FoundFile {
  /** Its name: `<scope>/<yyyy-mm-dd>/<uuid>`, never a caller's words. */
  readonly path: string;
  readonly bytes: number;
  readonly modifiedAt: Date;
}

/** First and last byte, both inclusive, of a file. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

/** What is in a file, or in a range of it. It ends with an error where the file ends early. */
export interface FileContent extends Readable {
  /** Of the whole file, as the place says. */
  readonly fileBytes: number;
}

export interface StoreOptions {
  /** Ends the writing; nothing of the file is left then. */
  readonly signal: AbortSignal;
  /** Whether it has to outlive a power failure. What does not outlive its request need not. */
  readonly durable: boolean;
  /**
   * Whether a file that has the name already stays as it is, whoever has written it meanwhile. Only a few bytes are
   * stored so. A bucket that knows no `If-None-Match` is asked before.
   */
  readonly unlessThere?: boolean;
}

/** What is done to a file in place, which has so many bytes. */
export type LocalWork<T> = (localPath: string, fileBytes: number) => Promise<T>;

/** Where there is room. */
export interface Room {
  /** Undefined where the place does not say, as a bucket. */
  readonly freeBytes?: number;
  readonly totalBytes?: number;
}

/**
 * The port of the files. A file is whole under its name, or it is not there. Files are never changed.
 * All throw MEDIA_FILES_UNAVAILABLE where the place cannot be reached, or does not answer in time.
 */
export abstract class MediaFiles {
  /** Whether another place may be found under its name all of a sudden, as a mount point without its mount. */
  readonly canVanish: boolean = false;

  /**
   * Writes aside, syncs, and gives the file its name.
   * @throws MEDIA_FILES_FULL, MEDIA_FILES_UNAVAILABLE, what `content` throws, the reason of the signal
   */
  abstract store(
    path: string,
    content: AsyncIterable<Uint8Array>,
    options: StoreOptions,
  ): Promise<void>;

  /** Opens a file before anything is answered. @returns null when it is not there */
  abstract open(path: string, range?: ByteRange): Promise<FileContent | null>;

  /**
   * Gives a file that is to be read in place, as by a decoder of images; it stays for the time of `work`.
   * @throws MEDIA_FILES_UNAVAILABLE, also when the file is not there
   */
  abstract withLocal<T>(path: string, work: LocalWork<T>): Promise<T>;

  /** Gives a file another name, durably: a photo that is its own result is not written twice. */
  abstract rename(from: string, to: string): Promise<void>;

  /** A file that is not there is no error. */
  abstract remove(path: string): Promise<void>;

  /** Every file, in any order, half-written ones of killed processes as well. */
  abstract list(): AsyncIterable<FoundFile>;

  /** Writes, reads and removes a file of a few bytes, wherever files that others need are stored. */
  abstract probe(signal: AbortSignal): Promise<Room>;
}
