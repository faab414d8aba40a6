import { createHash } from 'node:crypto';
import {
  type Act,
  addVersion,
  createProposal,
  type NewProposal,
  recordApproval,
  transition,
} from '../../../src/stores/advisory/proposal.changes.js';
import type {
  ApprovalType,
  ProposalState,
} from '../../../src/stores/advisory/proposal.workflow.js';
import type { Proposal } from '../../../src/stores/advisory/proposal.js';
import type { JsonValue } from '@holdfast/core/json';
import type { IdempotencyKey } from '../../../src/stores/advisory/proposal.repository.js';
import { newId } from '../new-id.js';

/** What a test says of a proposal; the rest is filled in. */
export interface Draft extends Partial<NewProposal> {
  readonly createdBy?: string;
  readonly createdAt?: string;
  readonly document?: JsonValue;
  readonly eventId?: string;
}

export const NOON = '2026-11-21T12:00:00.000Z';

/** A first write; every identifier is new unless it is given. */
export function creation(draft: Draft = {}) {
  const { createdBy, createdAt, document = { trades: [] }, eventId, ...fields } = draft;
  return createProposal(
    {
      proposalId: newId('proposal'),
      portfolioId: 'portfolio-1',
      mandateId: null,
      jurisdiction: null,
      title: null,
      advisorNotes: null,
      ...fields,
    },
    contentOf(document),
    act({
      actorId: createdBy ?? 'advisor-1',
      at: createdAt ?? NOON,
      ...(eventId !== undefined && { eventId }),
    }),
  );
}

/** An idempotency key of which a test only cares that it is its own. */
export function newKey(): IdempotencyKey {
  return keyOf(newId('key'));
}

export function keyOf(key: string, request: unknown = 'request'): IdempotencyKey {
  return { key, requestHash: sha256(JSON.stringify(request)) };
}

export function versionOn(before: Proposal, document: JsonValue, by: Partial<Act> = {}) {
  return addVersion(before, contentOf(document), act(by));
}

export function move(before: Proposal, toState: ProposalState, by: Partial<Act> = {}) {
  return transition(before, toState, act(by));
}

export function approval(
  before: Proposal,
  approvalType: ApprovalType,
  fields: { approved?: boolean; comment?: string | null; approvalId?: string } = {},
  by: Partial<Act> = {},
) {
  const { approved = true, comment = null, approvalId = newId('approval') } = fields;
  return recordApproval(before, { approvalId, approvalType, approved, comment }, act(by));
}

function act(by: Partial<Act>): Act {
  return { actorId: 'advisor-1', at: NOON, eventId: newId('event'), ...by };
}

function contentOf(document: JsonValue) {
  return { document, documentHash: sha256(JSON.stringify(document)) };
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
