import { ReasonError } from '../dpm.reasons.js';
import type { Position } from '@holdfast/core/page';
import type { RecordOf } from '@holdfast/postgres/entities/define-entity';
import type { DecisionEntity } from './decision.entity.js';
import type { RunStatus } from '../runs/run.js';

export const ACTIONS = ['APPROVE', 'REJECT', 'REQUEST_CHANGES'] as const;

export type Action = (typeof ACTIONS)[number];

export const WORKFLOW_STATUSES = [
  'NOT_REQUIRED',
  'PENDING_REVIEW',
  'APPROVED',
  'REJECTED',
] as const;

export type WorkflowStatus = (typeof WORKFLOW_STATUSES)[number];

/** Of one run: all of them decide what the next may be. */
export const MOST_DECISIONS = 1000;

/** One decision about a run that needs review; never changed. */
export type Decision = RecordOf<typeof DecisionEntity>;

/** What decides about a run: how it ended, and what was decided since. */
export interface Review {
  readonly runStatus: RunStatus;
  readonly decisions: readonly Pick<Decision, 'action'>[];
}

/** How a run ended, and decisions since. */
export interface Workflow extends Review {
  readonly decisions: readonly Decision[];
}

/** What someone decides; numbered by `decide`. */
export type NewDecision = Omit<Decision, 'sequenceNo'>;

/** From each workflow status, where each allowed action leads. */
export const DECISIONS: Readonly<
  Record<WorkflowStatus, Readonly<Partial<Record<Action, WorkflowStatus>>>>
> = {
  NOT_REQUIRED: {},
  PENDING_REVIEW: {
    APPROVE: 'APPROVED',
    REJECT: 'REJECTED',
    REQUEST_CHANGES: 'PENDING_REVIEW',
  },
  APPROVED: { REQUEST_CHANGES: 'PENDING_REVIEW' },
  REJECTED: { REQUEST_CHANGES: 'PENDING_REVIEW' },
};

/**
 * The next decision about a run.
 * @param expected the workflow status that the decision is meant for; undefined for any
 * @throws WORKFLOW_NOT_REQUIRED, WORKFLOW_STATUS_CONFLICT, DECISION_NOT_ALLOWED,
 * DECISION_LIMIT_REACHED
 */
export function decide(
  before: Review,
  decision: NewDecision,
  expected?: WorkflowStatus,
): { decision: Decision; workflowStatus: WorkflowStatus } {
  const current = workflowStatusOf(before);
  if (current === 'NOT_REQUIRED') {
    throw new ReasonError('WORKFLOW_NOT_REQUIRED', {
      detail: `the run is ${before.runStatus} and needs no review`,
    });
  }
  if (expected !== undefined && current !== expected) {
    throw new ReasonError('WORKFLOW_STATUS_CONFLICT', {
      detail: `the workflow is ${current}, not ${expected}`,
    });
  }
  const workflowStatus = DECISIONS[current][decision.action];
  if (!workflowStatus) {
    throw new ReasonError('DECISION_NOT_ALLOWED', {
      detail: `${decision.action} is not allowed while the workflow is ${current}`,
    });
  }
  if (before.decisions.length >= MOST_DECISIONS) throw new ReasonError('DECISION_LIMIT_REACHED');
  return { decision: { ...decision, sequenceNo: before.decisions.length + 1 }, workflowStatus };
}

/** What a run's decisions make of it. */
export function workflowStatusOf({ runStatus, decisions }: Review): WorkflowStatus {
  const start: WorkflowStatus = runStatus === 'PENDING_REVIEW' ? 'PENDING_REVIEW' : 'NOT_REQUIRED';
  return decisions.reduce(
    (current, { action }): WorkflowStatus => DECISIONS[current][action] ?? current,
    start,
  );
}

/** Where a decision stands in a list. */
export function positionOf({ createdAt, decisionId }: Decision): Position {
  return { createdAt, id: decisionId };
}
