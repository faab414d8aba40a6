import { SOLE_LEASE } from '@holdfast/core/lease';
import type { Settings } from '@holdfast/guard/settings';
import type { SqlDatabase } from '@holdfast/postgres/database/sql-database';
import { keptAnswersRetentionRule } from '../kept-answers.retention.js';
import type { Retention } from '../retention.js';
import { MediaKeptAnswers } from './media.kept-answers.js';

/**
 * What of the media store has expired by now, but for files: `holdfast media cleanup` removes them. Two processes
 * may purge it at once: rows that one of them holds are left out by the other.
 */
export function openMediaRetention(
  settings: Settings,
  database: SqlDatabase,
  now: number = Date.now(),
): Retention {
  return {
    rules: [keptAnswersRetentionRule(settings, new MediaKeptAnswers(database), now)],
    lease: SOLE_LEASE,
  };
}
