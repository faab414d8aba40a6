import {
  type Approval,
  positionOf,
  type Proposal,
  type ProposalChange,
  type ProposalVersion,
  type WorkflowEvent,
} from '../../../src/stores/advisory/proposal.js';
import type {
  CreateOutcome,
  IdempotencyKey,
  ProposalFilter,
} from '../../../src/stores/advisory/proposal.repository.js';
import type { Position } from '@holdfast/core/page';
import { isCreatedWithin, newestFirst } from '../list-model.js';

/** What a store of proposals is, in as few words as possible: everything that was written. */
export class ProposalModel {
  readonly changes: ProposalChange[] = [];
  readonly keys: (IdempotencyKey & { readonly proposalId: string })[] = [];

  create(change: ProposalChange, key: IdempotencyKey): CreateOutcome {
    const taken = this.keys.find((other) => other.key === key.key);
    if (taken && taken.requestHash !== key.requestHash) return { outcome: 'conflict' };
    if (taken) {
      const proposal = this.proposal(taken.proposalId);
      const version = this.version(taken.proposalId, 1);
      if (!proposal || !version) throw new Error('the model has lost a proposal');
      return { outcome: 'replayed', proposal, version };
    }
    this.keys.push({ ...key, proposalId: change.proposal.proposalId });
    this.changes.push(change);
    return { outcome: 'created' };
  }

  append(change: ProposalChange): boolean {
    const { proposalId, revision } = change.proposal;
    if (this.proposal(proposalId)?.revision !== revision - 1) return false;
    this.changes.push(change);
    return true;
  }

  proposal(proposalId: string): Proposal | undefined {
    return this.of(proposalId).at(-1)?.proposal;
  }

  version(proposalId: string, versionNo: number): ProposalVersion | undefined {
    return this.of(proposalId)
      .map(({ version }) => version)
      .find((version) => version?.versionNo === versionNo);
  }

  events(proposalId: string): readonly WorkflowEvent[] {
    return this.of(proposalId).map(({ event }) => event);
  }

  approvals(proposalId: string): readonly Approval[] {
    return this.of(proposalId).flatMap(({ approval }) => (approval ? [approval] : []));
  }

  proposals(): readonly Proposal[] {
    return this.keys.map(({ proposalId }) => {
      const proposal = this.proposal(proposalId);
      if (!proposal) throw new Error('the model has lost a proposal');
      return proposal;
    });
  }

  list(filter: ProposalFilter, limit: number, after?: Position): readonly Proposal[] {
    return selected(this.proposals(), filter)
      .filter((proposal) => !after || newestFirst(after, positionOf(proposal)) < 0)
      .slice(0, limit);
  }

  private of(proposalId: string): readonly ProposalChange[] {
    return this.changes.filter(({ proposal }) => proposal.proposalId === proposalId);
  }
}

/** The proposals that fit the filter, in the order of `ProposalRepository.list`. */
export function selected(
  proposals: readonly Proposal[],
  filter: ProposalFilter = {},
): readonly Proposal[] {
  const { portfolioId, state, createdBy } = filter;
  return proposals
    .filter((proposal) => portfolioId === undefined || proposal.portfolioId === portfolioId)
    .filter((proposal) => state === undefined || proposal.currentState === state)
    .filter((proposal) => createdBy === undefined || proposal.createdBy === createdBy)
    .filter(({ createdAt }) => isCreatedWithin(createdAt, filter))
    .toSorted((one, other) => newestFirst(positionOf(one), positionOf(other)));
}
