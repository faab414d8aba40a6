import { setImmediate as nextTurn } from 'node:timers/promises';
import type { ReasonCode } from '@holdfast/core/reasons';
import { jittered } from '@holdfast/core/jitter';
import { withDeadline } from '@holdfast/core/deadline';

/** What a dependency said last. */
export type Reading<T> =
  | { readonly ok: true; readonly value: T; readonly latencyMs: number }
  | { readonly ok: false; readonly code: ReasonCode; readonly failingSince: string };

/** How a dependency is asked: one thing at a time. */
export interface Question<T> {
  /** Connects unless connected. Bounded by itself: a slow line takes several round trips. */
  connect?(): Promise<void>;
  ask(): Promise<T>;
  /** A round trip that costs the dependency next to nothing, between two questions. */
  beat?(): Promise<void>;
  /**
   * Frees whatever `ask` or `beat` holds; called when one has failed or taken too long.
   * @param isSilent it has taken too long
   */
  abandon(isSilent: boolean): void;
  /** What a failure means; undefined stands for having taken too long. */
  codeOf(error: unknown): ReasonCode;
  /** Whether only the connection may be broken, so that another one is worth a try. */
  isLost?(error: unknown): boolean;
}

/** In milliseconds. */
export interface Rhythm {
  /** For one answer. */
  readonly timeoutMs: number;
  /** From one `ask` to the next, at least. */
  readonly everyMs: number;
  /** How long the dependency is watched after each reading. */
  readonly watchMs: number;
}

const BEAT_MS = 150;
/** Between attempts while it fails, with jitter. */
const RETRY_MS = 200;
/** For another connection, before one that is silent counts as an outage. */
const GRACE_MS = 120;
/** The same where the end of the connection was heard of at once. */
const LOST_GRACE_MS = 500;

class TookTooLong extends Error {}

/**
 * Watches a dependency for as long as somebody reads: asks it at most once in `everyMs`, whether it
 * answers or not, and listens to its heartbeat in between. Whoever reads is answered at once from
 * what is known; the first one after a pause waits for an answer.
 *
 * A fault shows within `timeoutMs` and 270 ms (a beat and the grace), a recovery with the first
 * attempt that succeeds. A lost connection is replaced; it is a fault only when that fails too.
 */
export class Probe<T> {
  #reading: Reading<T> | undefined;
  /** Whether the reading may be shared: it is being watched, or new. */
  #isFresh = false;
  #readers: ((reading: Reading<T>) => void)[] = [];
  #readAt = -Infinity;
  #askedAt = -Infinity;
  #nextAt = -Infinity;
  #isWatching = false;
  #isClosed = false;
  #verdict: { readonly at: number; readonly timer: NodeJS.Timeout } | undefined;
  #endPause: (() => void) | undefined;

  constructor(
    private readonly question: Question<T>,
    private readonly rhythm: Rhythm,
  ) {}

