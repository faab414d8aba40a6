import pg, { type ClientConfig } from 'pg';
import { type Cancelable, cancelStatement } from '../connection/cancel-statement.js';
import type { DsnHost } from '@holdfast/guard/dsn';
import { type BindingConfig, requireChannelBinding } from '../connection/channel-binding.js';
import { setLoopAwareTimeout } from '@holdfast/core/loop-aware-timeout';
import { breaksConnection } from '../faults/faults.js';
import type { VerifiedIdentity } from '../verification/verified-identity.js';
import { loginCheck } from './login-check.js';
import type { RequestedParameters } from './logins.js';
import type { HostSelector } from '../connection/host-selection.js';
import { withoutTimeouts, withoutSettings } from '../connection/startup-parameters.js';

/** How long a statement has to end after it was cancelled. */
const CANCEL_MS = 1000;
/** How long a connection that is closed has for its goodbye. */
const TERMINATE_MS = 1000;

/** SQLSTATE: nobody knows what has become of it. */
const STATEMENT_COMPLETION_UNKNOWN = '40003';

/** What the server says of a statement that it has refused. */
interface ServerError {
  readonly severity?: string;
  readonly code?: string;
  /** Read by `requestFault`: the service itself has cancelled it, since a request's time was up. */
  isCutShort?: true;
}

/** What is not in the types of `pg`. */
interface Internals {
  /** False while a statement is being carried out. */
  readonly readyForQuery?: boolean;
  readonly processID?: number | null;
}

/** What a pool tells its connections, and is told by them. */
export interface PoolContext {
  readonly connectTimeoutMs: number;
  /** Milliseconds that a statement may take before its connection is given up; 0 for no bound. */
  readonly statementTimeoutMs: number;
  /** Milliseconds after which a connection is not used again, as drawn for this one. */
  drawLifetimeMs(): number;
  /** What may be asked for at the start of a connection. */
  readonly requestedParameters: RequestedParameters;
  /** The hosts to choose from; absent where there is one that is taken as it is. */
  readonly route: HostSelector | undefined;
  /** The database that is looked for; absent where any will do. */
  readonly identity: VerifiedIdentity | undefined;
  onLoginStarted(client: PooledClient): void;
  /** @returns the error to pass on */
  onLoginEnded(client: PooledClient, error: Error | undefined): Error | undefined;
  /** The connection broke, or is of no more use. @param code SQLSTATE, when the server said so */
  onSpoiled(code: string | undefined): void;
}

export interface PooledClientConfig extends BindingConfig {
  readonly pool: PoolContext;
}

