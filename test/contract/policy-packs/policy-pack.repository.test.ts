import type { PolicyPackRepository } from '../../../src/stores/policy-packs/policy-pack.repository.js';
import { MemoryPolicyPackRepository } from '../../../src/stores/policy-packs/policy-pack.repository.memory.js';
import { SqlPolicyPackRepository } from '../../../src/stores/policy-packs/policy-pack.repository.sql.js';
import { contract } from '../contract.js';
import { definitionCases } from './policy-pack.definitions.js';
import { listCases } from './policy-pack.lists.js';
import { raceCases } from './policy-pack.races.js';
import { readAndWriteCases } from './policy-pack.reads-and-writes.js';
import { sequenceCases } from './policy-pack.sequences.js';

contract<PolicyPackRepository>(
  'PolicyPackRepository',
  {
    tables: ['policy_packs'],
    inMemory: () => new MemoryPolicyPackRepository(),
    inSql: (database) => new SqlPolicyPackRepository(database),
  },
  (current, empty) => {
    readAndWriteCases(current);
    raceCases(current);
    listCases(current);
    definitionCases(current);
    sequenceCases(empty);
  },
);
