import { requestFault } from '@holdfast/postgres/faults/request-fault';
import { openDatabase } from '@holdfast/postgres/database/open-database';
import type { SqlDatabase } from '@holdfast/postgres/database/sql-database';
import type { CommandContext } from '@holdfast/postgres/command/run-guarded';
import { ReasonError } from '../reasons.js';
import type { MediaPlaces } from '../stores/media/cleanup/cleanup.js';
import { openMediaFiles } from '../stores/media/files/open-media-files.js';
import { SqlJobRepository } from '../stores/media/jobs/job.repository.sql.js';
import { SqlMediaObjectRepository } from '../stores/media/objects/media-object.repository.sql.js';
import { SqlSettingRepository } from '../stores/media/settings/setting.repository.sql.js';
import { verifyMigrated } from './migrate-databases.js';

/** Why there is nothing to look after. */
export type Nothing = 'turned off' | 'in memory';

/** Between two lines that tell how far it is. */
const PROGRESS_MS = 2000;

/**
 * Opens rows and files of the media store.
 * @throws MIGRATIONS_PENDING and its like, what opening a database throws, what `work` throws
 */
export async function withMediaPlaces<T>(
  { settings, log }: CommandContext,
  work: (places: MediaPlaces, database: SqlDatabase) => Promise<T>,
): Promise<T | Nothing> {
  const binding = settings.stores.find(({ store }) => store === 'media');
  if (!binding) return 'turned off';
  const database = settings.databases.find(({ name }) => name === binding.database);
  if (!database) return 'in memory';
  await verifyMigrated(settings, database);
  const files = openMediaFiles(settings);
  const { sql, close } = await openDatabase(database, settings, log);
  try {
    const places = {
      jobs: new SqlJobRepository(sql),
      objects: new SqlMediaObjectRepository(sql),
      files,
      settings: new SqlSettingRepository(sql),
    };
    return await work(places, sql);
  } catch (error) {
    const code = error instanceof ReasonError ? undefined : requestFault(error);
    throw code ? new ReasonError(code, { cause: error }) : error;
  } finally {
    await close();
  }
}

/** Tells on stderr how far something long is, every two seconds. */
export function progress(): (line: string) => void {
  let told = Date.now();
  return (line) => {
    if (Date.now() - told < PROGRESS_MS) return;
    told = Date.now();
    process.stderr.write(`${line}\n`);
  };
}
