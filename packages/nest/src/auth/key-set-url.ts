import type { CryptoKey } from 'jose';
import type { Log } from '@holdfast/core/log';
import { ReasonError } from '../reasons.js';
import { fetchText } from './fetch-text.js';
import { ASYMMETRIC, keysOf, parseKeySet, type PinnedKey } from './key-set.js';
import type { TokenHeader, VerificationKeys } from './verification-keys.js';

/** Milliseconds; what tests make shorter. */
export interface Refreshing {
  /** After which keys that are there are asked for again. */
  readonly usualMs: number;
  /** Between two requests for them, whatever tokens say. */
  readonly leastMs: number;
}

const REFRESHING: Refreshing = { usualMs: 300_000, leastMs: 5000 };

/**
 * A key set at an address, which is asked for in the background, and where a token names a key that is not
 * known. While its server is down, the keys that it gave last go on.
 */
export class KeySetUrl implements VerificationKeys {
  readonly algorithms = ASYMMETRIC;
  readonly #timer: NodeJS.Timeout;
  #generation = 0;
  #text = '';
  #keys: readonly PinnedKey[] = [];
  #asking: Promise<void> | undefined;
  #askedAt = -Infinity;
  #isStale = false;

  constructor(
    private readonly url: string,
    private readonly log: Log,
    private readonly refreshing: Refreshing = REFRESHING,
  ) {
    this.#timer = setInterval(() => {
      const dueMs = this.#isStale ? refreshing.leastMs : refreshing.usualMs;
      if (performance.now() - this.#askedAt >= dueMs) void this.#ask();
    }, refreshing.leastMs).unref();
    void this.#ask();
  }

  get generation(): number {
    return this.#generation;
  }

  async keysFor(header: TokenHeader): Promise<readonly CryptoKey[]> {
    const known = keysOf(this.#keys, header);
    if (known.length > 0) return known;
    if (this.#asking ?? performance.now() - this.#askedAt >= this.refreshing.leastMs) {
      await this.#ask();
    }
    if (this.#keys.length === 0) {
      throw new ReasonError('JWT_KEYS_UNAVAILABLE', { retryAfterSeconds: 5 });
    }
    return keysOf(this.#keys, header);
  }

  close(): void {
    clearInterval(this.#timer);
  }

  /** At once only one request, whose answer is for all. */
  #ask(): Promise<void> {
    this.#asking ??= this.#refresh().finally(() => {
      this.#asking = undefined;
    });
    return this.#asking;
  }

  async #refresh(): Promise<void> {
    this.#askedAt = performance.now();
    try {
      const text = await fetchText(this.url);
      if (text !== this.#text) {
        this.#keys = await parseKeySet(text);
        this.#text = text;
        this.#generation += 1;
      }
      if (this.#isStale) this.log.info({ event: 'auth.keys_renewed', variable: 'JWT_JWKS_URL' });
      this.#isStale = false;
    } catch (error) {
      if (!this.#isStale) {
        const fields = { event: 'auth.keys_kept', code: 'JWT_KEYS_UNAVAILABLE' as const };
        this.log.warn(
          { ...fields, variable: 'JWT_JWKS_URL', err: error },
          'no keys can be had: those that were had before go on',
        );
      }
      this.#isStale = true;
    }
  }
}
