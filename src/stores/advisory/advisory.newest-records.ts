import type { SqlDatabase } from '@holdfast/postgres/database/sql-database';
import { newest, type StoredRecord } from '../newest-records.js';
import { SqlProposalRepository } from './proposal.repository.sql.js';

/** Proposals with all that belongs to them, newest first. */
export async function* newestProposals(database: SqlDatabase): AsyncGenerator<StoredRecord> {
  const repository = new SqlProposalRepository(database);
  const proposals = newest(
    (limit, after) => repository.list({}, limit, after),
    ({ createdAt, proposalId: id }) => ({ createdAt, id }),
  );
  for await (const { proposalId: id, currentVersionNo } of proposals) {
    const versions: unknown[] = [];
    for (let version = 1; version <= currentVersionNo; version += 1)
      versions.push(await repository.findVersion(id, version));
    const value = {
      ...(await repository.find(id)),
      versions,
      events: await repository.events(id),
      approvals: await repository.approvals(id),
    };
    yield { kind: 'proposal', id, value };
  }
}
