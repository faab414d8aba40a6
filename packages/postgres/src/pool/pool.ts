import { setTimeout as wait } from 'node:timers/promises';
import pg, { type PoolClient, type PoolConfig } from 'pg';
import type { Settings } from '@holdfast/guard/settings';
import type { ReasonCode } from '@holdfast/core/reasons';
import { ReasonError } from '../reasons.js';
import { whileQueued } from '@holdfast/core/served-request';
import { type AskBusy, closeHalfOpenConnections } from './half-open-connections.js';
import { postgresFault } from '../faults/faults.js';
import { type Lease, Leases } from './checkouts.js';
import { Dismissed, LATE_MS, LogIns } from './logins.js';
import type { KnownIdentity } from '../verification/verified-identity.js';
import type { Route } from '../connection/host-selection.js';
import { SessionLimits } from './session-timeouts.js';
import { Pings } from './pings.js';
import { AcquireLatency, type PoolStatistics } from './pool-statistics.js';
import { PooledClient, type PoolOfClients } from './pooled-client.js';
import { ConnectionValidation } from './connection-validation.js';
import { Waiters } from './wait-queue.js';

type Acquired = (error: Error | undefined, client?: PoolClient, release?: Release) => void;
type Release = (error?: Error | boolean) => void;

/** Who borrows when nobody wants to know. */
const NOBODY = {};

/** Somebody who has asked for a connection. */
interface Waiting {
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
  readonly identity?: () => KnownIdentity | undefined;
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
  readonly #limits: SessionLimits;
  readonly #latency = new AcquireLatency();
  readonly #waiters: Waiters<Waiting>;
  readonly #leases: Leases;
  readonly #logIns: LogIns;
  /** Idle connections that `pg`'s pool has been asked for and has not handed over yet. */
  #taking = 0;
  readonly #pings = new Pings();
  readonly #trust: ConnectionValidation;
  #hasStarted = false;
  /** `performance.now()` of the first log-in that was refused since one was not. */
  #refusedSince: number | undefined;
  #wake: NodeJS.Timeout | undefined;
  #timeouts = 0;
  #leaks = 0;
  #ended: Promise<void> | undefined;

