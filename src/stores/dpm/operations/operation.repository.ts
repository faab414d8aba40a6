import type { CreatedRange, Instant } from '@holdfast/core/instant';
import type { KeptAnswer } from '../../kept-answers.js';
import type { Position } from '@holdfast/core/page';
import { Purgeable } from '../../purgeable.js';
import type { AsyncOperation, OperationStatus, OperationSummary } from './operation.js';

export interface OperationFilter extends CreatedRange {
  readonly operationType?: string;
  readonly status?: OperationStatus;
  readonly rebalanceRunId?: string;
}

/** Operations of one status in one age. */
export interface OperationCount {
  readonly status: OperationStatus;
  /** As in `RunCount`. */
  readonly age: number;
  readonly count: number;
}

/**
 * The port of the async operations. Every method is atomic; what a write acknowledges is durable.
 * Only finished operations expire, counted from `finishedAt`.
 */
export abstract class OperationRepository extends Purgeable {
  /**
   * Stores a new operation, and with it the answer that tells of it.
   * @returns false, and nothing is stored, when the correlation id is taken
   * @throws KeyTakenError, and nothing is stored, when another request has the answer's key
   */
  abstract create(operation: AsyncOperation, answer?: KeptAnswer): Promise<boolean>;

  /**
   * Stores an operation as it becomes: its status, what it ended with, and when it started and ended.
   * With it, as with `create`, the answer that tells of it.
   * @returns false, and nothing is stored, when its status is no longer `from`
   * @throws KeyTakenError
   */
  abstract move(
    operation: AsyncOperation,
    from: OperationStatus,
    answer?: KeptAnswer,
  ): Promise<boolean>;

  abstract find(operationId: string): Promise<AsyncOperation | null>;

  abstract findByCorrelationId(correlationId: string): Promise<AsyncOperation | null>;

  /** Newest first, then by identifier, both descending. */
  abstract list(
    filter: OperationFilter,
    limit: number,
    after?: Position,
  ): Promise<readonly OperationSummary[]>;

  /** As in `RunRepository.counts`. */
  abstract counts(since: readonly Instant[]): Promise<readonly OperationCount[]>;
}
