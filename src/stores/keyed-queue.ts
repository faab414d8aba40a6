import { Mutex } from '@holdfast/core/mutex';
import './stores.reasons.js';

/**
 * Does what concerns the same record one after the other within this process, so that its own
 * requests do not overtake each other; those of other processes still may.
 */
export class KeyedQueue {
  readonly #turns = new Map<string, Mutex>();

  /**
   * @returns what the work gives; it begins when all earlier work for the key has ended
   * @throws QUEUE_TIMEOUT, REQUEST_ABANDONED: the work has not begun
   */
  async run<T>(key: string, work: () => Promise<T>): Promise<T> {
    const turns = this.#turns.get(key) ?? new Mutex('QUEUE_TIMEOUT');
    this.#turns.set(key, turns);
    try {
      return await turns.runExclusive(work);
    } finally {
      if (!turns.isLocked && this.#turns.get(key) === turns) this.#turns.delete(key);
    }
  }
}