  /** Never rejects, and takes no longer than `timeoutMs` when the event loop is free. */
  read(): Promise<Reading<T>> {
    this.#readAt = performance.now();
    if (!this.#isWatching) this.#isFresh = this.#isShared(this.#readAt);
    const known = this.#isFresh ? this.#reading : undefined;
    const answer = known
      ? Promise.resolve(known)
      : new Promise<Reading<T>>((resolve) => this.#readers.push(resolve));
    if (!known && !this.#isWatching) this.#failIn(this.rhythm.timeoutMs, undefined);
    if (!this.#isWatching) void this.#watch();
    return answer;
  }

  /** Frees everything; whoever still waits is told that there is no answer. */
  close(): void {
    this.#isClosed = true;
    this.question.abandon(false);
    this.#endPause?.();
    this.#fail(undefined);
  }

  /** Whether the reading is good enough although nobody has watched since. */
  #isShared(now: number): boolean {
    return this.#isClosed || (this.#reading?.ok ? !this.#isDue(now) : now < this.#nextAt);
  }

  async #watch(): Promise<void> {
    this.#isWatching = true;
    while (this.#isWanted()) {
      await this.#pause(this.#nextAt - performance.now());
      await this.#attempt();
    }
    this.#isWatching = false;
  }

  #isWanted(): boolean {
    if (this.#isClosed) return false;
    return this.#readers.length > 0 || performance.now() - this.#readAt < this.rhythm.watchMs;
  }

  #isDue(now: number): boolean {
    return now - this.#askedAt >= this.rhythm.everyMs;
  }

  async #attempt(): Promise<void> {
    if (this.#isClosed) return;
    let step: 'connect' | 'ask' | 'beat' = 'connect';
    try {
      await this.#connect();
      step = this.#isDue(performance.now()) ? 'ask' : 'beat';
      if (step === 'ask') await this.#ask();
      else await this.#beat();
      const nextBeat = this.question.beat ? performance.now() + BEAT_MS : Infinity;
      this.#nextAt = Math.min(this.#askedAt + this.rhythm.everyMs, nextBeat);
    } catch (error) {
      const cause = error instanceof TookTooLong ? undefined : error;
      if (step !== 'connect') this.question.abandon(cause === undefined);
      if (step !== 'connect' && this.#reading?.ok && this.question.isLost?.(cause)) {
        this.#failIn(cause === undefined ? GRACE_MS : LOST_GRACE_MS, cause);
        this.#nextAt = performance.now();
        if (step === 'ask') this.#askedAt = -Infinity;
      } else {
        this.#fail(cause);
        this.#nextAt = performance.now() + jittered(RETRY_MS, 0.75, 1.25);
      }
    }
  }

  async #connect(): Promise<void> {
    if (!this.question.connect) return;
    if (this.#reading?.ok) this.#failIn(this.rhythm.timeoutMs, undefined);
    await this.question.connect();
    // Good for what is known: whoever lets us in is alive. A question that was lost is asked again.
    if (this.#isFresh && !this.#isDue(performance.now())) this.#dismiss();
  }

  async #ask(): Promise<void> {
    const started = performance.now();
    this.#askedAt = started;
    const value = await this.#bounded(this.question.ask());
    this.#publish({ ok: true, value, latencyMs: performance.now() - started });
  }

  async #beat(): Promise<void> {
    if (this.question.beat) await this.#bounded(this.question.beat());
  }

  #bounded<R>(answer: Promise<R>): Promise<R> {
    const late = () => new TookTooLong();
    return withDeadline(this.rhythm.timeoutMs, answer, { late, ref: false });
  }

  /** Counts as a failure unless something good is heard until then. */
  #failIn(milliseconds: number, error: unknown): void {
    const at = performance.now() + milliseconds;
    if (this.#isClosed || (this.#verdict && this.#verdict.at <= at)) return;
    this.#dismiss();
    const timer = later(milliseconds, () => {
      if (this.#verdict?.timer === timer) this.#fail(error);
    });
    this.#verdict = { at, timer };
  }

  #dismiss(): void {
    clearTimeout(this.#verdict?.timer);
    this.#verdict = undefined;
  }

  #fail(error: unknown): void {
    const last = this.#reading;
    const failingSince = last && !last.ok ? last.failingSince : new Date().toISOString();
    this.#publish({ ok: false, code: this.question.codeOf(error), failingSince });
  }

  #publish(reading: Reading<T>): void {
    this.#dismiss();
    this.#reading = reading;
    this.#isFresh = true;
    for (const resolve of this.#readers.splice(0)) resolve(reading);
  }

  /** A turn of the event loop at least: what fails at once, time and again, must not hold it up. */
  #pause(milliseconds: number): Promise<void> {
    if (milliseconds <= 0) return nextTurn();
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, Math.ceil(milliseconds));
      this.#endPause = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}

/**
 * A loop that was blocked runs its timers before it reads what has arrived meanwhile: an answer that
 * is there already is not late.
 */
function later(milliseconds: number, action: () => void): NodeJS.Timeout {
  return setTimeout(() => setImmediate(action), milliseconds).unref();
}
