import pg, { type ClientConfig } from 'pg';
import type { DsnHost } from '@holdfast/guard/dsn';
import { type BindingConfig, requireChannelBinding } from '../connection/channel-binding.js';
import { setLoopAwareTimeout } from '@holdfast/core/loop-aware-timeout';
import { ConnectionState } from './connection-state.js';
import { loginCheck } from './login-check.js';
import type { RequestedParameters } from './logins.js';
import type { PoolContext } from './pool-context.js';
import { StatementTimers, timeoutError } from './statement-timers.js';
import { tellStatement } from './sent-statements.js';
import { tracedQuery } from './traced-query.js';
import type { HostSelector } from '../connection/host-selection.js';
import { withoutTimeouts, withoutSettings } from '../connection/startup-parameters.js';

/** How long a connection that is closed has for its goodbye. */
const TERMINATE_MS = 1000;

/** What is not in the types of `pg`. */
interface Internals {
  readonly processID?: number | null;
}

export interface PooledClientConfig extends BindingConfig {
  readonly pool: PoolContext;
}

/** A connection that knows whether it may be used again, and bounds its statements. */
export class PooledClient extends pg.Client {
  /** Set by the pool at each checkout. */
  declare release: (error?: Error | boolean) => void;
  /** Statements that were sent since it was checked out. */
  sentStatements = 0;
  /** `performance.now()` from which on its borrower wants no statement to go on. */
  deadline = Infinity;
  /** `performance.now()` of the last sign of life. */
  lastSeenAt = 0;
  loggedInAt = 0;
  /** Which of several hosts it leads to. */
  server: DsnHost | undefined;
  /** `performance.now()` from which it is not used again. */
  readonly expiresAt: number;
  /** What it has asked for at its start. */
  readonly requestedParameters: RequestedParameters;
  /** Whether the server bounds statements by itself. */
  hasTimeouts: boolean;
  readonly #pool: PoolContext;
  readonly #state: ConnectionState;
  readonly #timers: StatementTimers;
  #statements = 0;

