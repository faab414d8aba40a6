import type { PoolClient } from 'pg';
import type { Settings } from '@holdfast/guard/settings';
import { whileQueued } from '@holdfast/core/served-request';
import type { ReasonCode } from '@holdfast/core/reasons';
import { ReasonError } from '../reasons.js';
import type { Release } from './returns.js';
import { WaitQueue } from './wait-queue.js';

export type Acquired = (error: Error | undefined, client?: PoolClient, release?: Release) => void;

/** The borrower where leaks are not looked for. */
const UNTRACKED_BORROWER = {};

/** A request for a connection that has not been given one yet. */
interface Waiter {
  /** `performance.now()` of the request. */
  readonly askedAt: number;
  readonly borrower: { readonly stack?: string };
  readonly answer: Acquired;
}

/** The requests for a connection, first come first served, each refused when its time is up. */
export class Waiters {
  readonly #queue: WaitQueue<Waiter>;
  readonly #timeoutMs: number;
  readonly #isTracked: boolean;
  #hasConnected = false;
  #timeouts = 0;

  /** @param startTimeoutMs how long a request waits before the first connection is had */
  constructor({ timeoutSeconds, leakDetectionMs }: Settings['pool'], startTimeoutMs?: number) {
    this.#timeoutMs = timeoutSeconds * 1000;
    this.#isTracked = leakDetectionMs > 0;
    this.#queue = new WaitQueue(startTimeoutMs ?? this.#timeoutMs, ({ answer }) => {
      this.#timeouts += 1;
      const code = this.#hasConnected ? 'POOL_TIMEOUT' : 'POSTGRES_UNREACHABLE';
      answer(new ReasonError(code, { retryAfterSeconds: 1 }));
    });
  }

  get size(): number {
    return this.#queue.size;
  }

  /** How many were refused because their time was up. */
  get timeouts(): number {
    return this.#timeouts;
  }

  add(answer: Acquired): void {
    // Cheap: the frames are kept, and become text only when they are read.
    const borrower = this.#isTracked ? new Error('was taken here') : UNTRACKED_BORROWER;
    const waiting: Waiter = {
      askedAt: performance.now(),
      borrower,
      answer: (...given) => {
        leave();
        answer(...given);
      },
    };
    const giveUp = (why: ReasonError) => {
      if (why.code === 'POOL_TIMEOUT') this.#timeouts += 1;
      this.#queue.remove(waiting);
      answer(why);
    };
    const leave = whileQueued('POOL_TIMEOUT', giveUp, this.#timeoutMs);
    this.#queue.add(waiting);
  }

  /** A connection is had: from the first one on, the time to wait is the ordinary one. */
  onConnected(): void {
    if (this.#hasConnected) return;
    this.#hasConnected = true;
    this.#queue.timeoutMs = this.#timeoutMs;
  }

  /** Takes out the one that has waited longest. */
  shift(): Waiter | undefined {
    return this.#queue.shift();
  }

  /** Refuses all that had asked by then. */
  reject(askedBy: number, code: ReasonCode, cause?: Error): void {
    for (const { answer } of this.#queue.takeUntil(askedBy)) {
      answer(new ReasonError(code, { retryAfterSeconds: 1, cause }));
    }
  }
}
