import { randomUUID } from 'node:crypto';
import { expect } from './steps.js';

interface Call {
  readonly method?: 'GET' | 'POST' | 'PUT';
  readonly path: string;
  readonly body?: object;
  readonly headers?: Readonly<Record<string, string>>;
  readonly status: number;
}

type Body = Readonly<Record<string, unknown>>;

const LIMIT_MS = 10_000;

/** @throws Error when the status is another one, or the answer does not come in time */
export async function call(url: string, { method, path, body, headers, status }: Call) {
  const answer = await fetch(url + path, {
    method: method ?? (body ? 'POST' : 'GET'),
    headers: {
      connection: 'close',
      ...(body && { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(body && { body: JSON.stringify(body) }),
    signal: AbortSignal.timeout(LIMIT_MS),
  });
  const text = await answer.text();
  expect(answer.status === status, `${path} answers ${answer.status}, not ${status}`, text);
  return JSON.parse(text) as Body;
}

/** From the draft to the end of its life. Answers the number of requests. */
export async function liveAProposal(url: string): Promise<number> {
  const root = '/rebalance/proposals';
  const create = {
    path: root,
    headers: { 'idempotency-key': randomUUID() },
    body: {
      portfolio_id: 'pf-1001',
      created_by: 'advisor-7',
      title: 'Short bonds',
      document: { trades: [{ isin: 'IE00B4L5Y983', weight: 0.1 }] },
    },
  };
  const { proposal_id: id } = await call(url, { ...create, status: 201 });
  const replayed = await call(url, { ...create, status: 200 });
  expect(replayed.proposal_id === id, 'the replay is another proposal', replayed);
  const own = `${root}/${String(id)}`;
  const move = (expected_state: string, to_state: string) =>
    call(url, {
      path: `${own}/transitions`,
      body: { to_state, expected_state, actor_id: 'advisor-7' },
      status: 200,
    });
  const approve = (approval_type: string, expected_state: string) =>
    call(url, {
      path: `${own}/approvals`,
      body: { approval_type, approved: true, expected_state, actor_id: 'risk-2' },
      status: 201,
    });
  await move('DRAFT', 'RISK_REVIEW');
  await approve('RISK', 'RISK_REVIEW');
  await approve('COMPLIANCE', 'COMPLIANCE_REVIEW');
  await approve('CLIENT_CONSENT', 'AWAITING_CLIENT_CONSENT');
  await move('EXECUTION_READY', 'EXECUTED');
  const refused = { to_state: 'DRAFT', expected_state: 'EXECUTED', actor_id: 'advisor-7' };
  await call(url, { path: `${own}/transitions`, body: refused, status: 422 });
  const { current_state: state } = await call(url, { path: own, status: 200 });
  expect(state === 'EXECUTED', `the proposal is ${String(state)}`);
  return 9;
}

/** A run that is reviewed, led on and put together for support. */
export async function reviewARun(url: string): Promise<number> {
  const id = `run-${randomUUID()}`;
  const own = `/rebalance/runs/${id}`;
  const run = {
    rebalance_run_id: id,
    correlation_id: `order-${id}`,
    request_hash: 'smoke',
    portfolio_id: 'pf-1001',
    status: 'PENDING_REVIEW',
    result: { trades: 2 },
  };
  await call(url, { path: '/rebalance/runs', body: run, status: 201 });
  const decision = { action: 'APPROVE', reason_code: 'WITHIN_LIMITS', actor_id: 'reviewer-1' };
  await call(url, { path: `${own}/workflow/decisions`, body: decision, status: 201 });
  const edge = { source: id, edge_type: 'LED_TO', target: 'trade-7' };
  await call(url, { path: '/rebalance/lineage/edges', body: edge, status: 201 });
  const bundle = JSON.stringify(await call(url, { path: `${own}/support-bundle`, status: 200 }));
  expect(
    ['APPROVE', 'trade-7'].every((part) => bundle.includes(part)),
    'the bundle',
    bundle,
  );
  return 4;
}

export async function applyAPolicyPack(url: string): Promise<number> {
  const root = '/rebalance/policies';
  const pack = {
    applies_to: 'DEFAULT',
    version: '1',
    definition: { turnover_policy: { max_turnover_pct: 12.5 } },
  };
  await call(url, { method: 'PUT', path: `${root}/catalog/house`, body: pack, status: 201 });
  const path = `${root}/effective?portfolio_id=pf-1001`;
  const effective = JSON.stringify(await call(url, { path, status: 200 }));
  expect(effective.includes('12.5'), 'the effective policy', effective);
  return 2;
}

/** Every path of the contract's section 2 that there is. */
export async function askHealth(url: string): Promise<number> {
  const paths = ['live', 'ready', 'startup', 'pool', 'migrations'].map((name) => `/health/${name}`);
  const all = [...paths, '/livez', '/readyz', '/healthz', '/health', '/version'];
  for (const path of all) await call(url, { path, status: 200 });
  const ready = await call(url, { path: '/health/ready', status: 200 });
  const isOk = ready.status === 'ok' && ready.profile === 'PRODUCTION';
  expect(isOk && JSON.stringify(ready.checks).includes('"redis":{"ok":true'), 'readiness', ready);
  const { storage } = await call(url, { path: '/api/v1/diagnostics', status: 200 });
  expect(JSON.stringify(storage).includes('"write_probe_ok":true'), 'the write probe', storage);
  return all.length + 2;
}
