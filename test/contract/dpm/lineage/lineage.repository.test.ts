import type { LineageRepository } from '../../../../src/stores/dpm/lineage/lineage.repository.js';
import { MemoryLineageRepository } from '../../../../src/stores/dpm/lineage/lineage.repository.memory.js';
import { MemoryKeptAnswers } from '../../../../src/stores/kept-answers.memory.js';
import { SqlLineageRepository } from '../../../../src/stores/dpm/lineage/lineage.repository.sql.js';
import { contract } from '../../contract.js';
import { readAndWriteCases } from './edge.reads-and-writes.js';
import { retentionCases } from './edge.retention.js';
import { sequenceCases } from './edge.sequences.js';
import { walkCases } from './edge.walks.js';

contract<LineageRepository>(
  'LineageRepository',
  {
    tables: ['dpm_lineage_edges'],
    inMemory: () => new MemoryLineageRepository(new MemoryKeptAnswers()),
    inSql: (database) => new SqlLineageRepository(database),
  },
  (current, empty) => {
    readAndWriteCases(current);
    walkCases(current, empty);
    retentionCases(current);
    sequenceCases(empty);
  },
);
