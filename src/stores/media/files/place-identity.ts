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
export function readIdentity(files: MediaFiles): Promise<string | null> {
  return readText(files, IDENTITY_PATH);
}

/**
 * Leaves in the place, durably, that a database is about to say of it what it is: who finds the database saying so, and
 * this in the place, knows that the two belong together. One that was left behind is a file that no row needs.
 * @param identity a UUID
 * @throws MEDIA_FILES_FULL, MEDIA_FILES_UNAVAILABLE
 */
export function writeIntent(
  files: MediaFiles,
  identity: string,
  signal: AbortSignal,
): Promise<void> {
  return files.store(intentPath(identity), text(identity), { signal, durable: true });
}

export async function hasIntent(files: MediaFiles, identity: string): Promise<boolean> {
  return UUID.test(identity) && (await readText(files, intentPath(identity))) === identity;
}

export function removeIntent(files: MediaFiles, identity: string): Promise<void> {
  return files.remove(intentPath(identity));
}

/** Unless another has named the place. @throws MEDIA_FILES_FULL, MEDIA_FILES_UNAVAILABLE */
export function writeIdentity(
  files: MediaFiles,
  identity: string,
  signal: AbortSignal,
): Promise<void> {
  return files.store(IDENTITY_PATH, text(identity), { signal, durable: true, unlessThere: true });
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

function intentPath(identity: string): string {
  return `template/0000-00-00/${identity}`;
}

async function readText(files: MediaFiles, path: string): Promise<string | null> {
  const stream = await files.open(path, { start: 0, end: MOST_BYTES - 1 });
  return stream && (await buffer(stream)).toString('utf8').trim();
}

// eslint-disable-next-line @typescript-eslint/require-await -- the port takes what comes in over time.
async function* text(identity: string): AsyncGenerator<Uint8Array> {
  yield Buffer.from(`${identity}\n`);
}
