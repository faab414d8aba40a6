import { Injectable } from '@nestjs/common';
import { type Instant, isWithin } from '@holdfast/core/instant';
import type { KeptAnswer } from '../../kept-answers.js';
import { MemoryKeptAnswers } from '../../kept-answers.memory.js';
import { newestFirst, type Position } from '@holdfast/core/page';
import {
  type AsyncOperation,
  type OperationStatus,
  type OperationSummary,
  positionOf,
} from './operation.js';
import {
  type OperationCount,
  type OperationFilter,
  OperationRepository,
} from './operation.repository.js';

/** For development and tests: gone with the process. Results are copied in and out. */
@Injectable()
export class MemoryOperationRepository extends OperationRepository {
  readonly #operations = new Map<string, AsyncOperation>();
  /** Identifiers by correlation id. */
  readonly #correlations = new Map<string, string>();

  constructor(private readonly answers: MemoryKeptAnswers) {
    super();
  }

  async create(operation: AsyncOperation, answer?: KeptAnswer): Promise<boolean> {
    await Promise.resolve();
    const { operationId, correlationId } = operation;
    if (this.#correlations.has(correlationId)) return false;
    if (this.#operations.has(operationId)) throw new Error('the operation exists');
    this.answers.refuseTaken(answer);
    this.answers.set(answer);
    this.#operations.set(operationId, structuredClone(operation));
    this.#correlations.set(correlationId, operationId);
    return true;
  }

  async move(
    operation: AsyncOperation,
    from: OperationStatus,
    answer?: KeptAnswer,
  ): Promise<boolean> {
    await Promise.resolve();
    const before = this.#operations.get(operation.operationId);
    if (before?.status !== from) return false;
    this.answers.refuseTaken(answer);
    this.answers.set(answer);
    const { operationType, correlationId, rebalanceRunId, createdAt } = before;
    this.#operations.set(operation.operationId, {
      ...structuredClone(operation),
      operationType,
      correlationId,
      rebalanceRunId,
      createdAt,
    });
    return true;
  }

  async find(operationId: string): Promise<AsyncOperation | null> {
    await Promise.resolve();
    return structuredClone(this.#operations.get(operationId) ?? null);
  }

  async findByCorrelationId(correlationId: string): Promise<AsyncOperation | null> {
    const operationId = this.#correlations.get(correlationId);
    return operationId === undefined ? null : this.find(operationId);
  }

  async list(
    filter: OperationFilter,
    limit: number,
    after?: Position,
  ): Promise<readonly OperationSummary[]> {
    await Promise.resolve();
    return [...this.#operations.values()]
      .filter((operation) => matches(operation, filter))
      .filter((operation) => !after || newestFirst(after, positionOf(operation)) < 0)
      .sort((one, other) => newestFirst(positionOf(one), positionOf(other)))
      .slice(0, limit)
      .map(({ result: _, ...summary }) => structuredClone(summary));
  }

  async counts(since: readonly Instant[]): Promise<readonly OperationCount[]> {
    await Promise.resolve();
    const counts = new Map<string, OperationCount>();
    for (const { status, createdAt } of this.#operations.values()) {
      const first = since.findIndex((instant) => createdAt >= instant);
      const age = first === -1 ? since.length : first;
      const count = (counts.get(`${status} ${age}`)?.count ?? 0) + 1;
      counts.set(`${status} ${age}`, { status, age, count });
    }
    return [...counts.values()];
  }

  async countExpired(before: Instant): Promise<number> {
    await Promise.resolve();
    return this.#expired(before).length;
  }

  async purge(before: Instant, limit: number): Promise<number> {
    await Promise.resolve();
    const purged = this.#expired(before)
      .sort((one, other) => newestFirst(endOf(other), endOf(one)))
      .slice(0, limit);
    for (const { operationId, correlationId } of purged) {
      this.#operations.delete(operationId);
      this.#correlations.delete(correlationId);
    }
    return purged.length;
  }

  #expired(before: Instant): AsyncOperation[] {
    return [...this.#operations.values()].filter(
      ({ finishedAt }) => finishedAt !== null && finishedAt < before,
    );
  }
}

function endOf({ finishedAt, operationId }: AsyncOperation): Position {
  return { createdAt: finishedAt ?? '', id: operationId };
}

function matches(operation: AsyncOperation, filter: OperationFilter): boolean {
  const { operationType, status, rebalanceRunId } = filter;
  return (
    (operationType === undefined || operation.operationType === operationType) &&
    (status === undefined || operation.status === status) &&
    (rebalanceRunId === undefined || operation.rebalanceRunId === rebalanceRunId) &&
    isWithin(operation.createdAt, filter)
  );
}
