import { withResource } from '@holdfast/core/with-resource';
import type { DatabaseSettings } from '@holdfast/guard/databases';
import type { Settings } from '@holdfast/guard/settings';
import { refuseOther } from '@holdfast/nest/verification/identity';
import { openSession } from '@holdfast/postgres/sessions/open-session';
import { destroySession } from '@holdfast/postgres/sessions/session';
import { withDriverFailure } from '../commands/migrate-databases.js';
import { ReasonError } from './backup.reasons.js';
import type { BackupContext } from './context.js';
import {
  newBackupId,
  newestIn,
  removeUnfinished,
  type StoredBackup,
  storeBackup,
} from './folder/backup-folder.js';
import { writing } from './folder/durable.js';
import type { BackedUpDatabase, BackedUpMedia, BackupFile, Manifest } from './manifest.js';
import { archiveMedia, mediaDatabaseOf } from './media/archive-media.js';
import type { MediaPages } from './media/media-rows.js';
import { RowList } from './media/row-list.js';
import { release } from '../release.js';

/**
 * Backs up every configured database into a new folder in `out`, which is whole or not there.
 * @throws ReasonError
 */
export async function makeBackup(context: BackupContext, out: string): Promise<StoredBackup> {
  const { settings, signal } = context;
  if (settings.databases.length === 0)
    throw new ReasonError('BACKUP_SOURCE_MISSING', { detail: 'every store is in memory' });
  for (const database of settings.databases) await refuseOtherDatabase(settings, database);
  const beganAt = new Date();
  await writing(out, () => removeUnfinished(out));
  const before = await newestIn(out);
  const id = newBackupId(beganAt);
  return storeBackup(out, id, async (folder) => {
    const databases: BackedUpDatabase[] = [];
    const files: BackupFile[] = [];
    const withMedia = context.withMedia ? mediaDatabaseOf(settings) : undefined;
    const rows = new RowList(folder);
    for (const each of settings.databases) {
      signal.throwIfAborted();
      const inSnapshot = each === withMedia ? (pages: MediaPages) => rows.write(pages) : undefined;
      const { database, file } = await backUp(context, each, folder, before, inSnapshot);
      databases.push(database);
      files.push(file);
    }
    signal.throwIfAborted();
    if (!withMedia) return manifestOf(settings, { id, beganAt, databases, files });
    const { media, file } = await archiveMedia(context, withMedia, folder, rows);
    await rows.remove();
    return manifestOf(settings, { id, beganAt, databases, files: [...files, file], media });
  });
}

/** Under PRODUCTION: what the service has pinned. @throws DATABASE_IDENTITY_MISMATCH, and the start-up codes */
async function refuseOtherDatabase(settings: Settings, database: DatabaseSettings): Promise<void> {
  const { profile, pool, environment } = settings;
  if (profile !== 'PRODUCTION') return;
  const { identity } = await withDriverFailure(database, () =>
    withResource(openSession(database, pool, 'probe'), destroySession, (session) =>
      session.inspect(true),
    ),
  ).catch(async (error: unknown) => {
    if (database.type === 'sqlite') throw error;
    const { tellingActingRole } = await import('./postgres/acting-role.js');
    throw await tellingActingRole(error, database, settings);
  });
  refuseOther(database, identity, environment);
}

async function backUp(
  context: BackupContext,
  database: DatabaseSettings,
  folder: string,
  before: StoredBackup | undefined,
  inSnapshot: ((pages: MediaPages) => Promise<void>) | undefined,
): Promise<{ readonly database: BackedUpDatabase; readonly file: BackupFile }> {
  if (database.type === 'sqlite') {
    const { backUpFile } = await import('./sqlite/backup.js');
    return backUpFile(context, database, folder, inSnapshot);
  }
  const { dumpDatabase } = await import('./postgres/dump.js');
  // How large it will be, nobody knows but by the one before.
  const file = before?.manifest.databases.find(({ name }) => name === database.name)?.file;
  const expected = before?.manifest.files.find(({ name }) => name === file)?.bytes;
  return dumpDatabase(context, database, folder, { expected, inSnapshot });
}

function manifestOf(
  { profile, environment }: Settings,
  made: {
    readonly id: string;
    readonly beganAt: Date;
    readonly databases: BackedUpDatabase[];
    readonly files: BackupFile[];
    readonly media?: BackedUpMedia;
  },
): Manifest {
  const { name, version, commit, node } = release;
  return {
    format: 'holdfast-backup/1',
    id: made.id,
    began_at: made.beganAt.toISOString(),
    ended_at: new Date().toISOString(),
    build: { name, version, commit, node },
    profile,
    environment,
    databases: made.databases,
    files: made.files,
    ...(made.media && { media: made.media }),
    verified_at: null,
  };
}
