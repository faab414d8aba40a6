import './advisory.reasons.js';
import { withIdempotencyKey } from '../keyed-requests.openapi.js';
import type { OperationDescription } from '@holdfast/nest/http/operation';
import * as examples from './proposals.examples.js';
import * as responses from './proposals.responses.js';

export const create: OperationDescription = {
  summary: 'Create a proposal',
  description:
    'The same Idempotency-Key with the same body answers the same proposal with 200; with another body, 409.',
  headers: [
    {
      name: 'Idempotency-Key',
      description:
        '1 to 255 visible ASCII characters; names this request for good. Counts apart from the keys of other routes.',
      required: true,
      example: 'order-2026-11-21-0001',
    },
  ],
  example: examples.createExample,
  returns: {
    201: {
      description: 'Created.',
      schema: responses.ProposalBody,
      example: examples.proposalExample,
      headers: { Location: 'Where the proposal is.' },
    },
    200: {
      description: 'Created before under this key.',
      schema: responses.ProposalBody,
      example: examples.proposalExample,
      headers: { 'Idempotency-Replayed': 'Always true.' },
    },
  },
  errors: [
    'ACTOR_NOT_CALLER',
    'IDEMPOTENCY_KEY_REQUIRED',
    'IDEMPOTENCY_KEY_INVALID',
    'IDEMPOTENCY_KEY_CONFLICT',
    'DOCUMENT_TOO_LARGE',
  ],
};

export const list: OperationDescription = {
  summary: 'List proposals, newest first',
  description:
    'created_from is inclusive, created_to exclusive. Follow next_cursor until it is null; proposals created meanwhile do not disturb the pages.',
  returns: {
    200: {
      description: 'One page.',
      schema: responses.ProposalPageBody,
      example: { items: [examples.summaryExample], next_cursor: null },
    },
  },
  errors: ['CURSOR_INVALID'],
};

export const get: OperationDescription = {
  summary: 'Get a proposal with its current version',
  description: 'Its state, and the document of its newest version.',
  returns: {
    200: {
      description: 'The proposal.',
      schema: responses.ProposalBody,
      example: examples.proposalExample,
    },
  },
  errors: ['PROPOSAL_NOT_FOUND'],
};

export const addVersion = withIdempotencyKey({
  summary: 'Add a version',
  description: 'With expected_version_no the version is added only on top of that one.',
  example: { created_by: 'advisor-7', document: { trades: [] }, expected_version_no: 1 },
  returns: {
    201: {
      description: 'Added; it is now the current version.',
      schema: responses.ProposalBody,
      example: examples.proposalExample,
    },
  },
  errors: [
    'ACTOR_NOT_CALLER',
    'PROPOSAL_NOT_FOUND',
    'STATE_CONFLICT',
    'VERSION_NOT_ALLOWED',
    'DOCUMENT_TOO_LARGE',
    'RECORD_CONTENDED',
  ],
});

export const version: OperationDescription = {
  summary: 'Get a version',
  description: 'A version never changes; versions are numbered from 1.',
  returns: {
    200: {
      description: 'The version, as it was added.',
      schema: responses.VersionBody,
      example: examples.versionExample,
    },
  },
  errors: ['PROPOSAL_NOT_FOUND', 'PROPOSAL_VERSION_NOT_FOUND'],
};

export const transition = withIdempotencyKey({
  summary: 'Move a proposal to another state',
  description: 'Only from expected_state; a proposal that is elsewhere answers STATE_CONFLICT.',
  example: examples.transitionExample,
  returns: {
    200: {
      description: 'The proposal in its new state, and the event.',
      schema: responses.TransitionBody,
      example: {
        ...examples.summaryExample,
        current_state: 'RISK_REVIEW',
        event: examples.eventExample,
      },
    },
  },
  errors: [
    'ACTOR_NOT_CALLER',
    'SELF_APPROVAL_FORBIDDEN',
    'PROPOSAL_NOT_FOUND',
    'STATE_CONFLICT',
    'TRANSITION_NOT_ALLOWED',
    'RECORD_CONTENDED',
  ],
});

export const recordApproval = withIdempotencyKey({
  summary: 'Record an approval or a refusal',
  description:
    'An approval moves the proposal on: RISK to COMPLIANCE_REVIEW, COMPLIANCE to AWAITING_CLIENT_CONSENT, CLIENT_CONSENT to EXECUTION_READY. A refusal moves it to REJECTED.',
  example: examples.recordApprovalExample,
  returns: {
    201: {
      description: 'The proposal in its new state, the approval and the event.',
      schema: responses.RecordedApprovalBody,
      example: {
        ...examples.summaryExample,
        current_state: 'COMPLIANCE_REVIEW',
        approval: examples.approvalExample,
        event: { ...examples.eventExample, event_type: 'APPROVAL_RECORDED' },
      },
    },
  },
  errors: [
    'ACTOR_NOT_CALLER',
    'SELF_APPROVAL_FORBIDDEN',
    'PROPOSAL_NOT_FOUND',
    'STATE_CONFLICT',
    'APPROVAL_NOT_ALLOWED',
    'RECORD_CONTENDED',
  ],
});

export const approvals: OperationDescription = {
  summary: 'List the approvals of a proposal, oldest first',
  description: 'Follow next_cursor until it is null.',
  returns: {
    200: {
      description: 'One page: up to limit and to 2 MiB.',
      schema: responses.ApprovalsBody,
      example: {
        proposal_id: examples.approvalExample.proposal_id,
        items: [examples.approvalExample],
        next_cursor: null,
      },
    },
  },
  errors: ['PROPOSAL_NOT_FOUND', 'CURSOR_INVALID'],
};

export const events: OperationDescription = {
  summary: 'List what happened to a proposal, oldest first',
  description: 'Follow next_cursor until it is null.',
  returns: {
    200: {
      description: 'One page: up to limit and to 2 MiB.',
      schema: responses.EventsBody,
      example: {
        proposal_id: examples.eventExample.proposal_id,
        items: [examples.eventExample],
        next_cursor: null,
      },
    },
  },
  errors: ['PROPOSAL_NOT_FOUND', 'CURSOR_INVALID'],
};
