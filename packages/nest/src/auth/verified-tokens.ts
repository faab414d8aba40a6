import { hash } from 'node:crypto';
import type { Caller } from './caller.js';

/** Some hundred bytes each. */
const MOST_TOKENS = 10_000;
/** For so long a token goes on when its key has been withdrawn in a way that nobody has noticed. */
const LONGEST_MS = 60_000;

interface Verified {
  readonly caller: Caller;
  readonly until: number;
}

/** Tokens that have been verified lately, by their hash; those that were used last stay. */
export class VerifiedTokens {
  readonly #verified = new Map<string, Verified>();

  get(token: string): Caller | undefined {
    const key = hash('sha256', token, 'base64');
    const found = this.#verified.get(key);
    if (!found) return undefined;
    this.#verified.delete(key);
    if (found.until <= Date.now()) return undefined;
    this.#verified.set(key, found);
    return found.caller;
  }

  /** @param until milliseconds since the epoch, when the token ends */
  set(token: string, caller: Caller, until: number): void {
    const key = hash('sha256', token, 'base64');
    this.#verified.set(key, { caller, until: Math.min(until, Date.now() + LONGEST_MS) });
    if (this.#verified.size <= MOST_TOKENS) return;
    const [oldest] = this.#verified.keys();
    if (oldest !== undefined) this.#verified.delete(oldest);
  }

  clear(): void {
    this.#verified.clear();
  }
}
