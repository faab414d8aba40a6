import type { ServerResponse } from 'node:http';
import { ReasonError } from '../media.reasons.js';

/**
 * The one bound over upload, driver, retries and storing. Its signal is aborted when the time is up, and when the
 * client has left.
 */
export class TimeLimit {
  readonly #controller = new AbortController();
  readonly #aborted: Promise<never>;
  readonly #timer: NodeJS.Timeout;
  readonly #left = () => {
    this.#controller.abort(new ReasonError('REQUEST_ABANDONED'));
  };

  /**
   * @param deadline in milliseconds of `performance.now()`
   * @param late makes what it is aborted with when the time is up
   */
  constructor(
    readonly deadline: number,
    private readonly response: ServerResponse,
    late: () => ReasonError = () => new ReasonError('PROVIDER_TIMEOUT'),
  ) {
    const { signal } = this.#controller;
    this.#aborted = new Promise<never>((_, reject) => {
      signal.addEventListener('abort', () => {
        reject(signal.reason as Error);
      });
    });
    this.#aborted.catch(() => undefined);
    const leftMs = Math.max(0, deadline - performance.now());
    this.#timer = setTimeout(() => {
      this.#controller.abort(late());
    }, leftMs);
    if (response.destroyed) this.#left();
    else response.once('close', this.#left);
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** What the work gives, unless the signal is aborted first: what it gives or throws later is dropped. */
  within<T>(work: Promise<T>): Promise<T> {
    return Promise.race([work, this.#aborted]);
  }

  /** Aborts it before its time. */
  giveUp(why: ReasonError): void {
    this.#controller.abort(why);
  }

  /** The work is over: nothing is aborted any more. */
  end(): void {
    clearTimeout(this.#timer);
    this.response.off('close', this.#left);
  }
}
