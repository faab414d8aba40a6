import type { PostgresSettings } from '@holdfast/guard/databases';
import { ReasonError } from './backup.reasons.js';
import type { BackupContext } from './context.js';
import { readBackup, type StoredBackup } from './folder/backup-folder.js';
import { verifyFile } from './folder/files.js';
import type { BackedUpDatabase, BackupFile, Manifest } from './manifest.js';
import type { BesideRows, StoredMedia } from './media/restore-media.js';

/** Where a restore goes: a database, or a file that is not there yet. */
export type RestoreTarget =
  | { readonly postgres: PostgresSettings; readonly keepsRights: boolean }
  | { readonly file: string };

/** What was restored. */
export interface Restored {
  readonly backup: StoredBackup;
  readonly database: BackedUpDatabase;
  readonly notes: readonly string[];
}

/**
 * Restores one database of a backup, once all of its files are found to be as they were written.
 * @param name of the database; undefined where there is only one
 * @throws ReasonError
 */
export async function restoreBackup(
  context: BackupContext,
  folder: string,
  target: RestoreTarget,
  name: string | undefined,
): Promise<Restored> {
  const backup = await verifiedBackup(context, folder);
  const chosen = chosenDatabase(backup, name);
  const stored = mediaOf(backup, chosen.backup);
  const beside =
    stored && context.withMedia ? await restoringMedia(context, folder, stored) : undefined;
  const notes = await restore(context, folder, { ...chosen, beside }, target);
  return { backup, database: chosen.backup, notes: [...notes, ...mediaNotes(context, stored)] };
}

/** The archive with the files of the media store, where the database has their rows. @throws BACKUP_INVALID */
export function mediaOf(
  { folder, manifest: { media, files } }: StoredBackup,
  { name }: BackedUpDatabase,
): StoredMedia | undefined {
  if (media?.database !== name) return undefined;
  const file = files.find((each) => each.name === media.file);
  if (file) return { media, file };
  throw new ReasonError('BACKUP_INVALID', { detail: `${folder} has no ${media.file}` });
}

/** @throws USAGE where the settings do not say where they go */
async function restoringMedia(
  context: BackupContext,
  folder: string,
  stored: StoredMedia,
): Promise<BesideRows> {
  if (!context.settings.stores.some(({ store }) => store === 'media'))
    throw new ReasonError('USAGE', {
      detail: `the backup has ${stored.media.files} files of the media store: say where they go (MEDIA_ENABLED=true and MEDIA_FILES with its variables), or leave them out with --no-media`,
    });
  const { restoringMedia: restoring } = await import('./media/restore-media.js');
  return restoring(context, folder, stored);
}

function mediaNotes(
  { withMedia }: BackupContext,
  stored: StoredMedia | undefined,
): readonly string[] {
  if (!stored) return [];
  const { files, removed_meanwhile: removed } = stored.media;
  if (!withMedia) return [`the ${files} files of the media store are left out`];
  return [
    `${files} files of the media store are in their place, as their rows say`,
    ...(removed.length > 0
      ? [
          `${removed.length} rows of the media store have no file: it was cleaned away while the backup was made`,
        ]
      : []),
  ];
}

/** Where it is encrypted, for a key that is there. @throws BACKUP_KEY_MISSING, BACKUP_KEY_WRONG */
export async function refuseUnopenable(
  { settings }: BackupContext,
  manifest: Manifest,
): Promise<void> {
  if (!manifest.files.some(({ encryption }) => encryption)) return;
  const { refuseOtherKey } = await import('./encryption/identities.js');
  await refuseOtherKey(settings, manifest);
}

/** One that can be opened, with its files as they were written. @throws BACKUP_INVALID, BACKUP_KEY_MISSING, BACKUP_KEY_WRONG */
export async function verifiedBackup(
  context: BackupContext,
  folder: string,
): Promise<StoredBackup> {
  const backup = await readBackup(folder);
  await refuseUnopenable(context, backup.manifest);
  for (const file of backup.manifest.files) await verifyFile(folder, file);
  return backup;
}

export interface ChosenDatabase {
  readonly backup: BackedUpDatabase;
  readonly file: BackupFile;
  readonly beside?: BesideRows | undefined;
}

/** Each database with its file. @throws BACKUP_INVALID */
export function databasesOf({ folder, manifest }: StoredBackup): readonly ChosenDatabase[] {
  return manifest.databases.map((backup) => {
    const file = manifest.files.find(({ name }) => name === backup.file);
    if (file) return { backup, file };
    throw new ReasonError('BACKUP_INVALID', { detail: `${folder} has no ${backup.file}` });
  });
}

/** @throws USAGE */
function chosenDatabase(backup: StoredBackup, name: string | undefined): ChosenDatabase {
  const all = databasesOf(backup);
  const [chosen, ...others] = all.filter((each) => name === undefined || each.backup.name === name);
  if (chosen && others.length === 0) return chosen;
  const names = all.map((each) => each.backup.name).join(', ');
  throw new ReasonError('USAGE', { detail: `name one of its databases with --database: ${names}` });
}

async function restore(
  context: BackupContext,
  folder: string,
  { backup, file, beside }: ChosenDatabase,
  target: RestoreTarget,
): Promise<readonly string[]> {
  if (backup.type === 'sqlite' && 'file' in target) {
    const { restoreFile } = await import('./sqlite/restore.js');
    await restoreFile(context, target.file, folder, { backup, file, beside });
    return [];
  }
  if (backup.type === 'postgresql' && 'postgres' in target) {
    const { restoreDatabase } = await import('./postgres/restore.js');
    return restoreDatabase(
      context,
      target.postgres,
      folder,
      { backup, file, beside },
      target.keepsRights,
    );
  }
  throw new ReasonError('USAGE', {
    detail:
      backup.type === 'sqlite'
        ? `${backup.name} is an SQLite database: give the file that it goes into`
        : `${backup.name} is a PostgreSQL database: give the connection string of the one that it goes into`,
  });
}
