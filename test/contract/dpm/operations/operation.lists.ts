import { expect, it } from '@jest/globals';
import {
  type AsyncOperation,
  type OperationSummary,
  positionOf,
} from '../../../../src/stores/dpm/operations/operation.js';
import type {
  OperationFilter,
  OperationRepository,
} from '../../../../src/stores/dpm/operations/operation.repository.js';
import type { Current } from '../../contract.js';
import { newestFirstCases } from '../../newest-first.js';
import { type Draft, finished, pending, started, storeFinished } from './operation.drafts.js';
import { selected } from './operation.model.js';

const ERROR = { error: { code: 'c', message: 'm' } };

/** Which operations a list holds, with their errors and without their results. */
export function listCases(operations: Current<OperationRepository>): void {
  const created = async (draft: Draft = {}): Promise<AsyncOperation> => {
    const operation = pending(draft);
    await operations().create(operation);
    return operation;
  };
  const begun = async (before: AsyncOperation): Promise<AsyncOperation> => {
    const step = started(before, '2026-11-22T00:00:00.000Z');
    await operations().move(step, 'PENDING');
    return step;
  };
  newestFirstCases<AsyncOperation, OperationSummary, OperationFilter>({
    noun: 'operations',
    write: ({ id, ...draft }) => created(id === undefined ? draft : { ...draft, operationId: id }),
    change: begun,
    list: (filter, limit, after) => operations().list(filter, limit, after),
    selected,
    positionOf,
    filters: {
      values: {
        operationType: ['type-1', 'type-2'],
        status: ['PENDING', 'FAILED'],
        rebalanceRunId: ['run-1', 'run-2'],
      },
      variants: 8,
      writeVariant: (variant, createdAt) => {
        const draft = {
          createdAt,
          operationType: `type-${(variant % 2) + 1}`,
          rebalanceRunId: `run-${((variant >> 1) % 2) + 1}`,
        };
        return variant < 4 ? created(draft) : storeFinished(operations(), draft, ERROR);
      },
      sizes: [0, 1, 2, 3, 4, 6, 8, 12, 16, 24],
      texts: ['operationType', 'rebalanceRunId'],
    },
  });

  it('lists follow the status of an operation', async () => {
    const before = await created();
    const step = await begun(before);
    expect(await operations().list({ status: 'RUNNING' }, 100)).toStrictEqual([step]);
    await operations().move(finished(step), 'RUNNING');
    expect(await operations().list({ status: 'RUNNING' }, 100)).toEqual([]);
    const [succeeded] = await operations().list({ status: 'SUCCEEDED' }, 100);
    expect(succeeded?.operationId).toBe(before.operationId);
  });

  it('lists hold errors, and no results', async () => {
    const done = await storeFinished(operations(), {}, { result: { large: true } });
    const failed = await storeFinished(operations(), {}, ERROR);
    const listed = await operations().list({}, 10);
    expect(listed).toStrictEqual(selected([done, failed]));
    expect(listed[1]).not.toHaveProperty('result');
    expect(listed[0]).toHaveProperty('error', ERROR.error);
  });
}
