import { describe, expect, it } from '@jest/globals';
import type { Decision } from '../../../src/stores/dpm/decisions/decision.js';
import { MemoryDecisionRepository } from '../../../src/stores/dpm/decisions/decision.repository.memory.js';
import type { LineageEdge } from '../../../src/stores/dpm/lineage/edge.js';
import type { LineageRepository } from '../../../src/stores/dpm/lineage/lineage.repository.js';
import type { AsyncOperation } from '../../../src/stores/dpm/operations/operation.js';
import type {
  OperationFilter,
  OperationRepository,
} from '../../../src/stores/dpm/operations/operation.repository.js';
import { artifactOf } from '../../../src/stores/dpm/runs/artifact.js';
import type { Position } from '@holdfast/core/page';
import { RunMemory } from '../../../src/stores/dpm/runs/run.memory.js';
import { MemoryRunRepository } from '../../../src/stores/dpm/runs/run.repository.memory.js';
import { MemoryKeptAnswers } from '../../../src/stores/kept-answers.memory.js';
import {
  SupportBundleBody,
  supportBundleBody,
} from '../../../src/stores/dpm/support/support-bundle.responses.js';
import {
  EXCERPT_LIMIT,
  SupportBundleService,
} from '../../../src/stores/dpm/support/support-bundle.service.js';
import { aDecision, aRun, keyOf } from '../../contract/dpm/run.records.js';
import { TIMES } from '../../contract/newest-first.js';

const RUN = aRun({ rebalanceRunId: 'run', correlationId: 'correlation', result: { b: 1, a: 2 } });

function edge(edgeId: string, source: string, target: string, createdAt = TIMES[1] as string) {
  return { edgeId, source, edgeType: 'TYPE', target, metadata: { z: 1, a: 2 }, createdAt };
}

function operation(operationId: string, draft: Partial<AsyncOperation> = {}): AsyncOperation {
  return {
    operationId,
    operationType: 'TYPE',
    status: 'PENDING',
    correlationId: `of-${operationId}`,
    rebalanceRunId: 'run',
    createdAt: TIMES[1],
    startedAt: null,
    finishedAt: null,
    ...draft,
  };
}

/** The two ports that the bundle asks, as far as it asks them. */
function others(edges: readonly LineageEdge[], operations: readonly AsyncOperation[]) {
  return [
    {
      edgesOf: async (entity: string, direction: string, limit: number) => {
        expect([direction, limit]).toEqual(['both', EXCERPT_LIMIT + 1]);
        const found = edges.filter(({ source, target }) => [source, target].includes(entity));
        return Promise.resolve(found.slice(0, limit));
      },
    } as unknown as LineageRepository,
    {
      list: async (filter: OperationFilter, limit: number, after?: Position) => {
        expect(Object.keys(filter)).toEqual(['rebalanceRunId']);
        const found = operations.filter((each) => each.rebalanceRunId === filter.rebalanceRunId);
        const from = found.findIndex(({ operationId }) => operationId === after?.id) + 1;
        return Promise.resolve(found.slice(from, from + limit));
      },
      findByCorrelationId: async (id: string) =>
        Promise.resolve(operations.find(({ correlationId }) => correlationId === id) ?? null),
    } as unknown as OperationRepository,
  ] as const;
}

async function bundleOf(
  edges: readonly LineageEdge[] = [],
  operations: readonly AsyncOperation[] = [],
  decisions: readonly Decision[] = [],
) {
  const memory = new RunMemory();
  const [runs, deciding] = [
    new MemoryRunRepository(memory),
    new MemoryDecisionRepository(memory, new MemoryKeptAnswers()),
  ];
  await runs.record(RUN, keyOf('key'));
  await runs.record(aRun(), keyOf('other key'));
  for (const decision of decisions) await deciding.append(decision);
  const service = new SupportBundleService(runs, deciding, ...others(edges, operations));
  return { service, runs, body: supportBundleBody(await service.bundle('run')) };
}

