import { ReasonError } from '../../media.reasons.js';

/** Milliseconds for one call of the file system: a mount whose server is gone never answers. */
export const CALL_MS = 10_000;

/**
 * Each call holds one of libuv's four threads, which log-ins and look-ups of names need as well: where the place does
 * not answer, one is left for these.
 */
const MOST_AT_ONCE = 3;

/** What the system says when there is no room, also at the end of a quota. */
const FULL = ['ENOSPC', 'EDQUOT'];

interface CallOptions<T> {
  readonly signal?: AbortSignal | undefined;
  readonly milliseconds?: number;
  /** Is given what a call that nobody waits for any more has come to. */
  readonly late?: (value: T) => Promise<unknown>;
  /** Made in any case, also when nobody waits for it any more: it gives something back. */
  readonly isRelease?: true;
}

/** Calls of the file system: few at once, and none is waited for longer than its time. */
export class BoundedCalls {
  #running = 0;
  #overdue = 0;
  readonly #waiting: (() => void)[] = [];

  constructor(private readonly milliseconds: number) {}

  /**
   * @throws MEDIA_FILES_FULL, MEDIA_FILES_UNAVAILABLE (its cause has the system's code), the reason of the signal
   */
  async run<T>(call: () => Promise<T>, options: CallOptions<T> = {}): Promise<T> {
    const { signal, milliseconds = this.milliseconds, late, isRelease } = options;
    signal?.throwIfAborted();
    if (!isRelease && this.#overdue === MOST_AT_ONCE) throw noAnswer();
    const state = { isRunning: false, isLeft: false, isOverdue: false };
    const answer = this.#whenFree(state, () => {
      if (state.isLeft && !isRelease) throw noAnswer();
      return call();
    });
    let leave: (reason: Error) => void = () => undefined;
    const left = new Promise<never>((_, reject) => {
      leave = (reason) => {
        state.isLeft = true;
        reject(reason);
      };
    });
    const onAbort = () => {
      leave(signal?.reason as Error);
    };
    const timer = setTimeout(() => {
      state.isOverdue = state.isRunning;
      if (state.isOverdue) this.#overdue += 1;
      leave(noAnswer());
    }, milliseconds).unref();
    signal?.addEventListener('abort', onAbort, { once: true });
    answer
      .finally(() => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', onAbort);
      })
      .then((value) => (state.isLeft ? late?.(value) : undefined))
      .catch(() => undefined);
    try {
      return await Promise.race([answer, left]);
    } catch (error) {
      throw state.isLeft ? error : placeFailure(error);
    }
  }

  async #whenFree<T>(
    state: { isRunning: boolean; isOverdue: boolean },
    call: () => Promise<T>,
  ): Promise<T> {
    if (this.#running < MOST_AT_ONCE) this.#running += 1;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
    state.isRunning = true;
    try {
      return await call();
    } finally {
      if (state.isOverdue) this.#overdue -= 1;
      const next = this.#waiting.shift();
      if (next) next();
      else this.#running -= 1;
    }
  }
}

/** Whether a call failed because what it is about is not there. */
export function isAbsent(error: unknown): boolean {
  return codeOf(error) === 'ENOENT' || codeOf((error as Error).cause) === 'ENOENT';
}

function placeFailure(cause: unknown): ReasonError {
  const code = codeOf(cause) ?? 'unknown';
  if (FULL.includes(code))
    return new ReasonError('MEDIA_FILES_FULL', {
      detail: `the place of the files is full (${code})`,
      cause,
    });
  const detail = `the place of the files refuses (${code})`;
  return new ReasonError('MEDIA_FILES_UNAVAILABLE', { detail, cause });
}

function noAnswer(): ReasonError {
  const detail = 'the place of the files does not answer in time';
  return new ReasonError('MEDIA_FILES_UNAVAILABLE', { detail });
}

function codeOf(error: unknown): string | undefined {
  const { code } = (error ?? {}) as { readonly code?: unknown };
  return typeof code === 'string' ? code : undefined;
}
