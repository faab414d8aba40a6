import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { Overtaken } from '@holdfast/postgres/database/assert-stored';
import { ReasonError } from '../dpm.reasons.js';
import { hashDocument } from '@holdfast/core/json';
import type { Keep } from '../../kept-answers.js';
import { type Page, readPage, type Position } from '@holdfast/core/page';
import {
  type AsyncOperation,
  createOperation,
  type Ending,
  finishOperation,
  type OperationSummary,
  startOperation,
  positionOf,
} from './operation.js';
import { type OperationFilter, OperationRepository } from './operation.repository.js';

export interface CreateRequest {
  readonly operationType: string;
  /** Made when it is null. */
  readonly correlationId: string | null;
  readonly rebalanceRunId: string | null;
}

@Injectable()
export class OperationsService {
  constructor(private readonly operations: OperationRepository) {}

  /** @throws CORRELATION_ID_TAKEN */
  async create(request: CreateRequest, keep?: Keep<AsyncOperation>): Promise<AsyncOperation> {
    const correlationId = request.correlationId ?? randomUUID();
    const operation = createOperation(
      { ...request, correlationId, operationId: randomUUID() },
      now(),
    );
    if (await this.operations.create(operation, await keep?.(operation))) return operation;
    throw new ReasonError('CORRELATION_ID_TAKEN');
  }

  /** @throws OPERATION_NOT_FOUND, OPERATION_MOVE_NOT_ALLOWED */
  async start(operationId: string, keep?: Keep<AsyncOperation>): Promise<AsyncOperation> {
    return this.#move(operationId, (before) => startOperation(before, now()), keep);
  }

  /** @throws OPERATION_NOT_FOUND, OPERATION_MOVE_NOT_ALLOWED, DOCUMENT_TOO_LARGE */
  async finish(
    operationId: string,
    ending: Ending,
    keep?: Keep<AsyncOperation>,
  ): Promise<AsyncOperation> {
    if ('result' in ending) await hashDocument(ending.result);
    return this.#move(operationId, (before) => finishOperation(before, ending, now()), keep);
  }

  /** @throws OPERATION_NOT_FOUND */
  async get(operationId: string): Promise<AsyncOperation> {
    return (await this.operations.find(operationId)) ?? notFound();
  }

  /** @throws OPERATION_NOT_FOUND */
  async getByCorrelationId(correlationId: string): Promise<AsyncOperation> {
    return (await this.operations.findByCorrelationId(correlationId)) ?? notFound();
  }

  async list(
    filter: OperationFilter,
    limit: number,
    after?: Position,
  ): Promise<Page<OperationSummary>> {
    return readPage(limit, after, (...page) => this.operations.list(filter, ...page), positionOf);
  }

  /** Decides anew when someone else was faster; a status never comes back, so that this ends. */
  async #move(
    operationId: string,
    decide: (before: AsyncOperation) => AsyncOperation,
    keep: Keep<AsyncOperation> | undefined,
  ): Promise<AsyncOperation> {
    const overtaken = new Overtaken();
    for (;;) {
      const before = await this.get(operationId);
      overtaken.meet(before.status);
      const after = decide(before);
      if (await this.operations.move(after, before.status, await keep?.(after))) return after;
    }
  }
}

function notFound(): never {
  throw new ReasonError('OPERATION_NOT_FOUND');
}

function now(): string {
  return new Date().toISOString();
}
