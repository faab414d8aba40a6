import { readFile, stat } from 'node:fs/promises';
import { decryptValue, isEncrypted } from './encrypted-value.js';
import { parseSecretKeys } from './secret-keys.js';

/** A file that a secret is read from, at the start and again later. */
export interface SecretFile {
  readonly path: string;
  /** Whose value it holds. */
  readonly variable: string;
  /** With the keys of what is encrypted in it; read again with it, so that keys can be changed, too. */
  readonly keyFile?: string;
}

const MOST_BYTES = 65_536;

/**
 * What a secret file holds now, decrypted; exactly one newline at its end is dropped.
 * @throws for what is no file: a pipe has no more to say, and might be waited for without end; and for what
 * cannot be decrypted
 */
export async function readSecretFile({ path, variable, keyFile }: SecretFile): Promise<string> {
  const text = (await readBounded(path)).replace(/\r?\n$/, '');
  if (keyFile === undefined || !isEncrypted(text)) return text;
  return decryptValue(text, parseSecretKeys(await readBounded(keyFile)), variable);
}

async function readBounded(path: string): Promise<string> {
  const stats = await stat(path);
  if (!stats.isFile() || stats.size > MOST_BYTES) throw new TypeError('it is no file of a secret');
  return readFile(path, 'utf8');
}
