import { Injectable } from '@nestjs/common';
import { ReasonError } from '../dpm.reasons.js';
import { PAGE_BYTES, readPage } from '@holdfast/core/page';
import { sequenceNoOf } from '../../sequence-number.js';
import { DecisionRepository } from '../decisions/decision.repository.js';
import { type Decision, type WorkflowStatus, workflowStatusOf } from '../decisions/decision.js';
import { type LineageEdge, positionOf as placeOf } from '../lineage/edge.js';
import { LineageRepository } from '../lineage/lineage.repository.js';
import { type AsyncOperation, type OperationSummary, positionOf } from '../operations/operation.js';
import { OperationRepository } from '../operations/operation.repository.js';
import { measuredArtifactOf, type RunArtifact } from '../runs/artifact.js';
import type { KeyUse, Run } from '../runs/run.js';
import { RunRepository } from '../runs/run.repository.js';
import { type Excerpt, excerptOf, type Room, mergeDistinct } from './excerpt.js';

/** Most records of a kind in one bundle. */
export const EXCERPT_LIMIT = 1000;
/** Decisions, lineage, operations and uses of the key share what the run leaves of an answer. */
const SHARES = 4;

/** All that is known about a run. */
export interface SupportBundle {
  readonly run: Run;
  readonly artifact: RunArtifact;
  readonly workflowStatus: WorkflowStatus;
  readonly decisions: Excerpt<Decision>;
  /** Of the run and of its correlation id. */
  readonly lineage: Excerpt<LineageEdge>;
  /** Of the run and of its correlation id, without their results. */
  readonly operations: Excerpt<OperationSummary>;
  readonly keyHistory: Excerpt<KeyUse>;
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
    const run = (await this.runs.find(rebalanceRunId)) ?? notFound();
    const { artifact, bytes } = await measuredArtifactOf(run);
    const room = { items: EXCERPT_LIMIT, bytes: Math.max(0, PAGE_BYTES - bytes) / SHARES };
    const [review, decisions, lineage, operations, keyHistory] = await Promise.all([
      this.decisions.reviewOf(rebalanceRunId),
      this.#decisionsOf(run, room),
      this.#lineageOf(run, room),
      this.#operationsOf(run, room),
      this.runs.keyHistoryOfRun(rebalanceRunId, EXCERPT_LIMIT + 1),
    ]);
    return {
      run,
      artifact,
      // A purge may have come between.
      workflowStatus: workflowStatusOf(review ?? notFound()),
      decisions,
      lineage,
      operations,
      keyHistory: excerptOf(keyHistory, room),
    };
  }

  async #decisionsOf({ rebalanceRunId }: Run, room: Room): Promise<Excerpt<Decision>> {
    const { items, next } = await readPage<Decision, number>(
      room.items,
      undefined,
      async (...part) => (await this.decisions.ofRun(rebalanceRunId, ...part))?.decisions ?? [],
      sequenceNoOf,
    );
    return excerptOf(items, room, next !== null);
  }

  async #lineageOf(
    { rebalanceRunId, correlationId }: Run,
    room: Room,
  ): Promise<Excerpt<LineageEdge>> {
    const found = await Promise.all(
      [rebalanceRunId, correlationId].map((entity) =>
        this.lineage.edgesOf(entity, 'both', room.items + 1),
      ),
    );
    return excerptOf(mergeDistinct(found.flat(), placeOf, 'oldest first'), room);
  }

  async #operationsOf(
    { rebalanceRunId, correlationId }: Run,
    room: Room,
  ): Promise<Excerpt<OperationSummary>> {
    const [ofRun, ofCorrelation] = await Promise.all([
      readPage(
        room.items,
        undefined,
        (...page) => this.operations.list({ rebalanceRunId }, ...page),
        positionOf,
      ),
      this.operations.findByCorrelationId(correlationId),
    ]);
    const found = [...ofRun.items, ...(ofCorrelation ? [withoutResult(ofCorrelation)] : [])];
    return excerptOf(mergeDistinct(found, positionOf, 'newest first'), room, ofRun.next !== null);
  }
}

function withoutResult({ result: _, ...summary }: AsyncOperation): OperationSummary {
  return summary;
}

function notFound(): never {
  throw new ReasonError('RUN_NOT_FOUND');
}
