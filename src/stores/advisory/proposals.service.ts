import { randomUUID } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import type { Settings } from '@holdfast/guard/settings';
import { valuesOf } from '@holdfast/guard/values-of';
import { SETTINGS } from '@holdfast/nest/settings.module';
import { Overtaken } from '@holdfast/postgres/database/assert-stored';
import { ReasonError } from './advisory.reasons.js';
import { advisoryVariables } from './advisory.variables.js';
import { hashDocument, hashJson, type JsonValue } from '@holdfast/core/json';
import type { Keep } from '../kept-answers.js';
import { KeyedQueue } from '../keyed-queue.js';
import { type Page, readPage, type Position } from '@holdfast/core/page';
import { sequenceNoOf } from '../sequence-number.js';
import {
  type Act,
  addVersion,
  asCreated,
  createProposal,
  type NewProposal,
  type NewVersion,
  recordApproval,
  transition,
} from './proposal.changes.js';
import {
  type Approval,
  type Proposal,
  type ProposalChange,
  type ProposalVersion,
  type WorkflowEvent,
  positionOf,
} from './proposal.js';
import { approves, type ApprovalType, type ProposalState } from './proposal.workflow.js';
import {
  type ProposalFilter,
  ProposalRepository,
  type ProposalWithVersion,
} from './proposal.repository.js';
import { retryOnConflict } from '@holdfast/core/retry-on-conflict';

export interface CreateRequest extends Omit<NewProposal, 'proposalId'> {
  readonly createdBy: string;
  readonly document: JsonValue;
}

/** What a move to another state was. */
export interface Transitioned {
  readonly proposal: Proposal;
  readonly event: WorkflowEvent;
}

export interface RecordedApproval extends Transitioned {
  readonly approval: Approval;
}

@Injectable()
export class ProposalsService {
  readonly #queue = new KeyedQueue();

  readonly #allowsSelfApproval: boolean;

  constructor(
    private readonly proposals: ProposalRepository,
    @Inject(SETTINGS) settings: Pick<Settings, 'variables'>,
  ) {
    this.#allowsSelfApproval = valuesOf(settings, advisoryVariables).ALLOW_SELF_APPROVAL;
  }

  /** @throws IDEMPOTENCY_KEY_CONFLICT, DOCUMENT_TOO_LARGE */
  async create(
    request: CreateRequest,
    idempotencyKey: string,
  ): Promise<ProposalWithVersion & { readonly replayed: boolean }> {
    const { document, createdBy, ...fields } = request;
    const documentHash = await hashDocument(document);
    const requestHash = hashJson({ ...fields, createdBy, documentHash });
    const change = createProposal(
      { ...fields, proposalId: randomUUID() },
      { document, documentHash },
      actBy(createdBy),
    );
    const result = await this.proposals.create(change, { key: idempotencyKey, requestHash });
    switch (result.outcome) {
      case 'created':
        return { proposal: change.proposal, version: change.version, replayed: false };
      case 'replayed':
        return { proposal: asCreated(result.proposal), version: result.version, replayed: true };
      case 'conflict':
        throw new ReasonError('IDEMPOTENCY_KEY_CONFLICT');
    }
  }

  /** @throws PROPOSAL_NOT_FOUND */
  async get(proposalId: string): Promise<ProposalWithVersion> {
    return (await this.proposals.find(proposalId)) ?? notFound();
  }

  async list(filter: ProposalFilter, limit: number, after?: Position): Promise<Page<Proposal>> {
    return readPage(limit, after, (...page) => this.proposals.list(filter, ...page), positionOf);
  }

  /** @throws PROPOSAL_NOT_FOUND, STATE_CONFLICT, VERSION_NOT_ALLOWED */
  async addVersion(
    proposalId: string,
    request: { createdBy: string; content: NewVersion; expectedVersionNo?: number | undefined },
    keep?: Keep<ProposalWithVersion>,
  ): Promise<ProposalWithVersion> {
    const { createdBy, content, expectedVersionNo } = request;
    const decide = (before: Proposal) => {
      if (expectedVersionNo !== undefined && expectedVersionNo !== before.currentVersionNo) {
        throw new ReasonError('STATE_CONFLICT', {
          detail: `the proposal is at version ${before.currentVersionNo}, not ${expectedVersionNo}`,
        });
      }
      return addVersion(before, content, actBy(createdBy));
    };
    return this.#change(proposalId, decide, keep);
  }

  /** @throws PROPOSAL_NOT_FOUND, PROPOSAL_VERSION_NOT_FOUND */
  async version(proposalId: string, versionNo: number): Promise<ProposalVersion> {
    const version = await this.proposals.findVersion(proposalId, versionNo);
    if (version) return version;
    await this.get(proposalId);
    throw new ReasonError('PROPOSAL_VERSION_NOT_FOUND');
  }

