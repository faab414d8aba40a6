import type { DataSource } from 'typeorm';
import type { DatabaseSettings } from '@holdfast/guard/databases';
import type { BusyBackendsQuery } from '../pool/half-open-connections.js';
import { describeDatabase } from '../faults/database-failure.js';
import { isDiskFull } from '../faults/faults.js';
import type { PoolDurations, PoolStatistics } from '../pool/pool-statistics.js';
import { throwNotStored } from './assert-stored.js';
import type { Parameters } from './statement.js';

export type { Parameters } from './statement.js';

/**
 * A WHERE clause of the conditions that have a value; empty when none has.
 * @param conditions SQL by what it compares with, for example `{ 'state = :state': filter.state }`
 */
export function whereClause(conditions: Readonly<Record<string, unknown>>): string {
  const given = Object.entries(conditions).flatMap(([condition, value]) =>
    value === undefined ? [] : [condition],
  );
  return given.length > 0 ? `WHERE ${given.join(' AND ')}` : '';
}

/** What a statement has given. */
export interface StatementResult {
  readonly rows: readonly unknown[];
  /** Rows that were inserted, updated or deleted. */
  readonly affected: number;
}

/** Sends a statement on one connection. @throws TypeORM's `QueryFailedError` for what a driver says */
export type Execute = (statement: string, parameters: Parameters) => Promise<StatementResult>;

/** Statements on one connection, with the same named parameters in both dialects. */
export class Sql {
  constructor(
    private readonly execute: Execute,
    private readonly database: SqlDatabase,
  ) {}

  /** @returns the rows of a query or of a `RETURNING` */
  async rows<Row>(statement: string, parameters: Parameters = {}): Promise<readonly Row[]> {
    return (await this.#execute(statement, parameters)).rows as Row[];
  }

  /** @returns how many rows were inserted, updated or deleted */
  async run(statement: string, parameters: Parameters = {}): Promise<number> {
    return (await this.#execute(statement, parameters)).affected;
  }

  /** Inserts one row, or fails: what the database drops without a word is not stored. @throws WRITE_NOT_STORED */
  async insert(statement: string, parameters: Parameters = {}): Promise<void> {
    if ((await this.run(statement, parameters)) !== 1) throwNotStored();
  }

  async #execute(statement: string, parameters: Parameters) {
    try {
      return await this.execute(statement, parameters);
    } catch (error) {
      if (isDiskFull(error)) this.database.isFull = true;
      if (error instanceof Error) Object.assign(error, { database: this.database.place });
      throw error;
    }
  }
}

/** What a store on SQL works with: one database, whatever its dialect. */
export abstract class SqlDatabase {
  /** Whether a write was refused for want of space; what finds that there is some again says so. */
  isFull = false;

  constructor(
    readonly settings: DatabaseSettings,
    protected readonly dataSource: DataSource,
  ) {}

  /** For the log: which database it is, the connection string masked. */
  get place(): string {
    return describeDatabase(this.settings);
  }

  /** Whether what was opened is not what its name leads to any more; then nothing is read or written. */
  isFileReplaced(): boolean {
    return false;
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

  /**
   * `readStale` of one statement.
   * @returns rows that may be shared with others who read the same at the time: not to be changed
   */
  staleRows<Row>(statement: string, parameters: Parameters = {}): Promise<readonly Row[]> {
    return this.readStale((sql) => sql.rows<Row>(statement, parameters));
  }

  /** Whether `readStale` chooses a database by the request, so that no request may read for another. */
  readonly hasReplicas: boolean = false;

  /** Runs one statement that writes, in a transaction of its own. @returns as `Sql.rows` */
  write<Row>(statement: string, parameters: Parameters = {}): Promise<readonly Row[]> {
    return this.read((sql) => sql.rows<Row>(statement, parameters));
  }

  abstract statistics(): PoolStatistics;

  /** Undefined where nobody waits for a connection. */
  poolDurations(): PoolDurations | undefined {
    return undefined;
  }

  /** The server is back after a silence: gives up whom it has forgotten, see `closeHalfOpenConnections`. */
  closeHalfOpenConnections(_: BusyBackendsQuery): Promise<void> {
    return Promise.resolve();
  }
}