describe('the support bundle', () => {
  it('holds all that is known of a run', async () => {
    const decisions = [aDecision(RUN, 1), aDecision(RUN, 2, { action: 'APPROVE', comment: '' })];
    const { body } = await bundleOf(
      [
        edge('e1', 'run', 'order'),
        edge('e2', 'proposal', 'run', TIMES[0]),
        edge('e3', 'correlation', 'run'),
        edge('e4', 'request', 'correlation', TIMES[2]),
        edge('e5', 'order', 'proposal'),
      ],
      [
        operation('o1'),
        operation('o2', {
          status: 'SUCCEEDED',
          createdAt: TIMES[2],
          startedAt: TIMES[2],
          finishedAt: TIMES[2],
          result: null,
        }),
        operation('o3', {
          status: 'FAILED',
          rebalanceRunId: null,
          correlationId: 'correlation',
          error: { code: 'C', message: 'm' },
        }),
        operation('o4', { rebalanceRunId: 'other' }),
      ],
      decisions,
    );
    expect(SupportBundleBody().parse(body)).toEqual(body);
    const run = {
      rebalance_run_id: 'run',
      correlation_id: 'correlation',
      request_hash: RUN.requestHash,
      portfolio_id: RUN.portfolioId,
      status: RUN.status,
      created_at: RUN.createdAt,
    };
    const wireEdge = (id: string, source: string, target: string, created_at: string) => ({
      edge_id: id,
      source,
      edge_type: 'TYPE',
      target,
      metadata: { z: 1, a: 2 },
      created_at,
    });
    const wireOperation = {
      operation_type: 'TYPE',
      status: 'PENDING',
      rebalance_run_id: 'run',
      created_at: TIMES[1],
      started_at: null,
      finished_at: null,
    };
    const { result: _, ...artifact } = await artifactOf(RUN);
    expect(body).toStrictEqual({
      run: { ...run, result: { b: 1, a: 2 } },
      artifact,
      workflow: {
        workflow_status: 'APPROVED',
        decisions: decisions.map((decision) => ({
          decision_id: decision.decisionId,
          rebalance_run_id: 'run',
          sequence_no: decision.sequenceNo,
          action: decision.action,
          reason_code: decision.reasonCode,
          comment: decision.comment,
          actor_id: decision.actorId,
          created_at: decision.createdAt,
        })),
        truncated: false,
      },
      lineage: {
        items: [
          wireEdge('e2', 'proposal', 'run', TIMES[0]),
          wireEdge('e1', 'run', 'order', TIMES[1]),
          wireEdge('e3', 'correlation', 'run', TIMES[1]),
          wireEdge('e4', 'request', 'correlation', TIMES[2]),
        ],
        truncated: false,
      },
      operations: {
        items: [
          {
            ...wireOperation,
            operation_id: 'o2',
            correlation_id: 'of-o2',
            status: 'SUCCEEDED',
            created_at: TIMES[2],
            started_at: TIMES[2],
            finished_at: TIMES[2],
          },
          {
            ...wireOperation,
            operation_id: 'o3',
            correlation_id: 'correlation',
            status: 'FAILED',
            rebalance_run_id: null,
            error: { code: 'C', message: 'm' },
          },
          { ...wireOperation, operation_id: 'o1', correlation_id: 'of-o1' },
        ],
        truncated: false,
      },
      idempotency: [
        {
          idempotency_key: 'key',
          outcome: 'RECORDED',
          body_hash: keyOf('key').bodyHash,
          rebalance_run_id: 'run',
          correlation_id: 'correlation',
          occurred_at: RUN.createdAt,
        },
      ],
      idempotency_truncated: false,
    });
    expect(JSON.stringify(body.lineage.items[0]?.metadata)).toBe('{"z":1,"a":2}');
  });

  it('holds an operation once that is of the run and of its correlation id', async () => {
    const { body } = await bundleOf([], [operation('o1', { correlationId: 'correlation' })]);
    expect(body.operations.items.map(({ operation_id }) => operation_id)).toEqual(['o1']);
  });

  it.each([
    [EXCERPT_LIMIT, EXCERPT_LIMIT, false],
    [EXCERPT_LIMIT + 1, EXCERPT_LIMIT, true],
  ])('of %d edges and operations holds %d', async (stored, held, truncated) => {
    const edges = Array.from({ length: stored }, (_, index) => edge(`e${index}`, 'run', 'x'));
    const operations = Array.from({ length: stored }, (_, index) => operation(`o${index}`));
    const { body } = await bundleOf(edges, operations);
    for (const part of [body.lineage, body.operations]) {
      expect([part.items.length, part.truncated]).toEqual([held, truncated]);
    }
  });

  it('is not there for an unknown run, nor for one that is purged meanwhile', async () => {
    const { service, runs } = await bundleOf();
    await expect(service.bundle('unknown')).rejects.toMatchObject({ code: 'RUN_NOT_FOUND' });
    const asked = service.bundle('run');
    await runs.purge('9999-12-31T23:59:59.999Z', 10);
    await expect(asked).rejects.toMatchObject({ code: 'RUN_NOT_FOUND' });
  });
});
