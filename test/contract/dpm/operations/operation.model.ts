import {
  type AsyncOperation,
  type OperationStatus,
  type OperationSummary,
  positionOf,
} from '../../../../src/stores/dpm/operations/operation.js';
import type {
  OperationCount,
  OperationFilter,
} from '../../../../src/stores/dpm/operations/operation.repository.js';
import type { Position } from '@holdfast/core/page';
import { isCreatedWithin, newestFirst } from '../../list-model.js';
import { withoutResult } from './operation.drafts.js';

/** What a store of operations is, in as few words as possible. */
export class OperationModel {
  operations: readonly AsyncOperation[] = [];

  create(operation: AsyncOperation): boolean {
    const { correlationId } = operation;
    if (this.operations.some((other) => other.correlationId === correlationId)) return false;
    this.operations = [...this.operations, operation];
    return true;
  }

  move(operation: AsyncOperation, from: OperationStatus): boolean {
    const { operationId } = operation;
    const found = this.operations.some(
      (other) => other.operationId === operationId && other.status === from,
    );
    if (!found) return false;
    this.operations = this.operations.map((other) =>
      other.operationId === operationId ? operation : other,
    );
    return true;
  }

  list(filter: OperationFilter, limit: number, after?: Position): readonly OperationSummary[] {
    return selected(this.operations, filter)
      .filter((operation) => !after || newestFirst(after, positionOf(operation)) < 0)
      .slice(0, limit);
  }

  expired(before: string): readonly AsyncOperation[] {
    return this.operations
      .filter(
        ({ finishedAt }) => finishedAt !== null && Date.parse(finishedAt) < Date.parse(before),
      )
      .toSorted((one, other) => newestFirst(endOf(other), endOf(one)));
  }

  purge(before: string, limit: number): number {
    const gone = this.expired(before).slice(0, limit);
    this.operations = this.operations.filter((operation) => !gone.includes(operation));
    return gone.length;
  }

  counts(since: readonly string[]): readonly OperationCount[] {
    const all = this.operations.map(({ status, createdAt }) => {
      const age = since.filter((each) => Date.parse(createdAt) < Date.parse(each)).length;
      return { status, age };
    });
    return inOrder(
      all
        .filter(
          ({ status, age }, index) =>
            all.findIndex((other) => other.status === status && other.age === age) === index,
        )
        .map(({ status, age }) => ({
          status,
          age,
          count: all.filter((other) => other.status === status && other.age === age).length,
        })),
    );
  }
}

/** Counts come in any order. */
export function inOrder(counts: readonly OperationCount[]): readonly OperationCount[] {
  const keyOf = ({ status, age }: OperationCount) => `${status} ${String(age).padStart(3, '0')}`;
  return counts.toSorted((one, other) => (keyOf(one) < keyOf(other) ? -1 : 1));
}

/** The operations that fit the filter, in the order of `OperationRepository.list`. */
export function selected(
  operations: readonly AsyncOperation[],
  filter: OperationFilter = {},
): readonly OperationSummary[] {
  const { operationType, status, rebalanceRunId } = filter;
  return operations
    .filter((each) => operationType === undefined || each.operationType === operationType)
    .filter((each) => status === undefined || each.status === status)
    .filter((each) => rebalanceRunId === undefined || each.rebalanceRunId === rebalanceRunId)
    .filter(({ createdAt }) => isCreatedWithin(createdAt, filter))
    .toSorted((one, other) => newestFirst(positionOf(one), positionOf(other)))
    .map(withoutResult);
}

function endOf({ finishedAt, operationId }: AsyncOperation): Position {
  return { createdAt: finishedAt ?? '', id: operationId };
}