/**
 * A connection that knows whether it may be used again. Everything that spoils it passes here,
 * whoever sent the statement and whatever he does about its error.
 */
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
  #statements = 0;
  #isSpoiled = false;
  #isLost = false;
  #isClosing = false;
  /** A cancel request was sent, which hits whatever the server does by the time it arrives. */
  #isCancelled = false;
  /** Its borrower's time was up, and that is why. */
  #isPastDeadline = false;
  /** It waits for the end of a transaction. */
  #isEndingTransaction = false;
  /** The server has refused a statement and not yet said that it is ready for the next. */
  #isRecovering = false;
  #statementTimer: NodeJS.Timeout | undefined;

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
    // Listened to for as long as it lives: an error without a listener would end the process.
    this.on('error', () => {
      this.#lose();
    });
    this.on('end', () => {
      clearTimeout(this.#statementTimer);
      this.#lose();
    });
    this.connection.on('errorMessage', (message: ServerError) => {
      this.#isRecovering = true;
      if (this.#isPastDeadline) message.isCutShort = true;
      if (breaksConnection(message)) this.#spoil(message.code);
    });
    this.connection.on('readyForQuery', () => {
      this.#isRecovering = false;
    });
    this.connection.on('notice', (notice: { routine?: string }) => {
      if (isCommitInDoubt(notice)) this.#failCommit();
    });
  }

  /** Whether nothing can be sent any more. */
  get isLost(): boolean {
    return this.#isLost || !this.connection.stream.writable;
  }

  /** Whether it must be closed when it is returned: also while a statement is under way. */
  get isSpoiled(): boolean {
    return this.#isSpoiled || this.isLost || (this.#isWaiting && !this.#isRecovering);
  }

  get #isWaiting(): boolean {
    return (this as Internals).readyForQuery !== true;
  }

  /** Whether the open transaction can only be rolled back: a statement of it was refused. */
  get hasFailedTransaction(): boolean {
    return this.#isRecovering || this.getTransactionStatus() === 'E';
  }

  /** Whether a transaction was left open, or may have been. */
  get needsReset(): boolean {
    return this.#isRecovering || this.getTransactionStatus() !== 'I';
  }

  /** Which statement it waits for: a number that none before it had; undefined when it waits for none. */
  get pendingStatement(): number | undefined {
    return this.#isWaiting && !this.isLost ? this.#statements : undefined;
  }

  /** The server's process, as it was told at the log-in. */
  get pid(): number | undefined {
    return (this as Internals).processID ?? undefined;
  }

  /** As `pg` does it, but a log-in that fails leaves no socket behind. */
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
    if (this.#isCancelled) this.destroy(timeoutError());
    if (!this.isLost) {
      this.sentStatements += 1;
      this.#statements += 1;
      this.#isEndingTransaction = endsTransaction(statement[0]);
      this.#armStatementTimer();
      if (this.deadline !== Infinity && !this.#isEndingTransaction) this.#armDeadlineTimer();
    }
    return (super.query as (...statement: never[]) => never).apply(this, statement);
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
    this.#isClosing = true;
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
    this.#spoil();
    this.destroy(timeoutError());
  }

  /** One timer for the life of the connection: it is only put off. */
  #armStatementTimer(): void {
    const { statementTimeoutMs } = this.#pool;
    if (statementTimeoutMs === 0) return;
    if (this.#statementTimer) {
      this.#statementTimer.refresh();
      return;
    }
    // A loop that was held up reads first what has arrived meanwhile, and may send the next one.
    this.#statementTimer = setTimeout(() => {
      const { pendingStatement } = this;
      if (pendingStatement !== undefined) setImmediate(this.#onStatementTimeout, pendingStatement);
    }, statementTimeoutMs).unref();
  }

  /** Cancels the statement that is about to be sent when the borrower's time is up before its own. */
  #armDeadlineTimer(): void {
    const leftMs = Math.max(0, this.deadline - performance.now());
    const { statementTimeoutMs } = this.#pool;
    if (statementTimeoutMs > 0 && statementTimeoutMs <= leftMs) return;
    const statement = this.#statements;
    setTimeout(() => {
      if (this.pendingStatement !== statement) return;
      this.#isPastDeadline = true;
      this.#spoil();
      this.#cancel();
    }, leftMs).unref();
  }

  readonly #onStatementTimeout = (statement: number): void => {
    if (this.pendingStatement !== statement) return;
    this.#spoil();
    // A COMMIT that waits for a standby ends well when it is cancelled, and is not on the standby.
    if (this.hasTimeouts || this.#isEndingTransaction) this.destroy(timeoutError());
    else this.#cancel();
  };

  /**
   * Nothing behind a pooler bounds the statement, and it would go on for nobody. The request may
   * arrive after the statement has ended: from now on nothing is sent on this connection any more, and
   * since it is spoiled, nobody else gets it.
   */
  #cancel(): void {
    this.#isCancelled = true;
    cancelStatement(this as unknown as Cancelable, CANCEL_MS);
    setTimeout(() => {
      if (this.#isWaiting) this.destroy(timeoutError());
    }, CANCEL_MS).unref();
  }

  #spoil(code?: string): void {
    if (this.#isSpoiled) return;
    this.#isSpoiled = true;
    // A log-in that failed says nothing about others, and a connection that was closed even less.
    if (this.loggedInAt > 0 && !this.#isClosing) this.#pool.onSpoiled(code);
  }

  /** The statement fails in place of ending well: its write is kept here, but perhaps nowhere else. */
  #failCommit(): void {
    this.#spoil();
    const error = Object.assign(new Error('the commit did not wait for its standbys'), {
      code: STATEMENT_COMPLETION_UNKNOWN,
    });
    this.connection.emit('errorMessage', error);
    this.destroy(error);
  }

  #lose(): void {
    this.#isLost = true;
    this.#spoil();
  }
}

function configFor(asked: RequestedParameters, config: BindingConfig): ClientConfig {
  if (asked === 'everything') return config;
  return asked === 'settings' ? withoutTimeouts(config) : withoutSettings(config);
}

/** What ends a transaction is not cut short: it would be left open what became of it. */
function endsTransaction(statement: unknown): boolean {
  return statement === 'COMMIT' || statement === 'ROLLBACK';
}

/**
 * A cancel, whoever sent it, that hits the wait for a synchronous standby makes a warning of it, and
 * the commit ends well. It has no SQLSTATE of its own, and its words are the server's language.
 */
function isCommitInDoubt({ routine }: { readonly routine?: string }): boolean {
  return routine === 'SyncRepWaitForLSN';
}

function timeoutError(): Error {
  return Object.assign(new Error('the database has not answered in time'), { code: 'ETIMEDOUT' });
}
