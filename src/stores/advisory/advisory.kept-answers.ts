import type { SqlDatabase } from '@holdfast/postgres/database/sql-database';
import { SqlKeptAnswers } from '../kept-answers.sql.js';

/** The answers to requests with a key, but for those that create a proposal. */
export class AdvisoryKeptAnswers extends SqlKeptAnswers {
  constructor(database: SqlDatabase) {
    super(database, 'proposal_request_keys');
  }
}
