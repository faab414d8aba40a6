import type { SqlDatabase } from '@holdfast/postgres/database/sql-database';
import { SqlKeptAnswers } from '../kept-answers.sql.js';

/** The answers to requests with a key, but for photos, whose jobs have keys of their own. */
export class MediaKeptAnswers extends SqlKeptAnswers {
  constructor(database: SqlDatabase) {
    super(database, 'media_request_keys');
  }
}
