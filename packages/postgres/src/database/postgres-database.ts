import type pg from 'pg';
import { type DataSource, QueryFailedError } from 'typeorm';
import type { DatabaseSettings } from '@holdfast/guard/databases';
import { ReasonError } from '../reasons.js';
import { currentRequest } from '@holdfast/core/served-request';
import type { BusyBackendsQuery } from '../pool/half-open-connections.js';
import type { Pool } from '../pool/pool.js';
import type { PoolDurations, PoolStatistics } from '../pool/pool-statistics.js';
import type { PooledClient } from '../pool/pooled-client.js';
import { RESULT_TYPES } from './result-types.js';
import { SharedReads } from './shared-reads.js';
import { Sql, SqlDatabase, type StatementResult } from './sql-database.js';
import { type Parameters, positional } from './statement.js';

const NOTHING_SENT = Symbol('nothing sent');

export class PostgresDatabase extends SqlDatabase {
  readonly #sharedReads = new SharedReads(this);

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
    const client = (await this.pool.connect()) as PooledClient;
    client.deadline = request?.deadline ?? Infinity;
    const giveBack = givingBack(client);
    try {
      return await work(new Sql(executedBy(client), this), client);
    } catch (error) {
      if (mayTryAgain && client.isLost && client.sentStatements === 0) return NOTHING_SENT;
      throw error;
    } finally {
      giveBack();
    }
  }

  override staleRows<Row>(statement: string, parameters: Parameters = {}): Promise<readonly Row[]> {
    return this.#sharedReads.rows(statement, parameters) as Promise<readonly Row[]>;
  }

  statistics(): PoolStatistics {
    return this.pool.statistics();
  }

  override poolDurations(): PoolDurations {
    return this.pool.durations;
  }

  override closeHalfOpenConnections(askBusy: BusyBackendsQuery): Promise<void> {
    return this.pool.closeHalfOpenConnections(askBusy);
  }
}

/** Gives a connection back once: when its borrower has done, or as soon as it breaks, so that another may be opened. */
function givingBack(client: PooledClient): () => void {
  const { release } = client;
  let isBack = false;
  const giveBack = (error?: Error) => {
    if (isBack) return;
    isBack = true;
    client.removeListener('error', giveBack);
    release(error);
  };
  client.once('error', giveBack);
  return giveBack;
}

/**
 * Not by TypeORM's query runner: its events, its log and the search for parameters in each statement take a
 * third of what it costs to read a row.
 */
function executedBy(client: PooledClient) {
  return async (statement: string, parameters: Parameters): Promise<StatementResult> => {
    if (client.isLost) throw new ReasonError('POSTGRES_CONNECTION_ENDED');
    const { text, names } = positional(statement, parameters);
    const values = names.map((name) => parameters[name]);
    try {
      const query = { text, values, types: RESULT_TYPES };
      const { rows, rowCount } = await (client as pg.Client).query(query);
      return { rows, affected: rowCount ?? 0 };
    } catch (error) {
      throw new QueryFailedError(statement, values, error as Error);
    }
  };
}
