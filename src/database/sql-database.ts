import { setTimeout as wait } from 'node:timers/promises';
import { type DataSource, type QueryRunner, QueryRunnerAlreadyReleasedError } from 'typeorm';
import type { DatabaseSettings } from '../config/databases.js';
import { ReasonError } from '../reasons.js';
import { whereIs } from './database-failure.js';
import { isBusy, isDiskFull } from './faults.js';
import type { AskBusy } from './dead-lines.js';
import type { Pool } from './pool.js';
import { AcquireLatency, type PoolStatistics } from './pool-statistics.js';
import type { PooledClient } from './pooled-client.js';

/** Longest pause between two tries for the write lock of an SQLite file. */
const LOCK_POLL_MS = 5;

const NOTHING_SENT = Symbol('nothing sent');

/** Values of the named parameters (`:name`) of a statement. */
export type Parameters = Readonly<Record<string, string | number | boolean | null>>;

/**
 * A WHERE clause of the conditions that have a value; empty when none has.
 * @param conditions SQL by what it compares with, for example `{ 'state = :state': filter.state }`
 */
export function where(conditions: Readonly<Record<string, unknown>>): string {
  const given = Object.entries(conditions).flatMap(([condition, value]) =>
    value === undefined ? [] : [condition],
  );
  return given.length > 0 ? `WHERE ${given.join(' AND ')}` : '';
}

/** Statements on one connection, with the same named parameters in both dialects. */
export class Sql {
  constructor(
    private readonly runner: QueryRunner,
    private readonly database: SqlDatabase,
  ) {}

  /** @returns the rows of a query or of a `RETURNING` */
  async rows<Row>(statement: string, parameters: Parameters = {}): Promise<readonly Row[]> {
    return (await this.execute(statement, parameters)).records as Row[];
  }

  /** @returns how many rows were inserted, updated or deleted */
  async run(statement: string, parameters: Parameters = {}): Promise<number> {
    return (await this.execute(statement, parameters)).affected ?? 0;
  }

  private async execute(statement: string, parameters: Parameters) {
    const { driver } = this.runner.dataSource;
    const [text, values] = driver.escapeQueryWithParameters(statement, parameters);
    try {
      return await this.runner.query(text, values, true);
    } catch (error) {
      if (isDiskFull(error)) this.database.isFull = true;
      if (error instanceof Error) Object.assign(error, { database: this.database.place });
      throw error;
    }
  }
}

/** What a store on SQL works with: one database, whatever its dialect. */
export abstract class SqlDatabase {
  /** Whether a write was refused for want of space; who finds that there is some again says so. */
  isFull = false;

  constructor(
    readonly settings: DatabaseSettings,
    protected readonly dataSource: DataSource,
  ) {}

  /** For the log: which database it is, the connection string masked. */
  get place(): string {
    return whereIs(this.settings);
  }

  /** Runs the work in one transaction: all of it is committed, or none. */
  abstract transaction<T>(work: (sql: Sql) => Promise<T>): Promise<T>;

  /** Runs statements that only read, and that see no transaction of others half done. */
  abstract read<T>(work: (sql: Sql) => Promise<T>): Promise<T>;

  /**
   * As `read`, but in a request that only reads it may miss the last moments of what others have
   * written. Not for what a decision or a write hangs on.
   */
  readStale<T>(work: (sql: Sql) => Promise<T>): Promise<T> {
    return this.read(work);
  }

  /** Runs one statement that writes, in a transaction of its own. @returns as `Sql.rows` */
  write<Row>(statement: string, parameters: Parameters = {}): Promise<readonly Row[]> {
    return this.read((sql) => sql.rows<Row>(statement, parameters));
  }

  abstract statistics(): PoolStatistics;

  /** The server is back after a silence: gives up whom it has forgotten, see `closeDeadLines`. */
  closeDeadLines(_: AskBusy): Promise<void> {
    return Promise.resolve();
  }
}

export class PostgresDatabase extends SqlDatabase {
  constructor(
    settings: DatabaseSettings,
    dataSource: DataSource,
    private readonly pool: Pool,
  ) {
    super(settings, dataSource);
  }

  transaction<T>(work: (sql: Sql) => Promise<T>): Promise<T> {
    return this.read(async (sql, client) => {
      await sql.run(this.pool.begin);
      try {
        const result = await work(sql);
        // PostgreSQL would answer the COMMIT of a transaction that has failed by rolling it back.
        if (client.hasFailedTransaction)
          throw new Error('the work went on after a statement had failed');
        await sql.run('COMMIT');
        return result;
      } catch (error) {
        // The first error is the one to tell. Where this fails, the pool drops the connection.
        await sql.run('ROLLBACK').catch(() => undefined);
        throw error;
      }
    });
  }

