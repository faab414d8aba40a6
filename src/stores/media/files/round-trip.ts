import { randomBytes } from 'node:crypto';
import { buffer } from 'node:stream/consumers';
import { ReasonError } from '../media.reasons.js';
import type { Scope } from '../objects/media-object.js';
import { newFilePath } from './file-path.js';
import type { MediaFiles } from './media-files.js';

/** More than nothing, less than any file system writes at a time. */
const PROBE_BYTES = 64;

/**
 * Writes, reads and removes a file. One that is left by a process that was killed is found by `list`.
 * @throws MEDIA_FILES_FULL, MEDIA_FILES_UNAVAILABLE, also when what is read is not what was written
 */
export async function roundTrip(
  files: MediaFiles,
  scope: Scope,
  signal: AbortSignal,
): Promise<void> {
  const path = newFilePath(scope);
  const content = randomBytes(PROBE_BYTES);
  await files.store(path, one(content), { signal, durable: false });
  try {
    const stream = await files.open(path);
    const isSame = stream !== null && content.equals(await buffer(stream));
    if (!isSame)
      throw new ReasonError('MEDIA_FILES_UNAVAILABLE', {
        detail: 'the place of the files does not give back what was written',
      });
  } finally {
    await files.remove(path);
  }
}

// eslint-disable-next-line @typescript-eslint/require-await -- the port takes what comes in over time.
async function* one(content: Uint8Array): AsyncGenerator<Uint8Array> {
  yield content;
}
