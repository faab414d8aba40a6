import { type DataSource, QueryRunnerAlreadyReleasedError } from 'typeorm';
import type { DatabaseSettings } from '@holdfast/guard/databases';
import { ReasonError } from '../reasons.js';
import { currentRequest } from '@holdfast/core/served-request';
import type { BusyBackendsQuery } from '../pool/half-open-connections.js';
import type { Pool } from '../pool/pool.js';
import type { PoolStatistics } from '../pool/pool-statistics.js';
import type { PooledClient } from '../pool/pooled-client.js';
import { Sql, SqlDatabase } from './sql-database.js';

const NOTHING_SENT = Symbol('nothing sent');

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
      await sql.run(this.pool.beginStatement);
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
    const first = await this.#attempt(work, true);
    if (first !== NOTHING_SENT) return first;
    return (await this.#attempt(work, false)) as T;
  }

  async #attempt<T>(
    work: (sql: Sql, client: PooledClient) => Promise<T>,
    mayTryAgain: boolean,
  ): Promise<T | typeof NOTHING_SENT> {
    const request = currentRequest.getStore();
    request?.assertWanted();
    const runner = this.dataSource.createQueryRunner();
    try {
      const client = (await runner.connect()) as PooledClient;
      client.deadline = request?.deadline ?? Infinity;
      try {
        return await work(new Sql(runner, this), client);
      } catch (error) {
        if (mayTryAgain && client.isLost && client.sentStatements === 0) return NOTHING_SENT;
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

  override closeHalfOpenConnections(askBusy: BusyBackendsQuery): Promise<void> {
    return this.pool.closeHalfOpenConnections(askBusy);
  }
}
