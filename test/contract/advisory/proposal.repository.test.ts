import type { ProposalRepository } from '../../../src/stores/advisory/proposal.repository.js';
import { MemoryProposalRepository } from '../../../src/stores/advisory/proposal.repository.memory.js';
import { SqlProposalRepository } from '../../../src/stores/advisory/proposal.repository.sql.js';
import { MemoryKeptAnswers } from '../../../src/stores/kept-answers.memory.js';
import { contract } from '../contract.js';
import { atomicityCases } from './proposal.atomicity.js';
import { documentCases } from './proposal.documents.js';
import { keyCases } from './proposal.keys.js';
import { listCases } from './proposal.lists.js';
import { raceCases } from './proposal.races.js';
import { readAndWriteCases } from './proposal.reads-and-writes.js';
import { sequenceCases } from './proposal.sequences.js';

contract<ProposalRepository>(
  'ProposalRepository',
  {
    tables: [
      'proposal_request_keys',
      'proposal_async_operations',
      'proposal_approvals',
      'proposal_workflow_events',
      'proposal_versions',
      'proposal_idempotency',
      'proposal_records',
    ],
    inMemory: () => new MemoryProposalRepository(new MemoryKeptAnswers()),
    inSql: (database) => new SqlProposalRepository(database),
  },
  (current, empty) => {
    readAndWriteCases(current);
    raceCases(current);
    atomicityCases(current);
    listCases(current);
    documentCases(current);
    keyCases(current);
    sequenceCases(empty);
  },
);
