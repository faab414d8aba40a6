import { join } from 'node:path';
import { ReadableStream } from 'node:stream/web';
import { ReasonError } from '../backup.reasons.js';
import type { BackupContext } from '../context.js';
import { MANIFEST, type StoredBackup } from '../folder/backup-folder.js';
import { ByteSum } from '../folder/byte-sum.js';
import { readFile } from '../folder/files.js';
import { type BackupFile, manifestText } from '../manifest.js';
import { asking, type ObjectStorage } from './object-storage.js';

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
  await uploadManifest(storage, backup);
  return `s3://${storage.bucket}/${keyOf(storage, backup)}`;
}

/** In the place of the one that is there. @throws BACKUP_STORAGE_FAILED */
export async function uploadManifest(storage: ObjectStorage, backup: StoredBackup): Promise<void> {
  const key = `${keyOf(storage, backup)}/${MANIFEST}`;
  await asking(key, () => storage.client.putObject(key, manifestText(backup.manifest)));
}

async function uploadFile(
  { progress, signal }: BackupContext,
  storage: ObjectStorage,
  backup: StoredBackup,
  file: BackupFile,
): Promise<void> {
  const key = `${keyOf(storage, backup)}/${file.name}`;
  const step = progress.begin(`upload ${file.name}`, file.bytes);
  const sum = new ByteSum();
  const read = async function* () {
    for await (const chunk of sum.of(readFile(backup.folder, file))) {
      signal.throwIfAborted();
      yield new Uint8Array(chunk);
      step.bytes(sum.bytes);
    }
  };
  await asking(key, async () => {
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
