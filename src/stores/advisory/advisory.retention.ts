import type { Settings } from '@holdfast/guard/settings';
import type { SqlDatabase } from '@holdfast/postgres/database/sql-database';
import { keptAnswersRule } from '../kept-answers.retention.js';
import { SOLE_LEASE } from '@holdfast/core/lease';
import type { Retention } from '../retention.js';
import { ProposalAnswers } from './proposal.answers.js';

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
    rules: [keptAnswersRule(settings, new ProposalAnswers(database), now)],
    lease: SOLE_LEASE,
  };
}
