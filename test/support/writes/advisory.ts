import { randomUUID } from 'node:crypto';
import type { Prepare, StoreWrites } from './store-writes.js';

const DRAFT = { portfolio_id: 'pf', created_by: 'me', document: { a: 1 } };

async function aProposal(prepare: Prepare, state = 'DRAFT'): Promise<string> {
  const { proposal_id: id } = await prepare('/rebalance/proposals', DRAFT);
  const path = `/rebalance/proposals/${String(id)}`;
  if (state !== 'DRAFT') {
    const move = { to_state: state, expected_state: 'DRAFT', actor_id: 'me' };
    await prepare(`${path}/transitions`, move);
  }
  return path;
}

export const writes: StoreWrites = {
  posts: {
    '/rebalance/proposals': () => {
      const body = { ...DRAFT, portfolio_id: randomUUID() };
      return {
        path: '/rebalance/proposals',
        body,
        other: { ...body, title: 'another' },
        needsKey: true,
        status: 201,
      };
    },
    '/rebalance/proposals/{proposal_id}/versions': async (prepare) => ({
      path: `${await aProposal(prepare)}/versions`,
      body: { created_by: 'me', document: { b: [2, 'x'], 1: null } },
      other: { created_by: 'me', document: { b: [2, 'y'], 1: null } },
      status: 201,
    }),
    '/rebalance/proposals/{proposal_id}/transitions': async (prepare) => ({
      path: `${await aProposal(prepare)}/transitions`,
      body: { to_state: 'RISK_REVIEW', expected_state: 'DRAFT', actor_id: 'me' },
      other: { to_state: 'CANCELLED', expected_state: 'DRAFT', actor_id: 'me' },
      status: 200,
    }),
    '/rebalance/proposals/{proposal_id}/approvals': async (prepare) => {
      const body = { approval_type: 'RISK', expected_state: 'RISK_REVIEW', actor_id: 'me' };
      return {
        path: `${await aProposal(prepare, 'RISK_REVIEW')}/approvals`,
        body: { ...body, approved: true },
        other: { ...body, approved: false },
        status: 201,
      };
    },
  },
};
