import type { CreatedRange } from '@holdfast/core/instant';
import type { KeptAnswer } from '../../kept-answers.js';
import type { Position } from '@holdfast/core/page';
import type { Action, Review, Decision, Workflow } from './decision.js';

export interface DecisionFilter extends CreatedRange {
  readonly rebalanceRunId?: string;
  readonly action?: Action;
  readonly actorId?: string;
  readonly reasonCode?: string;
}

/** The port of the workflow decisions. They are deleted with their run, by the purge of the runs. */
export abstract class DecisionRepository {
  /**
   * Stores a decision after the decision before it, and with it the answer that tells of it.
   * @returns false, and nothing is stored, when the run is gone or its next decision is not of this
   * number: someone else was faster
   * @throws KeyTakenError, and nothing is stored, when another request has the answer's key
   */
  abstract append(decision: Decision, answer?: KeptAnswer): Promise<boolean>;

  /** What the run's decisions make of it, without what was said; null for an unknown run. */
  abstract reviewOf(rebalanceRunId: string): Promise<Review | null>;

  /**
   * The run's decisions in the order in which they were made; null for an unknown run.
   * @param limit all of them without it
   * @param after the sequence number that they follow
   */
  abstract ofRun(rebalanceRunId: string, limit?: number, after?: number): Promise<Workflow | null>;

  /** Newest first, then by identifier, both descending. */
  abstract list(
    filter: DecisionFilter,
    limit: number,
    after?: Position,
  ): Promise<readonly Decision[]>;
}
