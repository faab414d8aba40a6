export const EXAMPLE_ID = '2d3a1b52-7c6e-4d0b-8f25-0b8a5b1f6a10';
export const AT = '2026-11-21T12:00:00.000Z';
const HASH = '3c51b41d4d2ae3f4e0c0bb1e65c0b12b6f5af4f9e6ef1e6c9a41c0a3d7b6f0d2';

export const recordExample = {
  correlation_id: 'corr-2026-11-21-0001',
  request_hash: 'sha256:9f2c',
  portfolio_id: 'pf-1001',
  status: 'PENDING_REVIEW',
  result: { trades: [{ isin: 'IE00B4L5Y983', quantity: 120 }] },
};

export const summaryExample = {
  rebalance_run_id: EXAMPLE_ID,
  correlation_id: recordExample.correlation_id,
  request_hash: recordExample.request_hash,
  portfolio_id: recordExample.portfolio_id,
  status: recordExample.status,
  created_at: AT,
};

export const runExample = { ...summaryExample, result: recordExample.result };

export const artifactExample = {
  artifact_version: '1',
  ...runExample,
  evidence: { result_hash: HASH, artifact_hash: HASH },
};

export const keyUseExample = {
  outcome: 'RECORDED',
  body_hash: HASH,
  rebalance_run_id: EXAMPLE_ID,
  correlation_id: recordExample.correlation_id,
  occurred_at: AT,
};

export const keyHistoryExample = {
  idempotency_key: 'rebalance-0001',
  items: [keyUseExample, { ...keyUseExample, outcome: 'REPLAYED' }],
  next_cursor: null,
};
