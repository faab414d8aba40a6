import { Injectable } from '@nestjs/common';
import { ReasonError } from '../../../reasons.js';
import { DecisionRepository } from '../decisions/decision.repository.js';
import type { Workflow } from '../decisions/decision.js';
import type { LineageEdge } from '../lineage/edge.js';
import { LineageRepository } from '../lineage/lineage.repository.js';
import type { AsyncOperation } from '../operations/operation.js';
import { OperationRepository } from '../operations/operation.repository.js';
import type { KeyUse, Run } from '../runs/run.js';
import { RunRepository } from '../runs/run.repository.js';
import { type Excerpt, excerptOf } from './excerpt.js';

/** Most edges, and most operations, of one bundle. */
export const EXCERPT_LIMIT = 1000;

/** Without its result: a thousand of them would be more than one answer can carry. */
export type BundledOperation = Omit<AsyncOperation, 'result'>;

/** All that is known about a run. */
export interface SupportBundle {
  readonly run: Run;
  readonly workflow: Workflow;
  /** Of the run and of its correlation id. */
  readonly lineage: Excerpt<LineageEdge>;
  /** Of the run and of its correlation id. */
  readonly operations: Excerpt<BundledOperation>;
  readonly keyHistory: readonly KeyUse[];
}

@Injectable()
export class SupportBundleService {
  constructor(
    private readonly runs: RunRepository,
    private readonly decisions: DecisionRepository,
    private readonly lineage: LineageRepository,
    private readonly operations: OperationRepository,
  ) {}

  /** @throws RUN_NOT_FOUND */
  async bundle(rebalanceRunId: string): Promise<SupportBundle> {
    const run = await this.runs.find(rebalanceRunId);
    if (!run) throw new ReasonError('RUN_NOT_FOUND');
    const [workflow, lineage, operations, keyHistory] = await Promise.all([
      this.decisions.ofRun(rebalanceRunId),
      this.#lineageOf(run),
      this.#operationsOf(run),
      this.runs.keyHistoryOfRun(rebalanceRunId),
    ]);
    // A purge may have come between.
    if (!workflow) throw new ReasonError('RUN_NOT_FOUND');
    return { run, workflow, lineage, operations, keyHistory };
  }

  async #lineageOf({ rebalanceRunId, correlationId }: Run): Promise<Excerpt<LineageEdge>> {
    const found = await Promise.all(
      [rebalanceRunId, correlationId].map((entity) =>
        this.lineage.edgesOf(entity, 'both', EXCERPT_LIMIT + 1),
      ),
    );
    const position = ({ createdAt, edgeId }: LineageEdge) => ({ createdAt, id: edgeId });
    return excerptOf(found.flat(), position, 'oldest first', EXCERPT_LIMIT);
  }

  async #operationsOf({ rebalanceRunId, correlationId }: Run): Promise<Excerpt<BundledOperation>> {
    const [ofRun, ofCorrelation] = await Promise.all([
      this.operations.list({ rebalanceRunId }, EXCERPT_LIMIT + 1),
      this.operations.findByCorrelationId(correlationId),
    ]);
    const found = ofCorrelation ? [...ofRun, ofCorrelation] : ofRun;
    const position = ({ createdAt, operationId }: BundledOperation) => ({
      createdAt,
      id: operationId,
    });
    return excerptOf<BundledOperation>(found, position, 'newest first', EXCERPT_LIMIT);
  }
}
