import { setTimeout as wait } from 'node:timers/promises';
import type { DataSource, QueryRunner } from 'typeorm';
import type { DatabaseSettings } from '@holdfast/guard/databases';
import { ReasonError } from '../reasons.js';
import { currentRequest } from '@holdfast/core/served-request';
import { isBusy } from '../faults/faults.js';
import { AcquireLatency, type PoolStatistics } from '../pool/pool-statistics.js';
import { type Execute, type Parameters, Sql, SqlDatabase } from '../database/sql-database.js';
import type { SqliteFile } from './sqlite-file.js';
import { Mutex } from '@holdfast/core/mutex';
import { jittered } from '@holdfast/core/jitter';
import { spanned } from '@holdfast/core/tracing';
import { statementSpan } from '../database/statement-span.js';
import { tracedWait } from '../pool/traced-wait.js';

/** Longest pause between two tries for the write lock of an SQLite file. */
const LOCK_POLL_MS = 5;

/**
 * One connection, so one unit of work at a time: TypeORM would let a second caller's statements
 * fall into the transaction of the first. `BEGIN IMMEDIATE` takes the write lock, where a deferred
 * transaction would fail at its first write.
 */
export class SqliteDatabase extends SqlDatabase {
  readonly #mutex = new Mutex('POOL_TIMEOUT');
  readonly #latency = new AcquireLatency();
  #timeouts = 0;

  /**
   * @param lockTimeoutMs milliseconds to wait for other processes; 0 no bound
   * @param file absent where nothing is written
   * @param setBusyTimeout sets SQLite's own waiting: a prepared PRAGMA would set it only once
   */
  constructor(
    settings: DatabaseSettings,
    dataSource: DataSource,
    private readonly lockTimeoutMs: number,
    private readonly setBusyTimeout: (milliseconds: number) => void,
    private readonly file: SqliteFile | undefined,
  ) {
    super(settings, dataSource);
  }

  transaction<T>(work: (sql: Sql) => Promise<T>): Promise<T> {
    return this.#exclusive(async (sql) => {
      await this.#takeWriteLock(sql);
      try {
        const result = await work(sql);
        // Nothing is added to what has been written over, nor taken from it into the database file.
        this.file?.assertInPlace();
        await sql.run('COMMIT');
        // Acknowledged is only what is found again by what opens the file next.
        this.file?.assertInPlace();
        return result;
      } catch (error) {
        await sql.run('ROLLBACK').catch(() => undefined);
        // Whatever SQLite says of files that are not its own any more.
        this.file?.assertInPlace();
        throw error;
      }
    });
  }

  read<T>(work: (sql: Sql) => Promise<T>): Promise<T> {
    return this.#exclusive(work);
  }

  override write<Row>(statement: string, parameters: Parameters = {}): Promise<readonly Row[]> {
    return this.transaction((sql) => sql.rows<Row>(statement, parameters));
  }

  override isFileReplaced(): boolean {
    return this.file?.isReplaced ?? false;
  }

  statistics(): PoolStatistics {
    return {
      size: 1,
      max_overflow: 0,
      checked_out: this.#mutex.isLocked ? 1 : 0,
      idle: this.#mutex.isLocked ? 0 : 1,
      overflow: 0,
      waiting: this.#mutex.waiting,
      acquired_total: this.#latency.count,
      timeouts_total: this.#timeouts,
      leaks_total: 0,
      acquire_ms: this.#latency.percentiles(),
    };
  }

  /**
   * SQLite's own waiting would stop the whole process, and its pauses grow so long that the lock
   * goes to others time and again.
   */
  async #takeWriteLock(sql: Sql): Promise<void> {
    const deadline = this.lockTimeoutMs === 0 ? Infinity : performance.now() + this.lockTimeoutMs;
    this.setBusyTimeout(0);
    try {
      while (!(await isTaken(sql, deadline))) await wait(jittered(LOCK_POLL_MS, 0, 1));
    } finally {
      this.setBusyTimeout(sqliteBusyTimeout(this.lockTimeoutMs));
    }
  }

  async #exclusive<T>(work: (sql: Sql) => Promise<T>): Promise<T> {
    const asked = performance.now();
    const endWait = tracedWait('sqlite', this.settings.name);
    try {
      return await this.#mutex.runExclusive(() => {
        endWait?.();
        currentRequest.getStore()?.assertWanted();
        this.file?.assertInPlace();
        this.#latency.record(performance.now() - asked);
        return work(new Sql(executedBy(this.dataSource.createQueryRunner()), this));
      });
    } catch (error) {
      endWait?.(error);
      if (error instanceof ReasonError && error.code === 'POOL_TIMEOUT') this.#timeouts += 1;
      throw error;
    }
  }
}

function executedBy(runner: QueryRunner): Execute {
  const { driver } = runner.dataSource;
  return async (statement, parameters) => {
    const [text, values] = driver.escapeQueryWithParameters(statement, parameters);
    const { records, affected } = await spanned(
      () => statementSpan(text, { 'db.system.name': 'sqlite' }),
      () => runner.query(text, values, true),
    );
    return { rows: records, affected: affected ?? 0 };
  };
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
