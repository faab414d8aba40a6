import { randomUUID } from 'node:crypto';
import type { Settings } from '../../../config/settings.js';
import type { SqlDatabase } from '../../../database/sql-database.js';
import type { Instant } from '../../instant.js';
import type { Retention, RetentionRule } from '../../retention.js';
import type { LineageRepository } from '../lineage/lineage.repository.js';
import { SqlLineageRepository } from '../lineage/lineage.repository.sql.js';
import type { OperationRepository } from '../operations/operation.repository.js';
import { SqlOperationRepository } from '../operations/operation.repository.sql.js';
import type { RunRepository } from '../runs/run.repository.js';
import { SqlRunRepository } from '../runs/run.repository.sql.js';
import { SqlLease } from './sql-lease.js';

const DAY_SECONDS = 86_400;

export interface DpmRepositories {
  readonly runs: RunRepository;
  readonly operations: OperationRepository;
  readonly lineage: LineageRepository;
}

/** What of the dpm store has expired by now. */
export function dpmRules(
  { retentionDays, operationsTtlSeconds }: Settings['dpm'],
  { runs, operations, lineage }: DpmRepositories,
  now: number,
): readonly RetentionRule[] {
  const before = ago(now, retentionDays * DAY_SECONDS);
  return [
    { name: 'runs', variable: 'DPM_SUPPORTABILITY_RETENTION_DAYS', before, records: runs },
    {
      name: 'lineage_edges',
      variable: 'DPM_SUPPORTABILITY_RETENTION_DAYS',
      before,
      records: lineage,
    },
    {
      name: 'async_operations',
      variable: 'DPM_ASYNC_OPERATIONS_TTL_SECONDS',
      before: ago(now, operationsTtlSeconds),
      records: operations,
    },
  ];
}

/** For a store in a database: with the lease that keeps other processes from purging it too. */
export function openDpmRetention(
  { dpm }: Settings,
  database: SqlDatabase,
  now: number = Date.now(),
): Retention {
  const repositories = {
    runs: new SqlRunRepository(database),
    operations: new SqlOperationRepository(database),
    lineage: new SqlLineageRepository(database),
  };
  return {
    rules: dpmRules(dpm, repositories, now),
    lease: new SqlLease(database, 'purge', randomUUID()),
  };
}

function ago(now: number, seconds: number): Instant | null {
  return seconds === 0 ? null : new Date(now - seconds * 1000).toISOString();
}
