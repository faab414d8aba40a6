import { type Cancelable, cancelStatement } from '../connection/cancel-statement.js';
import type { ConnectionState } from './connection-state.js';
import type { PooledClient } from './pooled-client.js';

/** How long a statement has to end after it was cancelled. */
const CANCEL_MS = 1000;

/**
 * Bounds the statements of a connection, by the pool's time-out and by its borrower's deadline. Plain
 * timers, one of which is put off for as long as the connection lives: core's functions set a new one
 * for each call.
 */
export class StatementTimers {
  #timer: NodeJS.Timeout | undefined;
  /** A cancel request was sent, which hits whatever the server does by the time it arrives. */
  #hasCancelled = false;
  /** It waits for the end of a transaction. */
  #isEndingTransaction = false;

  /** @param timeoutMs milliseconds that a statement may take; 0 for no bound */
  constructor(
    private readonly client: PooledClient,
    private readonly state: ConnectionState,
    private readonly timeoutMs: number,
  ) {}

  /** Whether nothing more may be sent on the connection: the cancel may hit it. */
  get hasCancelled(): boolean {
    return this.#hasCancelled;
  }

  /**
   * To be called before a statement is sent.
   * @param pending what `pendingStatement` will be
   */
  arm(statement: unknown, pending: number): void {
    this.#isEndingTransaction = endsTransaction(statement);
    this.#armTimeout();
    if (this.client.deadline !== Infinity && !this.#isEndingTransaction) this.#armDeadline(pending);
  }

  stop(): void {
    clearTimeout(this.#timer);
  }

  /** One timer for the life of the connection: it is only put off. */
  #armTimeout(): void {
    if (this.timeoutMs === 0) return;
    if (this.#timer) {
      this.#timer.refresh();
      return;
    }
    // A loop that was held up reads first what has arrived meanwhile, and may send the next one.
    this.#timer = setTimeout(() => {
      const { pendingStatement } = this.client;
      if (pendingStatement !== undefined) setImmediate(this.#onTimeout, pendingStatement);
    }, this.timeoutMs).unref();
  }

  /** Cancels the statement that is about to be sent when the borrower's time is up before its own. */
  #armDeadline(statement: number): void {
    const leftMs = Math.max(0, this.client.deadline - performance.now());
    if (this.timeoutMs > 0 && this.timeoutMs <= leftMs) return;
    setTimeout(() => {
      if (this.client.pendingStatement !== statement) return;
      this.state.isPastDeadline = true;
      this.state.spoil();
      this.#cancel();
    }, leftMs).unref();
  }

  readonly #onTimeout = (statement: number): void => {
    const { client } = this;
    if (client.pendingStatement !== statement) return;
    this.state.spoil();
    // A COMMIT that waits for a standby ends well when it is cancelled, and is not on the standby.
    if (client.hasTimeouts || this.#isEndingTransaction) client.destroy(timeoutError());
    else this.#cancel();
  };

  /**
   * Nothing behind a pooler bounds the statement, and it would go on for no one. The request may
   * arrive after the statement has ended: from now on nothing is sent on this connection any more, and
   * since it is spoiled, it has no other borrower.
   */
  #cancel(): void {
    this.#hasCancelled = true;
    cancelStatement(this.client as unknown as Cancelable, CANCEL_MS);
    setTimeout(() => {
      if (this.state.isWaiting) this.client.destroy(timeoutError());
    }, CANCEL_MS).unref();
  }
}

/** What ends a transaction is not cut short: it would be left open what became of it. */
function endsTransaction(statement: unknown): boolean {
  return statement === 'COMMIT' || statement === 'ROLLBACK';
}

export function timeoutError(): Error {
  return Object.assign(new Error('the database has not answered in time'), { code: 'ETIMEDOUT' });
}
