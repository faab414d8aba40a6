import { isFilePath } from '../../stores/media/files/file-path.js';
import { openMediaFiles } from '../../stores/media/files/open-media-files.js';
import { IDENTITY_PATH } from '../../stores/media/files/place-identity.js';
import { ReasonError } from '../backup.reasons.js';
import type { BackupContext } from '../context.js';
import { ByteSum } from '../folder/byte-sum.js';
import { contentBytes, readContent } from '../folder/content.js';
import type { BackedUpMedia, BackupFile } from '../manifest.js';
import { type MediaPages, MediaTally, rowsOf } from './media-rows.js';
import { PutFiles } from './put-files.js';
import { readTar } from './tar.js';

/** What is restored beside the rows of a database. */
export interface BesideRows {
  /** Once the target is found empty, before anything is put there. */
  readonly before: () => Promise<void>;
  /** Once the rows are there. */
  readonly after: (pages: MediaPages) => Promise<void>;
}

export interface StoredMedia {
  readonly media: BackedUpMedia;
  readonly file: BackupFile;
}

type Taking = Pick<PutFiles, 'put' | 'end' | 'settled'>;

/** Puts the files into the place that the settings name, and sees to it that rows and files fit each other. */
export function restoringMedia(
  context: BackupContext,
  folder: string,
  stored: StoredMedia,
): BesideRows {
  const { settings, signal } = context;
  return besideRows(context, folder, stored, new PutFiles(openMediaFiles(settings), signal));
}

/** Puts nothing anywhere. */
export function verifyingMedia(
  context: BackupContext,
  folder: string,
  stored: StoredMedia,
): BesideRows {
  return besideRows(context, folder, stored, {
    put: async (_, content) => {
      for await (const __ of content);
    },
    end: () => Promise.resolve(),
    settled: () => Promise.resolve(),
  });
}

function besideRows(
  context: BackupContext,
  folder: string,
  { media, file }: StoredMedia,
  taking: Taking,
): BesideRows {
  const refuseOther = (what: string, { files, bytes, digest }: ReturnType<MediaTally['total']>) => {
    if (files === media.files && bytes === media.bytes && digest === media.digest) return;
    throw new ReasonError('RESTORE_MISMATCH', {
      detail: `${what} of the media store: ${files} with ${bytes} bytes, not the ${media.files} with ${media.bytes} bytes that were backed up`,
    });
  };
  return {
    before: async () => {
      refuseOther('files', await takeEach(context, folder, file, taking));
    },
    after: async (pages) => {
      const removed = new Set(media.removed_meanwhile);
      const rows = new MediaTally();
      for await (const row of rowsOf(pages)) if (!removed.has(row.path)) rows.add(row);
      refuseOther('rows', rows.total());
    },
  };
}

/** @returns what was in the archive, of which the checksums are counted anew */
async function takeEach(
  { settings, signal, progress }: BackupContext,
  folder: string,
  file: BackupFile,
  taking: Taking,
): Promise<ReturnType<MediaTally['total']>> {
  const tally = new MediaTally();
  const step = progress.begin(`read ${file.name}`, contentBytes(file));
  let done = 0;
  try {
    for await (const { path, bytes, content } of readTar(readContent(settings, folder, file))) {
      signal.throwIfAborted();
      if (!isFilePath(path))
        throw new ReasonError('BACKUP_INVALID', { detail: `${file.name} has ${path} in it` });
      const sum = new ByteSum();
      await taking.put({ path, bytes }, sum.of(content));
      done += bytes;
      step.bytes(done);
      if (path !== IDENTITY_PATH) tally.add({ path, bytes, sha256: sum.sha256() });
    }
    await taking.end();
  } finally {
    await taking.settled();
  }
  step.end();
  return tally.total();
}
