import type { Sql, SqlDatabase } from '@holdfast/postgres/database/sql-database';
import { tableColumns } from '@holdfast/postgres/entities/table-columns';
import { textsIn } from '../dialect.js';
import { JobEntity } from './job.entity.js';
import type { ClaimedKey, JobKey, WatchedJob } from './job.repository.js';

const keyedJobs = tableColumns(JobEntity).from('j');

/** @returns the job that has the key; undefined when the key has been freed in between */
export async function jobWithKey(
  sql: Sql,
  jobId: string,
  { key, requestHash }: JobKey,
): Promise<{ readonly claimed: ClaimedKey | null } | undefined> {
  const [row] = await sql.rows<{ readonly request_hash: string }>(
    `SELECT k.request_hash, ${keyedJobs.selected}
       FROM job_key k JOIN job_history j ON j.id = k.job_id WHERE k.key = :key`,
    { key },
  );
  if (!row) return undefined;
  const job = keyedJobs.read(row);
  if (job.id === jobId) return { claimed: null };
  return { claimed: { job, isSame: row.request_hash === requestHash } };
}

/** See `JobRepository.beat`. */
export async function beatKeys(
  database: SqlDatabase,
  jobIds: readonly string[],
): Promise<ReadonlySet<string>> {
  const rows = await database.write<{ readonly job_id: string }>(
    `UPDATE job_key SET beat = beat + 1 WHERE job_id IN (${textsIn(database, 'ids')})
      RETURNING job_id`,
    { ids: JSON.stringify(jobIds) },
  );
  return new Set(rows.map((row) => row.job_id));
}

/** See `JobRepository.watch`. */
export async function watchJob(database: SqlDatabase, jobId: string): Promise<WatchedJob | null> {
  const [row] = await database.read((sql) =>
    sql.rows<{ readonly beat: number | null }>(
      `SELECT k.beat, ${keyedJobs.selected}
         FROM job_history j LEFT JOIN job_key k ON k.job_id = j.id WHERE j.id = :jobId`,
      { jobId },
    ),
  );
  return row ? { job: keyedJobs.read(row), beat: row.beat } : null;
}
