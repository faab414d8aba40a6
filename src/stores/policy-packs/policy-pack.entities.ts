import type { SqlDatabase } from '@holdfast/postgres/database/sql-database';
import { type Entity, newest } from '../entities.js';
import { SqlPolicyPackRepository } from './policy-pack.repository.sql.js';

/** Policy packs, newest first. */
export async function* policyPackEntities(database: SqlDatabase): AsyncGenerator<Entity> {
  const repository = new SqlPolicyPackRepository(database);
  const packs = newest(
    (limit, after) => repository.list({}, limit, after),
    ({ createdAt, policyPackId: id }) => ({ createdAt, id }),
  );
  for await (const value of packs) yield { kind: 'policy pack', id: value.policyPackId, value };
}
