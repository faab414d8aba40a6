import { randomUUID } from 'node:crypto';
import type { Settings } from '@holdfast/guard/settings';
import { valuesOf } from '@holdfast/guard/values-of';
import type { SqlDatabase } from '@holdfast/postgres/database/sql-database';
import { keptAnswersRetentionRule } from '../kept-answers.retention.js';
import type { KeptAnswers } from '../kept-answers.js';
import { expiredBefore, type Retention, type RetentionRule } from '../retention.js';
import { DpmKeptAnswers } from './dpm.kept-answers.js';
import { dpmVariables } from './dpm.variables.js';
import type { LineageRepository } from './lineage/lineage.repository.js';
import { SqlLineageRepository } from './lineage/lineage.repository.sql.js';
import type { OperationRepository } from './operations/operation.repository.js';
import { SqlOperationRepository } from './operations/operation.repository.sql.js';
import type { RunRepository } from './runs/run.repository.js';
import { SqlRunRepository } from './runs/run.repository.sql.js';
import { SqlLease } from '../sql-lease.js';
import { LeaseEntity } from './purge/lease.entity.js';

const DAY_SECONDS = 86_400;

/** What says how long the store keeps what. */
export type RetentionSettings = Pick<Settings, 'variables'>;

export interface DpmRepositories {
  readonly runs: RunRepository;
  readonly operations: OperationRepository;
  readonly lineage: LineageRepository;
  readonly answers: KeptAnswers;
}

/** What of the dpm store has expired by now. */
export function dpmRetentionRules(
  settings: RetentionSettings,
  { runs, operations, lineage, answers }: DpmRepositories,
  now: number,
): readonly RetentionRule[] {
  const values = valuesOf(settings, dpmVariables);
  const before = expiredBefore(now, values.DPM_SUPPORTABILITY_RETENTION_DAYS * DAY_SECONDS);
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
      before: expiredBefore(now, values.DPM_ASYNC_OPERATIONS_TTL_SECONDS),
      records: operations,
    },
    keptAnswersRetentionRule(settings, answers, now),
  ];
}

/** For a store in a database: with the lease that keeps other processes from purging it too. */
export function openDpmRetention(
  settings: Settings,
  database: SqlDatabase,
  now: number = Date.now(),
): Retention {
  const repositories = {
    runs: new SqlRunRepository(database),
    operations: new SqlOperationRepository(database),
    lineage: new SqlLineageRepository(database),
    answers: new DpmKeptAnswers(database),
  };
  return {
    rules: dpmRetentionRules(settings, repositories, now),
    lease: new SqlLease(database, LeaseEntity, 'purge', randomUUID()),
  };
}
