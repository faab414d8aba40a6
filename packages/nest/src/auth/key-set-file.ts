import type { CryptoKey } from 'jose';
import type { Log } from '@holdfast/core/log';
import { readSecretFile } from '@holdfast/guard/secrets/secret-file';
import { ReasonError } from '../reasons.js';
import { ASYMMETRIC, keysOf, parseKeySet, type PinnedKey } from './key-set.js';
import type { TokenHeader, VerificationKeys } from './verification-keys.js';
import { WatchedFile } from './watched-file.js';

/** A key set in a file, which is read again when it changes. */
export class KeySetFile implements VerificationKeys {
  readonly algorithms = ASYMMETRIC;
  #generation = 0;
  #text = '';
  #keys: readonly PinnedKey[] = [];
  readonly #file: WatchedFile;

  private constructor(path: string, log: Log) {
    this.#file = new WatchedFile(placeOf(path), (text) => this.#renew(text), log);
  }

  /** @throws JWT_KEYS_UNUSABLE */
  static async open(path: string, log: Log): Promise<KeySetFile> {
    const opened = new KeySetFile(path, log);
    try {
      await opened.#renew(await readSecretFile(placeOf(path)));
      return opened;
    } catch (cause) {
      opened.close();
      throw new ReasonError('JWT_KEYS_UNUSABLE', {
        detail: 'JWT_JWKS_FILE has no usable key',
        cause,
      });
    }
  }

  get generation(): number {
    return this.#generation;
  }

  async keysFor(header: TokenHeader): Promise<readonly CryptoKey[]> {
    await Promise.resolve();
    return keysOf(this.#keys, header);
  }

  close(): void {
    this.#file.close();
  }

  async #renew(text: string): Promise<boolean> {
    if (text === this.#text) return false;
    this.#keys = await parseKeySet(text);
    this.#text = text;
    this.#generation += 1;
    return true;
  }
}

/** It holds no secret, and is read with the same bounds. */
function placeOf(path: string) {
  return { path, variable: 'JWT_JWKS_FILE' };
}
