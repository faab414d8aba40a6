import { ReasonError } from '../reasons.js';

/** What a disk, or the limit of a file, has no room for. */
const CODES = /^SQLITE_(?:FULL|IOERR_WRITE|IOERR_SHMSIZE)$/;

/** @returns COPY_SOURCE_FULL for what the disk of an SQLite file has no room for; any other error as it is */
export function fileFailure(error: unknown): unknown {
  const { code = '', message = '' } = (error ?? {}) as { code?: unknown; message?: string };
  return typeof code === 'string' && CODES.test(code)
    ? new ReasonError('COPY_SOURCE_FULL', { detail: message, cause: error })
    : error;
}
