const TIMESTAMP = '2026-11-21T12:00:00.000Z';
const HEADER = { profile: 'PRODUCTION', version: '1.4.0', timestamp: TIMESTAMP };

export const ready = {
  status: 'ok',
  ...HEADER,
  checks: {
    db: { ok: true, detail: 'connected', latency_ms: 0.8 },
    migrations: { ok: true, detail: 'head' },
    redis: { ok: true, detail: 'connected', latency_ms: 0.3 },
  },
};

export const notReady = {
  status: 'fail',
  ...HEADER,
  checks: {
    db: {
      ok: false,
      detail: 'unreachable',
      code: 'POSTGRES_UNREACHABLE',
      failing_since: TIMESTAMP,
    },
    migrations: {
      ok: false,
      detail: 'unknown',
      code: 'DATABASE_UNAVAILABLE',
      failing_since: TIMESTAMP,
      because: 'db',
    },
  },
};

export const readyAlone = { ...ready, checks: { db: ready.checks.db } };

export const notReadyAlone = { ...notReady, checks: { db: notReady.checks.db } };

const pool = {
  name: 'primary',
  type: 'postgresql',
  stores: ['orders', 'invoices'],
  size: 5,
  max_overflow: 10,
  checked_out: 2,
  idle: 3,
  overflow: 0,
  waiting: 0,
  acquired_total: 1841,
  timeouts_total: 0,
  leaks_total: 0,
  acquire_ms: { p50: 0.02, p99: 0.31 },
};

export const pools = { pools: [pool] };

export const migrations = {
  status: 'head',
  stores: {
    orders: {
      backend: 'POSTGRES',
      status: 'head',
      current: '0002_add_status',
      applied: 2,
      expected: 2,
      pending: [],
      ahead: [],
      drifted: [],
    },
  },
};

export const overview = {
  ...ready,
  environment: 'staging',
  uptime_seconds: 86_400.5,
  database: { type: 'postgresql', status: 'connected', pool },
  stores: {
    orders: { backend: 'POSTGRES', database: 'primary', fingerprint: '4f0c27d1a93be658' },
  },
  migrations,
  shadow: [],
};

export const diagnostics = {
  status: 'ok',
  ...HEADER,
  storage: {
    write_probe_ok: true,
    backends: { orders: 'POSTGRES' },
    databases: [{ name: 'primary', type: 'postgresql', write_probe_ok: true }],
  },
};

export const release = { name: 'holdfast', version: '1.4.0', commit: null, node: 'v20.20.2' };
