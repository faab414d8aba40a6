import { z } from 'zod';
import { lazySchema } from '@holdfast/nest/http/lazy-schema';
import {
  ACTIONS,
  type Review,
  type Decision,
  type WorkflowStatus,
  WORKFLOW_STATUSES,
  workflowStatusOf,
} from './decision.js';

const workflowStatus = lazySchema(() => z.enum(WORKFLOW_STATUSES));
const time = lazySchema(() => z.iso.datetime().meta({ example: '2026-11-21T12:00:00.000Z' }));

export const DecisionBody = lazySchema(() =>
  z
    .strictObject({
      decision_id: z.string(),
      rebalance_run_id: z.string(),
      sequence_no: z.int().meta({ description: '1, 2, 3, … within the run.' }),
      action: z.enum(ACTIONS),
      reason_code: z.string(),
      comment: z.string().nullable(),
      actor_id: z.string(),
      created_at: time(),
    })
    .meta({ id: 'WorkflowDecision' }),
);

export const DecidedBody = lazySchema(() =>
  z
    .strictObject({
      rebalance_run_id: z.string(),
      workflow_status: workflowStatus(),
      decision: DecisionBody(),
    })
    .meta({ id: 'WorkflowDecided' }),
);

export const WorkflowBody = lazySchema(() =>
  z
    .strictObject({
      rebalance_run_id: z.string(),
      workflow_status: workflowStatus(),
      decisions_count: z.int(),
      last_decision: DecisionBody().nullable(),
    })
    .meta({ id: 'Workflow' }),
);

export const DecisionsBody = lazySchema(() =>
  z
    .strictObject({
      rebalance_run_id: z.string(),
      items: z.array(DecisionBody()),
      next_cursor: z.string().nullable(),
    })
    .meta({ id: 'WorkflowDecisions' }),
);

export const DecisionPageBody = lazySchema(() =>
  z
    .strictObject({ items: z.array(DecisionBody()), next_cursor: z.string().nullable() })
    .meta({ id: 'WorkflowDecisionPage' }),
);

export function decisionBody(decision: Decision): z.output<ReturnType<typeof DecisionBody>> {
  return {
    decision_id: decision.decisionId,
    rebalance_run_id: decision.rebalanceRunId,
    sequence_no: decision.sequenceNo,
    action: decision.action,
    reason_code: decision.reasonCode,
    comment: decision.comment,
    actor_id: decision.actorId,
    created_at: decision.createdAt,
  };
}

export function workflowBody(
  rebalanceRunId: string,
  review: Review,
  last: Decision | null,
): z.output<ReturnType<typeof WorkflowBody>> {
  return {
    rebalance_run_id: rebalanceRunId,
    workflow_status: workflowStatusOf(review),
    decisions_count: review.decisions.length,
    last_decision: last ? decisionBody(last) : null,
  };
}

export function decidedBody({
  decision,
  workflowStatus,
}: {
  readonly decision: Decision;
  readonly workflowStatus: WorkflowStatus;
}): z.output<ReturnType<typeof DecidedBody>> {
  return {
    rebalance_run_id: decision.rebalanceRunId,
    workflow_status: workflowStatus,
    decision: decisionBody(decision),
  };
}