  /**
   * A checkout fails with POOL_TIMEOUT, with SHUTTING_DOWN, or with the code of `postgresFault`
   * when a log-in has failed while it waited.
   */
  constructor(options: PoolConfig, settings: Settings['pool'], events: PoolEvents) {
    const { connectionTimeoutMillis: connectTimeoutMs = 5000 } = options;
    const { size, maxOverflow, statementTimeoutMs, recycleSeconds } = settings;
    const { route } = options as { readonly route?: Route };
    const logIns = new LogIns(size, route);
    const trust = new ConnectionValidation(
      settings.prePing,
      () => events.identity?.()?.otherAt ?? -Infinity,
    );
    const limits = new SessionLimits(settings, options.options, logIns);
    const pool: PoolOfClients = {
      connectTimeoutMs,
      route,
      statementBoundMs: statementTimeoutMs === 0 ? 0 : statementTimeoutMs + STATEMENT_GRACE_MS,
      lifeMs: () => (recycleSeconds || Infinity) * 1000 * (1 - Math.random() * LIFE_JITTER),
      get identity() {
        return events.identity?.();
      },
      get asksFor() {
        return logIns.asksFor;
      },
      onLogInBegun: (client) => {
        logIns.begin(client);
      },
      onLogInEnded: (client, error) => logIns.end(client, error),
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
    this.#logIns = logIns;
    this.#limits = limits;
    this.#trust = trust;
    const timeoutMs = events.startTimeoutMs ?? settings.timeoutSeconds * 1000;
    this.#waiters = new Waiters(timeoutMs, ({ answer }) => {
      this.#timeouts += 1;
      const code = this.#hasStarted ? 'POOL_TIMEOUT' : 'POSTGRES_UNREACHABLE';
      answer(new ReasonError(code, { retryAfterSeconds: 1 }));
    });
    this.#leases = new Leases(settings.leakDetectionMs, ({ borrower }) => {
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
      this.#ask(callback);
      return undefined;
    }
    return new Promise((resolve, reject) => {
      this.#ask((error, client) => {
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
    this.#ended ??= this.#end();
    if (!callback) return this.#ended;
    void this.#ended.then(callback);
    return undefined;
  }

  statistics(): PoolStatistics {
    return {
      size: this.#settings.size,
      max_overflow: this.#settings.maxOverflow,
      checked_out: this.#leases.size,
      idle: this.idleCount,
      overflow: Math.max(0, this.totalCount - this.#settings.size),
      waiting: this.#waiters.size,
      acquired_total: this.#latency.count,
      timeouts_total: this.#timeouts,
      leaks_total: this.#leaks,
      acquire_ms: this.#latency.percentiles(),
    };
  }

  /** See `closeHalfOpenConnections`. */
  closeHalfOpenConnections(askBusy: AskBusy): Promise<void> {
    return closeHalfOpenConnections(
      this.#leases.all().map(({ client }) => client),
      askBusy,
    );
  }

  /** Begins a transaction. Through a pooler it brings the time-outs, which the session has not. */
  get begin(): string {
    return this.#limits.begin;
  }

  #ask(answer: Acquired): void {
    if (this.#ended) {
      answer(new ReasonError('SHUTTING_DOWN'));
      return;
    }
    // Cheap: the frames are kept, and become text only when somebody reads them.
    const borrower = this.#settings.leakDetectionMs > 0 ? new Error('was taken here') : NOBODY;
    const waiting: Waiting = {
      askedAt: performance.now(),
      borrower,
      answer: (...given) => {
        leave();
        answer(...given);
      },
    };
    const giveUp = (why: ReasonError) => {
      if (why.code === 'POOL_TIMEOUT') this.#timeouts += 1;
      this.#waiters.remove(waiting);
      answer(why);
    };
    const leave = whileQueued('POOL_TIMEOUT', giveUp, this.#settings.timeoutSeconds * 1000);
    this.#waiters.add(waiting);
    this.#supply();
  }

  /** Sees to it that there will be a connection for everybody who waits, as far as may be. */
  #supply(): void {
    let missing = this.#waiters.size - this.#taking - this.#pings.prompt;
    if (missing <= 0) return;
    for (; missing > 0 && this.idleCount > this.#taking; missing -= 1) {
      this.#taking += 1;
      super.connect(this.#taken as never);
    }
    // The idle ones come first; when they are had, it is seen what is still missing.
    if (this.#taking > 0 || missing <= 0 || this.#ended) return;
    const now = performance.now();
    for (missing -= this.#logIns.prompt(now); missing > 0; missing -= 1) {
      if (this.totalCount >= this.#settings.size + this.#settings.maxOverflow) return;
      if (!this.#logIns.mayBegin(now)) {
        this.#logIns.replaceable(now)?.destroy(new Dismissed());
        this.#wakeLater(now);
        return;
      }
      super.connect(this.#loggedIn as never);
    }
    this.#wakeLater(now);
  }

  /** Looks again when another log-in may begin. */
  #wakeLater(now: number): void {
    clearTimeout(this.#wake);
    this.#wake = setTimeout(() => {
      this.#supply();
    }, this.#logIns.untilNext(now)).unref();
  }

  /** `pg`'s pool hands over an idle connection. */
  readonly #taken: Acquired = (error, client, release) => {
    this.#taking -= 1;
    if (!client || !release) {
      this.#loggedIn(error);
      return;
    }
    const now = performance.now();
    const pooled = client as PooledClient;
    if (this.#trust.isOver(pooled, now)) {
      release(true);
    } else if (this.#trust.needsPing(pooled, now)) {
      void this.#ping(pooled, release);
    } else {
      this.#offer(pooled, release, now);
    }
    this.#supply();
  };

  readonly #loggedIn: Acquired = (error, client, release) => {
    if (client && release) {
      this.#refusedSince = undefined;
      this.#offer(client as PooledClient, release, performance.now());
    } else if (error && !(error instanceof Dismissed)) {
      this.#refuse(error);
    }
    this.#supply();
  };

  /**
   * Refuses those for whom the log-in was tried. They go on waiting when others will probably end
   * well, or when the server lives and something may be returned.
   */
  #refuse(cause: Error): void {
    const { code } = postgresFault(cause);
    const now = performance.now();
    if (this.#events.renewsPassword && code === 'POSTGRES_AUTH_FAILED') {
      this.#refusedSince ??= now;
      if (now - this.#refusedSince < RENEWAL_GRACE_MS) return;
    }
    const begun = this.#logIns.lastBegun;
    const isHanging = now - begun >= LATE_MS;
    const others = this.#logIns.prompt(now) + this.#pings.prompt;
    if (!isHanging && others > 0) return;
    if (code !== 'POSTGRES_UNREACHABLE' && this.#leases.size > 0) return;
    this.#refuseAll(begun, code, cause);
  }

  #refuseAll(askedBy: number, code: ReasonCode, cause?: Error): void {
    const told = cause && (this.#events.describe?.(cause) ?? cause);
    for (const { answer } of this.#waiters.takeUntil(askedBy)) {
      answer(new ReasonError(code, { retryAfterSeconds: 1, cause: told }));
    }
  }

  /** A connection that broke unseen would fail its next borrower. */
  async #ping(client: PooledClient, release: Release): Promise<void> {
    const isAlive = await this.#pings.ask(client, () => {
      this.#supply();
    });
    if (isAlive && !client.isSpoiled) this.#offer(client, release, performance.now());
    else release(true);
    this.#supply();
  }

  /** To who has waited longest, or to the idle ones. */
  #offer(client: PooledClient, release: Release, now: number): void {
    client.seenAt = now;
    if (!this.#hasStarted) {
      this.#hasStarted = true;
      this.#waiters.timeoutMs = this.#settings.timeoutSeconds * 1000;
    }
    const waiter = this.#waiters.shift();
    if (!waiter) {
      release();
      return;
    }
    client.sent = 0;
    client.until = Infinity;
    const lease: Lease = { client, release, since: now, borrower: waiter.borrower };
    this.#leases.add(lease);
    this.#latency.record(now - waiter.askedAt);
    const giveBack = this.#returning(lease);
    client.release = giveBack;
    waiter.answer(undefined, client, giveBack);
  }

  /** @returns what the borrower calls, once */
  #returning(lease: Lease): Release {
    let isReturned = false;
    return (error) => {
      if (isReturned) throw new TypeError('the connection has been returned before');
      isReturned = true;
      this.#return(lease, Boolean(error));
    };
  }

  #return(lease: Lease, isBroken: boolean): void {
    const { client } = lease;
    // It was the borrower's: what the pool itself asks would be cut short by a time that is over.
    client.until = Infinity;
    if (isBroken || client.isSpoiled) this.#discard(lease);
    else if (client.needsReset) void this.#reset(lease);
    else this.#keep(lease);
  }

  /** An open transaction would be the next borrower's, with all its locks. */
  async #reset(lease: Lease): Promise<void> {
    const isReset = await lease.client.answers('ROLLBACK');
    if (isReset && !lease.client.isSpoiled && !lease.client.needsReset) this.#keep(lease);
    else this.#discard(lease);
  }

  #keep(lease: Lease): void {
    // Closing the pool has let go of it meanwhile.
    if (!this.#leases.delete(lease)) return;
    const now = performance.now();
    const { client, release } = lease;
    if (this.#trust.isOver(client, now)) release(true);
    else this.#offer(client, release, now);
    this.#supply();
  }

  #discard(lease: Lease): void {
    if (!this.#leases.delete(lease)) return;
    lease.release(true);
    this.#supply();
  }

  async #end(): Promise<void> {
    clearTimeout(this.#wake);
    this.#refuseAll(Infinity, 'SHUTTING_DOWN');
    for (const client of [...this.#logIns.all(), ...this.#pings.all()])
      client.destroy(new Dismissed());
    const ended = super.end();
    await Promise.race([ended, wait(END_GRACE_MS, undefined, { ref: false })]);
    for (const lease of this.#leases.all()) {
      lease.client.destroy();
      this.#discard(lease);
    }
    await ended;
  }
}
