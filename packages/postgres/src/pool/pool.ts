import pg, { type PoolClient, type PoolConfig } from 'pg';
import type { Settings } from '@holdfast/guard/settings';
import type { ReasonCode } from '@holdfast/core/reasons';
import { ReasonError } from '../reasons.js';
import { whileQueued } from '@holdfast/core/served-request';
import { type BusyBackendsQuery, closeHalfOpenConnections } from './half-open-connections.js';
import { postgresFault } from '../faults/faults.js';
import { type Checkout, Checkouts } from './checkouts.js';
import { LoginDismissed, SLOW_LOGIN_MS, Logins } from './logins.js';
import type { VerifiedIdentity } from '../verification/verified-identity.js';
import type { HostSelector } from '../connection/host-selection.js';
import { SessionTimeouts } from './session-timeouts.js';
import { Pings } from './pings.js';
import { AcquireLatency, type PoolStatistics } from './pool-statistics.js';
import { PooledClient, type PoolContext } from './pooled-client.js';
import { ConnectionValidation } from './connection-validation.js';
import { WaitQueue } from './wait-queue.js';
import { jittered } from '@holdfast/core/jitter';
import { endsWithin } from '@holdfast/core/deadline';

type Acquired = (error: Error | undefined, client?: PoolClient, release?: Release) => void;
type Release = (error?: Error | boolean) => void;

/** Who borrows when nobody wants to know. */
const UNTRACKED_BORROWER = {};

/** Somebody who has asked for a connection. */
interface Waiter {
  /** `performance.now()` of the question. */
  readonly askedAt: number;
  readonly borrower: { readonly stack?: string };
  readonly answer: Acquired;
}

/** How long the role's password may be ahead of the file that it is read from, before that is told. */
const RENEWAL_GRACE_MS = 2000;
const OVERFLOW_IDLE_MS = 10_000;
/** The server's own bound comes first; this one is for a server that says nothing any more. */
const STATEMENT_GRACE_MS = 1000;
/** Connections live up to this share shorter than the time to recycle: not all end at once. */
const LIFE_JITTER = 0.2;
/** How long closing waits for what is checked out. */
const END_GRACE_MS = 1000;

/** What a pool tells its owner. */
export interface PoolEvents {
  /**
   * A connection has been checked out for longer than `leakDetectionMs`.
   * @param stack of who asked for it
   */
  readonly onLeak: (stack: string) => void;
  /** For the log: which server it was that a log-in has failed at, and how. */
  readonly describe?: (cause: Error) => Error;
  /** How long who asks waits before the first connection is had; as long as later by default. */
  readonly startTimeoutMs?: number;
  /** Whether the password is read anew for each log-in: one that is refused may be on its way. */
  readonly renewsPassword?: boolean;
  /** The database that each log-in has to find; undefined where any will do. */
  readonly identity?: () => VerifiedIdentity | undefined;
}

/**
 * `pg`'s pool with QueuePool's meaning: `size` connections are kept, `maxOverflow` more are opened
 * under load and closed when idle, a waiter is refused after `timeoutSeconds`.
 *
 * `pg`'s pool keeps the connections. What is decided here: who gets which connection (a waiter is
 * not tied to a log-in, and is served by whatever comes first), when to log in, and whether a
 * connection may be used again.
 */
export class Pool extends pg.Pool {
  readonly #settings: Settings['pool'];
  readonly #events: PoolEvents;
  readonly #sessionTimeouts: SessionTimeouts;
  readonly #latency = new AcquireLatency();
  readonly #waitQueue: WaitQueue<Waiter>;
  readonly #checkouts: Checkouts;
  readonly #logins: Logins;
  /** Idle connections that `pg`'s pool has been asked for and has not handed over yet. */
  #pendingIdle = 0;
  readonly #pings = new Pings();
  readonly #validation: ConnectionValidation;
  #hasStarted = false;
  /** `performance.now()` of the first log-in that was refused since one was not. */
  #refusedSince: number | undefined;
  #wakeTimer: NodeJS.Timeout | undefined;
  #timeouts = 0;
  #leaks = 0;
  #endPromise: Promise<void> | undefined;

