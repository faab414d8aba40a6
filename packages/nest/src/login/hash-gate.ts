import { availableParallelism } from 'node:os';
import { whileQueued } from '@holdfast/core/served-request';
import { ReasonError } from '../reasons.js';

/**
 * Of the four threads that Node hashes with, and reads files and looks up names with, two are left; and on a small
 * machine a processor for all other requests.
 */
const MOST_AT_ONCE = availableParallelism() < 4 ? 1 : 2;
/** A queue of a few seconds. */
const MOST_WAITING = 16;
/** Beyond these, for browsers that have logged in before. */
const MOST_KNOWN_WAITING = 8;
/** So that one client cannot take all of it. */
const MOST_OF_ONE = 4;

/** Bounds how much is hashed at once: it takes memory, and threads that others need. */
export class HashGate {
  readonly #waiting = new Set<() => void>();
  readonly #knownWaiting = new Set<() => void>();
  readonly #ofClient = new Map<string, number>();
  #atWork = 0;

  /**
   * @param isKnown whether it is a browser that has logged in before: it comes first
   * @throws LOGIN_BUSY, REQUEST_ABANDONED: the work has not begun
   */
  async run<T>(client: string, isKnown: boolean, work: () => Promise<T>): Promise<T> {
    const own = this.#ofClient.get(client) ?? 0;
    if (own >= MOST_OF_ONE) throw busy();
    this.#ofClient.set(client, own + 1);
    try {
      await this.#enter(isKnown);
      try {
        return await work();
      } finally {
        this.#leave();
      }
    } finally {
      const left = (this.#ofClient.get(client) ?? 0) - 1;
      if (left > 0) this.#ofClient.set(client, left);
      else this.#ofClient.delete(client);
    }
  }

  async #enter(isKnown: boolean): Promise<void> {
    if (this.#atWork < MOST_AT_ONCE) {
      this.#atWork += 1;
      return;
    }
    const queue = isKnown ? this.#knownWaiting : this.#waiting;
    if (queue.size >= (isKnown ? MOST_KNOWN_WAITING : MOST_WAITING)) throw busy();
    await new Promise<void>((resolve, reject) => {
      const begin = () => {
        stopWaiting();
        queue.delete(begin);
        resolve();
      };
      const stopWaiting = whileQueued('LOGIN_BUSY', (why) => {
        queue.delete(begin);
        reject(why);
      });
      queue.add(begin);
    });
  }

  /** Its place is handed over at once: nothing that comes just now gets in between. */
  #leave(): void {
    const [next] = [...this.#knownWaiting, ...this.#waiting];
    if (next) next();
    else this.#atWork -= 1;
  }
}

function busy(): ReasonError {
  return new ReasonError('LOGIN_BUSY', { retryAfterSeconds: 2 });
}
