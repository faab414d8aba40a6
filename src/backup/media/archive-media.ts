import type { DatabaseSettings } from '@holdfast/guard/databases';
import type { Settings } from '@holdfast/guard/settings';
import { openDatabase } from '@holdfast/postgres/database/open-database';
import type { MediaFiles } from '../../stores/media/files/media-files.js';
import { openMediaFiles } from '../../stores/media/files/open-media-files.js';
import { IDENTITY_PATH } from '../../stores/media/files/place-identity.js';
import { SqlMediaObjectRepository } from '../../stores/media/objects/media-object.repository.sql.js';
import { ReasonError } from '../backup.reasons.js';
import type { BackupContext } from '../context.js';
import { ByteSum } from '../folder/byte-sum.js';
import { writeFile } from '../folder/files.js';
import type { BackedUpMedia, BackupFile } from '../manifest.js';
import { isLasting, MediaTally, type MediaRow } from './media-rows.js';
import { readAhead } from './read-ahead.js';
import type { RowList } from './row-list.js';
import { tarEnd, tarHeader, tarPadding } from './tar.js';

/** The database with the rows of the media store; undefined where the store is off or in memory. */
export function mediaDatabaseOf({ stores, databases }: Settings): DatabaseSettings | undefined {
  const binding = stores.find(({ store }) => store === 'media');
  return databases.find(({ name }) => name === binding?.database);
}

/**
 * Writes the file of each row into one archive, by the names of the files. A file that has been cleaned away since the rows
 * were read is named, and left out.
 * @throws BACKUP_MEDIA_LOST, BACKUP_NOT_WRITTEN, MEDIA_FILES_UNAVAILABLE, and what opening a database throws
 */
export async function archiveMedia(
  context: BackupContext,
  database: DatabaseSettings,
  folder: string,
  rows: RowList,
): Promise<{ readonly media: BackedUpMedia; readonly file: BackupFile }> {
  const { settings, log, progress, recipients } = context;
  const files = openMediaFiles(settings);
  const { sql, close } = await openDatabase(database, settings, log);
  const tally = new MediaTally();
  const removed: string[] = [];
  const step = progress.begin('archive media', rows.bytes);
  try {
    const objects = new SqlMediaObjectRepository(sql);
    const isNeeded = async ({ id }: MediaRow) => {
      const now = await objects.find(id);
      const isOver = now?.expiresAt != null && Date.parse(now.expiresAt) <= Date.now();
      return now !== null && now.cleanedAt === null && isLasting(now.scope) && !isOver;
    };
    const content = archive(context, files, rows, {
      taken: (row) => {
        tally.add(row);
      },
      missing: async (row) => {
        if (await isNeeded(row)) throw lost(row, 'is not there');
        removed.push(row.path);
      },
    });
    const named = { name: 'media.tar', kind: 'media' } as const;
    const file = await writeFile(folder, named, content, step.bytes, recipients);
    step.end();
    const media = { database: database.name, file: file.name, ...tally.total() };
    return { file, media: { ...media, removed_meanwhile: removed } };
  } finally {
    await close();
  }
}

interface Listener {
  readonly taken: (row: MediaRow) => void;
  readonly missing: (row: MediaRow) => Promise<void>;
}

async function* archive(
  { signal }: BackupContext,
  files: MediaFiles,
  rows: RowList,
  { taken, missing }: Listener,
): AsyncGenerator<Buffer> {
  yield* identityOf(files);
  for await (const { row, content } of readAhead(files, rows.read())) {
    signal.throwIfAborted();
    if (!content) {
      await missing(row);
      continue;
    }
    yield tarHeader(row);
    const sum = new ByteSum();
    for await (const chunk of sum.of(content)) {
      if (sum.bytes > row.bytes) throw lost(row, `has more than ${row.bytes} bytes`);
      yield chunk;
    }
    if (sum.bytes !== row.bytes || sum.sha256() !== row.sha256)
      throw lost(row, 'is not what its row says: its checksum differs');
    yield tarPadding(row);
    taken(row);
  }
  yield tarEnd();
}

/** By it the database and the place of the files know each other. */
async function* identityOf(files: MediaFiles): AsyncGenerator<Buffer> {
  const stream = await files.open(IDENTITY_PATH);
  if (!stream) return;
  const content = Buffer.concat(await stream.toArray());
  yield tarHeader({ path: IDENTITY_PATH, bytes: content.length });
  yield content;
  yield tarPadding({ bytes: content.length });
}

function lost({ path }: MediaRow, why: string): ReasonError {
  return new ReasonError('BACKUP_MEDIA_LOST', { detail: `${path} ${why}` });
}
