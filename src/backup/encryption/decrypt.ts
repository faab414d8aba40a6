import { ReadableStream } from 'node:stream/web';
import type { Settings } from '@holdfast/guard/settings';
import { ReasonError } from '../backup.reasons.js';
import { ByteSum } from '../folder/byte-sum.js';
import { readFile } from '../folder/files.js';
import type { BackupFile } from '../manifest.js';
import { identitiesOf } from './identities.js';

type EncryptedFile = BackupFile & { readonly encryption: NonNullable<BackupFile['encryption']> };

/**
 * What was encrypted. The last block is given only once all of it is found to be what was written: whoever
 * reads has never all of what is not.
 * @throws BACKUP_INVALID, BACKUP_KEY_MISSING, BACKUP_KEY_INVALID
 */
export async function* decrypted(
  settings: Settings,
  folder: string,
  file: EncryptedFile,
): AsyncGenerator<Buffer> {
  const { decrypter } = await identitiesOf(settings);
  const sum = new ByteSum();
  let held: Buffer | undefined;
  try {
    const stream = await decrypter.decrypt(ReadableStream.from(readFile(folder, file)));
    for await (const chunk of sum.of(stream)) {
      if (held) yield held;
      held = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length);
    }
  } catch (cause) {
    // What the file system says has a code.
    if ((cause as NodeJS.ErrnoException).code !== undefined) throw cause;
    const detail = `${file.name} cannot be decrypted: ${(cause as Error).message}`;
    throw new ReasonError('BACKUP_INVALID', { detail, cause });
  }
  const { plain_bytes: bytes, plain_sha256: sha256 } = file.encryption;
  if (sum.bytes !== bytes || sum.sha256() !== sha256)
    throw new ReasonError('BACKUP_INVALID', {
      detail: `${file.name} is not what was written once it is decrypted: its checksum differs`,
    });
  if (held) yield held;
}
