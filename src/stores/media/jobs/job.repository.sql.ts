import { type Instant, storedTime } from '@holdfast/core/instant';
import { retryOnConflict } from '@holdfast/core/retry-on-conflict';
import { throwNotStored } from '@holdfast/postgres/database/assert-stored';
import { skipLocked } from '@holdfast/postgres/database/row-locks';
import type { Parameters, Sql, SqlDatabase } from '@holdfast/postgres/database/sql-database';
import { tableColumns } from '@holdfast/postgres/entities/table-columns';
import { forUpdate, millisecondsBetween, textsIn } from '../dialect.js';
import { ReasonError } from '../media.reasons.js';
import { MediaObjectEntity } from '../objects/media-object.entity.js';
import type { MediaObject } from '../objects/media-object.js';
import { JobEntity } from './job.entity.js';
import { durationOf, earliestWithResult, type Job, OVERDUE_REASON } from './job.js';
import { JobKeyEntity } from './job-key.entity.js';
import { beatKeys, jobWithKey, watchJob } from './job-keys.sql.js';
import {
  type ClaimedKey,
  type JobFailure,
  type JobKey,
  JobRepository,
  type WatchedJob,
} from './job.repository.js';

const jobs = tableColumns(JobEntity);
const keys = tableColumns(JobKeyEntity);
const objects = tableColumns(MediaObjectEntity);

/** SQLite and PostgreSQL, in the SQL that both understand. */
export class SqlJobRepository extends JobRepository {
  constructor(private readonly database: SqlDatabase) {
    super();
  }

  async begin(job: Job): Promise<void> {
    const stored = await this.database.write(
      `INSERT INTO job_history (${jobs.names}) VALUES (${jobs.values}) RETURNING id`,
      jobs.parameters(job),
    );
    if (stored.length === 0) throwNotStored();
  }

  /** The job is locked before its key, as by all that end jobs: none waits for another in a circle. */
  async claimKey(jobId: string, given: JobKey): Promise<ClaimedKey | null> {
    const attempt = () =>
      this.database.transaction(async (sql) => {
        const [pending] = await this.#lockPending(sql, jobId);
        if (!pending) return { claimed: null };
        const stored = await sql.run(
          `INSERT INTO job_key (${keys.names}) VALUES (${keys.values})
           ON CONFLICT (key) DO NOTHING`,
          keys.parameters({ ...given, jobId, beat: 0 }),
        );
        return stored > 0 ? { claimed: null } : jobWithKey(sql, jobId, given);
      });
    const detail = 'the key was taken and freed repeatedly';
    const { claimed } = await retryOnConflict(
      attempt,
      () => new ReasonError('RECORD_CONTENDED', { detail }),
    );
    return claimed;
  }

  complete(
    jobId: string,
    { requestSha256 }: { readonly requestSha256: string },
    result: MediaObject,
    completedAt: Instant,
  ): Promise<boolean> {
    return this.database.transaction(async (sql) => {
      const [pending] = await this.#lockPending(sql, jobId);
      if (!pending) return false;
      const updated = await sql.run(
        `UPDATE job_history
            SET status = 'done', completed_at = :completedAt, duration_ms = :durationMs,
                request_sha256 = :requestSha256, result_media_id = :resultMediaId,
                result_expires_at = :resultExpiresAt
          WHERE id = :jobId AND status = 'pending'`,
        {
          jobId,
          requestSha256,
          completedAt: storedTime(completedAt),
          durationMs: durationOf(jobs.read(pending), completedAt),
          resultMediaId: result.id,
          resultExpiresAt: result.expiresAt && storedTime(result.expiresAt),
        },
      );
      if (updated === 0) throwNotStored();
      await sql.insert(
        `INSERT INTO media_object (${objects.names}) VALUES (${objects.values})`,
        objects.parameters(result),
      );
      await sql.run(
        `WITH used AS MATERIALIZED (
           SELECT id FROM media_object
            WHERE job_id = :jobId AND scope IN ('temp', 'provider') AND cleaned_at IS NULL
            ORDER BY id ${forUpdate(this.database)})
         UPDATE media_object SET cleaned_at = :completedAt WHERE id IN (SELECT id FROM used)`,
        { jobId, completedAt: storedTime(completedAt) },
      );
      return true;
    });
  }

