import { existsSync } from 'node:fs';
import { link, readdir, rm } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import Sqlite from 'better-sqlite3';
import { ReasonError } from '../backup.reasons.js';
import { refuseDifferences } from '../compare.js';
import type { BackupContext } from '../context.js';
import { sync } from '../folder/durable.js';
import { contentBytes, readContent } from '../folder/content.js';
import { writeFile } from '../folder/files.js';
import type { BackedUpTable, BackupFile, SqliteBackup } from '../manifest.js';
import type { BesideRows } from '../media/restore-media.js';
import { readCompared } from './backup.js';
import { mediaPagesOf } from './media-pages.js';

/** What SQLite would take for a part of the database. */
const BESIDE = ['', '-wal', '-shm', '-journal'];

export interface RestoredFile {
  readonly backup: SqliteBackup;
  readonly file: BackupFile;
  readonly beside?: BesideRows | undefined;
}

/**
 * Puts a file where there is none: written aside, compared, and given its name then.
 * @throws RESTORE_TARGET_NOT_EMPTY, RESTORE_MISMATCH, BACKUP_NOT_WRITTEN
 */
export async function restoreFile(
  { settings, progress, signal }: BackupContext,
  target: string,
  folder: string,
  { backup, file, beside }: RestoredFile,
): Promise<void> {
  const path = resolve(target);
  const there = BESIDE.find((suffix) => existsSync(`${path}${suffix}`));
  if (there !== undefined)
    throw new ReasonError('RESTORE_TARGET_NOT_EMPTY', { detail: `${path}${there} is there` });
  await beside?.before();
  const aside = `.${basename(path)}.${process.pid}.part`;
  const partial = join(dirname(path), aside);
  await removeLeftBehind(path);
  const step = progress.begin(`restore ${file.name}`, contentBytes(file));
  try {
    await writeFile(
      dirname(path),
      { name: aside, kind: file.kind },
      readContent(settings, folder, file),
      step.bytes,
    );
    await verifyRestored(partial, backup, signal, beside);
    await takePlace(partial, path);
  } finally {
    for (const suffix of BESIDE) await rm(`${partial}${suffix}`, { force: true });
  }
  step.end();
}

/** What restores to the same place have left whose processes were killed; of this one's number, by an earlier process. */
async function removeLeftBehind(path: string): Promise<void> {
  const [folder, name] = [dirname(path), basename(path)];
  // Where there is no folder, writing into it says so.
  const files = await readdir(folder).catch(() => []);
  const left = files.filter((file) => {
    const [, number, end = ''] = PARTIAL.exec(file.slice(`.${name}`.length)) ?? [];
    if (number === undefined || !file.startsWith(`.${name}.`) || !BESIDE.includes(end))
      return false;
    return Number(number) === process.pid || isGone(Number(number));
  });
  for (const file of left) await rm(join(folder, file), { force: true });
}

/** What follows the name of the target. */
const PARTIAL = /^\.(\d+)\.part(-\w+)?$/;

function isGone(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ESRCH';
  }
}

/** @throws RESTORE_MISMATCH */
export async function verifyRestored(
  path: string,
  backup: SqliteBackup,
  signal: AbortSignal,
  beside?: BesideRows,
): Promise<void> {
  const connection = new Sqlite(path, { fileMustExist: true });
  try {
    const [said] = connection.pragma('integrity_check(1)') as { integrity_check: string }[];
    if (said?.integrity_check !== 'ok')
      throw new ReasonError('RESTORE_MISMATCH', {
        detail: `SQLite says of ${backup.file}: ${said?.integrity_check ?? 'nothing'}`,
      });
    refuseDifferences(backup, await readCompared(connection, signal), true);
    await beside?.after(mediaPagesOf(connection));
  } finally {
    connection.close();
  }
}

/** The tables of a file as they are now. */
export async function readTables(
  path: string,
  signal: AbortSignal,
): Promise<readonly BackedUpTable[]> {
  const connection = new Sqlite(path, { fileMustExist: true });
  try {
    return (await readCompared(connection, signal)).tables;
  } finally {
    connection.close();
  }
}

/** Never in the place of a file that somebody has made meanwhile. */
async function takePlace(partial: string, path: string): Promise<void> {
  try {
    await link(partial, path);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'EEXIST') throw cause;
    throw new ReasonError('RESTORE_TARGET_NOT_EMPTY', { detail: `${path} is there`, cause });
  }
  await sync(dirname(path));
}
