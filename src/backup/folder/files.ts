import { createReadStream } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { ReasonError } from '../backup.reasons.js';
import type { Recipients } from '../encryption/recipients.js';
import type { BackupFile } from '../manifest.js';
import { ByteSum } from './byte-sum.js';
import { OWNER_ALONE, writing } from './durable.js';

/** Of a file at a time. */
const READ_BYTES = 1 << 20;

/**
 * Writes a file of a backup: every byte of one goes through here, or through `describeFile` where a library
 * writes it itself.
 * @param written is told how many bytes are written so far
 * @param recipients whom it is encrypted for on its way, if it is: no byte is written that is not
 * @throws BACKUP_NOT_WRITTEN
 */
export async function writeFile(
  folder: string,
  { name, kind }: Pick<BackupFile, 'name' | 'kind'>,
  source: AsyncIterable<Buffer>,
  written: (bytes: number) => void,
  recipients?: Recipients,
): Promise<BackupFile> {
  if (recipients) return writeEncrypted(folder, { name, kind }, source, written, recipients);
  const sum = new ByteSum();
  const path = join(folder, name);
  const handle = await writing(path, () => open(path, 'wx', OWNER_ALONE));
  try {
    for await (const chunk of sum.of(source)) {
      await writing(path, () => handle.writeFile(chunk));
      written(sum.bytes);
    }
    await writing(path, () => handle.sync());
  } finally {
    await handle.close();
  }
  return { name, kind, bytes: sum.bytes, sha256: sum.sha256() };
}

async function writeEncrypted(
  folder: string,
  { name, kind }: Pick<BackupFile, 'name' | 'kind'>,
  source: AsyncIterable<Buffer>,
  written: (bytes: number) => void,
  recipients: Recipients,
): Promise<BackupFile> {
  const { encrypted } = await import('../encryption/encrypt.js');
  const plain = new ByteSum();
  const bytes = encrypted(source, recipients, plain);
  const file = await writeFile(folder, { name: `${name}.age`, kind }, bytes, written);
  return {
    ...file,
    encryption: {
      format: 'age',
      recipients: [...recipients.names],
      plain_bytes: plain.bytes,
      plain_sha256: plain.sha256(),
    },
  };
}

/** Of a file that is written. */
export async function describeFile(
  folder: string,
  { name, kind }: Pick<BackupFile, 'name' | 'kind'>,
): Promise<BackupFile> {
  const sum = new ByteSum();
  for await (const chunk of readFile(folder, { name })) sum.take(chunk);
  return { name, kind, bytes: sum.bytes, sha256: sum.sha256() };
}

/** The bytes of a file of a backup, as they are on the disk. */
export function readFile(
  folder: string,
  { name }: Pick<BackupFile, 'name'>,
): AsyncIterable<Buffer> {
  return createReadStream(join(folder, name), { highWaterMark: READ_BYTES });
}

/** @throws BACKUP_INVALID for a file that is missing, or is not as it was written */
export async function verifyFile(folder: string, file: BackupFile): Promise<void> {
  const invalid = (why: string, cause?: unknown) =>
    new ReasonError('BACKUP_INVALID', { detail: `${file.name} ${why}`, cause });
  try {
    const { size } = await stat(join(folder, file.name));
    if (size !== file.bytes) throw invalid(`has ${size} bytes, not ${file.bytes}`);
    const { sha256 } = await describeFile(folder, file);
    if (sha256 !== file.sha256) throw invalid('is not what was written: its checksum differs');
  } catch (error) {
    if (error instanceof ReasonError) throw error;
    throw invalid('cannot be read', error);
  }
}
