import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { ReasonError } from '../backup.reasons.js';
import type { BackupContext } from '../context.js';
import { MANIFEST } from '../folder/backup-folder.js';
import { ByteSum } from '../folder/byte-sum.js';
import { replaceText, writing } from '../folder/durable.js';
import { writeFile } from '../folder/files.js';
import { type BackupFile, manifestText, parseManifest } from '../manifest.js';
import { refuseUnopenable } from '../restore-backup.js';
import {
  asking,
  isMissing,
  type ObjectStorage,
  objectStorage,
  storageFailure,
} from './object-storage.js';

const SCHEME = 's3://';

/** Works with a backup in a folder that is gone afterwards. @throws as `withBackupFolder` does */
export async function withDownload<T>(
  context: BackupContext,
  place: string,
  work: (folder: string) => Promise<T>,
): Promise<T> {
  const [bucket = '', ...rest] = place.slice(SCHEME.length).split('/');
  const key = rest.join('/').replace(/\/+$/, '');
  const storage = objectStorage(context.settings, bucket);
  if (!storage || key === '')
    throw new ReasonError('USAGE', { detail: 'a backup is named by s3://BUCKET/PREFIX/ID' });
  const scratch = await writing(tmpdir(), () => mkdtemp(join(tmpdir(), 'holdfast-download-')));
  try {
    const folder = join(scratch, basename(key));
    await writing(folder, () => mkdir(folder, { mode: 0o700 }));
    await download(context, storage, key, folder);
    return await work(folder);
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

async function download(
  context: BackupContext,
  storage: ObjectStorage,
  key: string,
  folder: string,
): Promise<void> {
  const text = await asking(`${key}/${MANIFEST}`, async () => {
    try {
      return await (await storage.client.getObject(`${key}/${MANIFEST}`)).text();
    } catch (cause) {
      if (!isMissing(cause)) throw cause;
      const detail = `${SCHEME}${storage.bucket}/${key} has no ${MANIFEST}`;
      throw new ReasonError('BACKUP_INVALID', { detail, cause });
    }
  });
  const manifest = parseManifest(text);
  await refuseUnopenable(context, manifest);
  for (const file of manifest.files) {
    const step = context.progress.begin(`download ${file.name}`, file.bytes);
    const content = objectBytes(context, storage, `${key}/${file.name}`, file);
    await writeFile(folder, file, content, step.bytes);
    step.end();
  }
  await writing(folder, () => replaceText(join(folder, MANIFEST), manifestText(manifest)));
}

/** No more than the manifest says. */
async function* objectBytes(
  { signal }: BackupContext,
  { client }: ObjectStorage,
  key: string,
  { bytes }: BackupFile,
): AsyncGenerator<Buffer> {
  const { body }: Response = await asking(key, () => client.getObject(key));
  const sum = new ByteSum();
  try {
    for await (const chunk of sum.of(body as AsyncIterable<Uint8Array>)) {
      signal.throwIfAborted();
      if (sum.bytes > bytes)
        throw new ReasonError('BACKUP_INVALID', { detail: `${key} has more than ${bytes} bytes` });
      yield Buffer.from(chunk);
    }
  } catch (error) {
    throw storageFailure(key, error);
  }
}
