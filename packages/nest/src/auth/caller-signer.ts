import { createHmac, hkdfSync, randomBytes, timingSafeEqual } from 'node:crypto';
import type { Log } from '@holdfast/core/log';
import { Secret } from '@holdfast/core/secret';
import { rememberSecrets } from '@holdfast/guard/renewed-password';
import type { SecretFile } from '@holdfast/guard/secrets/secret-file';
import '../reasons.js';
import { type Told, WatchedFile } from './watched-file.js';

/** For this use alone: a key that is also used for tokens gives nothing away. */
const PURPOSE = 'holdfast cursors';
const KEY_BYTES = 32;
const LEAST_BYTES = 32;
/** For so long what was signed by the key before is still good: nobody pages on for longer. */
const GOOD_MS = 3_600_000;
/**
 * For so long the key before goes on to sign: an instance that has not read the new one yet takes what is
 * signed by it. Secrets that an orchestrator hands out reach all instances within two minutes.
 */
const SPREAD_MS = 120_000;

const KEY_OF_CURSORS: Told = {
  renewed: { event: 'cursor.key_renewed' },
  kept: { event: 'cursor.key_kept', code: 'SECRET_FILE_UNREADABLE' },
};

/** What only the service itself makes of a text, for one caller; the same on every instance. */
export interface Signer {
  readonly sign: (text: string) => string;
  readonly isSigned: (text: string, signature: string) => boolean;
}

interface Previous {
  readonly key: Buffer;
  readonly since: number;
}

/** Signs what is handed out to one caller and comes back, so that no other can send it or make it. */
export class CallerSigner {
  #text: string | undefined;
  #current: Buffer;
  #previous: Previous | undefined;
  #file: WatchedFile | undefined;

  /** @param shared what all instances have; undefined: what is signed is good in this process alone */
  constructor(
    shared: string | undefined,
    private readonly now: () => number = Date.now,
  ) {
    this.#text = shared;
    this.#current = derived(shared ?? randomBytes(KEY_BYTES));
  }

  /** As long as it is open, a key that has changed in its file is used from then on. */
  watch(file: SecretFile, log: Log): void {
    const renew = async (text: string) => Promise.resolve(this.renew(text));
    this.#file = new WatchedFile(file, renew, log, KEY_OF_CURSORS);
  }

  /**
   * The key before goes on beside the new one.
   * @returns whether it is another one
   * @throws RangeError for one that could be guessed
   */
  renew(text: string): boolean {
    if (text === this.#text) return false;
    if (Buffer.byteLength(text) < LEAST_BYTES) throw new RangeError('it has less than 32 bytes');
    rememberSecrets([new Secret(text)]);
    this.#previous = { key: this.#current, since: this.now() };
    this.#current = derived(text);
    this.#text = text;
    return true;
  }

  /** @returns signs texts that hold no NUL */
  signFor(subject: string): Signer {
    return {
      sign: (text) => signature(this.#signing(), text, subject),
      isSigned: (text, given) =>
        this.#good().some((key) => isSame(given, signature(key, text, subject))),
    };
  }

  close(): void {
    this.#file?.close();
  }

  #signing(): Buffer {
    return this.#previousFor(SPREAD_MS) ?? this.#current;
  }

  #good(): readonly Buffer[] {
    const previous = this.#previousFor(GOOD_MS);
    return previous ? [this.#current, previous] : [this.#current];
  }

  #previousFor(milliseconds: number): Buffer | undefined {
    const previous = this.#previous;
    return previous && this.now() - previous.since < milliseconds ? previous.key : undefined;
  }
}

function derived(shared: string | Buffer): Buffer {
  return Buffer.from(hkdfSync('sha256', Buffer.from(shared), '', PURPOSE, KEY_BYTES));
}

function signature(key: Buffer, text: string, subject: string): string {
  return createHmac('sha256', key).update(`${text}\0${subject}`).digest('base64url');
}

function isSame(given: string, due: string): boolean {
  const [one, other] = [Buffer.from(given), Buffer.from(due)];
  return one.length === other.length && timingSafeEqual(one, other);
}
