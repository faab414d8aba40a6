import type { ReasonCode, ReasonError } from './reasons.js';
import { whileQueued } from './served-request.js';

/** One piece of work at a time, first come first served; what gives up waiting is taken out. */
export class Mutex {
  readonly #waiting = new Set<() => void>();
  #isLocked = false;

  /** @param late what a request is answered that has waited for too long */
  constructor(private readonly late: ReasonCode) {}

  get waiting(): number {
    return this.#waiting.size;
  }

  get isLocked(): boolean {
    return this.#isLocked;
  }

  /**
   * @returns what the work gives; it begins when all earlier work has ended
   * @throws the code for being late, REQUEST_ABANDONED: the work has not begun
   */
  async runExclusive<T>(work: () => Promise<T>): Promise<T> {
    if (this.#isLocked) await this.#acquire();
    this.#isLocked = true;
    try {
      return await work();
    } finally {
      const [next] = this.#waiting;
      // Handed over at once: nothing that comes just now gets in between.
      if (next) next();
      else this.#isLocked = false;
    }
  }

  #acquire(): Promise<void> {
    return new Promise((resolve, reject: (why: ReasonError) => void) => {
      const begin = () => {
        leave();
        this.#waiting.delete(begin);
        resolve();
      };
      const leave = whileQueued(this.late, (why) => {
        this.#waiting.delete(begin);
        reject(why);
      });
      this.#waiting.add(begin);
    });
  }
}
