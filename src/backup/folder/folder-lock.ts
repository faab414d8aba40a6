import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import Sqlite from 'better-sqlite3';
import { ReasonError } from '../backup.reasons.js';
import { writing } from './durable.js';

/** Empty: it is there to be locked. */
const LOCK = '.holdfast-backup.lock';

/**
 * Keeps other runs out of a folder. The lock is the system's, taken by SQLite: it goes with the process, however
 * that ends.
 * @throws BACKUP_UNDER_WAY, BACKUP_NOT_WRITTEN
 */
export async function withFolderLock<T>(out: string, work: () => Promise<T>): Promise<T> {
  const lock = await writing(out, async () => {
    await makeFolder(resolve(out));
    return take(out);
  });
  try {
    return await work();
  } finally {
    lock.close();
  }
}

/** Step by step: where the system makes no folders, as below /proc, `recursive` of Node 20 does not end. */
async function makeFolder(path: string): Promise<void> {
  if (existsSync(path)) return;
  await makeFolder(dirname(path));
  await mkdir(path, { mode: 0o700 }).catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  });
}

function take(out: string): Sqlite.Database {
  const lock = new Sqlite(join(out, LOCK), { timeout: 0 });
  try {
    lock.exec('BEGIN EXCLUSIVE');
    return lock;
  } catch (cause) {
    lock.close();
    if ((cause as { code?: string }).code !== 'SQLITE_BUSY') throw cause;
    throw new ReasonError('BACKUP_UNDER_WAY', {
      detail: `a backup is being made in ${out}`,
      cause,
    });
  }
}