  /**
   * Who has proved who they are cannot approve their own proposal by moving it past the approval either.
   * @throws PROPOSAL_NOT_FOUND, STATE_CONFLICT, TRANSITION_NOT_ALLOWED, SELF_APPROVAL_FORBIDDEN
   */
  async transition(
    proposalId: string,
    request: {
      toState: ProposalState;
      expectedState: ProposalState;
      actorId: string;
      /** Whether they have proved to be that. */
      isProven: boolean;
      reason: string | null;
    },
    keep?: Keep<Transitioned>,
  ): Promise<Transitioned> {
    const { toState, expectedState, actorId, isProven } = request;
    const decide = (before: Proposal, version: ProposalVersion) => {
      refuseOtherState(before, expectedState);
      if (isProven && approves(expectedState, toState)) {
        this.#refuseSelfApproval(before, version, actorId);
      }
      return transition(before, toState, actBy(actorId, request.reason));
    };
    return this.#change(proposalId, decide, keep);
  }

  /** @throws PROPOSAL_NOT_FOUND, STATE_CONFLICT, APPROVAL_NOT_ALLOWED, SELF_APPROVAL_FORBIDDEN */
  async recordApproval(
    proposalId: string,
    request: {
      approvalType: ApprovalType;
      approved: boolean;
      expectedState: ProposalState;
      actorId: string;
      isProven: boolean;
      comment: string | null;
    },
    keep?: Keep<RecordedApproval>,
  ): Promise<RecordedApproval> {
    const { approvalType, approved, expectedState, actorId, isProven, comment } = request;
    const decide = (before: Proposal, version: ProposalVersion) => {
      refuseOtherState(before, expectedState);
      if (isProven && approved) this.#refuseSelfApproval(before, version, actorId);
      const approval = { approvalId: randomUUID(), approvalType, approved, comment };
      return recordApproval(before, approval, actBy(actorId));
    };
    return this.#change(proposalId, decide, keep);
  }

  /** Oldest first. @throws PROPOSAL_NOT_FOUND */
  async events(proposalId: string, limit: number, after?: number): Promise<Page<WorkflowEvent>> {
    const page = await readPage<WorkflowEvent, number>(
      limit,
      after,
      (...part) => this.proposals.events(proposalId, ...part),
      sequenceNoOf,
    );
    if (page.items.length === 0) await this.get(proposalId);
    return page;
  }

  /** Oldest first. @throws PROPOSAL_NOT_FOUND */
  approvals(proposalId: string, limit: number, after?: number): Promise<Page<Approval>> {
    return readPage<Approval, number>(
      limit,
      after,
      async (...part) => (await this.proposals.approvals(proposalId, ...part)) ?? notFound(),
      sequenceNoOf,
    );
  }

  /** Four eyes: of whom created it, and of whom wrote what is approved. */
  #refuseSelfApproval(proposal: Proposal, version: ProposalVersion, actorId: string): void {
    if (this.#allowsSelfApproval) return;
    if (proposal.createdBy !== actorId && version.createdBy !== actorId) return;
    throw new ReasonError('SELF_APPROVAL_FORBIDDEN');
  }

  /** Reads, decides and writes; decides anew when someone else wrote in between. */
  #change<C extends ProposalChange>(
    proposalId: string,
    decide: (before: Proposal, version: ProposalVersion) => C,
    keep: Keep<C> | undefined,
  ): Promise<C> {
    return this.#queue.run(proposalId, () => this.#changeInTurn(proposalId, decide, keep));
  }

  async #changeInTurn<C extends ProposalChange>(
    proposalId: string,
    decide: (before: Proposal, version: ProposalVersion) => C,
    keep: Keep<C> | undefined,
  ): Promise<C> {
    const overtaken = new Overtaken();
    const attempt = async () => {
      const { proposal, version } = await this.get(proposalId);
      overtaken.meet(String(proposal.revision));
      const change = decide(proposal, version);
      if (await this.proposals.append(change, await keep?.(change))) return change;
      return undefined;
    };
    const detail = 'other processes kept changing the proposal';
    return retryOnConflict(attempt, () => new ReasonError('RECORD_CONTENDED', { detail }));
  }
}

function notFound(): never {
  throw new ReasonError('PROPOSAL_NOT_FOUND');
}

function refuseOtherState(proposal: Proposal, expected: ProposalState): void {
  if (proposal.currentState === expected) return;
  throw new ReasonError('STATE_CONFLICT', {
    detail: `the proposal is ${proposal.currentState}, not ${expected}`,
  });
}

function actBy(actorId: string, reason: string | null = null): Act {
  return { actorId, reason, at: new Date().toISOString(), eventId: randomUUID() };
}
