import pg, { type PoolClient, type PoolConfig } from 'pg';
import type { Settings } from '@holdfast/guard/settings';
import type { ReasonCode } from '@holdfast/core/reasons';
import { ReasonError } from '../reasons.js';
import { endsWithin } from '@holdfast/core/deadline';
import type { HostSelector } from '../connection/host-selection.js';
import { type BusyBackendsQuery, closeHalfOpenConnections } from './half-open-connections.js';
import { type Checkout, Checkouts } from './checkouts.js';
import { ConnectionValidation } from './connection-validation.js';
import { LoginDismissed, Logins } from './logins.js';
import { LoginFailures } from './login-failures.js';
import { Pings } from './pings.js';
import { poolContext } from './pool-context.js';
import type { PoolEvents } from './pool-events.js';
import { AcquireLatency, type PoolDurations, type PoolStatistics } from './pool-statistics.js';
import { PooledClient } from './pooled-client.js';
import { type Release, Returns } from './returns.js';
import { SessionTimeouts } from './session-timeouts.js';
import { tracedWait } from './traced-wait.js';
import { type Acquired, Waiters } from './waiters.js';

const OVERFLOW_IDLE_MS = 10_000;
/** How long closing waits for what is checked out. */
const END_GRACE_MS = 1000;

/**
 * `pg`'s pool with QueuePool's meaning: `size` connections are kept, `maxOverflow` more are opened
 * under load and closed when idle, a waiter is refused after `timeoutSeconds`.
 *
 * `pg`'s pool keeps the connections. What is decided here: which request gets which connection (a waiter is
 * not tied to a login, and is served by whatever comes first), when to log in, and whether a
 * connection may be used again.
 */
export class Pool extends pg.Pool {
  readonly #settings: Settings['pool'];
  readonly #events: PoolEvents;
  readonly #sessionTimeouts: SessionTimeouts;
  readonly #latency = new AcquireLatency();
  readonly #waiters: Waiters;
  readonly #checkouts: Checkouts;
  readonly #logins: Logins;
  /** Idle connections that `pg`'s pool has been asked for and has not handed over yet. */
  #pendingIdle = 0;
  readonly #pings = new Pings();
  readonly #validation: ConnectionValidation;
  readonly #returns: Returns;
  readonly #failures: LoginFailures;
  #wakeTimer: NodeJS.Timeout | undefined;
  #leaks = 0;
  #endPromise: Promise<void> | undefined;

  /**
   * A checkout fails with POOL_TIMEOUT, with SHUTTING_DOWN, or with the code of `postgresFault`
   * when a login has failed while it waited.
   */
  constructor(options: PoolConfig, settings: Settings['pool'], events: PoolEvents) {
    const logins = new Logins(settings.size, (options as { readonly route?: HostSelector }).route);
    const validation = new ConnectionValidation(
      settings.prePing,
      () => events.identity?.()?.wrongDatabaseAt ?? -Infinity,
    );
    const timeouts = new SessionTimeouts(settings, options.options, logins);
    const pgOptions = {
      ...options,
      pool: poolContext(options, settings, events, logins, validation),
      Client: PooledClient,
      min: settings.size,
      max: settings.size + settings.maxOverflow,
      idleTimeoutMillis: OVERFLOW_IDLE_MS,
      // Both are seen to here.
      maxLifetimeSeconds: 0,
      connectionTimeoutMillis: 0,
      onConnect: (client: PooledClient) => timeouts.check(client),
    };
    super(pgOptions as object);
    this.#settings = settings;
    this.#events = events;
    this.#logins = logins;
    this.#sessionTimeouts = timeouts;
    this.#validation = validation;
    this.#waiters = new Waiters(settings, events.startTimeoutMs);
    this.#checkouts = new Checkouts(settings.leakDetectionMs, ({ borrower }) => {
      this.#leaks += 1;
      events.onLeak(borrower.stack ?? '');
    });
    this.#returns = new Returns(this.#checkouts, {
      mustClose: (client, now) => validation.mustClose(client, now),
      handOut: (client, release, now) => {
        this.#handOut(client, release, now);
      },
      onReturned: () => {
        this.#serveWaiters();
      },
    });
    this.#failures = new LoginFailures(events.renewsPassword === true, {
      logins,
      pings: this.#pings,
      checkouts: this.#checkouts,
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
   * Refuses what waits, waits a moment for what is checked out, then closes every socket. What is
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
      waiting: this.#waiters.size,
      acquired_total: this.#latency.count,
      timeouts_total: this.#waiters.timeouts,
      leaks_total: this.#leaks,
      acquire_ms: this.#latency.percentiles(),
    };
  }

  get durations(): PoolDurations {
    return {
      wait: this.#latency.durations,
      use: this.#returns.durations,
      create: this.#logins.durations,
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
    const endWait = tracedWait('postgresql', this.#events.name);
    this.#waiters.add(endWait ? after(endWait, answer) : answer);
    this.#serveWaiters();
  }

  /** Sees to it that there will be a connection for everything that waits, as far as may be. */
  #serveWaiters(): void {
    let missing = this.#waiters.size - this.#pendingIdle - this.#pings.promptCount;
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

  /** Looks again when another login may begin. */
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
      this.#failures.onSuccess();
      this.#handOut(client as PooledClient, release, performance.now());
    } else if (error && !(error instanceof LoginDismissed)) {
      this.#onLoginFailed(error);
    }
    this.#serveWaiters();
  };

  #onLoginFailed(cause: Error): void {
    const code = this.#failures.judge(cause);
    if (code) this.#rejectWaiters(this.#logins.lastStartedAt, code, cause);
  }

  #rejectWaiters(askedBy: number, code: ReasonCode, cause?: Error): void {
    const described = cause && (this.#events.describe?.(cause) ?? cause);
    this.#waiters.reject(askedBy, code, described);
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

  /** To the request that has waited longest, or to the idle ones. */
  #handOut(client: PooledClient, release: Release, now: number): void {
    client.lastSeenAt = now;
    this.#waiters.onConnected();
    const waiter = this.#waiters.shift();
    if (!waiter) {
      release();
      return;
    }
    client.sentStatements = 0;
    client.deadline = Infinity;
    const lease: Checkout = { client, release, since: now, borrower: waiter.borrower };
    this.#checkouts.add(lease);
    this.#latency.record(now - waiter.askedAt);
    const giveBack = this.#returns.releaserOf(lease);
    client.release = giveBack;
    waiter.answer(undefined, client, giveBack);
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
      this.#returns.discard(lease);
    }
    await ended;
  }
}

function after(ended: (error?: unknown) => void, answer: Acquired): Acquired {
  return (error, ...had) => {
    ended(error);
    answer(error, ...had);
  };
}
