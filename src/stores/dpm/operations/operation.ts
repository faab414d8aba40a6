import { ReasonError } from '../dpm.reasons.js';
import type { Instant } from '@holdfast/core/instant';
import type { JsonValue } from '@holdfast/core/json';
import type { RecordOf } from '@holdfast/postgres/entities/define-entity';
import type { OperationEntity } from './operation.entity.js';
import type { Position } from '@holdfast/core/page';

export const OPERATION_STATUSES = ['PENDING', 'RUNNING', 'SUCCEEDED', 'FAILED'] as const;

export type OperationStatus = (typeof OPERATION_STATUSES)[number];

/** Work that goes on after its request was answered. */
export type AsyncOperation = RecordOf<typeof OperationEntity>;

/** What lists hold: a page of results of 1 MiB each would be more than a process can carry. */
export type OperationSummary = Omit<AsyncOperation, 'result'>;

export interface OperationError {
  readonly code: string;
  readonly message: string;
}

/** From each status, the statuses it may go to. */
export const MOVES: Readonly<Record<OperationStatus, readonly OperationStatus[]>> = {
  PENDING: ['RUNNING'],
  RUNNING: ['SUCCEEDED', 'FAILED'],
  SUCCEEDED: [],
  FAILED: [],
};

/** How an operation ends; null is a result. */
export type Ending = { readonly result: JsonValue } | { readonly error: OperationError };

export type NewOperation = Pick<
  AsyncOperation,
  'operationId' | 'operationType' | 'correlationId' | 'rebalanceRunId'
>;

export function createOperation(fields: NewOperation, at: Instant): AsyncOperation {
  return { ...fields, status: 'PENDING', createdAt: at, startedAt: null, finishedAt: null };
}

/** @throws OPERATION_MOVE_NOT_ALLOWED */
export function startOperation(before: AsyncOperation, at: Instant): AsyncOperation {
  return { ...moved(before, 'RUNNING'), startedAt: at };
}

/** @throws OPERATION_MOVE_NOT_ALLOWED */
export function finishOperation(
  before: AsyncOperation,
  ending: Ending,
  at: Instant,
): AsyncOperation {
  const after = moved(before, 'error' in ending ? 'FAILED' : 'SUCCEEDED');
  return { ...after, ...ending, finishedAt: at };
}

function moved(before: AsyncOperation, to: OperationStatus): AsyncOperation {
  if (!MOVES[before.status].includes(to)) {
    throw new ReasonError('OPERATION_MOVE_NOT_ALLOWED', {
      detail: `from ${before.status} to ${to}`,
    });
  }
  return { ...before, status: to };
}

/** Where an operation stands in a list. */
export function positionOf({ createdAt, operationId }: OperationSummary): Position {
  return { createdAt, id: operationId };
}
