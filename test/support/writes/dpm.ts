import { randomUUID } from 'node:crypto';
import type { Prepare, StoreWrites } from './store-writes.js';

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

export const writes: StoreWrites = {
  posts: {
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
      return {
        path: '/rebalance/lineage/edges',
        body,
        other: { ...body, target: 'q' },
        status: 201,
      };
    },
  },
  others: async (send) => {
    const again = { method: 'POST', path: '/rebalance/runs', key: randomUUID(), body: aRun() };
    await send(again);
    return [{ name: 'POST a run again', ...again }];
  },
  // The purge's lease.
  notByRequests: ['dpm_leases'],
};
