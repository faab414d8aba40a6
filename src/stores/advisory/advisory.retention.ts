import type { Settings } from '@holdfast/guard/settings';
import type { SqlDatabase } from '@holdfast/postgres/database/sql-database';
import { keptAnswersRetentionRule } from '../kept-answers.retention.js';
import { SOLE_LEASE } from '@holdfast/core/lease';
import type { Retention } from '../retention.js';
import { AdvisoryKeptAnswers } from './advisory.kept-answers.js';

/**
 * What of the advisory store has expired by now. Two processes may purge it at once: rows that one
 * of them holds are left out by the other.
 */
export function openAdvisoryRetention(
  settings: Settings,
  database: SqlDatabase,
  now: number = Date.now(),
): Retention {
  return {
    rules: [keptAnswersRetentionRule(settings, new AdvisoryKeptAnswers(database), now)],
    lease: SOLE_LEASE,
  };
}
