import { AT, EXAMPLE_ID } from '../runs/runs.examples.js';

export const decideExample = {
  action: 'APPROVE',
  reason_code: 'WITHIN_LIMITS',
  comment: 'Checked against the mandate.',
  actor_id: 'reviewer-2',
  expected_status: 'PENDING_REVIEW',
};

export const decisionExample = {
  decision_id: '7c1e1b0f-2a9d-4a53-9c3b-5b0d4f7e8a21',
  rebalance_run_id: EXAMPLE_ID,
  sequence_no: 1,
  action: decideExample.action,
  reason_code: decideExample.reason_code,
  comment: decideExample.comment,
  actor_id: decideExample.actor_id,
  created_at: AT,
};

export const decidedExample = {
  rebalance_run_id: EXAMPLE_ID,
  workflow_status: 'APPROVED',
  decision: decisionExample,
};

export const workflowExample = {
  rebalance_run_id: EXAMPLE_ID,
  workflow_status: 'APPROVED',
  decisions_count: 1,
  last_decision: decisionExample,
};
