import { setTimeout as wait } from 'node:timers/promises';
import type Sqlite from 'better-sqlite3';
import { isBusy } from '@holdfast/postgres/faults/faults';
import { ReasonError } from '../reasons.js';
import { jittered } from '@holdfast/core/jitter';

/** Short, because the process can do nothing else meanwhile; tried again until the time is up. */
export const BUSY_TIMEOUT_MS = 20;
const PAUSE_MS = 50;

/**
 * Does the work in one transaction, alone on the file.
 * @throws MIGRATION_LOCK_TIMEOUT
 */
export async function inExclusiveTransaction<T>(
  connection: Sqlite.Database,
  timeoutSeconds: number,
  work: () => T,
): Promise<T> {
  await retryWhileBusy(timeoutSeconds, () => connection.exec('BEGIN IMMEDIATE'));
  try {
    const result = work();
    if (!connection.inTransaction) throw new Error('the migration ended the transaction');
    connection.exec('COMMIT');
    return result;
  } finally {
    if (connection.inTransaction) connection.exec('ROLLBACK');
  }
}

/** Tries while another process has the lock of the file. @throws MIGRATION_LOCK_TIMEOUT */
export async function retryWhileBusy<T>(timeoutSeconds: number, work: () => T): Promise<T> {
  const deadline = Date.now() + timeoutSeconds * 1000;
  for (;;) {
    try {
      return work();
    } catch (error) {
      if (!isBusy(error)) throw error;
      if (Date.now() >= deadline) {
        throw new ReasonError('MIGRATION_LOCK_TIMEOUT', {
          detail: `another process is writing to the file, and has been for ${timeoutSeconds} s`,
          cause: error,
        });
      }
    }
    await wait(jittered(PAUSE_MS, 0.5, 1.5));
  }
}

/** In a transaction. A savepoint ends with its transaction, and tells of one that was ended and begun again. */
export function runMigration(connection: Sqlite.Database, sql: string): void {
  connection.exec('SAVEPOINT holdfast_migration');
  connection.exec(sql);
  try {
    connection.exec('RELEASE holdfast_migration');
  } catch (cause) {
    throw new Error('the migration ended the transaction', { cause });
  }
}
