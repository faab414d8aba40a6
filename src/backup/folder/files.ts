import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { ReasonError } from '../backup.reasons.js';
import type { BackupFile } from '../manifest.js';
import { OWNER_ALONE, writing } from './durable.js';

/** Of a file at a time. */
const READ_BYTES = 1 << 20;

/**
 * Writes a file of a backup: every byte of one goes through here, or through `describeFile` where a library
 * writes it itself.
 * @param written is told how many bytes are written so far
 * @throws BACKUP_NOT_WRITTEN
 */
export async function writeFile(
  folder: string,
  { name, kind }: Pick<BackupFile, 'name' | 'kind'>,
  source: AsyncIterable<Buffer>,
  written: (bytes: number) => void,
): Promise<BackupFile> {
  const hash = createHash('sha256');
  let bytes = 0;
  const path = join(folder, name);
  const handle = await writing(path, () => open(path, 'wx', OWNER_ALONE));
  try {
    for await (const chunk of source) {
      hash.update(chunk);
      await writing(path, () => handle.writeFile(chunk));
      bytes += chunk.length;
      written(bytes);
    }
    await writing(path, () => handle.sync());
  } finally {
    await handle.close();
  }
  return { name, kind, bytes, sha256: hash.digest('hex') };
}

/** Of a file that is written. */
export async function describeFile(
  folder: string,
  { name, kind }: Pick<BackupFile, 'name' | 'kind'>,
): Promise<BackupFile> {
  const hash = createHash('sha256');
  let bytes = 0;
  for await (const chunk of readFile(folder, { name })) {
    hash.update(chunk);
    bytes += chunk.length;
  }
  return { name, kind, bytes, sha256: hash.digest('hex') };
}

/** The bytes of a file of a backup, as they were before it was written. */
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
