import { buffer } from 'node:stream/consumers';
import { isFilePath } from './file-path.js';
import type { MediaFiles } from './media-files.js';

/**
 * The file by which instances see that they share a place. It has the form of the others, and no scope lists it: no
 * clean-up comes upon it.
 */
export const IDENTITY_PATH = 'template/0000-00-00/00000000-0000-4000-8000-000000000000';

/** Whether it is a file that somebody has stored. */
export function isListed(path: string): boolean {
  return isFilePath(path) && path !== IDENTITY_PATH;
}

/** More than any identity has. */
const MOST_BYTES = 100;

/** Null where the place has none. @throws MEDIA_FILES_UNAVAILABLE */
export async function readIdentity(files: MediaFiles): Promise<string | null> {
  const stream = await files.open(IDENTITY_PATH, { start: 0, end: MOST_BYTES - 1 });
  return stream && (await buffer(stream)).toString('utf8').trim();
}

/** @throws MEDIA_FILES_FULL, MEDIA_FILES_UNAVAILABLE */
export async function writeIdentity(
  files: MediaFiles,
  identity: string,
  signal: AbortSignal,
): Promise<void> {
  // eslint-disable-next-line @typescript-eslint/require-await -- the port takes what comes in over time.
  const content = async function* () {
    yield Buffer.from(`${identity}\n`);
  };
  await files.store(IDENTITY_PATH, content(), { signal, durable: true });
}