  /**
   * A checkout fails with POOL_TIMEOUT, with SHUTTING_DOWN, or with the code of `postgresFault`
   * when a log-in has failed while it waited.
   */
  constructor(options: PoolConfig, settings: Settings['pool'], events: PoolEvents) {
    const { connectionTimeoutMillis: connectTimeoutMs = 5000 } = options;
    const { size, maxOverflow, statementTimeoutMs, recycleSeconds } = settings;
    const { route } = options as { readonly route?: HostSelector };
    const logIns = new Logins(size, route);
    const trust = new ConnectionValidation(
      settings.prePing,
      () => events.identity?.()?.wrongDatabaseAt ?? -Infinity,
    );
    const limits = new SessionTimeouts(settings, options.options, logIns);
    const pool: PoolContext = {
      connectTimeoutMs,
      route,
      statementTimeoutMs: statementTimeoutMs === 0 ? 0 : statementTimeoutMs + STATEMENT_GRACE_MS,
      drawLifetimeMs: () => jittered((recycleSeconds || Infinity) * 1000, 1 - LIFE_JITTER),
      get identity() {
        return events.identity?.();
      },
      get requestedParameters() {
        return logIns.requestedParameters;
      },
      onLoginStarted: (client) => {
        logIns.start(client);
      },
      onLoginEnded: (client, error) => logIns.end(client, error),
      onSpoiled: (code) => {
        trust.onSpoiled(code);
      },
    };
    const pgOptions = {
      ...options,
      pool,
      Client: PooledClient,
      min: size,
      max: size + maxOverflow,
      idleTimeoutMillis: OVERFLOW_IDLE_MS,
      // Both are seen to here.
      maxLifetimeSeconds: 0,
      connectionTimeoutMillis: 0,
      onConnect: (client: PooledClient) => limits.check(client),
    };
    super(pgOptions as object);
    this.#settings = settings;
    this.#events = events;
    this.#logins = logIns;
    this.#sessionTimeouts = limits;
    this.#validation = trust;
    const timeoutMs = events.startTimeoutMs ?? settings.timeoutSeconds * 1000;
    this.#waitQueue = new WaitQueue(timeoutMs, ({ answer }) => {
      this.#timeouts += 1;
      const code = this.#hasStarted ? 'POOL_TIMEOUT' : 'POSTGRES_UNREACHABLE';
      answer(new ReasonError(code, { retryAfterSeconds: 1 }));
    });
    this.#checkouts = new Checkouts(settings.leakDetectionMs, ({ borrower }) => {
      this.#leaks += 1;
      events.onLeak(borrower.stack ?? '');
    });
    // An idle connection that breaks is no event: it has been removed, and the next is a new one.
    this.on('error', () => undefined);
  }

  override connect(): Promise<PoolClient>;
  override connect(callback: Acquired): void;
  override connect(callback?: Acquired): Promise<PoolClient> | undefined {
    if (callback) {
      this.#enqueue(callback);
      return undefined;
    }
    return new Promise((resolve, reject) => {
      this.#enqueue((error, client) => {
        if (client) resolve(client);
        else reject(error ?? new TypeError('neither connection nor error'));
      });
    });
  }

  /**
   * Refuses who waits, waits a moment for what is checked out, then closes every socket. What is
   * returned later is let go.
   */
  override end(): Promise<void>;
  override end(callback: () => void): void;
  override end(callback?: () => void): Promise<void> | undefined {
    this.#endPromise ??= this.#end();
    if (!callback) return this.#endPromise;
    void this.#endPromise.then(callback);
    return undefined;
  }

  statistics(): PoolStatistics {
    return {
      size: this.#settings.size,
      max_overflow: this.#settings.maxOverflow,
      checked_out: this.#checkouts.size,
      idle: this.idleCount,
      overflow: Math.max(0, this.totalCount - this.#settings.size),
      waiting: this.#waitQueue.size,
      acquired_total: this.#latency.count,
      timeouts_total: this.#timeouts,
      leaks_total: this.#leaks,
      acquire_ms: this.#latency.percentiles(),
    };
  }

  /** See `closeHalfOpenConnections`. */
  closeHalfOpenConnections(askBusy: BusyBackendsQuery): Promise<void> {
    return closeHalfOpenConnections(
      this.#checkouts.all().map(({ client }) => client),
      askBusy,
    );
  }

  /** Begins a transaction. Through a pooler it brings the time-outs, which the session has not. */
  get beginStatement(): string {
    return this.#sessionTimeouts.beginStatement;
  }

  #enqueue(answer: Acquired): void {
    if (this.#endPromise) {
      answer(new ReasonError('SHUTTING_DOWN'));
      return;
    }
    // Cheap: the frames are kept, and become text only when somebody reads them.
    const borrower =
      this.#settings.leakDetectionMs > 0 ? new Error('was taken here') : UNTRACKED_BORROWER;
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
      this.#waitQueue.remove(waiting);
      answer(why);
    };
    const leave = whileQueued('POOL_TIMEOUT', giveUp, this.#settings.timeoutSeconds * 1000);
    this.#waitQueue.add(waiting);
    this.#serveWaiters();
  }

  /** Sees to it that there will be a connection for everybody who waits, as far as may be. */
  #serveWaiters(): void {
    let missing = this.#waitQueue.size - this.#pendingIdle - this.#pings.promptCount;
    if (missing <= 0) return;
    for (; missing > 0 && this.idleCount > this.#pendingIdle; missing -= 1) {
      this.#pendingIdle += 1;
      super.connect(this.#onIdleClient as never);
    }
    // The idle ones come first; when they are had, it is seen what is still missing.
    if (this.#pendingIdle > 0 || missing <= 0 || this.#endPromise) return;
    const now = performance.now();
    for (missing -= this.#logins.countPrompt(now); missing > 0; missing -= 1) {
      if (this.totalCount >= this.#settings.size + this.#settings.maxOverflow) return;
      if (!this.#logins.mayStart(now)) {
        this.#logins.replaceable(now)?.destroy(new LoginDismissed());
        this.#scheduleWake(now);
        return;
      }
      super.connect(this.#onNewClient as never);
    }
    this.#scheduleWake(now);
  }

  /** Looks again when another log-in may begin. */
  #scheduleWake(now: number): void {
    clearTimeout(this.#wakeTimer);
    this.#wakeTimer = setTimeout(() => {
      this.#serveWaiters();
    }, this.#logins.msUntilNext(now)).unref();
  }

  /** `pg`'s pool hands over an idle connection. */
  readonly #onIdleClient: Acquired = (error, client, release) => {
    this.#pendingIdle -= 1;
    if (!client || !release) {
      this.#onNewClient(error);
      return;
    }
    const now = performance.now();
    const pooled = client as PooledClient;
    if (this.#validation.mustClose(pooled, now)) {
      release(true);
    } else if (this.#validation.needsPing(pooled, now)) {
      void this.#ping(pooled, release);
    } else {
      this.#handOut(pooled, release, now);
    }
    this.#serveWaiters();
  };

  readonly #onNewClient: Acquired = (error, client, release) => {
    if (client && release) {
      this.#refusedSince = undefined;
      this.#handOut(client as PooledClient, release, performance.now());
    } else if (error && !(error instanceof LoginDismissed)) {
      this.#onLoginFailed(error);
    }
    this.#serveWaiters();
  };

  /**
   * Refuses those for whom the log-in was tried. They go on waiting when others will probably end
   * well, or when the server lives and something may be returned.
   */
  #onLoginFailed(cause: Error): void {
    const { code } = postgresFault(cause);
    const now = performance.now();
    if (this.#events.renewsPassword && code === 'POSTGRES_AUTH_FAILED') {
      this.#refusedSince ??= now;
      if (now - this.#refusedSince < RENEWAL_GRACE_MS) return;
    }
    const begun = this.#logins.lastStartedAt;
    const isHanging = now - begun >= SLOW_LOGIN_MS;
    const others = this.#logins.countPrompt(now) + this.#pings.promptCount;
    if (!isHanging && others > 0) return;
    if (code !== 'POSTGRES_UNREACHABLE' && this.#checkouts.size > 0) return;
    this.#rejectWaiters(begun, code, cause);
  }

  #rejectWaiters(askedBy: number, code: ReasonCode, cause?: Error): void {
    const told = cause && (this.#events.describe?.(cause) ?? cause);
    for (const { answer } of this.#waitQueue.takeUntil(askedBy)) {
      answer(new ReasonError(code, { retryAfterSeconds: 1, cause: told }));
    }
  }

  /** A connection that broke unseen would fail its next borrower. */
  async #ping(client: PooledClient, release: Release): Promise<void> {
    const isAlive = await this.#pings.ping(client, () => {
      this.#serveWaiters();
    });
    if (isAlive && !client.isSpoiled) this.#handOut(client, release, performance.now());
    else release(true);
    this.#serveWaiters();
  }

  /** To who has waited longest, or to the idle ones. */
  #handOut(client: PooledClient, release: Release, now: number): void {
    client.lastSeenAt = now;
    if (!this.#hasStarted) {
      this.#hasStarted = true;
      this.#waitQueue.timeoutMs = this.#settings.timeoutSeconds * 1000;
    }
    const waiter = this.#waitQueue.shift();
    if (!waiter) {
      release();
      return;
    }
    client.sentStatements = 0;
    client.deadline = Infinity;
    const lease: Checkout = { client, release, since: now, borrower: waiter.borrower };
    this.#checkouts.add(lease);
    this.#latency.record(now - waiter.askedAt);
    const giveBack = this.#releaserOf(lease);
    client.release = giveBack;
    waiter.answer(undefined, client, giveBack);
  }

  /** @returns what the borrower calls, once */
  #releaserOf(lease: Checkout): Release {
    let isReturned = false;
    return (error) => {
      if (isReturned) throw new TypeError('the connection has been returned before');
      isReturned = true;
      this.#return(lease, Boolean(error));
    };
  }

  #return(lease: Checkout, isBroken: boolean): void {
    const { client } = lease;
    // It was the borrower's: what the pool itself asks would be cut short by a time that is over.
    client.deadline = Infinity;
    if (isBroken || client.isSpoiled) this.#discard(lease);
    else if (client.needsReset) void this.#reset(lease);
    else this.#keep(lease);
  }

  /** An open transaction would be the next borrower's, with all its locks. */
  async #reset(lease: Checkout): Promise<void> {
    const isReset = await lease.client.succeeds('ROLLBACK');
    if (isReset && !lease.client.isSpoiled && !lease.client.needsReset) this.#keep(lease);
    else this.#discard(lease);
  }

  #keep(lease: Checkout): void {
    // Closing the pool has let go of it meanwhile.
    if (!this.#checkouts.delete(lease)) return;
    const now = performance.now();
    const { client, release } = lease;
    if (this.#validation.mustClose(client, now)) release(true);
    else this.#handOut(client, release, now);
    this.#serveWaiters();
  }

  #discard(lease: Checkout): void {
    if (!this.#checkouts.delete(lease)) return;
    lease.release(true);
    this.#serveWaiters();
  }

  async #end(): Promise<void> {
    clearTimeout(this.#wakeTimer);
    this.#rejectWaiters(Infinity, 'SHUTTING_DOWN');
    for (const client of [...this.#logins.all(), ...this.#pings.all()])
      client.destroy(new LoginDismissed());
    const ended = super.end();
    await endsWithin(END_GRACE_MS, ended);
    for (const lease of this.#checkouts.all()) {
      lease.client.destroy();
      this.#discard(lease);
    }
    await ended;
  }
}
