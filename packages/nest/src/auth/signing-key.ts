import { webcrypto } from 'node:crypto';
import type { CryptoKey } from 'jose';
import type { Log } from '@holdfast/core/log';
import { Secret } from '@holdfast/core/secret';
import { rememberSecrets } from '@holdfast/guard/renewed-password';
import type { SecretFile } from '@holdfast/guard/secrets/secret-file';
import { WatchedFile } from './watched-file.js';
import type { VerificationKeys } from './verification-keys.js';

/** For so long what was signed before the key was changed is still good: tokens live no longer, as a rule. */
const PREVIOUS_MS = 3_600_000;
const LEAST_BYTES = 32;

interface Previous {
  readonly key: CryptoKey;
  readonly until: number;
}

/** The one key of HS256; one from a file is read again when that changes, and the one before it goes on for an hour. */
export class SigningKey implements VerificationKeys {
  readonly algorithms = ['HS256'];
  #generation = 0;
  #current: CryptoKey;
  #text: string;
  #previous: Previous | undefined;
  #file: WatchedFile | undefined;

  private constructor(text: string, key: CryptoKey) {
    this.#text = text;
    this.#current = key;
  }

  /** @param file that it came from */
  static async open(secret: Secret, file: SecretFile | undefined, log: Log): Promise<SigningKey> {
    const text = secret.reveal();
    const opened = new SigningKey(text, await imported(text));
    if (file !== undefined) {
      const renew = (read: string) => opened.#renew(read);
      opened.#file = new WatchedFile(file, renew, log);
    }
    return opened;
  }

  get generation(): number {
    return this.#generation;
  }

  /** That tokens are signed with now. */
  get current(): CryptoKey {
    return this.#current;
  }

  async keysFor(): Promise<readonly CryptoKey[]> {
    await Promise.resolve();
    const previous = this.#previous;
    return previous && previous.until > Date.now()
      ? [this.#current, previous.key]
      : [this.#current];
  }

  close(): void {
    this.#file?.close();
  }

  async #renew(text: string): Promise<boolean> {
    if (text === this.#text) return false;
    if (Buffer.byteLength(text) < LEAST_BYTES) throw new RangeError('it has less than 32 bytes');
    const key = await imported(text);
    rememberSecrets([new Secret(text)]);
    this.#previous = { key: this.#current, until: Date.now() + PREVIOUS_MS };
    this.#current = key;
    this.#text = text;
    this.#generation += 1;
    return true;
  }
}

function imported(text: string): Promise<CryptoKey> {
  const algorithm = { name: 'HMAC', hash: 'SHA-256' };
  return webcrypto.subtle.importKey('raw', Buffer.from(text), algorithm, false, ['sign', 'verify']);
}
