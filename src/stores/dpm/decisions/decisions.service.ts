import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { Overtaken } from '@holdfast/postgres/database/assert-stored';
import { ReasonError } from '../dpm.reasons.js';
import type { Keep } from '../../kept-answers.js';
import { KeyedQueue } from '../../keyed-queue.js';
import { type Page, readPage, type Position } from '@holdfast/core/page';
import { sequenceNoOf } from '../../sequence-number.js';
import {
  type Action,
  type Review,
  decide,
  type Decision,
  type WorkflowStatus,
  positionOf,
} from './decision.js';
import { type DecisionFilter, DecisionRepository } from './decision.repository.js';
import { retryOnConflict } from '@holdfast/core/retry-on-conflict';

/** A decision that has been stored, and what it made of the run. */
export interface Decided {
  readonly decision: Decision;
  readonly workflowStatus: WorkflowStatus;
}

export interface DecideRequest {
  readonly action: Action;
  readonly reasonCode: string;
  readonly comment: string | null;
  readonly actorId: string;
  readonly expectedStatus?: WorkflowStatus;
}

@Injectable()
export class DecisionsService {
  readonly #queue = new KeyedQueue();

  constructor(private readonly decisions: DecisionRepository) {}

  /**
   * @throws RUN_NOT_FOUND, WORKFLOW_NOT_REQUIRED, WORKFLOW_STATUS_CONFLICT, DECISION_NOT_ALLOWED,
   * DECISION_LIMIT_REACHED, RECORD_CONTENDED
   */
  decide(rebalanceRunId: string, request: DecideRequest, keep?: Keep<Decided>): Promise<Decided> {
    return this.#queue.run(rebalanceRunId, () => this.#decide(rebalanceRunId, request, keep));
  }

  async #decide(
    rebalanceRunId: string,
    { expectedStatus, ...request }: DecideRequest,
    keep: Keep<Decided> | undefined,
  ): Promise<Decided> {
    const overtaken = new Overtaken();
    const attempt = async () => {
      const before = await this.reviewOf(rebalanceRunId);
      overtaken.meet(String(before.decisions.length));
      const made = decide(
        before,
        {
          ...request,
          decisionId: randomUUID(),
          rebalanceRunId,
          createdAt: new Date().toISOString(),
        },
        expectedStatus,
      );
      if (await this.decisions.append(made.decision, await keep?.(made))) return made;
      return undefined;
    };
    const detail = 'other processes kept deciding about the run';
    return retryOnConflict(attempt, () => new ReasonError('RECORD_CONTENDED', { detail }));
  }

  /** @throws RUN_NOT_FOUND */
  async reviewOf(rebalanceRunId: string): Promise<Review> {
    return (await this.decisions.reviewOf(rebalanceRunId)) ?? notFound();
  }

  /** Oldest first. @throws RUN_NOT_FOUND */
  ofRun(rebalanceRunId: string, limit: number, after?: number): Promise<Page<Decision>> {
    const read = async (...part: [limit: number, after?: number]) =>
      ((await this.decisions.ofRun(rebalanceRunId, ...part)) ?? notFound()).decisions;
    return readPage<Decision, number>(limit, after, read, sequenceNoOf);
  }

  /** The last decision of a review as it was read. @throws RUN_NOT_FOUND */
  async lastOf(rebalanceRunId: string, { decisions }: Review): Promise<Decision | null> {
    if (decisions.length === 0) return null;
    const { items } = await this.ofRun(rebalanceRunId, 1, decisions.length - 1);
    return items[0] ?? null;
  }

  async list(filter: DecisionFilter, limit: number, after?: Position): Promise<Page<Decision>> {
    return readPage(limit, after, (...page) => this.decisions.list(filter, ...page), positionOf);
  }
}

function notFound(): never {
  throw new ReasonError('RUN_NOT_FOUND');
}
