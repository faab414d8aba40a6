import type { Settings } from '@holdfast/guard/settings';
import type { BackupFile } from '../manifest.js';
import { readFile } from './files.js';

/**
 * What was backed up, whether it lies encrypted or not.
 * @throws BACKUP_INVALID, and what says that the key is none
 */
export async function* readContent(
  settings: Settings,
  folder: string,
  { encryption, ...file }: BackupFile,
): AsyncGenerator<Buffer> {
  if (!encryption) {
    yield* readFile(folder, file);
    return;
  }
  const { decrypted } = await import('../encryption/decrypt.js');
  yield* decrypted(settings, folder, { ...file, encryption });
}

/** How much that is. */
export function contentBytes({ bytes, encryption }: BackupFile): number {
  return encryption?.plain_bytes ?? bytes;
}
