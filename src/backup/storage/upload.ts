import { join } from 'node:path';
import { ReadableStream } from 'node:stream/web';
import { ReasonError } from '../backup.reasons.js';
import type { BackupContext } from '../context.js';
import { MANIFEST, type StoredBackup } from '../folder/backup-folder.js';
import { ByteSum } from '../folder/byte-sum.js';
import { readFile } from '../folder/files.js';
import { type BackupFile, manifestText } from '../manifest.js';
import { askingAgain, type ObjectStorage } from './object-storage.js';

/** Four parts are on their way at a time, and in memory. */
const PART_BYTES = 8 << 20;
/** More parts S3 takes of no object. */
const MOST_PARTS = 10_000;

/**
 * Uploads the files of a backup, and its manifest last: what has none is no backup.
 * @returns where it is
 * @throws BACKUP_STORAGE_FAILED
 */
export async function uploadBackup(
  context: BackupContext,
  storage: ObjectStorage,
  backup: StoredBackup,
): Promise<string> {
  for (const file of backup.manifest.files) await uploadFile(context, storage, backup, file);
  await uploadManifest(context, storage, backup);
  return `s3://${storage.bucket}/${keyOf(storage, backup)}`;
}

/** In the place of the one that is there. @throws BACKUP_STORAGE_FAILED */
export async function uploadManifest(
  context: BackupContext,
  storage: ObjectStorage,
  backup: StoredBackup,
): Promise<void> {
  const key = `${keyOf(storage, backup)}/${MANIFEST}`;
  await askingAgain(key, context.signal, tellRetry(context, key), () =>
    storage.client.putObject(key, manifestText(backup.manifest)),
  );
}

function tellRetry({ progress }: BackupContext, key: string) {
  return (why: string, milliseconds: number) => {
    const again = `the upload of ${key} is tried again in ${milliseconds} ms: ${why}\n`;
    progress.told('backup.upload_retried', again);
  };
}

async function uploadFile(
  context: BackupContext,
  storage: ObjectStorage,
  backup: StoredBackup,
  file: BackupFile,
): Promise<void> {
  const { progress, signal } = context;
  const key = `${keyOf(storage, backup)}/${file.name}`;
  const step = progress.begin(`upload ${file.name}`, file.bytes);
  await askingAgain(key, signal, tellRetry(context, key), async () => {
    const sum = new ByteSum();
    const read = async function* () {
      for await (const chunk of sum.of(readFile(backup.folder, file))) {
        signal.throwIfAborted();
        yield new Uint8Array(chunk);
        step.bytes(sum.bytes);
      }
    };
    await storage.client.putObject(key, ReadableStream.from(read()), {
      size: file.bytes,
      partSize: Math.max(PART_BYTES, Math.ceil(file.bytes / MOST_PARTS)),
    });
    const { size } = await storage.client.statObject(key);
    if (size === file.bytes && sum.sha256() === file.sha256) return;
    const detail = `${join(backup.folder, file.name)} has changed while it was uploaded`;
    throw new ReasonError('BACKUP_INVALID', { detail });
  });
  step.end();
}

function keyOf({ prefix }: ObjectStorage, { manifest }: StoredBackup): string {
  return `${prefix}${manifest.id}`;
}
