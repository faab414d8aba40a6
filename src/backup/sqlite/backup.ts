import { existsSync } from 'node:fs';
import { chmod, rm } from 'node:fs/promises';
import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import type { SqliteSettings } from '@holdfast/guard/databases';
import { databaseFailure } from '@holdfast/postgres/faults/database-failure';
import { readLedger } from '@holdfast/postgres/sqlite/sqlite-session';
import { ReasonError } from '../backup.reasons.js';
import type { Compared } from '../compare.js';
import type { BackupContext } from '../context.js';
import { OWNER_ALONE, sync, writing } from '../folder/durable.js';
import type { Recipients } from '../encryption/recipients.js';
import { describeFile, readFile, writeFile } from '../folder/files.js';
import type { BackupFile, SqliteBackup } from '../manifest.js';
import type { MediaPages } from '../media/media-rows.js';
import { firstMigratedAt } from './first-migrated.js';
import { mediaPagesOf } from './media-pages.js';
import { digestTables, readDefinitions } from './tables.js';

/** Of one step of SQLite's backup: some megabytes. */
const PAGES_AT_ONCE = 1000;

/** Said to who only reads, of a file whose last transaction has to be rolled back first. */
const HOT_JOURNAL = 'SQLITE_READONLY_ROLLBACK';

/**
 * Backs up a file while others write to it: what is compared later and the copy are read in one transaction.
 * @param inSnapshot is given the rows of the media store, as the copy has them
 * @throws BACKUP_SOURCE_MISSING, BACKUP_NOT_WRITTEN, and the start-up codes
 */
export async function backUpFile(
  { settings, recipients, progress, signal }: BackupContext,
  database: SqliteSettings,
  folder: string,
  inSnapshot?: (pages: MediaPages) => Promise<void>,
): Promise<{ readonly database: SqliteBackup; readonly file: BackupFile }> {
  const { path, name } = database;
  if (!existsSync(path))
    throw new ReasonError('BACKUP_SOURCE_MISSING', { detail: `${path} is not there` });
  const source = open(database, settings.pool.lockTimeoutMs);
  try {
    source.exec('BEGIN');
    const compared = await readCompared(source, signal);
    await inSnapshot?.(mediaPagesOf(source));
    const named = { name: `${name}.sqlite`, kind: 'sqlite' } as const;
    const target = join(folder, named.name);
    const pageBytes = Number(source.pragma('page_size', { simple: true }));
    const bytes = pageBytes * Number(source.pragma('page_count', { simple: true }));
    const step = progress.begin(`copy ${name}`, bytes);
    await copyPages(source, target, pageBytes, step.bytes, signal);
    await writing(target, async () => {
      await chmod(target, OWNER_ALONE);
      await sync(target);
    });
    step.bytes(bytes);
    step.end();
    const file = recipients
      ? await encryptCopy(folder, named, recipients)
      : await describeFile(folder, named);
    return {
      file,
      database: {
        type: 'sqlite',
        name,
        stores: [...database.stores],
        file: file.name,
        first_migrated_at: firstMigratedAt(source),
        library_version: source.prepare<[], string>('SELECT sqlite_version()').pluck().get() ?? '',
        ...compared,
      },
    };
  } catch (error) {
    if (signal.aborted || error instanceof ReasonError) throw error;
    if ((error as { code?: string }).code === HOT_JOURNAL)
      throw new ReasonError('BACKUP_FAILED', {
        detail: `a process that was killed has left ${path}-journal, and who only reads cannot take back what it had begun: start the service on the file once, or run sqlite3 ${path} 'PRAGMA quick_check', and keep the journal until then`,
        cause: error,
      });
    throw databaseFailure(database, error);
  } finally {
    source.close();
  }
}

/** SQLite writes to a file alone: the copy is there for its owner until it is encrypted. */
async function encryptCopy(
  folder: string,
  copy: Pick<BackupFile, 'name' | 'kind'>,
  recipients: Recipients,
): Promise<BackupFile> {
  const nothing = () => undefined;
  const file = await writeFile(folder, copy, readFile(folder, copy), nothing, recipients);
  await rm(join(folder, copy.name));
  return file;
}

function open(database: SqliteSettings, timeout: number): Sqlite.Database {
  try {
    return new Sqlite(database.path, { readonly: true, fileMustExist: true, timeout });
  } catch (error) {
    throw databaseFailure(database, error);
  }
}

/** What a restore is compared by. */
export async function readCompared(
  connection: Sqlite.Database,
  signal: AbortSignal,
): Promise<Compared> {
  const ledger = (readLedger(connection) ?? [])
    .map(({ store, version, name, checksum }) => ({ store, version, name, checksum }))
    .toSorted((one, other) => order(one.store, other.store) || order(one.version, other.version));
  return {
    ledger,
    tables: await digestTables(connection, signal),
    definitions: readDefinitions(connection),
  };
}

function order(one: string, other: string): number {
  return one < other ? -1 : Number(one > other);
}

async function copyPages(
  source: Sqlite.Database,
  target: string,
  pageBytes: number,
  copied: (bytes: number) => void,
  signal: AbortSignal,
): Promise<void> {
  try {
    await source.backup(target, {
      progress: ({ totalPages, remainingPages }) => {
        signal.throwIfAborted();
        copied((totalPages - remainingPages) * pageBytes);
        return PAGES_AT_ONCE;
      },
    });
  } catch (cause) {
    const { code } = cause as { readonly code?: string };
    if (code !== 'SQLITE_FULL' && !code?.startsWith('SQLITE_IOERR')) throw cause;
    throw new ReasonError('BACKUP_NOT_WRITTEN', {
      detail: `${target} cannot be written (${code})`,
      cause,
    });
  }
}
