import type { SqlDatabase } from '@holdfast/postgres/database/sql-database';
import { MOST_RECORDS, newest, type StoredRecord } from '../newest-records.js';
import { SqlDecisionRepository } from './decisions/decision.repository.sql.js';
import { SqlLineageRepository } from './lineage/lineage.repository.sql.js';
import { SqlOperationRepository } from './operations/operation.repository.sql.js';
import { SqlRunRepository } from './runs/run.repository.sql.js';

/** Runs with their keys, decisions and lineage, then operations, each newest first. */
export async function* newestDpmRecords(database: SqlDatabase): AsyncGenerator<StoredRecord> {
  const runs = new SqlRunRepository(database);
  const decisions = new SqlDecisionRepository(database);
  const lineage = new SqlLineageRepository(database);
  const newestRuns = newest(
    (limit, after) => runs.list({}, limit, after),
    ({ createdAt, rebalanceRunId: id }) => ({ createdAt, id }),
  );
  for await (const { rebalanceRunId: id } of newestRuns) {
    const value = {
      run: await runs.find(id),
      keys: await runs.keyHistoryOfRun(id),
      workflow: await decisions.ofRun(id),
      lineage: await lineage.edgesOf(id, 'both', MOST_RECORDS),
    };
    yield { kind: 'run', id, value };
  }
  const operations = new SqlOperationRepository(database);
  const newestOperations = newest(
    (limit, after) => operations.list({}, limit, after),
    ({ createdAt, operationId: id }) => ({ createdAt, id }),
  );
  for await (const { operationId: id } of newestOperations)
    yield { kind: 'operation', id, value: await operations.find(id) };
}
