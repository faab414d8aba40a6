import type { Instant } from '@holdfast/core/instant';
import { ReasonError } from './advisory.reasons.js';
import type {
  Approval,
  Proposal,
  ProposalChange,
  ProposalVersion,
  WorkflowEvent,
} from './proposal.js';
import {
  APPROVALS,
  type EventType,
  type ProposalState,
  TRANSITIONS,
  VERSION_STATES,
} from './proposal.workflow.js';

/** Who does something, when, and the identifier of the event that it becomes. */
export interface Act {
  readonly actorId: string;
  readonly at: Instant;
  readonly eventId: string;
  readonly reason?: string | null;
}

/** What a proposal is created with. */
export type NewProposal = Omit<
  Proposal,
  'createdBy' | 'currentState' | 'currentVersionNo' | 'revision' | 'createdAt' | 'updatedAt'
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
