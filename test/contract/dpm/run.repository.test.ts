import { MemoryDecisionRepository } from '../../../src/stores/dpm/decisions/decision.repository.memory.js';
import { SqlDecisionRepository } from '../../../src/stores/dpm/decisions/decision.repository.sql.js';
import { RunMemory } from '../../../src/stores/dpm/runs/run.memory.js';
import { MemoryRunRepository } from '../../../src/stores/dpm/runs/run.repository.memory.js';
import { MemoryKeptAnswers } from '../../../src/stores/kept-answers.memory.js';
import { SqlRunRepository } from '../../../src/stores/dpm/runs/run.repository.sql.js';
import { contract } from '../contract.js';
import { decisionCases } from './decision.cases.js';
import { decisionListCases } from './decision.lists.js';
import { atomicityCases } from './run.atomicity.js';
import { countCases } from './run.counts.js';
import { listCases } from './run.lists.js';
import { purgeCases } from './run.purges.js';
import { raceCases } from './run.races.js';
import { readAndWriteCases } from './run.reads-and-writes.js';
import type { RunStore } from './run.records.js';
import { sequenceCases } from './run.sequences.js';

contract<RunStore>(
  'RunRepository with DecisionRepository',
  {
    tables: [
      'dpm_workflow_decisions',
      'dpm_run_idempotency_history',
      'dpm_run_idempotency',
      'dpm_runs',
    ],
    inMemory: () => {
      const memory = new RunMemory();
      return {
        runs: new MemoryRunRepository(memory),
        decisions: new MemoryDecisionRepository(memory, new MemoryKeptAnswers()),
      };
    },
    inSql: (database) => ({
      runs: new SqlRunRepository(database),
      decisions: new SqlDecisionRepository(database),
    }),
  },
  (current, empty) => {
    readAndWriteCases(current);
    listCases(current);
    countCases(current);
    decisionCases(current);
    decisionListCases(current);
    raceCases(current);
    atomicityCases(current);
    purgeCases(current);
    sequenceCases(empty);
  },
);
