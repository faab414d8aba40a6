import { z } from 'zod';
import { ReasonError } from '../../reasons.js';
import {
  type Approval,
  APPROVAL_TYPES,
  EVENT_TYPES,
  type JsonValue,
  type Proposal,
  PROPOSAL_STATES,
  type ProposalVersion,
  type WorkflowEvent,
} from './proposal.js';
import type { ProposalPosition } from './proposal.repository.js';

// What comes in

const identifier = (meaning: string) => z.string().min(1).max(128).meta({ description: meaning });
const document = z
  .custom<JsonValue>((value) => value !== undefined, 'is required')
  .meta({ description: 'Any JSON value up to 1 MiB; it comes back as it was sent.' });
const state = z.enum(PROPOSAL_STATES);

/** RFC 3339 with up to microseconds and an offset; becomes UTC with microseconds. */
const instant = z.iso
  .datetime({ offset: true })
  .refine((text) => !/\.\d{7,}/.test(text), 'has more than six decimals')
  .transform(microseconds);

export const CreateProposal = z
  .strictObject({
    portfolio_id: identifier('Portfolio the proposal is for.'),
    created_by: identifier('Who proposes.'),
    title: z.string().max(1000).nullish(),
    mandate_id: z.string().min(1).max(128).nullish(),
    jurisdiction: z.string().min(1).max(128).nullish(),
    advisor_notes: z.string().max(65_536).nullish(),
    document,
  })
  .meta({ id: 'CreateProposalRequest' });

export const AddVersion = z
  .strictObject({
    created_by: identifier('Who proposes.'),
    document,
    expected_version_no: z.int().min(1).max(2_147_483_647).optional(),
  })
  .meta({ id: 'AddVersionRequest' });

export const Transition = z
  .strictObject({
    to_state: state,
    expected_state: state,
    actor_id: identifier('Who decides.'),
    reason: z.string().max(65_536).nullish(),
  })
  .meta({ id: 'TransitionRequest' });

export const RecordApproval = z
  .strictObject({
    approval_type: z.enum(APPROVAL_TYPES),
    approved: z.boolean(),
    expected_state: state,
    actor_id: identifier('Who decides.'),
    comment: z.string().max(65_536).nullish(),
  })
  .meta({ id: 'RecordApprovalRequest' });

export const ListProposals = z.strictObject({
  portfolio_id: z.string().min(1).max(128).optional(),
  state: state.optional(),
  created_by: z.string().min(1).max(128).optional(),
  created_from: instant.optional(),
  created_to: instant.optional(),
  limit: z.coerce.number().int().min(1).max(200).default(50),
  cursor: z.string().max(512).optional(),
});

export const ProposalPath = z.strictObject({ proposal_id: z.string().min(1).max(128) });

export const VersionPath = z.strictObject({
  proposal_id: z.string().min(1).max(128),
  version_no: z.coerce.number().int().min(1).max(2_147_483_647),
});

// What goes out

const time = z.iso.datetime().meta({ example: '2026-11-21T12:00:00.000Z' });

export const VersionBody = z
  .strictObject({
    version_no: z.int(),
    document: z.unknown(),
    document_hash: z.string().meta({ description: 'SHA-256 of the canonical JSON (RFC 8785).' }),
    created_by: z.string(),
    created_at: time,
  })
  .meta({ id: 'ProposalVersion' });

export const ProposalSummaryBody = z
  .strictObject({
    proposal_id: z.string(),
    portfolio_id: z.string(),
    mandate_id: z.string().nullable(),
    jurisdiction: z.string().nullable(),
    title: z.string().nullable(),
    advisor_notes: z.string().nullable(),
    created_by: z.string(),
    current_state: state,
    current_version_no: z.int(),
    created_at: time,
    updated_at: time,
  })
  .meta({ id: 'ProposalSummary' });

export const ProposalBody = ProposalSummaryBody.extend({ version: VersionBody }).meta({
  id: 'Proposal',
});

export const ProposalPageBody = z
  .strictObject({ items: z.array(ProposalSummaryBody), next_cursor: z.string().nullable() })
  .meta({ id: 'ProposalPage' });

export const EventBody = z
  .strictObject({
    event_id: z.string(),
    proposal_id: z.string(),
    sequence_no: z.int(),
    event_type: z.enum(EVENT_TYPES),
    from_state: state.nullable(),
    to_state: state,
    version_no: z.int(),
    actor_id: z.string(),
    reason: z.string().nullable(),
    occurred_at: time,
  })
  .meta({ id: 'ProposalEvent' });

export const EventsBody = z
  .strictObject({ proposal_id: z.string(), items: z.array(EventBody) })
  .meta({ id: 'ProposalEvents' });

export const ApprovalBody = z
  .strictObject({
    approval_id: z.string(),
    proposal_id: z.string(),
    approval_type: z.enum(APPROVAL_TYPES),
    approved: z.boolean(),
    version_no: z.int(),
    actor_id: z.string(),
    comment: z.string().nullable(),
    occurred_at: time,
  })
  .meta({ id: 'ProposalApproval' });

export const ApprovalsBody = z
  .strictObject({ proposal_id: z.string(), items: z.array(ApprovalBody) })
  .meta({ id: 'ProposalApprovals' });

export const TransitionBody = ProposalSummaryBody.extend({ event: EventBody }).meta({
  id: 'ProposalTransition',
});

export const RecordedApprovalBody = ProposalSummaryBody.extend({
  approval: ApprovalBody,
  event: EventBody,
}).meta({ id: 'ProposalRecordedApproval' });

export function summaryBody(proposal: Proposal): z.output<typeof ProposalSummaryBody> {
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

export function versionBody(version: ProposalVersion): z.output<typeof VersionBody> {
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
): z.output<typeof ProposalBody> {
  return { ...summaryBody(proposal), version: versionBody(version) };
}

export function eventBody(event: WorkflowEvent): z.output<typeof EventBody> {
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

export function approvalBody(approval: Approval): z.output<typeof ApprovalBody> {
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

const Position = z.tuple([z.iso.datetime({ precision: 3 }), z.string().min(1).max(128)]);

export function writeCursor({ createdAt, proposalId }: ProposalPosition): string {
  return Buffer.from(JSON.stringify([createdAt, proposalId])).toString('base64url');
}

/** @throws CURSOR_INVALID */
export function readCursor(cursor: string): ProposalPosition {
  let parsed: unknown;
  try {
    parsed = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'));
  } catch (cause) {
    throw new ReasonError('CURSOR_INVALID', { cause });
  }
  const position = Position.safeParse(parsed);
  if (!position.success || position.data[1].includes('\0')) throw new ReasonError('CURSOR_INVALID');
  const [createdAt, proposalId] = position.data;
  return { createdAt, proposalId };
}

function microseconds(text: string): string {
  const fraction = /\.(\d+)/.exec(text)?.[1] ?? '';
  const whole = new Date(text.replace(/\.\d+/, '')).toISOString().slice(0, 19);
  return `${whole}.${fraction.padEnd(6, '0')}Z`;
}
