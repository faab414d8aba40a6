import type { Parameters } from '@holdfast/postgres/database/sql-database';
import { readTime, storedTime, type TimeColumn } from '@holdfast/core/instant';
import { readStoredJson } from '@holdfast/core/json';
import type {
  Approval,
  ApprovalType,
  EventType,
  Proposal,
  ProposalState,
  ProposalVersion,
  WorkflowEvent,
} from './proposal.js';

export interface ProposalRow {
  readonly proposal_id: string;
  readonly portfolio_id: string;
  readonly mandate_id: string | null;
  readonly jurisdiction: string | null;
  readonly title: string | null;
  readonly advisor_notes: string | null;
  readonly created_by: string;
  readonly current_state: ProposalState;
  readonly current_version_no: number;
  readonly revision: number;
  readonly created_at: TimeColumn;
  readonly updated_at: TimeColumn;
}

export interface VersionRow {
  readonly proposal_id: string;
  readonly version_no: number;
  /** JSON text: read without the driver's own parsing. */
  readonly document: string;
  readonly document_hash: string;
  readonly version_created_by: string;
  readonly version_created_at: TimeColumn;
}

export interface EventRow {
  readonly event_id: string;
  readonly proposal_id: string;
  readonly sequence_no: number;
  readonly event_type: EventType;
  readonly from_state: ProposalState | null;
  readonly to_state: ProposalState;
  readonly version_no: number;
  readonly actor_id: string;
  readonly reason: string | null;
  readonly occurred_at: TimeColumn;
}

export interface ApprovalRow {
  readonly approval_id: string;
  readonly proposal_id: string;
  readonly sequence_no: number;
  readonly approval_type: ApprovalType;
  readonly approved: boolean | number;
  readonly version_no: number;
  readonly actor_id: string;
  readonly comment: string | null;
  readonly occurred_at: TimeColumn;
}

export function proposalOf(row: ProposalRow): Proposal {
  return {
    proposalId: row.proposal_id,
    portfolioId: row.portfolio_id,
    mandateId: row.mandate_id,
    jurisdiction: row.jurisdiction,
    title: row.title,
    advisorNotes: row.advisor_notes,
    createdBy: row.created_by,
    currentState: row.current_state,
    currentVersionNo: row.current_version_no,
    revision: row.revision,
    createdAt: readTime(row.created_at),
    updatedAt: readTime(row.updated_at),
  };
}

export async function versionOf(row: VersionRow): Promise<ProposalVersion> {
  return {
    proposalId: row.proposal_id,
    versionNo: row.version_no,
    document: await readStoredJson(row.document),
    documentHash: row.document_hash,
    createdBy: row.version_created_by,
    createdAt: readTime(row.version_created_at),
  };
}

export function eventOf(row: EventRow): WorkflowEvent {
  return {
    eventId: row.event_id,
    proposalId: row.proposal_id,
    sequenceNo: row.sequence_no,
    eventType: row.event_type,
    fromState: row.from_state,
    toState: row.to_state,
    versionNo: row.version_no,
    actorId: row.actor_id,
    reason: row.reason,
    occurredAt: readTime(row.occurred_at),
  };
}

export function approvalOf(row: ApprovalRow): Approval {
  return {
    approvalId: row.approval_id,
    proposalId: row.proposal_id,
    sequenceNo: row.sequence_no,
    approvalType: row.approval_type,
    approved: Boolean(row.approved),
    versionNo: row.version_no,
    actorId: row.actor_id,
    comment: row.comment,
    occurredAt: readTime(row.occurred_at),
  };
}

export function proposalParameters(proposal: Proposal): Parameters {
  const { createdAt, updatedAt, ...fields } = proposal;
  return { ...fields, createdAt: storedTime(createdAt), updatedAt: storedTime(updatedAt) };
}

export function versionParameters(version: ProposalVersion): Parameters {
  return {
    ...version,
    document: JSON.stringify(version.document),
    createdAt: storedTime(version.createdAt),
  };
}

export function eventParameters(event: WorkflowEvent): Parameters {
  return { ...event, occurredAt: storedTime(event.occurredAt) };
}

export function approvalParameters(approval: Approval): Parameters {
  return { ...approval, occurredAt: storedTime(approval.occurredAt) };
}
