import { skipLocked } from '@holdfast/postgres/database/row-locks';
import {
  type Parameters,
  type SqlDatabase,
  whereClause,
} from '@holdfast/postgres/database/sql-database';
import { tableColumns } from '@holdfast/postgres/entities/table-columns';
import { throwNotStored } from '@holdfast/postgres/database/assert-stored';
import { type Instant, storedTime } from '@holdfast/core/instant';
import type { KeptAnswer } from '../../kept-answers.js';
import { type Position, pageStartOf } from '@holdfast/core/page';
import { DpmKeptAnswers } from '../dpm.kept-answers.js';
import type { AsyncOperation, OperationStatus, OperationSummary } from './operation.js';
import {
  type OperationCount,
  type OperationFilter,
  OperationRepository,
} from './operation.repository.js';
import { OperationEntity } from './operation.entity.js';

const operations = tableColumns(OperationEntity);
const summaries = operations.without('result');

/** SQLite and PostgreSQL, in the SQL that both understand. */
export class SqlOperationRepository extends OperationRepository {
  readonly #answers: DpmKeptAnswers;

  constructor(private readonly database: SqlDatabase) {
    super();
    this.#answers = new DpmKeptAnswers(database);
  }

  async create(operation: AsyncOperation, answer?: KeptAnswer): Promise<boolean> {
    const inserted = await this.#answers.write(
      `INSERT INTO dpm_async_operations (${operations.names}) VALUES (${operations.values})
       ON CONFLICT (correlation_id) DO NOTHING RETURNING operation_id`,
      operations.parameters(operation),
      answer,
    );
    if (inserted.length > 0) return true;
    const isTaken = (await this.findByCorrelationId(operation.correlationId)) !== null;
    return isTaken ? false : throwNotStored();
  }

  async move(
    operation: AsyncOperation,
    from: OperationStatus,
    answer?: KeptAnswer,
  ): Promise<boolean> {
    const updated = await this.#answers.write(
      `UPDATE dpm_async_operations
          SET status = :status, started_at = :startedAt, finished_at = :finishedAt,
              result = :result, error = :error
        WHERE operation_id = :operationId AND status = :from RETURNING operation_id`,
      { ...operations.parameters(operation), from },
      answer,
    );
    return updated.length > 0;
  }

  async find(operationId: string): Promise<AsyncOperation | null> {
    const [row] = await this.#staleRows(
      `SELECT ${operations.selected} FROM dpm_async_operations WHERE operation_id = :operationId`,
      { operationId },
    );
    return row ? operations.readLarge(row) : null;
  }

  async findByCorrelationId(correlationId: string): Promise<AsyncOperation | null> {
    const [row] = await this.#rows(
      `SELECT ${operations.selected} FROM dpm_async_operations WHERE correlation_id = :correlationId`,
      { correlationId },
    );
    return row ? operations.readLarge(row) : null;
  }

  async list(
    filter: OperationFilter,
    limit: number,
    after?: Position,
  ): Promise<readonly OperationSummary[]> {
    const start = pageStartOf(filter, after);
    const rows = await this.#staleRows(
      `SELECT ${summaries.selected} FROM dpm_async_operations
        ${whereClause({
          'operation_type = :operationType': filter.operationType,
          'status = :status': filter.status,
          'rebalance_run_id = :rebalanceRunId': filter.rebalanceRunId,
          'created_at >= :createdFrom': filter.createdFrom,
          'created_at < :createdTo': start.createdTo,
          '(created_at, operation_id) < (:afterTime, :afterId)': start.after,
        })}
        ORDER BY created_at DESC, operation_id DESC LIMIT :limit`,
      {
        ...filter,
        limit,
        ...(after && { afterTime: storedTime(after.createdAt), afterId: after.id }),
      },
    );
    return rows.map((row) => summaries.read(row));
  }

  async counts(since: readonly Instant[]): Promise<readonly OperationCount[]> {
    const ages = since.map((_, age) => `WHEN created_at >= :since${age} THEN ${age}`);
    const age = ages.length > 0 ? `CASE ${ages.join(' ')} ELSE ${ages.length} END` : '0';
    const rows = await this.#staleRows<
      Omit<OperationCount, 'count'> & { readonly count: number | string }
    >(
      `SELECT counted.status, counted.age, COUNT(*) AS count
         FROM (SELECT status, ${age} AS age FROM dpm_async_operations) counted
        GROUP BY counted.status, counted.age`,
      Object.fromEntries(since.map((instant, each) => [`since${each}`, storedTime(instant)])),
    );
    return rows.map((row) => ({ ...row, count: Number(row.count) }));
  }

  async countExpired(before: Instant): Promise<number> {
    const [row] = await this.#rows<{ readonly count: number | string }>(
      'SELECT COUNT(*) AS count FROM dpm_async_operations WHERE finished_at < :before',
      { before: storedTime(before) },
    );
    return Number(row?.count);
  }

  purge(before: Instant, limit: number): Promise<number> {
    return this.database.transaction((sql) =>
      sql.run(
        `WITH expired AS MATERIALIZED (
           SELECT operation_id FROM dpm_async_operations WHERE finished_at < :before
            ORDER BY finished_at, operation_id LIMIT :limit ${skipLocked(this.database)})
         DELETE FROM dpm_async_operations
          WHERE operation_id IN (SELECT operation_id FROM expired)`,
        { before: storedTime(before), limit },
      ),
    );
  }

  #staleRows<Row extends object>(
    statement: string,
    parameters: Parameters,
  ): Promise<readonly Row[]> {
    return this.database.staleRows<Row>(statement, parameters);
  }

  /** Also for who asks by a correlation id: whether what was sent has arrived. */
  #rows<Row extends object>(statement: string, parameters: Parameters): Promise<readonly Row[]> {
    return this.database.read((sql) => sql.rows<Row>(statement, parameters));
  }
}
