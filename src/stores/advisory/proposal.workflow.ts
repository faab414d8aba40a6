export const PROPOSAL_STATES = [
  'DRAFT',
  'RISK_REVIEW',
  'COMPLIANCE_REVIEW',
  'AWAITING_CLIENT_CONSENT',
  'EXECUTION_READY',
  'EXECUTED',
  'REJECTED',
  'CANCELLED',
  'EXPIRED',
] as const;

export type ProposalState = (typeof PROPOSAL_STATES)[number];

/** From each state, the states it may go to. */
export const TRANSITIONS: Readonly<Record<ProposalState, readonly ProposalState[]>> = {
  DRAFT: ['RISK_REVIEW', 'COMPLIANCE_REVIEW', 'CANCELLED', 'EXPIRED'],
  RISK_REVIEW: ['DRAFT', 'COMPLIANCE_REVIEW', 'REJECTED', 'CANCELLED', 'EXPIRED'],
  COMPLIANCE_REVIEW: ['DRAFT', 'AWAITING_CLIENT_CONSENT', 'REJECTED', 'CANCELLED', 'EXPIRED'],
  AWAITING_CLIENT_CONSENT: ['EXECUTION_READY', 'REJECTED', 'CANCELLED', 'EXPIRED'],
  EXECUTION_READY: ['EXECUTED', 'CANCELLED', 'EXPIRED'],
  EXECUTED: [],
  REJECTED: [],
  CANCELLED: [],
  EXPIRED: [],
};

export const APPROVAL_TYPES = ['RISK', 'COMPLIANCE', 'CLIENT_CONSENT'] as const;

export type ApprovalType = (typeof APPROVAL_TYPES)[number];

/** The state each approval belongs to, and where it leads when it is given; refused: `REJECTED`. */
export const APPROVALS: Readonly<
  Record<ApprovalType, { readonly in: ProposalState; readonly leadsTo: ProposalState }>
> = {
  RISK: { in: 'RISK_REVIEW', leadsTo: 'COMPLIANCE_REVIEW' },
  COMPLIANCE: { in: 'COMPLIANCE_REVIEW', leadsTo: 'AWAITING_CLIENT_CONSENT' },
  CLIENT_CONSENT: { in: 'AWAITING_CLIENT_CONSENT', leadsTo: 'EXECUTION_READY' },
};

/** Whether a move is one that an approval makes. */
export function approves(from: ProposalState, to: ProposalState): boolean {
  return Object.values(APPROVALS).some((rule) => rule.in === from && rule.leadsTo === to);
}

/** In which a proposal takes new versions. */
export const VERSION_STATES: readonly ProposalState[] = [
  'DRAFT',
  'RISK_REVIEW',
  'COMPLIANCE_REVIEW',
];

export const EVENT_TYPES = [
  'CREATED',
  'VERSION_ADDED',
  'STATE_CHANGED',
  'APPROVAL_RECORDED',
] as const;

export type EventType = (typeof EVENT_TYPES)[number];
