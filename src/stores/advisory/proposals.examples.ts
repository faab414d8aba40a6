const EXAMPLE_ID = '6f1f3c0e-6c0b-4b0c-9d7a-2f4a1f0f9b11';
const AT = '2026-11-21T12:00:00.000Z';

export const createExample = {
  portfolio_id: 'pf-1001',
  created_by: 'advisor-7',
  title: 'Shift to short bonds',
  mandate_id: 'mandate-3',
  jurisdiction: 'SG',
  advisor_notes: 'Discussed on the phone.',
  document: { trades: [{ isin: 'IE00B4L5Y983', weight: 0.1 }] },
};

export const versionExample = {
  version_no: 1,
  document: createExample.document,
  document_hash: '3c51b41d4d2ae3f4e0c0bb1e65c0b12b6f5af4f9e6ef1e6c9a41c0a3d7b6f0d2',
  created_by: 'advisor-7',
  created_at: AT,
};

export const summaryExample = {
  proposal_id: EXAMPLE_ID,
  portfolio_id: 'pf-1001',
  mandate_id: 'mandate-3',
  jurisdiction: 'SG',
  title: 'Shift to short bonds',
  advisor_notes: 'Discussed on the phone.',
  created_by: 'advisor-7',
  current_state: 'DRAFT',
  current_version_no: 1,
  created_at: AT,
  updated_at: AT,
};

export const proposalExample = { ...summaryExample, version: versionExample };

export const transitionExample = {
  to_state: 'RISK_REVIEW',
  expected_state: 'DRAFT',
  actor_id: 'advisor-7',
  reason: 'Ready for risk.',
};

export const eventExample = {
  event_id: 'a3a4c1b2-8f5e-4d51-b5c1-0d7c4f0a1e22',
  proposal_id: EXAMPLE_ID,
  sequence_no: 2,
  event_type: 'STATE_CHANGED',
  from_state: 'DRAFT',
  to_state: 'RISK_REVIEW',
  version_no: 1,
  actor_id: 'advisor-7',
  reason: 'Ready for risk.',
  occurred_at: AT,
};

export const recordApprovalExample = {
  approval_type: 'RISK',
  approved: true,
  expected_state: 'RISK_REVIEW',
  actor_id: 'risk-2',
  comment: 'Within limits.',
};

export const approvalExample = {
  approval_id: '0b9a6f6a-5f0e-4d2c-8f7d-3f1b8f1f6a33',
  proposal_id: EXAMPLE_ID,
  approval_type: 'RISK',
  approved: true,
  version_no: 1,
  actor_id: 'risk-2',
  comment: 'Within limits.',
  occurred_at: AT,
};
