import { MemoryProposalRepository } from '../../src/stores/advisory/proposal.repository.memory.js';
import { SqlProposalRepository } from '../../src/stores/advisory/proposal.repository.sql.js';
import { BACKENDS } from '../../src/stores/store.js';
import { openBackend } from '../support/backends.js';
import { proposalRepositoryContract } from './proposal.repository.contract.js';

/** In the order in which rows can be deleted. */
const TABLES = [
  'proposal_async_operations',
  'proposal_approvals',
  'proposal_workflow_events',
  'proposal_versions',
  'proposal_idempotency',
  'proposal_records',
];

for (const backend of BACKENDS) {
  proposalRepositoryContract(backend, async () => {
    const opened = await openBackend(backend);
    const { database } = opened;
    return {
      close: () => opened.close(),
      empty: async () => {
        if (!database) return new MemoryProposalRepository();
        await database.transaction(async (sql) => {
          for (const table of TABLES) await sql.run(`DELETE FROM ${table}`);
        });
        return new SqlProposalRepository(database);
      },
    };
  });
}
