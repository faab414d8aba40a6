import type { Sql } from '@holdfast/postgres/database/sql-database';
import { throwNotStored } from '@holdfast/postgres/database/assert-stored';
import type { RowOf } from '@holdfast/postgres/entities/define-entity';
import type { KeyOutcome, Run } from './run.js';
import type { IdempotencyKey, RecordOutcome, TakenField } from './run.repository.js';
import type { RunKeyEntity } from './run-key.entity.js';
import { keyUses, runPart, runs } from './run.columns.js';

export type ClaimedRow = Omit<RowOf<typeof RunKeyEntity>, 'idempotency_key'>;

export const INSERT_RUN = `INSERT INTO dpm_runs (${runs.names}) VALUES (${runs.values})`;

/**
 * Stores a run as `RunRepository.record` promises, within a transaction. A key is locked before its
 * new run is inserted; whoever finds a key that names a run waits for no run, so that a purge, which
 * locks runs before their keys, waits for it and not the other way round.
 */
export async function recordRun(
  sql: Sql,
  run: Run,
  key: IdempotencyKey | null,
): Promise<RecordOutcome> {
  const claimed = key && (await claim(sql, run, key));
  if (claimed && claimed.uses > 1) return reuse(sql, run, key, claimed);
  const taken = await insert(sql, run);
  if (taken) {
    // The key would otherwise name a run that does not exist.
    if (key) await unclaim(sql, key);
    return { outcome: 'exists', field: taken };
  }
  if (claimed) await addUse(sql, run, key, claimed, 'RECORDED');
  return { outcome: 'recorded' };
}

/**
 * Takes the key for the run, or counts one more use of it. Either way nobody else has the key until
 * the transaction ends, so that one of two requests finds the other, and no purge comes between.
 */
async function claim(sql: Sql, run: Run, { key, bodyHash }: IdempotencyKey): Promise<ClaimedRow> {
  const [row] = await sql.rows<ClaimedRow>(
    `INSERT INTO dpm_run_idempotency (idempotency_key, body_hash, rebalance_run_id, uses)
     VALUES (:key, :bodyHash, :rebalanceRunId, 1)
     ON CONFLICT (idempotency_key) DO UPDATE SET uses = dpm_run_idempotency.uses + 1
     RETURNING body_hash, rebalance_run_id, uses`,
    { key, bodyHash, rebalanceRunId: run.rebalanceRunId },
  );
  if (!row) throwNotStored();
  return row;
}

async function unclaim(sql: Sql, { key }: IdempotencyKey): Promise<void> {
  await sql.run('DELETE FROM dpm_run_idempotency WHERE idempotency_key = :key', { key });
}

async function reuse(
  sql: Sql,
  run: Run,
  key: IdempotencyKey,
  claimed: ClaimedRow,
): Promise<RecordOutcome> {
  const same = claimed.body_hash === key.bodyHash;
  await addUse(sql, run, key, claimed, same ? 'REPLAYED' : 'CONFLICT');
  if (!same) return { outcome: 'conflict' };
  const replayed = await runOfKey(sql, claimed);
  if (!replayed) throw new TypeError('an idempotency key without its run');
  return { outcome: 'replayed', run: replayed };
}

async function addUse(
  sql: Sql,
  run: Run,
  { key, bodyHash }: IdempotencyKey,
  { uses }: ClaimedRow,
  outcome: KeyOutcome,
): Promise<void> {
  await sql.insert(
    `INSERT INTO dpm_run_idempotency_history (${keyUses.names}) VALUES (${keyUses.values})`,
    keyUses.parameters({
      idempotencyKey: key,
      useNo: uses,
      outcome,
      bodyHash,
      correlationId: run.correlationId,
      occurredAt: run.createdAt,
    }),
  );
}

/** @returns the unique field that another run has, or null when the run is stored */
async function insert(sql: Sql, run: Run): Promise<TakenField | null> {
  const inserted = await sql.run(`${INSERT_RUN} ON CONFLICT DO NOTHING`, runs.parameters(run));
  // Within a transaction of SQLite nobody else purges what was in the way.
  return inserted > 0 ? null : ((await fieldTaken(sql, run)) ?? throwNotStored());
}

/** @returns the unique field of the run that another run has, or null */
export async function fieldTaken(
  sql: Sql,
  { rebalanceRunId, correlationId }: Run,
): Promise<TakenField | null> {
  const others = await sql.rows<{ readonly rebalance_run_id: string }>(
    `SELECT rebalance_run_id FROM dpm_runs
      WHERE rebalance_run_id = :rebalanceRunId OR correlation_id = :correlationId`,
    { rebalanceRunId, correlationId },
  );
  if (others.length === 0) return null;
  const isSame = others.some((other) => other.rebalance_run_id === rebalanceRunId);
  return isSame ? 'rebalance_run_id' : 'correlation_id';
}

/** @returns the run that a key names, or null when it has been purged */
export async function runOfKey(
  sql: Sql,
  { rebalance_run_id: rebalanceRunId }: ClaimedRow,
): Promise<Run | null> {
  const [row] = await sql.rows<object>(
    `SELECT ${runPart.selected} FROM dpm_runs r WHERE r.rebalance_run_id = :rebalanceRunId`,
    { rebalanceRunId },
  );
  return row ? runPart.readLarge(row) : null;
}
