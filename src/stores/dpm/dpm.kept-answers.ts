import type { SqlDatabase } from '@holdfast/postgres/database/sql-database';
import { SqlKeptAnswers } from '../kept-answers.sql.js';

/** The answers to requests with a key about decisions, operations and lineage. */
export class DpmKeptAnswers extends SqlKeptAnswers {
  constructor(database: SqlDatabase) {
    super(database, 'dpm_request_keys');
  }
}
