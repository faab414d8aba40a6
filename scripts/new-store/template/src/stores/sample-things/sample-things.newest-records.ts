import type { SqlDatabase } from '@holdfast/postgres/database/sql-database';
import { newest, type StoredRecord } from '../newest-records.js';
import { positionOf } from './sample-thing.js';
import { SqlSampleThingRepository } from './sample-thing.repository.sql.js';

/** Records of the store, newest first. */
export async function* newestSampleThings(database: SqlDatabase): AsyncGenerator<StoredRecord> {
  const repository = new SqlSampleThingRepository(database);
  const records = newest((limit, after) => repository.list({}, limit, after), positionOf);
  for await (const value of records) {
    yield { kind: 'sample thing', id: value.sampleThingId, value };
  }
}
