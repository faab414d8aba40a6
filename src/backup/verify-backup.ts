import { join } from 'node:path';
import { databaseAt } from '@holdfast/copy/command/target';
import type { PostgresSettings } from '@holdfast/guard/databases';
import { valuesOf } from '@holdfast/guard/values-of';
import { ReasonError } from './backup.reasons.js';
import { backupVariables } from './backup.variables.js';
import type { BackupContext } from './context.js';
import { markVerified, type StoredBackup, withScratchFolder } from './folder/backup-folder.js';
import type { PostgresBackup, SqliteBackup } from './manifest.js';
import type { BesideRows, StoredMedia } from './media/restore-media.js';
import { type ChosenDatabase, databasesOf, mediaOf, verifiedBackup } from './restore-backup.js';

/**
 * Restores every database of a backup aside, compares it, and only then calls the backup verified.
 * @throws BACKUP_INVALID, BACKUP_SCRATCH_REFUSED, RESTORE_FAILED, RESTORE_MISMATCH
 */
export async function verifyBackup(
  context: BackupContext,
  { folder }: StoredBackup,
): Promise<StoredBackup> {
  const backup = await verifiedBackup(context, folder);
  for (const { backup: database, file } of databasesOf(backup)) {
    context.signal.throwIfAborted();
    const stored = mediaOf(backup, database);
    const beside = stored && (await verifyingMedia(context, folder, stored));
    if (database.type === 'sqlite')
      await verifyFile(context, backup, { backup: database, file, beside });
    else await verifyDatabase(context, backup, { backup: database, file, beside });
  }
  return markVerified(backup);
}

/** Reads the files of the archive, and compares them with the rows once those are there. */
export async function verifyingMedia(
  context: BackupContext,
  folder: string,
  stored: StoredMedia,
): Promise<BesideRows> {
  const { verifyingMedia: verifying } = await import('./media/restore-media.js');
  return verifying(context, folder, stored);
}

type Of<Kind> = Omit<ChosenDatabase, 'backup'> & { readonly backup: Kind };

async function verifyFile(
  context: BackupContext,
  stored: StoredBackup,
  chosen: Of<SqliteBackup>,
): Promise<void> {
  const { restoreFile } = await import('./sqlite/restore.js');
  await withScratchFolder(stored, (scratch) =>
    restoreFile(context, join(scratch, chosen.file.name), stored.folder, chosen),
  );
}

async function verifyDatabase(
  context: BackupContext,
  { folder }: StoredBackup,
  chosen: Of<PostgresBackup>,
): Promise<void> {
  const { restoreDatabase } = await import('./postgres/restore.js');
  const { withScratchDatabase } = await import('./postgres/scratch.js');
  const server = scratchServerFor(context, chosen.backup);
  await withScratchDatabase(context, server, chosen.backup, (scratch) =>
    restoreDatabase(context, scratch, folder, chosen, false),
  );
}

/** Where scratch databases are made. @throws BACKUP_SCRATCH_REFUSED */
export function scratchServerFor(
  { settings }: BackupContext,
  { name }: Pick<PostgresBackup, 'name'>,
): PostgresSettings {
  const given = valuesOf(settings, backupVariables).BACKUP_SCRATCH_URL;
  if (given) return databaseAt(given.reveal(), 'BACKUP_SCRATCH_URL', settings);
  const database = settings.databases.find((each) => each.name === name);
  if (database?.type === 'postgresql') return database;
  throw new ReasonError('BACKUP_SCRATCH_REFUSED', { detail: `there is no database ${name}` });
}
