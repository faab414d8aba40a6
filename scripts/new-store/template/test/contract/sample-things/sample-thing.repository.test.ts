import type { SampleThingRepository } from '../../../src/stores/sample-things/sample-thing.repository.js';
import { MemorySampleThingRepository } from '../../../src/stores/sample-things/sample-thing.repository.memory.js';
import { SqlSampleThingRepository } from '../../../src/stores/sample-things/sample-thing.repository.sql.js';
import { contract } from '../contract.js';
import { sampleThingCases } from './sample-thing.cases.js';

contract<SampleThingRepository>(
  'SampleThingRepository',
  {
    tables: ['sample_things'],
    inMemory: () => new MemorySampleThingRepository(),
    inSql: (database) => new SqlSampleThingRepository(database),
  },
  sampleThingCases,
);
