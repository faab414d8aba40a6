import { setTimeout as wait } from 'node:timers/promises';
import type { DataSource, QueryRunner } from 'typeorm';
import type { DatabaseSettings } from '../config/databases.js';
import { isBusy } from './faults.js';
import type { Pool } from './pool.js';
import { AcquireLatency, type PoolStatistics } from './pool-statistics.js';

/** Longest pause between two tries for the write lock of an SQLite file. */
const LOCK_POLL_MS = 5;

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
  constructor(private readonly runner: QueryRunner) {}

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
    return this.runner.query(text, values, true);
  }
}

/** What a store on SQL works with: one database, whatever its dialect. */
export abstract class SqlDatabase {
  constructor(
    readonly settings: DatabaseSettings,
    protected readonly dataSource: DataSource,
  ) {}

  /** Runs the work in one transaction: all of it is committed, or none. */
  abstract transaction<T>(work: (sql: Sql) => Promise<T>): Promise<T>;

  /** Runs statements that only read, and that see no transaction of others half done. */
  abstract read<T>(work: (sql: Sql) => Promise<T>): Promise<T>;

  /** Runs one statement that writes, in a transaction of its own. @returns as `Sql.rows` */
  write<Row>(statement: string, parameters: Parameters = {}): Promise<readonly Row[]> {
    return this.read((sql) => sql.rows<Row>(statement, parameters));
  }

  abstract statistics(): PoolStatistics;
}

export class PostgresDatabase extends SqlDatabase {
  constructor(
    settings: DatabaseSettings,
    dataSource: DataSource,
    private readonly pool: Pool,
  ) {
    super(settings, dataSource);
  }

  async transaction<T>(work: (sql: Sql) => Promise<T>): Promise<T> {
    const runner = this.dataSource.createQueryRunner();
    try {
      await runner.startTransaction();
      const result = await work(new Sql(runner));
      await runner.commitTransaction();
      return result;
    } catch (error) {
      // The first error is the one to tell. A connection that cannot roll back is dead, and the
      // pool drops it when it is returned.
      if (runner.isTransactionActive) await runner.rollbackTransaction().catch(() => undefined);
      throw error;
    } finally {
      await runner.release();
    }
  }

  async read<T>(work: (sql: Sql) => Promise<T>): Promise<T> {
    const runner = this.dataSource.createQueryRunner();
    try {
      return await work(new Sql(runner));
    } finally {
      await runner.release();
    }
  }

  statistics(): PoolStatistics {
    return this.pool.statistics();
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
        return await work(new Sql(this.dataSource.createQueryRunner()));
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
