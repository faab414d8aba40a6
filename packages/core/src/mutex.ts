import type { ReasonCode, ReasonError } from './reasons.js';
import { whileQueued } from './served-request.js';

/** One piece of work at a time, first come first served; who gives up waiting is taken out. */
export class OneAtATime {
  readonly #waiting = new Set<() => void>();
  #isTaken = false;

  /** @param late what a request is answered that has waited for too long */
  constructor(private readonly late: ReasonCode) {}

  get waiting(): number {
    return this.#waiting.size;
  }

  get isTaken(): boolean {
    return this.#isTaken;
  }

  /**
   * @returns what the work gives; it begins when all earlier work has ended
   * @throws the code for being late, REQUEST_ABANDONED: the work has not begun
   */
  async run<T>(work: () => Promise<T>): Promise<T> {
    if (this.#isTaken) await this.#turn();
    this.#isTaken = true;
    try {
      return await work();
    } finally {
      const [next] = this.#waiting;
      // Handed over at once: nobody who comes just now gets in between.
      if (next) next();
      else this.#isTaken = false;
    }
  }

  #turn(): Promise<void> {
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
