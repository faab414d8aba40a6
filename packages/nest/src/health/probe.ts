import { setImmediate as nextTurn } from 'node:timers/promises';
import type { ReasonCode } from '@holdfast/core/reasons';
import { jittered } from '@holdfast/core/jitter';
import { withDeadline } from '@holdfast/core/deadline';

/** What a dependency said last. */
export type Reading<T> =
  | { readonly ok: true; readonly value: T; readonly latencyMs: number }
  | { readonly ok: false; readonly code: ReasonCode; readonly failingSince: string };

/** What a probe does with a dependency: one call at a time. */
export interface ProbeTarget<T> {
  /** Connects unless connected. Bounded by itself: a slow line takes several round trips. */
  connect?(): Promise<void>;
  query(): Promise<T>;
  /** A round trip that costs the dependency next to nothing, between two queries. */
  heartbeat?(): Promise<void>;
  /**
   * Frees whatever `ask` or `beat` holds; called when one has failed or taken too long.
   * @param isStalled it has taken too long
   */
  abandon(isStalled: boolean): void;
  /** What a failure means; undefined stands for having taken too long. */
  codeOf(error: unknown): ReasonCode;
  /** Whether only the connection may be broken, so that another one is worth a try. */
  isLost?(error: unknown): boolean;
}

/** In milliseconds. */
export interface ProbeTiming {
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
/** For another connection, before one that does not answer counts as an outage. */
const GRACE_MS = 120;
/** The same where the connection was closed. */
const LOST_GRACE_MS = 500;

class ProbeTimeout extends Error {}

/**
 * Watches a dependency for as long as it is read: queries it at most once in `everyMs`, whether it
 * answers or not, and sends heartbeats in between. Reads are answered immediately from what is
 * known; the first one after a pause waits for an answer.
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
  #queriedAt = -Infinity;
  #nextAt = -Infinity;
  #isWatching = false;
  #isClosed = false;
  #verdict: { readonly at: number; readonly timer: NodeJS.Timeout } | undefined;
  #endPause: (() => void) | undefined;

  constructor(
    private readonly target: ProbeTarget<T>,
    private readonly timing: ProbeTiming,
  ) {}

  /** Never rejects, and takes no longer than `timeoutMs` when the event loop is free. */
  read(): Promise<Reading<T>> {
    this.#readAt = performance.now();
    if (!this.#isWatching) this.#isFresh = this.#isShared(this.#readAt);
    const known = this.#isFresh ? this.#reading : undefined;
    const answer = known
      ? Promise.resolve(known)
      : new Promise<Reading<T>>((resolve) => this.#readers.push(resolve));
    if (!known && !this.#isWatching) this.#failIn(this.timing.timeoutMs, undefined);
    if (!this.#isWatching) void this.#watch();
    return answer;
  }

  /** Frees everything; reads that still wait get that there is no answer. */
  close(): void {
    this.#isClosed = true;
    this.target.abandon(false);
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
    return this.#readers.length > 0 || performance.now() - this.#readAt < this.timing.watchMs;
  }

  #isDue(now: number): boolean {
    return now - this.#queriedAt >= this.timing.everyMs;
  }

  async #attempt(): Promise<void> {
    if (this.#isClosed) return;
    let step: 'connect' | 'query' | 'heartbeat' = 'connect';
    try {
      await this.#connect();
      step = this.#isDue(performance.now()) ? 'query' : 'heartbeat';
      if (step === 'query') await this.#query();
      else await this.#heartbeat();
      const nextBeat = this.target.heartbeat ? performance.now() + BEAT_MS : Infinity;
      this.#nextAt = Math.min(this.#queriedAt + this.timing.everyMs, nextBeat);
    } catch (error) {
      const cause = error instanceof ProbeTimeout ? undefined : error;
      if (step !== 'connect') this.target.abandon(cause === undefined);
      if (step !== 'connect' && this.#reading?.ok && this.target.isLost?.(cause)) {
        this.#failIn(cause === undefined ? GRACE_MS : LOST_GRACE_MS, cause);
        this.#nextAt = performance.now();
        if (step === 'query') this.#queriedAt = -Infinity;
      } else {
        this.#fail(cause);
        this.#nextAt = performance.now() + jittered(RETRY_MS, 0.75, 1.25);
      }
    }
  }

  async #connect(): Promise<void> {
    if (!this.target.connect) return;
    if (this.#reading?.ok) this.#failIn(this.timing.timeoutMs, undefined);
    await this.target.connect();
    // A server that accepts a login is alive. A query that was lost is repeated.
    if (this.#isFresh && !this.#isDue(performance.now())) this.#dismiss();
  }

  async #query(): Promise<void> {
    const started = performance.now();
    this.#queriedAt = started;
    const value = await this.#bounded(this.target.query());
    this.#publish({ ok: true, value, latencyMs: performance.now() - started });
  }

  async #heartbeat(): Promise<void> {
    if (this.target.heartbeat) await this.#bounded(this.target.heartbeat());
  }

  #bounded<R>(answer: Promise<R>): Promise<R> {
    const late = () => new ProbeTimeout();
    return withDeadline(this.timing.timeoutMs, answer, { late, ref: false });
  }

  /** Counts as a failure unless something succeeds until then. */
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
    this.#publish({ ok: false, code: this.target.codeOf(error), failingSince });
  }

  #publish(reading: Reading<T>): void {
    this.#dismiss();
    this.#reading = reading;
    this.#isFresh = true;
    for (const resolve of this.#readers.splice(0)) resolve(reading);
  }

  /** A turn of the event loop at least: what fails immediately, time and again, must not block it. */
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
