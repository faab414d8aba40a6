import { z } from 'zod';
import { lazySchema } from '@holdfast/nest/http/lazy-schema';
import type { Approval, Proposal, ProposalVersion, WorkflowEvent } from './proposal.js';
import { APPROVAL_TYPES, EVENT_TYPES, PROPOSAL_STATES } from './proposal.workflow.js';

const state = lazySchema(() => z.enum(PROPOSAL_STATES));
const time = lazySchema(() => z.iso.datetime().meta({ example: '2026-11-21T12:00:00.000Z' }));

export const VersionBody = lazySchema(() =>
  z
    .strictObject({
      version_no: z.int(),
      document: z.unknown(),
      document_hash: z.string().meta({ description: 'SHA-256 of the canonical JSON (RFC 8785).' }),
      created_by: z.string(),
      created_at: time(),
    })
    .meta({ id: 'ProposalVersion' }),
);

export const ProposalSummaryBody = lazySchema(() =>
  z
    .strictObject({
      proposal_id: z.string(),
      portfolio_id: z.string(),
      mandate_id: z.string().nullable(),
      jurisdiction: z.string().nullable(),
      title: z.string().nullable(),
      advisor_notes: z.string().nullable(),
      created_by: z.string(),
      current_state: state(),
      current_version_no: z.int(),
      created_at: time(),
      updated_at: time(),
    })
    .meta({ id: 'ProposalSummary' }),
);

export const ProposalBody = lazySchema(() =>
  ProposalSummaryBody().extend({ version: VersionBody() }).meta({
    id: 'Proposal',
  }),
);

export const ProposalPageBody = lazySchema(() =>
  z
    .strictObject({ items: z.array(ProposalSummaryBody()), next_cursor: z.string().nullable() })
    .meta({ id: 'ProposalPage' }),
);

export const EventBody = lazySchema(() =>
  z
    .strictObject({
      event_id: z.string(),
      proposal_id: z.string(),
      sequence_no: z.int(),
      event_type: z.enum(EVENT_TYPES),
      from_state: state().nullable(),
      to_state: state(),
      version_no: z.int(),
      actor_id: z.string(),
      reason: z.string().nullable(),
      occurred_at: time(),
    })
    .meta({ id: 'ProposalEvent' }),
);

export const EventsBody = lazySchema(() =>
  z
    .strictObject({
      proposal_id: z.string(),
      items: z.array(EventBody()),
      next_cursor: z.string().nullable(),
    })
    .meta({ id: 'ProposalEvents' }),
);

export const ApprovalBody = lazySchema(() =>
  z
    .strictObject({
      approval_id: z.string(),
      proposal_id: z.string(),
      approval_type: z.enum(APPROVAL_TYPES),
      approved: z.boolean(),
      version_no: z.int(),
      actor_id: z.string(),
      comment: z.string().nullable(),
      occurred_at: time(),
    })
    .meta({ id: 'ProposalApproval' }),
);

export const ApprovalsBody = lazySchema(() =>
  z
    .strictObject({
      proposal_id: z.string(),
      items: z.array(ApprovalBody()),
      next_cursor: z.string().nullable(),
    })
    .meta({ id: 'ProposalApprovals' }),
);

export const TransitionBody = lazySchema(() =>
  ProposalSummaryBody().extend({ event: EventBody() }).meta({
    id: 'ProposalTransition',
  }),
);

export const RecordedApprovalBody = lazySchema(() =>
  ProposalSummaryBody()
    .extend({
      approval: ApprovalBody(),
      event: EventBody(),
    })
    .meta({ id: 'ProposalRecordedApproval' }),
);

export function summaryBody(proposal: Proposal): z.output<ReturnType<typeof ProposalSummaryBody>> {
  return {
    proposal_id: proposal.proposalId,
    portfolio_id: proposal.portfolioId,
    mandate_id: proposal.mandateId,
    jurisdiction: proposal.jurisdiction,
    title: proposal.title,
    advisor_notes: proposal.advisorNotes,
    created_by: proposal.createdBy,
    current_state: proposal.currentState,
    current_version_no: proposal.currentVersionNo,
    created_at: proposal.createdAt,
    updated_at: proposal.updatedAt,
  };
}

export function versionBody(version: ProposalVersion): z.output<ReturnType<typeof VersionBody>> {
  return {
    version_no: version.versionNo,
    document: version.document,
    document_hash: version.documentHash,
    created_by: version.createdBy,
    created_at: version.createdAt,
  };
}

export function proposalBody(
  proposal: Proposal,
  version: ProposalVersion,
): z.output<ReturnType<typeof ProposalBody>> {
  return { ...summaryBody(proposal), version: versionBody(version) };
}

export function eventBody(event: WorkflowEvent): z.output<ReturnType<typeof EventBody>> {
  return {
    event_id: event.eventId,
    proposal_id: event.proposalId,
    sequence_no: event.sequenceNo,
    event_type: event.eventType,
    from_state: event.fromState,
    to_state: event.toState,
    version_no: event.versionNo,
    actor_id: event.actorId,
    reason: event.reason,
    occurred_at: event.occurredAt,
  };
}

export function approvalBody(approval: Approval): z.output<ReturnType<typeof ApprovalBody>> {
  return {
    approval_id: approval.approvalId,
    proposal_id: approval.proposalId,
    approval_type: approval.approvalType,
    approved: approval.approved,
    version_no: approval.versionNo,
    actor_id: approval.actorId,
    comment: approval.comment,
    occurred_at: approval.occurredAt,
  };
}

export function transitionBody({
  proposal,
  event,
}: {
  readonly proposal: Proposal;
  readonly event: WorkflowEvent;
}): z.output<ReturnType<typeof TransitionBody>> {
  return { ...summaryBody(proposal), event: eventBody(event) };
}

export function recordedApprovalBody({
  proposal,
  approval,
  event,
}: {
  readonly proposal: Proposal;
  readonly approval: Approval;
  readonly event: WorkflowEvent;
}): z.output<ReturnType<typeof RecordedApprovalBody>> {
  return {
    ...summaryBody(proposal),
    approval: approvalBody(approval),
    event: eventBody(event),
  };
}
