import { withIdempotencyKey } from '../../keyed-requests.openapi.js';
import type { OperationDescription } from '@holdfast/nest/http/operation';
import { dpmTags } from '../dpm.tags.js';
import * as examples from './decisions.examples.js';
import * as responses from './decisions.responses.js';

export const decide = withIdempotencyKey({
  summary: 'Decide about a run that needs review',
  description:
    'PENDING_REVIEW takes APPROVE, REJECT and REQUEST_CHANGES; APPROVED and REJECTED take REQUEST_CHANGES, which leads back to PENDING_REVIEW. With expected_status the decision is made only in that status.',
  example: examples.decideExample,
  returns: {
    201: {
      description: 'Decided.',
      schema: responses.DecidedBody,
      example: examples.decidedExample,
    },
  },
  errors: [
    'ACTOR_NOT_CALLER',
    'RUN_NOT_FOUND',
    'WORKFLOW_NOT_REQUIRED',
    'WORKFLOW_STATUS_CONFLICT',
    'DECISION_NOT_ALLOWED',
    'DECISION_LIMIT_REACHED',
    'RECORD_CONTENDED',
  ],
});

export const workflow: OperationDescription = {
  summary: 'Get the workflow status of a run',
  description: 'NOT_REQUIRED unless the run was recorded as PENDING_REVIEW.',
  returns: {
    200: {
      description: 'What the decisions make of the run.',
      schema: responses.WorkflowBody,
      example: examples.workflowExample,
    },
  },
  errors: ['RUN_NOT_FOUND'],
};

export const ofRun: OperationDescription = {
  summary: 'List the decisions about a run, oldest first',
  description: 'Follow next_cursor until it is null.',
  returns: {
    200: {
      description: 'One page: up to limit and to 2 MiB.',
      schema: responses.DecisionsBody,
      example: {
        rebalance_run_id: examples.decisionExample.rebalance_run_id,
        items: [examples.decisionExample],
        next_cursor: null,
      },
    },
  },
  errors: ['RUN_NOT_FOUND', 'CURSOR_INVALID'],
};

export const list: OperationDescription = {
  summary: 'List decisions, newest first',
  tag: dpmTags.workflow,
  description:
    'created_from is inclusive, created_to exclusive. Follow next_cursor until it is null; decisions made meanwhile do not disturb the pages.',
  returns: {
    200: {
      description: 'One page.',
      schema: responses.DecisionPageBody,
      example: { items: [examples.decisionExample], next_cursor: null },
    },
  },
  errors: ['CURSOR_INVALID'],
};
