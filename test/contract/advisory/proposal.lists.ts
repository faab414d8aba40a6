import { expect, it } from '@jest/globals';
import { positionOf, type Proposal } from '../../../src/stores/advisory/proposal.js';
import type {
  ProposalFilter,
  ProposalRepository,
} from '../../../src/stores/advisory/proposal.repository.js';
import type { Current } from '../contract.js';
import { newestFirstCases } from '../newest-first.js';
import { creation, type Draft, move, newKey } from './proposal.changes.js';
import { selected } from './proposal.model.js';

/** Which proposals a list holds, in whatever state they are. */
export function listCases(proposals: Current<ProposalRepository>): void {
  const created = async (draft: Draft): Promise<Proposal> => {
    const { proposal, ...rest } = creation(draft);
    await proposals().create({ proposal, ...rest }, newKey());
    return proposal;
  };
  const cancelled = async (before: Proposal): Promise<Proposal> => {
    const change = move(before, 'CANCELLED', { at: '2026-11-22T00:00:00.000Z' });
    await proposals().append(change);
    return change.proposal;
  };
  newestFirstCases<Proposal, Proposal, ProposalFilter>({
    noun: 'proposals',
    write: ({ id, ...draft }) => created(id === undefined ? draft : { ...draft, proposalId: id }),
    change: cancelled,
    list: (filter, limit, after) => proposals().list(filter, limit, after),
    selected,
    positionOf,
    filters: {
      values: {
        portfolioId: ['portfolio-1', 'portfolio-2'],
        state: ['DRAFT', 'CANCELLED'],
        createdBy: ['advisor-1', 'advisor-2'],
      },
      variants: 8,
      writeVariant: async (variant, createdAt) => {
        const proposal = await created({
          createdAt,
          portfolioId: `portfolio-${(variant % 2) + 1}`,
          createdBy: `advisor-${((variant >> 1) % 2) + 1}`,
        });
        return variant < 4 ? proposal : cancelled(proposal);
      },
      sizes: [0, 1, 2, 3, 4, 6, 8, 12, 16, 24],
      texts: ['portfolioId', 'createdBy'],
    },
  });

  it('lists follow the state of a proposal', async () => {
    const [one, other] = [await created({}), await created({})];
    const change = move(one, 'RISK_REVIEW');
    await proposals().append(change);
    expect(await proposals().list({ state: 'RISK_REVIEW' }, 100)).toEqual([change.proposal]);
    expect(await proposals().list({ state: 'DRAFT' }, 100)).toEqual([other]);
  });
}
