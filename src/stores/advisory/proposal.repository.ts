import type { CreatedRange } from '@holdfast/core/instant';
import type { KeptAnswer } from '../kept-answers.js';
import type { Position } from '@holdfast/core/page';
import type {
  Approval,
  Proposal,
  ProposalChange,
  ProposalVersion,
  WorkflowEvent,
} from './proposal.js';
import type { ProposalState } from './proposal.workflow.js';

/** A proposal with one of its versions. */
export interface ProposalWithVersion {
  readonly proposal: Proposal;
  readonly version: ProposalVersion;
}

/** The key under which a create may be sent again, and what was sent. */
export interface IdempotencyKey {
  readonly key: string;
  /** SHA-256 of the canonical request, in hexadecimal. */
  readonly requestHash: string;
}

export type CreateOutcome =
  | { readonly outcome: 'created' }
  | ({ readonly outcome: 'replayed' } & ProposalWithVersion)
  | { readonly outcome: 'conflict' };

export interface ProposalFilter extends CreatedRange {
  readonly portfolioId?: string;
  readonly state?: ProposalState;
  readonly createdBy?: string;
}

/** The port of the advisory store. Every method is atomic; what a write acknowledges is durable. */
export abstract class ProposalRepository {
  /**
   * Stores a new proposal under an idempotency key, unless the key is taken: then nothing is stored
   * and the proposal of the key is returned with its first version, or `conflict` when the key was
   * used for another request.
   */
  abstract create(
    change: ProposalChange & { readonly version: ProposalVersion },
    key: IdempotencyKey,
  ): Promise<CreateOutcome>;

  /**
   * Stores a change of an existing proposal, and with it the answer that tells of it.
   * @returns false, and nothing is stored, when the proposal is no longer at the revision before
   * @throws KeyTakenError, and nothing is stored, when another request has the answer's key
   */
  abstract append(change: ProposalChange, answer?: KeptAnswer): Promise<boolean>;

  /** With its current version, or null. */
  abstract find(proposalId: string): Promise<ProposalWithVersion | null>;

  /** Newest first, then by identifier, both descending. */
  abstract list(
    filter: ProposalFilter,
    limit: number,
    after?: Position,
  ): Promise<readonly Proposal[]>;

  abstract findVersion(proposalId: string, versionNo: number): Promise<ProposalVersion | null>;

  /**
   * In the order in which they happened; empty for an unknown proposal.
   * @param limit all of them without it
   * @param after the sequence number that they follow
   */
  abstract events(
    proposalId: string,
    limit?: number,
    after?: number,
  ): Promise<readonly WorkflowEvent[]>;

  /** Likewise, in the order in which they were recorded; null for an unknown proposal. */
  abstract approvals(
    proposalId: string,
    limit?: number,
    after?: number,
  ): Promise<readonly Approval[] | null>;
}
