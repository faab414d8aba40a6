import type { ReasonCode } from '../reasons.js';

/** What a dependency said last. */
export type Reading<T> =
  | { readonly ok: true; readonly value: T; readonly latencyMs: number }
  | { readonly ok: false; readonly code: ReasonCode; readonly failingSince: string };

/** How a dependency is asked. */
export interface Question<T> {
  ask(): Promise<T>;
  /** Frees whatever `ask` holds; called when it has taken too long. */
  abandon(): void;
  /** What a failure of `ask` means; undefined stands for having taken too long. */
  codeOf(error: unknown): ReasonCode;
}

const SHARED_MS = 1000;

class TookTooLong extends Error {}

/**
 * Asks a dependency at most once at a time and within a bound. A good answer is shared for a
 * second; after a bad one the next caller asks again, so that recovery is noticed at once.
 */
export class Probe<T> {
  #inFlight: Promise<Reading<T>> | undefined;
  #good: { readonly reading: Reading<T>; readonly at: number } | undefined;
  #failingSince: string | undefined;

  constructor(
    private readonly question: Question<T>,
    private readonly timeoutMs: number,
  ) {}

  /** Never rejects. */
  read(): Promise<Reading<T>> {
    if (this.#good && performance.now() - this.#good.at < SHARED_MS) {
      return Promise.resolve(this.#good.reading);
    }
    this.#inFlight ??= this.ask().finally(() => {
      this.#inFlight = undefined;
    });
    return this.#inFlight;
  }

  private async ask(): Promise<Reading<T>> {
    const started = performance.now();
    let timer: NodeJS.Timeout | undefined;
    const bound = new Promise<never>((_, reject) => {
      timer = setTimeout(() => {
        reject(new TookTooLong());
      }, this.timeoutMs);
    });
    try {
      const value = await Promise.race([this.question.ask(), bound]);
      const reading: Reading<T> = { ok: true, value, latencyMs: performance.now() - started };
      this.#good = { reading, at: performance.now() };
      this.#failingSince = undefined;
      return reading;
    } catch (error) {
      const late = error instanceof TookTooLong;
      if (late) this.question.abandon();
      this.#good = undefined;
      this.#failingSince ??= new Date().toISOString();
      const code = this.question.codeOf(late ? undefined : error);
      return { ok: false, code, failingSince: this.#failingSince };
    } finally {
      clearTimeout(timer);
    }
  }
}
