import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import { ReasonError } from '../backup.reasons.js';

/** Empty: it is there to be locked. */
const LOCK = '.holdfast-backup.lock';

/**
 * Keeps other runs out of a folder. The lock is the system's, taken by SQLite: it goes with the process, however
 * that ends.
 * @throws BACKUP_UNDER_WAY
 */
export async function withFolderLock<T>(out: string, work: () => Promise<T>): Promise<T> {
  await mkdir(out, { recursive: true, mode: 0o700 });
  const lock = new Sqlite(join(out, LOCK), { timeout: 0 });
  try {
    lock.exec('BEGIN EXCLUSIVE');
  } catch (cause) {
    lock.close();
    if ((cause as { code?: string }).code !== 'SQLITE_BUSY') throw cause;
    throw new ReasonError('BACKUP_UNDER_WAY', {
      detail: `a backup is being made in ${out}`,
      cause,
    });
  }
  try {
    return await work();
  } finally {
    lock.close();
  }
}
