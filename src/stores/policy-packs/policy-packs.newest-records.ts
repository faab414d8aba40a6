import type { SqlDatabase } from '@holdfast/postgres/database/sql-database';
import { newest, type StoredRecord } from '../newest-records.js';
import { SqlPolicyPackRepository } from './policy-pack.repository.sql.js';

/** Policy packs, newest first. */
export async function* newestPolicyPacks(database: SqlDatabase): AsyncGenerator<StoredRecord> {
  const repository = new SqlPolicyPackRepository(database);
  const packs = newest(
    (limit, after) => repository.list({}, limit, after),
    ({ createdAt, policyPackId: id }) => ({ createdAt, id }),
  );
  for await (const value of packs) yield { kind: 'policy pack', id: value.policyPackId, value };
}
