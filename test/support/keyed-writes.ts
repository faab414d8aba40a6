import { randomUUID } from 'node:crypto';

/** Sends a POST with a key of its own. @returns the body of the answer */
export type Prepare = (path: string, body: object) => Promise<Readonly<Record<string, unknown>>>;

/** A POST that writes, and that can be carried out once on what was prepared for it. */
export interface KeyedWrite {
  readonly path: string;
  readonly body?: object;
  /** Another request to the same route. */
  readonly other: object;
  readonly status: number;
}

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

async function anOperation(prepare: Prepare, isStarted = false): Promise<string> {
  const { operation_id: id } = await prepare('/rebalance/operations', { operation_type: 'T' });
  const path = `/rebalance/operations/${String(id)}`;
  if (isStarted) await prepare(`${path}/start`, {});
  return path;
}

const aRun = () => ({
  correlation_id: randomUUID(),
  request_hash: `sha256:${'0'.repeat(64)}`,
  portfolio_id: randomUUID(),
  status: 'PENDING_REVIEW',
  result: { a: [1, { b: 'c' }] },
});

/** Every route that writes by POST. */
export const KEYED_WRITES: Readonly<
  Record<string, (prepare: Prepare) => KeyedWrite | Promise<KeyedWrite>>
> = {
  '/rebalance/proposals': () => {
    const body = { ...DRAFT, portfolio_id: randomUUID() };
    return {
      path: '/rebalance/proposals',
      body,
      other: { ...body, title: 'another' },
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
  '/rebalance/runs': () => {
    const body = aRun();
    return {
      path: '/rebalance/runs',
      body,
      other: { ...body, portfolio_id: 'other' },
      status: 201,
    };
  },
  '/rebalance/runs/{rebalance_run_id}/workflow/decisions': async (prepare) => {
    const { rebalance_run_id: id } = await prepare('/rebalance/runs', aRun());
    const body = { action: 'REQUEST_CHANGES', reason_code: 'R', actor_id: 'me' };
    return {
      path: `/rebalance/runs/${String(id)}/workflow/decisions`,
      body,
      other: { ...body, action: 'APPROVE' },
      status: 201,
    };
  },
  '/rebalance/operations': () => ({
    path: '/rebalance/operations',
    body: { operation_type: randomUUID() },
    other: { operation_type: 'U' },
    status: 201,
  }),
  '/rebalance/operations/{operation_id}/start': async (prepare) => ({
    path: `${await anOperation(prepare)}/start`,
    // The route takes no body: the same key for another operation is another request.
    other: {},
    status: 200,
  }),
  '/rebalance/operations/{operation_id}/finish': async (prepare) => ({
    path: `${await anOperation(prepare, true)}/finish`,
    body: { result: { deep: [null, 1.5, 'ü'] } },
    other: { error: { code: 'C', message: 'm' } },
    status: 200,
  }),
  '/rebalance/lineage/edges': () => {
    const body = { source: randomUUID(), edge_type: 'T', target: 'pf', metadata: { a: 1 } };
    return { path: '/rebalance/lineage/edges', body, other: { ...body, target: 'q' }, status: 201 };
  },
};
