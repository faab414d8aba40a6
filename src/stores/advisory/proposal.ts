import { ReasonError } from './advisory.reasons.js';
import type { Instant } from '@holdfast/core/instant';
import type { JsonValue } from '@holdfast/core/json';
import type { Position } from '@holdfast/core/page';

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

const VERSION_STATES: readonly ProposalState[] = ['DRAFT', 'RISK_REVIEW', 'COMPLIANCE_REVIEW'];

export interface Proposal {
  readonly proposalId: string;
  readonly portfolioId: string;
  readonly mandateId: string | null;
  readonly jurisdiction: string | null;
  readonly title: string | null;
  readonly advisorNotes: string | null;
  readonly createdBy: string;
  readonly currentState: ProposalState;
  readonly currentVersionNo: number;
  /** Counts the writes; the number of the last event. */
  readonly revision: number;
  readonly createdAt: Instant;
  readonly updatedAt: Instant;
}

/** Where a proposal stands in a list. */
export function positionOf({ createdAt, proposalId }: Proposal): Position {
  return { createdAt, id: proposalId };
}

/** A document as it was proposed; never changed. */
export interface ProposalVersion {
  readonly proposalId: string;
  readonly versionNo: number;
  readonly document: JsonValue;
  /** SHA-256 of the canonical JSON (RFC 8785), in hexadecimal. */
  readonly documentHash: string;
  readonly createdBy: string;
  readonly createdAt: Instant;
}

export const EVENT_TYPES = [
  'CREATED',
  'VERSION_ADDED',
  'STATE_CHANGED',
  'APPROVAL_RECORDED',
] as const;

export type EventType = (typeof EVENT_TYPES)[number];

export interface WorkflowEvent {
  readonly eventId: string;
  readonly proposalId: string;
  /** 1, 2, 3, … within the proposal. */
  readonly sequenceNo: number;
  readonly eventType: EventType;
  readonly fromState: ProposalState | null;
  readonly toState: ProposalState;
  readonly versionNo: number;
  readonly actorId: string;
  readonly reason: string | null;
  readonly occurredAt: Instant;
}

export interface Approval {
  readonly approvalId: string;
  readonly proposalId: string;
  /** The event that recorded it. */
  readonly sequenceNo: number;
  readonly approvalType: ApprovalType;
  readonly approved: boolean;
  readonly versionNo: number;
  readonly actorId: string;
  readonly comment: string | null;
  readonly occurredAt: Instant;
}

/** One write: the proposal as it becomes, its event, and what else belongs to it. */
export interface ProposalChange {
  readonly proposal: Proposal;
  readonly event: WorkflowEvent;
  readonly version?: ProposalVersion;
  readonly approval?: Approval;
}

/** Who does something, when, and the identifier of the event that it becomes. */
export interface Act {
  readonly actorId: string;
  readonly at: Instant;
  readonly eventId: string;
  readonly reason?: string | null;
}

export type NewProposal = Pick<
  Proposal,
  'proposalId' | 'portfolioId' | 'mandateId' | 'jurisdiction' | 'title' | 'advisorNotes'
>;

export type NewVersion = Pick<ProposalVersion, 'document' | 'documentHash'>;

export function createProposal(
  fields: NewProposal,
  content: NewVersion,
  act: Act,
): ProposalChange & { readonly version: ProposalVersion } {
  const proposal: Proposal = {
    ...fields,
    createdBy: act.actorId,
    currentState: 'DRAFT',
    currentVersionNo: 1,
    revision: 1,
    createdAt: act.at,
    updatedAt: act.at,
  };
  const event = eventOf('CREATED', null, proposal, act);
  return { proposal, event, version: versionOf(proposal, content, act) };
}

/** The proposal as `createProposal` made it: what a replay of the creation answers. */
export function asCreated(proposal: Proposal): Proposal {
  return {
    ...proposal,
    currentState: 'DRAFT',
    currentVersionNo: 1,
    revision: 1,
    updatedAt: proposal.createdAt,
  };
}

/** @throws VERSION_NOT_ALLOWED */
export function addVersion(
  before: Proposal,
  content: NewVersion,
  act: Act,
): ProposalChange & { readonly version: ProposalVersion } {
  if (!VERSION_STATES.includes(before.currentState)) {
    throw new ReasonError('VERSION_NOT_ALLOWED', {
      detail: `the proposal is ${before.currentState}`,
    });
  }
  const proposal = next(before, act, { currentVersionNo: before.currentVersionNo + 1 });
  return {
    proposal,
    event: eventOf('VERSION_ADDED', before.currentState, proposal, act),
    version: versionOf(proposal, content, act),
  };
}

/** @throws TRANSITION_NOT_ALLOWED */
export function transition(before: Proposal, toState: ProposalState, act: Act): ProposalChange {
  if (!TRANSITIONS[before.currentState].includes(toState)) {
    throw new ReasonError('TRANSITION_NOT_ALLOWED', {
      detail: `from ${before.currentState} to ${toState}`,
    });
  }
  const proposal = next(before, act, { currentState: toState });
  return { proposal, event: eventOf('STATE_CHANGED', before.currentState, proposal, act) };
}

/** @throws APPROVAL_NOT_ALLOWED */
export function recordApproval(
  before: Proposal,
  approval: Pick<Approval, 'approvalId' | 'approvalType' | 'approved' | 'comment'>,
  act: Act,
): ProposalChange & { readonly approval: Approval } {
  const rule = APPROVALS[approval.approvalType];
  if (before.currentState !== rule.in) {
    throw new ReasonError('APPROVAL_NOT_ALLOWED', {
      detail: `${approval.approvalType} in ${before.currentState}`,
    });
  }
  const proposal = next(before, act, {
    currentState: approval.approved ? rule.leadsTo : 'REJECTED',
  });
  const event = eventOf('APPROVAL_RECORDED', before.currentState, proposal, {
    ...act,
    reason: approval.comment,
  });
  return {
    proposal,
    event,
    approval: {
      ...approval,
      proposalId: proposal.proposalId,
      sequenceNo: event.sequenceNo,
      versionNo: proposal.currentVersionNo,
      actorId: act.actorId,
      occurredAt: act.at,
    },
  };
}

function next(before: Proposal, act: Act, changes: Partial<Proposal>): Proposal {
  return { ...before, ...changes, revision: before.revision + 1, updatedAt: act.at };
}

function eventOf(
  eventType: EventType,
  fromState: ProposalState | null,
  after: Proposal,
  act: Act,
): WorkflowEvent {
  return {
    eventId: act.eventId,
    proposalId: after.proposalId,
    sequenceNo: after.revision,
    eventType,
    fromState,
    toState: after.currentState,
    versionNo: after.currentVersionNo,
    actorId: act.actorId,
    reason: act.reason ?? null,
    occurredAt: act.at,
  };
}

function versionOf(after: Proposal, content: NewVersion, act: Act): ProposalVersion {
  return {
    ...content,
    proposalId: after.proposalId,
    versionNo: after.currentVersionNo,
    createdBy: act.actorId,
    createdAt: act.at,
  };
}
