import {
  type AsyncOperation,
  createOperation,
  type Ending,
  finishOperation,
  startOperation,
} from '../../../../src/stores/dpm/operations/operation.js';
import type { OperationRepository } from '../../../../src/stores/dpm/operations/operation.repository.js';
import { newId } from '../../new-id.js';

export const NOON = '2026-11-21T12:00:00.000Z';

/** What a test says of an operation; the rest is filled in. */
export type Draft = Partial<
  Pick<
    AsyncOperation,
    'operationId' | 'operationType' | 'correlationId' | 'rebalanceRunId' | 'createdAt'
  >
>;

export function pending({ createdAt = NOON, ...draft }: Draft = {}): AsyncOperation {
  return createOperation(
    {
      operationId: newId('operation'),
      operationType: 'type-1',
      correlationId: newId('correlation'),
      rebalanceRunId: null,
      ...draft,
    },
    createdAt,
  );
}

export function started(before: AsyncOperation, at: string = NOON): AsyncOperation {
  return startOperation(before, at);
}

export function finished(
  before: AsyncOperation,
  ending: Ending = { result: null },
  at: string = NOON,
): AsyncOperation {
  return finishOperation(before, ending, at);
}

/** Stores an operation and every step on its way to its end. */
export async function storeFinished(
  operations: OperationRepository,
  draft: Draft = {},
  ending: Ending = { result: null },
  at: string = NOON,
): Promise<AsyncOperation> {
  const before = pending(draft);
  const running = started(before, at);
  const after = finished(running, ending, at);
  const taken = [
    await operations.create(before),
    await operations.move(running, 'PENDING'),
    await operations.move(after, 'RUNNING'),
  ];
  if (taken.includes(false)) throw new Error('the operation is in the way of another');
  return after;
}

/** As lists hold it. */
export function withoutResult({ result: _, ...summary }: AsyncOperation) {
  return summary;
}
