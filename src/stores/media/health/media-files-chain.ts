import { existsSync } from 'node:fs';
import type { DatabaseSettings } from '@holdfast/guard/databases';
import type { Settings } from '@holdfast/guard/settings';
import { createLog } from '@holdfast/core/log';
import type { Chain } from '@holdfast/nest/cutover/chain';
import { passed } from '@holdfast/nest/cutover/finding';
import { openDatabase } from '@holdfast/postgres/database/open-database';
import { openMediaFiles } from '../files/open-media-files.js';
import type { MediaFiles } from '../files/media-files.js';
import { ReasonError } from '../media.reasons.js';
import { SqlSettingRepository } from '../settings/setting.repository.sql.js';
import { roomInWords } from './room-in-words.js';
import { isKnownPlace } from './shared-place.js';

/** Less than a check may take. */
const ANSWER_MS = 8000;

/** Whether files can be stored, read and removed, and whether it is the place of the instances that serve. */
export function mediaFilesChain(settings: Settings): Chain {
  return {
    names: ['media_files'],
    run: async (tell) => {
      const files = openMediaFiles(settings);
      const room = await files.probe(AbortSignal.timeout(ANSWER_MS));
      const shared = await sharedInWords(settings, files);
      tell('media_files', passed(`${roomInWords(room)}; ${shared}`));
    },
  };
}

async function sharedInWords(settings: Settings, files: MediaFiles): Promise<string> {
  const binding = settings.stores.find(({ store }) => store === 'media');
  const database = settings.databases.find(({ name }) => name === binding?.database);
  if (!database || (database.type === 'sqlite' && !existsSync(database.path)))
    return 'no other instance is known';
  try {
    const isKnown = await isKnownIn(database, settings, files);
    return isKnown ? 'the place that the other instances have' : 'no other instance is known';
  } catch (error) {
    if (error instanceof ReasonError && error.code.startsWith('MEDIA_FILES_')) throw error;
    // The checks of the database tell what is the matter with it.
    return 'the database does not say whether other instances have it';
  }
}

async function isKnownIn(
  database: DatabaseSettings,
  settings: Settings,
  files: MediaFiles,
): Promise<boolean> {
  const { sql, close } = await openDatabase(database, settings, await createLog(settings.log, 2));
  try {
    return await isKnownPlace({ files, settings: new SqlSettingRepository(sql) });
  } finally {
    await close();
  }
}
