import { type Instant, readTime, storedTime, type TimeColumn } from '@holdfast/core/instant';
import type { Parameters, SqlDatabase } from '@holdfast/postgres/database/sql-database';
import { tableColumns } from '@holdfast/postgres/entities/table-columns';
import { JobEntity } from '../jobs/job.entity.js';
import type { Job } from '../jobs/job.js';
import { STATS_SINCE } from '../settings/setting-keys.js';
import {
  type Bucket,
  type JobCounts,
  type LastEnds,
  PROVIDER_REASONS,
  type SlotStats,
} from './stats.js';
import { StatsRepository } from './stats.repository.js';

const jobs = tableColumns(JobEntity);

/** Drivers give counts as texts where they may be large. */
type Figures<Names extends string> = Readonly<Record<Names, number | string | null>>;

type Counts = Figures<'jobs' | 'done' | 'timeouts' | 'failed' | 'provider_errors'>;

const COUNTS = `COUNT(*) AS jobs,
  COALESCE(SUM(CASE WHEN status = 'done' THEN 1 ELSE 0 END), 0) AS done,
  COALESCE(SUM(CASE WHEN status = 'timeout' THEN 1 ELSE 0 END), 0) AS timeouts,
  COALESCE(SUM(CASE WHEN status = 'failed' THEN 1 ELSE 0 END), 0) AS failed,
  COALESCE(SUM(CASE WHEN status = 'failed' AND substr(failure_reason, 1, ${PROVIDER_REASONS.length})
    = '${PROVIDER_REASONS}' THEN 1 ELSE 0 END), 0) AS provider_errors`;

/** The nearest rank of the jobs that have ended: they are numbered by their duration. */
const percentileOf = (hundredths: number) =>
  `MIN(CASE WHEN place >= (ended * ${hundredths} + 99) / 100 THEN duration_ms END)`;

/** Jobs numbered within their group; those that are pending have no place. */
const numbered = (group: string, source: string) => `SELECT status, failure_reason, duration_ms,
    ${group},
    CASE WHEN duration_ms IS NOT NULL
      THEN ROW_NUMBER() OVER (PARTITION BY ${group} ORDER BY duration_ms IS NULL, duration_ms) END AS place,
    COUNT(duration_ms) OVER (PARTITION BY ${group}) AS ended
  FROM ${source}`;

/** SQLite and PostgreSQL, in the SQL that both understand. */
export class SqlStatsRepository extends StatsRepository {
  constructor(private readonly database: SqlDatabase) {
    super();
  }

  async counts(since: Instant): Promise<JobCounts> {
    const [row] = await this.#rows<Counts>(
      `SELECT ${COUNTS} FROM job_history WHERE started_at >= :since`,
      { since: storedTime(since) },
    );
    if (!row) throw new TypeError('a count is one row');
    return countsOf(row);
  }

  async series(since: Instant, bucketSeconds: number): Promise<readonly Bucket[]> {
    const source = `(SELECT status, failure_reason, duration_ms, ${this.#bucket()} AS bucket
      FROM job_history WHERE started_at >= :since) j`;
    const rows = await this.#rows<Counts & Figures<'bucket' | 'p95'>>(
      `SELECT bucket, ${COUNTS}, ${percentileOf(95)} AS p95
         FROM (${numbered('bucket', source)}) n GROUP BY bucket ORDER BY bucket`,
      { since: storedTime(since), bucketSeconds },
    );
    return rows.map(({ bucket, p95, ...counts }) => ({
      at: new Date(Number(bucket) * bucketSeconds * 1000).toISOString(),
      ...countsOf(counts),
      p95Ms: numberOf(p95),
    }));
  }

  async bySlot(since: Instant): Promise<readonly SlotStats[]> {
    const source = `job_history j LEFT JOIN settings s ON s.key = '${STATS_SINCE}' || j.slot_id
      WHERE j.started_at >= :since AND (s.value IS NULL OR j.started_at >= ${this.#time('s.value')})`;
    const rows = await this.#rows<Counts & Figures<'p50' | 'p95'> & { readonly slot_id: string }>(
      `SELECT slot_id, ${COUNTS}, ${percentileOf(50)} AS p50, ${percentileOf(95)} AS p95
         FROM (${numbered('slot_id', source)}) n GROUP BY slot_id ORDER BY slot_id`,
      { since: storedTime(since) },
    );
    return rows.map(({ slot_id: slotId, p50, p95, ...counts }) => ({
      slotId,
      ...countsOf(counts),
      p50Ms: numberOf(p50),
      p95Ms: numberOf(p95),
    }));
  }

  async lastEnds(): Promise<readonly LastEnds[]> {
    const last = (column: string, condition: string) => `(SELECT j.${column} FROM job_history j
      WHERE j.slot_id = s.id AND ${condition} ORDER BY j.started_at DESC, j.id DESC LIMIT 1)`;
    const rows = await this.#rows<{
      readonly slot_id: string;
      readonly success_at: TimeColumn | null;
      readonly error_at: TimeColumn | null;
      readonly error_reason: string | null;
    }>(
      `SELECT s.id AS slot_id,
              ${last('completed_at', 'j.result_media_id IS NOT NULL')} AS success_at,
              ${last('completed_at', 'j.failure_reason IS NOT NULL')} AS error_at,
              ${last('failure_reason', 'j.failure_reason IS NOT NULL')} AS error_reason
         FROM slot s ORDER BY s.id`,
      {},
    );
    return rows.map((row) => ({
      slotId: row.slot_id,
      lastSuccessAt: row.success_at && readTime(row.success_at),
      lastErrorAt: row.error_at && readTime(row.error_at),
      lastErrorReason: row.error_reason,
    }));
  }

  async failures(limit: number): Promise<readonly Job[]> {
    const rows = await this.#rows<object>(
      `SELECT ${jobs.selected} FROM job_history WHERE failure_reason IS NOT NULL
        ORDER BY started_at DESC, id DESC LIMIT :limit`,
      { limit },
    );
    return rows.map((row) => jobs.read(row));
  }

  get #isPostgres(): boolean {
    return this.database.settings.type === 'postgresql';
  }

  /** The number of the step in which a job was started. */
  #bucket(): string {
    return this.#isPostgres
      ? 'CAST(FLOOR(EXTRACT(EPOCH FROM started_at) / CAST(:bucketSeconds AS integer)) AS bigint)'
      : `CAST(strftime('%s', started_at) AS INTEGER) / CAST(:bucketSeconds AS INTEGER)`;
  }

  /** A time that is stored as a text. */
  #time(text: string): string {
    return this.#isPostgres ? `CAST(${text} AS timestamptz)` : text;
  }

  #rows<Row extends object>(statement: string, parameters: Parameters): Promise<readonly Row[]> {
    return this.database.staleRows<Row>(statement, parameters);
  }
}

function countsOf({ jobs: all, done, timeouts, failed, provider_errors }: Counts): JobCounts {
  return {
    jobs: Number(all),
    done: Number(done),
    timeouts: Number(timeouts),
    failed: Number(failed),
    providerErrors: Number(provider_errors),
  };
}

function numberOf(figure: number | string | null): number | null {
  return figure === null ? null : Number(figure);
}
