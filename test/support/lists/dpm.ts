import { DIRECTIONS } from '../../../src/stores/dpm/lineage/edge.js';
import { SqlDecisionRepository } from '../../../src/stores/dpm/decisions/decision.repository.sql.js';
import { SqlLineageRepository } from '../../../src/stores/dpm/lineage/lineage.repository.sql.js';
import { SqlOperationRepository } from '../../../src/stores/dpm/operations/operation.repository.sql.js';
import { SqlRunRepository } from '../../../src/stores/dpm/runs/run.repository.sql.js';
import { fillings } from './dpm.rows.js';
import { type Filters, pages } from './pages.js';
import { idOf } from './samples.js';
import { type ListCase, PAGE, type StoreLists } from './list-case.js';

const RUNS: Filters<SqlRunRepository> = [
  [{}, 'many'],
  [{ status: 'READY' }, 'many'],
  [{ status: 'PENDING_REVIEW' }, 'many'],
  [{ portfolioId: 'pf-house' }, 'many'],
  [{ portfolioId: 'pf-once' }, 'one'],
  [{ portfolioId: 'pf-none' }, 'none'],
  [{ requestHash: 'nightly' }, 'many'],
  [{ requestHash: 'none' }, 'none'],
  [{ portfolioId: 'pf-house', status: 'READY' }, 'many'],
  [{ portfolioId: 'pf-house', status: 'BLOCKED' }, 'none'],
  [{ portfolioId: 'pf-house', status: 'PENDING_REVIEW' }, 'none'],
  [{ requestHash: 'nightly', status: 'BLOCKED' }, 'none'],
  [{ requestHash: 'nightly', portfolioId: 'pf-once' }, 'none'],
];

const OPERATIONS: Filters<SqlOperationRepository> = [
  [{}, 'many'],
  [{ operationType: 'EXPORT' }, 'many'],
  [{ operationType: 'AUDIT' }, 'one'],
  [{ operationType: 'NONE' }, 'none'],
  [{ status: 'SUCCEEDED' }, 'many'],
  [{ status: 'PENDING' }, 'many'],
  [{ status: 'RUNNING' }, 'none'],
  [{ rebalanceRunId: idOf(1) }, 'many'],
  [{ rebalanceRunId: idOf(1001) }, 'none'],
  [{ operationType: 'EXPORT', status: 'SUCCEEDED' }, 'many'],
  [{ operationType: 'EXPORT', status: 'FAILED' }, 'none'],
  [{ operationType: 'AUDIT', status: 'FAILED' }, 'none'],
  [{ rebalanceRunId: idOf(1), status: 'SUCCEEDED' }, 'many'],
  [{ rebalanceRunId: idOf(1), operationType: 'AUDIT' }, 'none'],
];

const DECISIONS: Filters<SqlDecisionRepository> = [
  [{}, 'many'],
  [{ rebalanceRunId: idOf(1) }, 'many', 'entity'],
  [{ rebalanceRunId: 'none' }, 'none', 'entity'],
  [{ action: 'APPROVE' }, 'many'],
  [{ action: 'REQUEST_CHANGES' }, 'many'],
  [{ actorId: 'desk-robot' }, 'many'],
  [{ actorId: 'desk-once' }, 'one'],
  [{ actorId: 'desk-none' }, 'none'],
  [{ reasonCode: 'WITHIN_LIMITS' }, 'many'],
  [{ reasonCode: 'ONCE' }, 'one'],
  [{ reasonCode: 'NONE' }, 'none'],
  [{ actorId: 'desk-robot', action: 'APPROVE' }, 'many'],
  [{ actorId: 'desk-7', action: 'REQUEST_CHANGES' }, 'many'],
  [{ actorId: 'desk-7', reasonCode: 'DRIFT' }, 'many'],
  [{ actorId: 'desk-7', reasonCode: 'NONE' }, 'none'],
  [{ reasonCode: 'DRIFT', action: 'REJECT' }, 'many'],
  [{ reasonCode: 'WITHIN_LIMITS', action: 'REJECT' }, 'none'],
  [{ actorId: 'desk-robot', reasonCode: 'WITHIN_LIMITS', action: 'REJECT' }, 'none'],
  [{ rebalanceRunId: idOf(1), actorId: 'desk-once' }, 'none', 'entity'],
];

export const lists: StoreLists = {
  fillings,
  cases: ({ rows }) => [
    ...pages('runs', rows, RUNS, (database) => new SqlRunRepository(database)),
    ...pages('operations', rows, OPERATIONS, (database) => new SqlOperationRepository(database)),
    ...pages('decisions', rows, DECISIONS, (database) => new SqlDecisionRepository(database)),
    ...edgesOf('hub', PAGE),
    ...edgesOf('node-100', 1),
    ...edgesOf('nobody', 0),
    ...DIRECTIONS.map((direction): ListCase => ({
      name: `walk from a node, ${direction}`,
      of: 'walk',
      ask: (database) => new SqlLineageRepository(database).walk('node-1000', direction, 3, PAGE),
      finds: [2, PAGE],
    })),
  ],
};

function edgesOf(entity: string, atLeast: number): readonly ListCase[] {
  return DIRECTIONS.map((direction) => ({
    name: `edges of ${entity}, ${direction}`,
    of: direction === 'both' ? 'entity' : 'selection',
    ask: (database) => new SqlLineageRepository(database).edgesOf(entity, direction, PAGE),
    finds: [atLeast, atLeast === 0 ? 0 : PAGE],
  }));
}
