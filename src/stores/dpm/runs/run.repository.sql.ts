import { skipLocked } from '@holdfast/postgres/database/row-locks';
import {
  type Parameters,
  type SqlDatabase,
  whereClause,
} from '@holdfast/postgres/database/sql-database';
import { type Instant, storedTime } from '@holdfast/core/instant';
import { ALL, type Position, pageStartOf } from '@holdfast/core/page';
import type { RowOf } from '@holdfast/postgres/entities/define-entity';
import type { RunKeyEntity } from './run-key.entity.js';
import type { KeyUse, Run, RunStatus, RunSummary } from './run.js';
import { recordRunAtOnce } from './run.record.postgres.js';
import { recordRun } from './run.record.sql.js';
import {
  type IdempotencyKey,
  type RecordOutcome,
  type RunCount,
  type RunFilter,
  RunRepository,
} from './run.repository.js';
import { keyUses, runPart, summaryPart } from './run.columns.js';

/** A use of a key, and the run that the key names. */
type KeyUseRow = Pick<RowOf<typeof RunKeyEntity>, 'rebalance_run_id'>;

/** SQLite and PostgreSQL, in the SQL that both understand. */
export class SqlRunRepository extends RunRepository {
  constructor(private readonly database: SqlDatabase) {
    super();
  }

  record(run: Run, key: IdempotencyKey | null): Promise<RecordOutcome> {
    return this.database.settings.type === 'postgresql'
      ? recordRunAtOnce(this.database, run, key)
      : this.database.transaction((sql) => recordRun(sql, run, key));
  }

  async find(rebalanceRunId: string): Promise<Run | null> {
    const [row] = await this.#staleRows(
      `SELECT ${runPart.selected} FROM dpm_runs r WHERE r.rebalance_run_id = :rebalanceRunId`,
      { rebalanceRunId },
    );
    return row ? runPart.readLarge(row) : null;
  }

  findByCorrelationId(correlationId: string): Promise<Run | null> {
    return this.#one('dpm_runs r WHERE r.correlation_id = :correlationId', { correlationId });
  }

  findByRequestHash(requestHash: string): Promise<Run | null> {
    return this.#one(
      `dpm_runs r WHERE r.request_hash = :requestHash
        ORDER BY r.created_at DESC, r.rebalance_run_id DESC LIMIT 1`,
      { requestHash },
    );
  }

  findByKey(idempotencyKey: string): Promise<Run | null> {
    return this.#one(
      `dpm_run_idempotency k JOIN dpm_runs r ON r.rebalance_run_id = k.rebalance_run_id
        WHERE k.idempotency_key = :idempotencyKey`,
      { idempotencyKey },
    );
  }

  async list(filter: RunFilter, limit: number, after?: Position): Promise<readonly RunSummary[]> {
    const start = pageStartOf(filter, after);
    const rows = await this.#staleRows(
      `SELECT ${summaryPart.selected} FROM dpm_runs r
        ${whereClause({
          'r.status = :status': filter.status,
          'r.portfolio_id = :portfolioId': filter.portfolioId,
          'r.request_hash = :requestHash': filter.requestHash,
          'r.created_at >= :createdFrom': filter.createdFrom,
          'r.created_at < :createdTo': start.createdTo,
          '(r.created_at, r.rebalance_run_id) < (:afterTime, :afterId)': start.after,
        })}
        ORDER BY r.created_at DESC, r.rebalance_run_id DESC LIMIT :limit`,
      {
        ...filter,
        limit,
        ...(after && { afterTime: storedTime(after.createdAt), afterId: after.id }),
      },
    );
    return rows.map((row) => summaryPart.read(row));
  }

  async keyHistory(idempotencyKey: string, limit = ALL, after = 0): Promise<readonly KeyUse[]> {
    // The uses of a key are numbered without a gap.
    const statement = usesWhere('k.idempotency_key = :idempotencyKey AND h.use_no > :after');
    const rows = await this.#rows<KeyUseRow>(statement, { idempotencyKey, limit, after });
    return rows.map(keyUseOf);
  }

  async keyHistoryOfRun(rebalanceRunId: string, limit = ALL): Promise<readonly KeyUse[]> {
    const statement = usesWhere('k.rebalance_run_id = :rebalanceRunId');
    return (await this.#staleRows<KeyUseRow>(statement, { rebalanceRunId, limit })).map(keyUseOf);
  }

  async counts(since: readonly Instant[]): Promise<readonly RunCount[]> {
    const age = since.reduceRight(
      (older, _, index) => `CASE WHEN created_at >= :since${index} THEN ${index} ELSE ${older} END`,
      String(since.length),
    );
    const rows = await this.#staleRows<{ status: RunStatus; age: number; count: number | string }>(
      `SELECT status, age, COUNT(*) AS count
         FROM (SELECT status, ${age} AS age FROM dpm_runs) AS aged
        GROUP BY status, age`,
      Object.fromEntries(since.map((instant, index) => [`since${index}`, storedTime(instant)])),
    );
    return rows.map(({ count, ...row }) => ({ ...row, count: Number(count) }));
  }

  async countExpired(before: Instant): Promise<number> {
    const [row] = await this.#rows<{ count: number | string }>(
      'SELECT COUNT(*) AS count FROM dpm_runs WHERE created_at < :before',
      { before: storedTime(before) },
    );
    return Number(row?.count);
  }

  purge(before: Instant, limit: number): Promise<number> {
    // Keys, their history and decisions go with the run: ON DELETE CASCADE.
    return this.database.transaction((sql) =>
      sql.run(
        `WITH oldest AS MATERIALIZED (
           SELECT rebalance_run_id FROM dpm_runs WHERE created_at < :before
            ORDER BY created_at, rebalance_run_id LIMIT :limit ${skipLocked(this.database)})
         DELETE FROM dpm_runs WHERE rebalance_run_id IN (SELECT rebalance_run_id FROM oldest)`,
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

  /** Also for who asks by a key, a hash or a correlation id: whether what was sent has arrived. */
  #rows<Row extends object>(statement: string, parameters: Parameters): Promise<readonly Row[]> {
    return this.database.read((sql) => sql.rows<Row>(statement, parameters));
  }

  async #one(from: string, parameters: Parameters): Promise<Run | null> {
    const [row] = await this.#rows(`SELECT ${runPart.selected} FROM ${from}`, parameters);
    return row ? runPart.readLarge(row) : null;
  }
}

function usesWhere(condition: string): string {
  return `SELECT ${keyUses.from('h').selected}, k.rebalance_run_id
      FROM dpm_run_idempotency k
      JOIN dpm_run_idempotency_history h ON h.idempotency_key = k.idempotency_key
     WHERE ${condition} ORDER BY h.use_no LIMIT :limit`;
}

function keyUseOf(row: KeyUseRow): KeyUse {
  const { useNo: _, ...use } = keyUses.read(row);
  return { ...use, rebalanceRunId: row.rebalance_run_id };
}
