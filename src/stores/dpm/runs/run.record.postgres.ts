import { isUniqueViolation } from '@holdfast/postgres/faults/faults';
import type { SqlDatabase } from '@holdfast/postgres/database/sql-database';
import { throwNotStored, assertStored } from '@holdfast/postgres/database/assert-stored';
import type { Run } from './run.js';
import { type ClaimedRow, fieldTaken, INSERT_RUN, runOfKey } from './run.record.sql.js';
import type { IdempotencyKey, RecordOutcome } from './run.repository.js';
import { runs } from './run.columns.js';

/** Takes a key for its run and stores both, or counts one more use of the key. */
const RECORD = `
WITH claimed AS (
  INSERT INTO dpm_run_idempotency (idempotency_key, body_hash, rebalance_run_id, uses)
  VALUES (:key, :bodyHash, :rebalanceRunId, 1)
  ON CONFLICT (idempotency_key) DO UPDATE SET uses = dpm_run_idempotency.uses + 1
  RETURNING idempotency_key, body_hash, rebalance_run_id, uses
), recorded AS (
  INSERT INTO dpm_runs (${runs.names}) SELECT ${runs.values} FROM claimed WHERE uses = 1
  RETURNING rebalance_run_id
), used AS (
  INSERT INTO dpm_run_idempotency_history
    (idempotency_key, use_no, outcome, body_hash, correlation_id, occurred_at)
  SELECT idempotency_key, uses,
         CASE WHEN uses = 1 THEN 'RECORDED' WHEN body_hash = :bodyHash THEN 'REPLAYED'
              ELSE 'CONFLICT' END,
         :bodyHash, :correlationId, :createdAt
    FROM claimed
  RETURNING idempotency_key
)
SELECT body_hash, rebalance_run_id, uses,
       ${assertStored(`(SELECT count(*) FROM used) = 1
         AND (SELECT count(*) FROM recorded) = CASE WHEN uses = 1 THEN 1 ELSE 0 END`)}
  FROM claimed`;

/** What is in the way may be purged before it is read; not so often. */
const ATTEMPTS = 5;

/**
 * Stores a run as `RunRepository.record` promises, in one round trip. What is in the way is looked
 * up in a second one: a run that cannot be stored takes its key back with it.
 */
export async function recordRunAtOnce(
  database: SqlDatabase,
  run: Run,
  key: IdempotencyKey | null,
): Promise<RecordOutcome> {
  // Again only when what was in the way has been purged before it could be read.
  for (let attempt = 1; attempt <= ATTEMPTS; attempt += 1) {
    try {
      if (!key) {
        await insert(database, run);
        return { outcome: 'recorded' };
      }
      const claimed = await claim(database, run, key);
      if (claimed.uses === 1) return { outcome: 'recorded' };
      if (claimed.body_hash !== key.bodyHash) return { outcome: 'conflict' };
      const replayed = await database.read((sql) => runOfKey(sql, claimed));
      if (replayed) return { outcome: 'replayed', run: replayed };
    } catch (error) {
      if (!isUniqueViolation(error)) throw error;
      const field = await database.read((sql) => fieldTaken(sql, run));
      if (field) return { outcome: 'exists', field };
      if (attempt === ATTEMPTS) throw error;
    }
  }
  return throwNotStored();
}

async function insert(database: SqlDatabase, run: Run): Promise<void> {
  const stored = await database.write(
    `${INSERT_RUN} RETURNING rebalance_run_id`,
    runs.parameters(run),
  );
  if (stored.length === 0) throwNotStored();
}

async function claim(database: SqlDatabase, run: Run, key: IdempotencyKey): Promise<ClaimedRow> {
  const [row] = await database.write<ClaimedRow>(RECORD, { ...runs.parameters(run), ...key });
  return row ?? throwNotStored();
}
