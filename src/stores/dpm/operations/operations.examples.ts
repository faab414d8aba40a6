const AT = '2026-11-21T12:00:00.000Z';

export const createExample = {
  operation_type: 'REBALANCE_BATCH',
  correlation_id: 'batch-2026-11-21-0001',
  rebalance_run_id: 'run-1001',
};

export const pendingExample = {
  operation_id: '1f0b7c56-52a1-4b0e-9a55-7c1e0b2d4c44',
  operation_type: 'REBALANCE_BATCH',
  status: 'PENDING',
  correlation_id: 'batch-2026-11-21-0001',
  rebalance_run_id: 'run-1001',
  created_at: AT,
  started_at: null,
  finished_at: null,
};

export const runningExample = {
  ...pendingExample,
  status: 'RUNNING',
  started_at: '2026-11-21T12:00:01.000Z',
};

export const finishExample = { result: { portfolios: 12, blocked: 1 } };

export const failedSummaryExample = {
  ...runningExample,
  status: 'FAILED',
  finished_at: '2026-11-21T12:00:09.000Z',
  error: { code: 'PRICES_MISSING', message: 'There is no price for 3 instruments.' },
};

export const succeededExample = {
  ...runningExample,
  status: 'SUCCEEDED',
  finished_at: '2026-11-21T12:00:09.000Z',
  ...finishExample,
};