  /** `pg`'s pool makes its clients out of its own options. */
  constructor(options: PooledClientConfig) {
    const { pool, ...given } = options;
    const config = configFor(pool.requestedParameters, given);
    // pg-pool hides the password from enumeration, so that it would be lost.
    const { password } = options;
    super({ ...config, password, connectionTimeoutMillis: 0 });
    if (options.requiresChannelBinding) requireChannelBinding(this);
    this.#pool = pool;
    this.requestedParameters = pool.requestedParameters;
    this.hasTimeouts = this.requestedParameters === 'everything';
    this.expiresAt = performance.now() + pool.drawLifetimeMs();
    this.#state = new ConnectionState(this, (code) => {
      pool.onSpoiled(code);
    });
    this.#timers = new StatementTimers(this, this.#state, pool.statementTimeoutMs);
    this.on('end', () => {
      this.#timers.stop();
    });
  }

  /** Whether nothing can be sent any more. */
  get isLost(): boolean {
    return this.#state.isLost;
  }

  /** Whether it must be closed when it is returned: also while a statement is under way. */
  get isSpoiled(): boolean {
    return this.#state.isSpoiled;
  }

  /** Whether the open transaction can only be rolled back: a statement of it was refused. */
  get hasFailedTransaction(): boolean {
    return this.#state.hasFailedTransaction;
  }

  /** Whether a transaction was left open, or may have been. */
  get needsReset(): boolean {
    return this.#state.needsReset;
  }

  /** Which statement it waits for: a number that none before it had; undefined when it waits for none. */
  get pendingStatement(): number | undefined {
    const { isWaiting, isLost } = this.#state;
    return isWaiting && !isLost ? this.#statements : undefined;
  }

  /** The server's process, as it was told at the login. */
  get pid(): number | undefined {
    return (this as Internals).processID ?? undefined;
  }

  /** As `pg` does it, but a login that fails leaves no socket behind. */
  override connect(): Promise<this>;
  override connect(callback: (error?: Error | null) => void): void;
  override connect(callback?: (error?: Error | null) => void): Promise<this> | undefined {
    if (!callback) {
      return new Promise((resolve, reject) => {
        this.connect((error) => {
          if (error) reject(error);
          else resolve(this);
        });
      });
    }
    const { route, connectTimeoutMs } = this.#pool;
    if (route) this.#selectHost(route.next(), route);
    const judge = loginCheck(this, this.#pool, (question) => this.queryInTime(question));
    const bound = connectTimeoutMs / (route?.size ?? 1);
    const stopTiming = setLoopAwareTimeout(bound, () => {
      this.destroy(new Error('timeout expired'));
    });
    const end = (failure: Error | undefined) => {
      stopTiming();
      if (failure) this.destroy();
      else this.loggedInAt = this.lastSeenAt = performance.now();
      callback(this.#pool.onLoginEnded(this, failure));
    };
    super.connect((error: Error | null) => {
      if (error || !judge) end(error ?? undefined);
      else void judge().then(end);
    });
    this.#pool.onLoginStarted(this);
    return undefined;
  }

  #selectHost(server: DsnHost, route: HostSelector): void {
    this.server = server;
    this.host = server.host;
    this.port = server.port;
    const ssl = route.tlsFor(server);
    Object.assign(this, { ssl });
    Object.assign(this.connection, { ssl });
  }

  override query(...statement: never[]): never {
    // The other end has hung up, and the driver would drop the statement without a word.
    if (!this.connection.stream.writable) this.destroy();
    // The cancel of a statement that ended in time would hit this one, which may be a COMMIT.
    if (this.#timers.hasCancelled) this.destroy(timeoutError());
    if (!this.isLost) {
      this.sentStatements += 1;
      this.#statements += 1;
      this.#timers.arm(statement[0], this.#statements);
    }
    tellStatement(statement[0]);
    return tracedQuery(this, statement, (given) => super.query(...(given as [never]))) as never;
  }

  /**
   * Sends a statement of the pool's own, which must be answered within the time to connect.
   * @returns the rows of the last statement, where it is several
   */
  async queryInTime<Row extends object>(statement: string): Promise<readonly Row[]> {
    const stop = setLoopAwareTimeout(this.#pool.connectTimeoutMs, () => {
      this.destroy(timeoutError());
    });
    try {
      const results: unknown = await (this as pg.Client).query<Row>(statement);
      const last = [results].flat().at(-1) as pg.QueryResult<Row>;
      return last.rows;
    } finally {
      stop();
    }
  }

  /** @returns whether `queryInTime` is answered */
  succeeds(statement: string): Promise<boolean> {
    return this.queryInTime(statement).then(
      () => true,
      () => false,
    );
  }

  /** @returns whether it is alive, and still leads to the database that is looked for */
  isAlive(): Promise<boolean> {
    const { identity } = this.#pool;
    if (!identity) return this.succeeds('SELECT 1');
    const ask = async (question: string) => (await this.queryInTime<never>(question))[0];
    return identity.verify(ask).then(
      () => true,
      () => false,
    );
  }

  /** Says goodbye, but does not wait for long: a server that is frozen never hangs up. */
  override end(): Promise<void>;
  override end(callback: (error: Error) => void): void;
  override end(callback?: (error: Error) => void): Promise<void> | undefined {
    if (!callback) {
      return new Promise((resolve) => {
        this.end(() => {
          resolve();
        });
      });
    }
    this.#state.beginClosing();
    // A plain timer: nothing that has arrived meanwhile could matter.
    const timer = setTimeout(() => {
      this.destroy();
    }, TERMINATE_MS).unref();
    super.end((error) => {
      clearTimeout(timer);
      callback(error);
    });
    return undefined;
  }

  /** Closes the socket at once; what is under way fails, with the error when there is one. */
  destroy(error?: Error): void {
    this.connection.stream.destroy(error);
  }

  /** What it waits for will not come: fails it, as the bound of a statement does. */
  abort(): void {
    this.#state.spoil();
    this.destroy(timeoutError());
  }
}

function configFor(asked: RequestedParameters, config: BindingConfig): ClientConfig {
  if (asked === 'everything') return config;
  return asked === 'settings' ? withoutTimeouts(config) : withoutSettings(config);
}
