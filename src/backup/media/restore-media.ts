import type { Readable } from 'node:stream';
import { isFilePath } from '../../stores/media/files/file-path.js';
import type { MediaFiles } from '../../stores/media/files/media-files.js';
import { openMediaFiles } from '../../stores/media/files/open-media-files.js';
import { IDENTITY_PATH } from '../../stores/media/files/place-identity.js';
import { ReasonError } from '../backup.reasons.js';
import type { BackupContext } from '../context.js';
import { ByteSum } from '../folder/byte-sum.js';
import { contentBytes, readContent } from '../folder/content.js';
import type { BackedUpMedia, BackupFile } from '../manifest.js';
import { type MediaPages, MediaTally, rowsOf } from './media-rows.js';
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

type Take = (path: string, content: AsyncIterable<Buffer>) => Promise<void>;

/** Puts the files into the place that the settings name, and sees to it that rows and files fit each other. */
export function restoringMedia(
  context: BackupContext,
  folder: string,
  stored: StoredMedia,
): BesideRows {
  const { settings, signal } = context;
  const files = openMediaFiles(settings);
  return besideRows(context, folder, stored, (path, content) =>
    putFile(files, path, content, signal),
  );
}

/** Puts nothing anywhere. */
export function verifyingMedia(
  context: BackupContext,
  folder: string,
  stored: StoredMedia,
): BesideRows {
  return besideRows(context, folder, stored, async (_, content) => {
    for await (const __ of content);
  });
}

function besideRows(
  context: BackupContext,
  folder: string,
  { media, file }: StoredMedia,
  take: Take,
): BesideRows {
  const refuseOther = (what: string, { files, bytes, digest }: ReturnType<MediaTally['total']>) => {
    if (files === media.files && bytes === media.bytes && digest === media.digest) return;
    throw new ReasonError('RESTORE_MISMATCH', {
      detail: `${what} of the media store: ${files} with ${bytes} bytes, not the ${media.files} with ${media.bytes} bytes that were backed up`,
    });
  };
  return {
    before: async () => {
      refuseOther('files', await takeEach(context, folder, file, take));
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
  take: Take,
): Promise<ReturnType<MediaTally['total']>> {
  const tally = new MediaTally();
  const step = progress.begin(`read ${file.name}`, contentBytes(file));
  let done = 0;
  for await (const { path, content } of readTar(readContent(settings, folder, file))) {
    signal.throwIfAborted();
    if (!isFilePath(path))
      throw new ReasonError('BACKUP_INVALID', { detail: `${file.name} has ${path} in it` });
    const sum = new ByteSum();
    await take(path, sum.of(content));
    done += sum.bytes;
    step.bytes(done);
    if (path !== IDENTITY_PATH) tally.add({ path, bytes: sum.bytes, sha256: sum.sha256() });
  }
  step.end();
  return tally.total();
}

/** @throws RESTORE_TARGET_NOT_EMPTY, RESTORE_MISMATCH, MEDIA_FILES_FULL, MEDIA_FILES_UNAVAILABLE */
async function putFile(
  files: MediaFiles,
  path: string,
  content: AsyncIterable<Buffer>,
  signal: AbortSignal,
): Promise<void> {
  const sum = new ByteSum();
  const there = await files.open(path);
  if (there) {
    const found = await sumOf(there);
    for await (const _ of sum.of(content));
    if (found === sum.sha256()) return;
    throw new ReasonError('RESTORE_TARGET_NOT_EMPTY', {
      detail: `${path} of the media store is there, and is another file`,
    });
  }
  await files.store(path, sum.of(content), { signal, durable: true });
  const back = await files.open(path);
  if (back && (await sumOf(back)) === sum.sha256()) return;
  throw new ReasonError('RESTORE_MISMATCH', { detail: `${path} of the media store` });
}

async function sumOf(content: Readable): Promise<string> {
  const sum = new ByteSum();
  for await (const _ of sum.of(content as AsyncIterable<Buffer>));
  return sum.sha256();
}
