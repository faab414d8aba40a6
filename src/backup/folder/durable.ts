import { open, rename, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { ReasonError } from '../backup.reasons.js';

/** Nobody else has to read a database's rows. */
export const OWNER_ALONE = 0o600;

/** Has what is in a file, or which names are in a folder, survive a crash. */
export async function sync(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Gives something that is whole its name, for good. */
export async function publish(aside: string, path: string): Promise<void> {
  await rename(aside, path);
  await sync(dirname(path));
}

/** Whoever reads the file has the text before or this one, whole. */
export async function replaceText(path: string, text: string): Promise<void> {
  const aside = `${path}.part`;
  await writeFile(aside, text, { mode: OWNER_ALONE });
  await sync(aside);
  await publish(aside, path);
}

/** @throws BACKUP_NOT_WRITTEN for what the file system says */
export async function writing<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    if (cause instanceof ReasonError) throw cause;
    const { code = 'unknown' } = cause as NodeJS.ErrnoException;
    throw new ReasonError('BACKUP_NOT_WRITTEN', {
      detail: `${path} cannot be written (${code})`,
      cause,
    });
  }
}
