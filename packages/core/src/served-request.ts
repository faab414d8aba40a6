import { AsyncLocalStorage } from 'node:async_hooks';
import { setLoopAwareTimeout } from './loop-aware-timeout.js';
import { type ReasonCode, ReasonError } from './reasons.js';
import type { TraceParent } from './trace-parent.js';

/** How long a request may be held up, in milliseconds. */
export interface RequestBounds {
  /** In one queue, before its work begins. */
  readonly queueMs: number;
  /** From its begin to the last moment at which something is done for it; `Infinity` for no bound. */
  readonly totalMs: number;
}

type GiveUp = (why: ReasonError) => void;

/** Work that is done for several requests together, or for none, has no correlation id, and no trace. */
interface Origin {
  readonly correlationId?: string;
  readonly traceParent?: TraceParent | undefined;
  /** `performance.now()` from which on nothing more is done for it. */
  readonly until: number;
  readonly queueMs: number;
  readonly totalMs?: number;
}

/**
 * What all that is done for a request may know of it: how long it may wait, and whether somebody
 * still waits for its answer.
 */
export class ServedRequest {
  readonly correlationId: string | undefined;
  /** Undefined where nobody traces it. */
  readonly traceParent: TraceParent | undefined;
  readonly deadline: number;
  readonly #queueMs: number;
  readonly #totalMs: number;
  readonly #queued = new Set<GiveUp>();
  #isAbandoned = false;

  private constructor({ correlationId, traceParent, until, queueMs, totalMs = Infinity }: Origin) {
    this.correlationId = correlationId;
    this.traceParent = traceParent;
    this.deadline = until;
    this.#queueMs = queueMs;
    this.#totalMs = totalMs;
  }

  static begin(
    correlationId: string,
    { queueMs, totalMs }: RequestBounds,
    traceParent?: TraceParent,
  ): ServedRequest {
    const until = performance.now() + totalMs;
    return new ServedRequest({ correlationId, traceParent, until, queueMs, totalMs });
  }

  /** For what is done for several requests at once: none of them waits longer than it may. */
  static together(requests: readonly (ServedRequest | undefined)[]): ServedRequest {
    const until = Math.min(...requests.map((each) => each?.deadline ?? Infinity));
    return new ServedRequest({ until, queueMs: Infinity });
  }

  /**
   * The same request with all of its time again, and wanted whoever has left: for a write that follows work which may
   * take longer than databases may.
   */
  renewed(): ServedRequest {
    const until = performance.now() + this.#totalMs;
    return new ServedRequest({
      ...(this.correlationId !== undefined && { correlationId: this.correlationId }),
      traceParent: this.traceParent,
      until,
      queueMs: this.#queueMs,
      totalMs: this.#totalMs,
    });
  }

  /** Whether nothing waits for the answer any more. */
  get isAbandoned(): boolean {
    return this.#isAbandoned;
  }

  /** The client has left: what has not begun is taken out of its queue, what has begun goes on. */
  abandon(): void {
    this.#isAbandoned = true;
    for (const giveUp of this.#queued) giveUp(new ReasonError('REQUEST_ABANDONED'));
  }

  /** @throws REQUEST_ABANDONED, DATABASE_UNAVAILABLE when nothing more is to be begun for it */
  assertWanted(): void {
    if (this.#isAbandoned) throw new ReasonError('REQUEST_ABANDONED');
    if (performance.now() >= this.deadline) throw new ReasonError('DATABASE_UNAVAILABLE');
  }

  /** See `whileQueued`. */
  queue(late: ReasonCode, giveUp: GiveUp, ownBoundMs?: number): () => void {
    const end = () => {
      stopTiming?.();
      this.#queued.delete(giveUpOnce);
    };
    const giveUpOnce = (why: ReasonError) => {
      end();
      giveUp(why);
    };
    this.#queued.add(giveUpOnce);
    const stopTiming = this.#startTimeout(ownBoundMs, () => {
      giveUpOnce(new ReasonError(late, { retryAfterSeconds: 1 }));
    });
    return end;
  }

  /** Nothing where the queue itself is earlier, or nothing is ever late. */
  #startTimeout(ownBoundMs: number | undefined, giveUp: () => void): (() => void) | undefined {
    const leftMs = this.deadline - performance.now();
    if (ownBoundMs !== undefined && ownBoundMs <= leftMs) return undefined;
    const dueMs = ownBoundMs === undefined ? Math.min(this.#queueMs, leftMs) : leftMs;
    return dueMs === Infinity ? undefined : setLoopAwareTimeout(dueMs, giveUp);
  }
}

/** The request that is being served; the work of jobs, of commands and of plain routes is for none. */
export const currentRequest = new AsyncLocalStorage<ServedRequest | undefined>();

/**
 * Whoever makes a request wait says so: the request is taken out of the queue when it has waited for
 * as long as it may, or when its client has left. What is for no request waits as long as it takes.
 * @param late what the request is answered when it has waited for too long
 * @param giveUp takes it out of the queue, and rejects with what it is given; called once at most
 * @param ownBoundMs milliseconds after which the queue takes out by itself what still waits
 * @returns what ends the waiting
 */
export function whileQueued(late: ReasonCode, giveUp: GiveUp, ownBoundMs?: number): () => void {
  return currentRequest.getStore()?.queue(late, giveUp, ownBoundMs) ?? (() => undefined);
}