  fail(
    jobId: string,
    { status, failureReason, completedAt }: JobFailure,
    beat?: number,
  ): Promise<boolean> {
    return this.database.transaction(async (sql) => {
      const [pending] = await this.#lockPending(sql, jobId);
      if (!pending) return false;
      const freed = await sql.run(
        `DELETE FROM job_key WHERE job_id = :jobId${beat === undefined ? '' : ' AND beat = :beat'}`,
        { jobId, ...(beat !== undefined && { beat }) },
      );
      if (beat !== undefined && freed === 0) return false;
      const updated = await sql.run(
        `UPDATE job_history
            SET status = :status, failure_reason = :failureReason, completed_at = :completedAt,
                duration_ms = :durationMs
          WHERE id = :jobId AND status = 'pending'`,
        {
          jobId,
          status,
          failureReason,
          completedAt: storedTime(completedAt),
          durationMs: durationOf(jobs.read(pending), completedAt),
        },
      );
      if (updated === 0) throwNotStored();
      return true;
    });
  }

  beat(jobIds: readonly string[]): Promise<ReadonlySet<string>> {
    return beatKeys(this.database, jobIds);
  }

  watch(jobId: string): Promise<WatchedJob | null> {
    return watchJob(this.database, jobId);
  }

  withdraw(jobId: string): Promise<boolean> {
    return this.database.transaction(async (sql) => {
      const [pending] = await this.#lockPending(sql, jobId);
      if (!pending) return false;
      await sql.run('DELETE FROM media_object WHERE job_id = :jobId', { jobId });
      await sql.run('DELETE FROM job_key WHERE job_id = :jobId', { jobId });
      const removed = await sql.run('DELETE FROM job_history WHERE id = :jobId', { jobId });
      if (removed === 0) throwNotStored();
      return true;
    });
  }

  /** Never stale: its result is asked for as soon as the photo is answered. */
  async find(id: string): Promise<Job | null> {
    const [row] = await this.database.read((sql) =>
      sql.rows<object>(`SELECT ${jobs.selected} FROM job_history WHERE id = :id`, { id }),
    );
    return row ? jobs.read(row) : null;
  }

  latest(slotId: string, limit: number): Promise<readonly Job[]> {
    return this.#staleJobs(
      'WHERE slot_id = :slotId ORDER BY started_at DESC, id DESC LIMIT :limit',
      { slotId, limit },
    );
  }

  latestResults(slotId: string, now: Instant, limit: number): Promise<readonly Job[]> {
    return this.#staleJobs(
      `WHERE slot_id = :slotId AND source = 'ingest' AND result_media_id IS NOT NULL AND started_at > :earliest
         AND result_expires_at > :now
       ORDER BY started_at DESC, id DESC LIMIT :limit`,
      { slotId, limit, now: storedTime(now), earliest: storedTime(earliestWithResult(now)) },
    );
  }

  endOverdue(before: Instant, limit: number): Promise<number> {
    return this.database.transaction(async (sql) => {
      const ended = await sql.rows<{ readonly id: string }>(
        `WITH overdue AS MATERIALIZED (
           SELECT id FROM job_history WHERE completed_at IS NULL AND sync_deadline < :before
            ORDER BY sync_deadline, id LIMIT :limit ${skipLocked(this.database)})
         UPDATE job_history
            SET status = 'timeout', failure_reason = :reason, completed_at = sync_deadline,
                duration_ms = ${millisecondsBetween(this.database, 'started_at', 'sync_deadline')}
          WHERE id IN (SELECT id FROM overdue) AND status = 'pending' RETURNING id`,
        { before: storedTime(before), limit, reason: OVERDUE_REASON },
      );
      if (ended.length === 0) return 0;
      const ids = JSON.stringify(ended.map(({ id }) => id));
      await sql.run(`DELETE FROM job_key WHERE job_id IN (${textsIn(this.database, 'ids')})`, {
        ids,
      });
      return ended.length;
    });
  }

  async countOverdue(before: Instant): Promise<number> {
    const [count] = await this.database.read((sql) =>
      sql.rows<{ readonly rows: number | string }>(
        `SELECT COUNT(*) AS rows FROM job_history
          WHERE completed_at IS NULL AND sync_deadline < :before`,
        { before: storedTime(before) },
      ),
    );
    return Number(count?.rows);
  }

  #lockPending(sql: Sql, jobId: string): Promise<readonly object[]> {
    return sql.rows<object>(
      `SELECT ${jobs.selected} FROM job_history
        WHERE id = :jobId AND status = 'pending' ${forUpdate(this.database)}`,
      { jobId },
    );
  }

  async #staleJobs(clauses: string, parameters: Parameters): Promise<readonly Job[]> {
    const rows = await this.database.staleRows<object>(
      `SELECT ${jobs.selected} FROM job_history ${clauses}`,
      parameters,
    );
    return rows.map((row) => jobs.read(row));
  }
}