  /** Once more on another connection when the first was dead before anything was sent on it. */
  async read<T>(work: (sql: Sql, client: PooledClient) => Promise<T>): Promise<T> {
    const first = await this.attempt(work, true);
    if (first !== NOTHING_SENT) return first;
    return (await this.attempt(work, false)) as T;
  }

  private async attempt<T>(
    work: (sql: Sql, client: PooledClient) => Promise<T>,
    mayTryAgain: boolean,
  ): Promise<T | typeof NOTHING_SENT> {
    const runner = this.dataSource.createQueryRunner();
    try {
      const client = (await runner.connect()) as PooledClient;
      try {
        return await work(new Sql(runner, this), client);
      } catch (error) {
        if (mayTryAgain && client.isLost && client.sent === 0) return NOTHING_SENT;
        // TypeORM returns a connection as soon as it breaks, and refuses what comes after.
        if (error instanceof QueryRunnerAlreadyReleasedError) {
          throw new ReasonError('POSTGRES_CONNECTION_ENDED', { cause: error });
        }
        throw error;
      }
    } finally {
      await runner.release();
    }
  }

  statistics(): PoolStatistics {
    return this.pool.statistics();
  }

  override closeDeadLines(askBusy: AskBusy): Promise<void> {
    return this.pool.closeDeadLines(askBusy);
  }
}

/**
 * One connection, so one unit of work at a time: TypeORM would let a second caller's statements
 * fall into the transaction of the first. `BEGIN IMMEDIATE` takes the write lock, where a deferred
 * transaction would fail at its first write.
 */
export class SqliteDatabase extends SqlDatabase {
  #last: Promise<unknown> = Promise.resolve();
  #waiting = 0;
  #running = 0;
  readonly #latency = new AcquireLatency();

  /**
   * @param lockTimeoutMs milliseconds to wait for other processes; 0 no bound
   * @param setBusyTimeout sets SQLite's own waiting: a prepared PRAGMA would set it only once
   */
  constructor(
    settings: DatabaseSettings,
    dataSource: DataSource,
    private readonly lockTimeoutMs: number,
    private readonly setBusyTimeout: (milliseconds: number) => void,
  ) {
    super(settings, dataSource);
  }

  transaction<T>(work: (sql: Sql) => Promise<T>): Promise<T> {
    return this.alone(async (sql) => {
      await this.takeWriteLock(sql);
      try {
        const result = await work(sql);
        await sql.run('COMMIT');
        return result;
      } catch (error) {
        await sql.run('ROLLBACK').catch(() => undefined);
        throw error;
      }
    });
  }

  read<T>(work: (sql: Sql) => Promise<T>): Promise<T> {
    return this.alone(work);
  }

  override write<Row>(statement: string, parameters: Parameters = {}): Promise<readonly Row[]> {
    return this.transaction((sql) => sql.rows<Row>(statement, parameters));
  }

  statistics(): PoolStatistics {
    return {
      size: 1,
      max_overflow: 0,
      checked_out: this.#running,
      idle: 1 - this.#running,
      overflow: 0,
      waiting: this.#waiting,
      acquired_total: this.#latency.count,
      timeouts_total: 0,
      leaks_total: 0,
      acquire_ms: this.#latency.percentiles(),
    };
  }

  /**
   * SQLite's own waiting would stop the whole process, and its pauses grow so long that the lock
   * goes to others time and again.
   */
  private async takeWriteLock(sql: Sql): Promise<void> {
    const deadline = this.lockTimeoutMs === 0 ? Infinity : performance.now() + this.lockTimeoutMs;
    this.setBusyTimeout(0);
    try {
      while (!(await isTaken(sql, deadline))) await wait(Math.random() * LOCK_POLL_MS);
    } finally {
      this.setBusyTimeout(sqliteBusyTimeout(this.lockTimeoutMs));
    }
  }

  private alone<T>(work: (sql: Sql) => Promise<T>): Promise<T> {
    const asked = performance.now();
    this.#waiting += 1;
    const result = this.#last.then(async () => {
      this.#waiting -= 1;
      this.#running = 1;
      this.#latency.record(performance.now() - asked);
      try {
        return await work(new Sql(this.dataSource.createQueryRunner(), this));
      } finally {
        this.#running = 0;
      }
    });
    this.#last = result.catch(() => undefined);
    return result;
  }
}

/** SQLite's `busy_timeout` in milliseconds, in which 0 would be no waiting at all. */
export function sqliteBusyTimeout(lockTimeoutMs: number): number {
  return lockTimeoutMs === 0 ? 2 ** 31 - 1 : lockTimeoutMs;
}

/** @returns false when another process has the write lock, until the deadline */
async function isTaken(sql: Sql, deadline: number): Promise<boolean> {
  try {
    await sql.run('BEGIN IMMEDIATE');
    return true;
  } catch (error) {
    if (!isBusy(error) || performance.now() >= deadline) throw error;
    return false;
  }
}
