import { createHmac, randomBytes } from 'node:crypto';
import { isPassword, readHash } from '@holdfast/nest/login/password';
import { ReasonError } from '../media.reasons.js';

/** Passwords whose outcome is remembered, right and wrong: of those that senders really have. */
const MOST_KNOWN = 100;

/** Hashes that wait for their turn: a queue of a few seconds. */
const MOST_WAITING = 16;

/**
 * Whether a password fits a hash by scrypt, one hash at a time: each takes 32 MiB and a part of a second. What was
 * found is remembered under a key of this process, so that a photo whose password is known costs no hash.
 */
export class PasswordCheck {
  readonly #key = randomBytes(32);
  readonly #known = new Map<string, Promise<boolean>>();
  #hash = '';
  #waiting = 0;
  #last: Promise<unknown> = Promise.resolve();

  /**
   * @param hash a PHC string
   * @throws INGEST_BUSY
   */
  async fits(password: string, hash: string): Promise<boolean> {
    if (hash !== this.#hash) {
      this.#known.clear();
      this.#hash = hash;
    }
    const mark = createHmac('sha256', this.#key).update(password.normalize('NFC')).digest('hex');
    const known = this.#known.get(mark);
    if (known) return known;
    const checked = this.#inTurn(() => isPassword(password, readHash(hash)));
    const [oldest] = this.#known.keys();
    if (oldest !== undefined && this.#known.size >= MOST_KNOWN) this.#known.delete(oldest);
    this.#known.set(mark, checked);
    checked.catch(() => {
      if (this.#known.get(mark) === checked) this.#known.delete(mark);
    });
    return checked;
  }

  #inTurn(check: () => Promise<boolean>): Promise<boolean> {
    if (this.#waiting >= MOST_WAITING) {
      return Promise.reject(new ReasonError('INGEST_BUSY', { retryAfterSeconds: 2 }));
    }
    this.#waiting += 1;
    const turn = this.#last.then(check).finally(() => {
      this.#waiting -= 1;
    });
    this.#last = turn.catch(() => undefined);
    return turn;
  }
}
