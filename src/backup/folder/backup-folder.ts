import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { ReasonError } from '../backup.reasons.js';
import { type Manifest, manifestText, parseManifest } from '../manifest.js';
import { publish, replaceText, sync, writing } from './durable.js';

/** Its name in every backup. */
export const MANIFEST = 'manifest.json';
/** What is being written: no backup yet. */
const PART = '.part';
const NAME = /^holdfast-\d{8}T\d{9}Z-[0-9a-f]{6}$/;

/** A backup that lies in a folder. */
export interface StoredBackup {
  readonly folder: string;
  readonly manifest: Manifest;
}

export function isBackupId(name: string): boolean {
  return NAME.test(name);
}

/** Sorted as they were begun. */
export function newBackupId(now: Date): string {
  const at = now.toISOString().replaceAll(/[-:.]/g, '');
  return `holdfast-${at}-${randomBytes(3).toString('hex')}`;
}

/** What runs that were killed have left. To be called while no other run writes there. */
export async function removeUnfinished(out: string): Promise<void> {
  const isOurs = (name: string) => name.endsWith(PART) && isBackupId(name.slice(0, -PART.length));
  for (const name of (await readdir(out)).filter(isOurs))
    await rm(join(out, name), { recursive: true, force: true });
}

/**
 * Makes a backup: written aside, and given its name when all of it is there.
 * @param fill writes the files
 * @throws BACKUP_NOT_WRITTEN; what `fill` throws
 */
export async function storeBackup(
  out: string,
  id: string,
  fill: (folder: string) => Promise<Manifest>,
): Promise<StoredBackup> {
  const folder = join(out, id);
  const aside = `${folder}${PART}`;
  await writing(aside, () => mkdir(aside, { mode: 0o700 }));
  try {
    const manifest = await fill(aside);
    await writing(aside, async () => {
      await replaceText(join(aside, MANIFEST), manifestText(manifest));
      await sync(aside);
      await publish(aside, folder);
    });
    return { folder, manifest };
  } catch (error) {
    await rm(aside, { recursive: true, force: true });
    throw error;
  }
}

/**
 * Backups by their names, the newest first; what lacks a file, is not ours, or was given another name by somebody is not
 * among them.
 */
export async function* newestFirst(out: string): AsyncGenerator<StoredBackup> {
  const names = (await readdir(out)).filter(isBackupId).toSorted().toReversed();
  for (const name of names) {
    const backup = await wholeIn(join(out, name));
    if (backup?.manifest.id === name) yield backup;
  }
}

/** The backup in a folder; undefined where it is none, or lacks a file. */
export async function wholeIn(folder: string): Promise<StoredBackup | undefined> {
  const backup = await readBackup(folder).catch((error: unknown) => {
    if (error instanceof ReasonError) return undefined;
    throw error;
  });
  return backup && (await hasItsFiles(backup)) ? backup : undefined;
}

export async function newestIn(out: string): Promise<StoredBackup | undefined> {
  for await (const backup of newestFirst(out)) return backup;
  return undefined;
}

/** Clocks of two machines differ by so much. */
const CLOCK_MS = 60_000;

/** Whether a clock that was wrong has dated it: nobody knows how old it is. */
export function isAheadOfTime({ manifest }: Pick<StoredBackup, 'manifest'>): boolean {
  return Date.parse(manifest.began_at) > Date.now() + CLOCK_MS;
}

/** From now on it is known that a restore of it was compared with it. */
export async function markVerified({ folder, manifest }: StoredBackup): Promise<StoredBackup> {
  const verified = { ...manifest, verified_at: new Date().toISOString() };
  await writing(folder, () => replaceText(join(folder, MANIFEST), manifestText(verified)));
  return { folder, manifest: verified };
}

/** No backup any more before the first file of it goes. */
export async function removeBackup({ folder }: StoredBackup): Promise<void> {
  const aside = `${folder}${PART}`;
  await publish(folder, aside);
  await rm(aside, { recursive: true, force: true });
}

/** A folder beside a backup, for what is gone when the work is done, or with the next run. */
export async function withScratchFolder<T>(
  { folder }: StoredBackup,
  work: (scratch: string) => Promise<T>,
): Promise<T> {
  const scratch = `${folder}${PART}`;
  await writing(scratch, () => mkdir(scratch, { mode: 0o700 }));
  try {
    return await work(scratch);
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

/** @throws BACKUP_INVALID */
export async function readBackup(folder: string): Promise<StoredBackup> {
  const path = join(folder, MANIFEST);
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    const detail = existsSync(path) ? `${path} cannot be read` : `${folder} has no ${MANIFEST}`;
    throw new ReasonError('BACKUP_INVALID', { detail, cause });
  });
  return { folder, manifest: parseManifest(text) };
}

/** As far as can be told without reading them. */
async function hasItsFiles({ folder, manifest: { files } }: StoredBackup): Promise<boolean> {
  const sizes = await Promise.all(
    files.map(async ({ name }) => (await stat(join(folder, name)).catch(() => undefined))?.size),
  );
  return files.every(({ bytes }, index) => sizes[index] === bytes);
}
