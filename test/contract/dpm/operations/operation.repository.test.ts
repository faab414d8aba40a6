import type { OperationRepository } from '../../../../src/stores/dpm/operations/operation.repository.js';
import { MemoryOperationRepository } from '../../../../src/stores/dpm/operations/operation.repository.memory.js';
import { MemoryKeptAnswers } from '../../../../src/stores/kept-answers.memory.js';
import { SqlOperationRepository } from '../../../../src/stores/dpm/operations/operation.repository.sql.js';
import { contract } from '../../contract.js';
import { listCases } from './operation.lists.js';
import { raceCases } from './operation.races.js';
import { readAndWriteCases } from './operation.reads-and-writes.js';
import { retentionCases } from './operation.retention.js';
import { sequenceCases } from './operation.sequences.js';

contract<OperationRepository>(
  'OperationRepository',
  {
    tables: ['dpm_async_operations'],
    inMemory: () => new MemoryOperationRepository(new MemoryKeptAnswers()),
    inSql: (database) => new SqlOperationRepository(database),
  },
  (current, empty) => {
    readAndWriteCases(current);
    raceCases(current);
    listCases(current);
    retentionCases(current);
    sequenceCases(empty);
  },
);
