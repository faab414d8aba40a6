import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createDatabase, type TestDatabase } from '@holdfast/testing/temporary-database';
import { type Service, startService } from '../support/service.js';
import { startProxy, type TcpProxy, through } from '@holdfast/testing/tcp-proxy';

const PROPOSAL = { portfolio_id: 'pf', created_by: 'me', title: 'A title', document: { a: 1 } };
const PACK = { version: '1', applies_to: 'PORTFOLIO', definition: {} };

interface Sent {
  readonly method: string;
  readonly path: string;
  readonly body?: object;
  readonly headers?: Readonly<Record<string, string>>;
  readonly expected: number;
}

const post = (path: string, body: object, headers = {}, expected = 201): Sent => ({
  method: 'POST',
  path,
  body,
  headers,
  expected,
});

const aRun = (draft: object = {}) => ({
  rebalance_run_id: randomUUID(),
  correlation_id: randomUUID(),
  request_hash: `sha256:${'0'.repeat(64)}`,
  portfolio_id: 'pf',
  status: 'PENDING_REVIEW',
  result: { a: 1 },
  ...draft,
});

describe('round trips to PostgreSQL', () => {
  let database: TestDatabase;
  let proxy: TcpProxy;
  let service: Service;
  const ids = { run: 'run-1', correlation: 'correlation-1', proposal: '', operation: '' };

  beforeAll(async () => {
    database = await createDatabase();
    const server = new URL(database.url);
    proxy = await startProxy({ host: server.hostname, port: Number(server.port) });
    service = await startService({
      APP_PERSISTENCE_PROFILE: 'PRODUCTION',
      HOST: '127.0.0.1',
      DATABASE_URL: through(proxy, database.url),
      MIGRATE_ON_START: 'true',
      DPM_POLICY_PACKS_ENABLED: 'true',
      DPM_POLICY_PACK_ADMIN_APIS_ENABLED: 'true',
      DB_POOL_SIZE: '1',
      DB_MAX_OVERFLOW: '0',
    });
    const proposal = await send(
      post('/rebalance/proposals', PROPOSAL, { 'idempotency-key': 'first' }),
    );
    ids.proposal = (proposal as { proposal_id: string }).proposal_id;
    const operation = await send(
      post('/rebalance/operations', { operation_type: 'T', correlation_id: ids.correlation }),
    );
    ids.operation = (operation as { operation_id: string }).operation_id;
    await send(
      post(
        '/rebalance/runs',
        aRun({ rebalance_run_id: ids.run, correlation_id: ids.correlation }),
        { 'idempotency-key': 'run-key' },
      ),
    );
    await send({
      method: 'PUT',
      path: '/rebalance/policies/catalog/pack-1',
      body: { ...PACK, target_id: 'pf' },
      expected: 201,
    });
  });

  afterAll(async () => {
    await service.stop();
    await proxy.close();
    await database.drop();
  });

  async function send({ method, path, body, headers, expected }: Sent): Promise<unknown> {
    const response = await fetch(service.url + path, {
      method,
      headers: { ...(body && { 'content-type': 'application/json' }), ...headers },
      ...(body && { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    expect([response.status, text]).toEqual([expected, text]);
    return JSON.parse(text);
  }

  async function roundTrips(sent: Sent): Promise<number> {
    const before = proxy.roundTrips();
    await send(sent);
    return proxy.roundTrips() - before;
  }

  /** Readiness asks the database now and then as well: the least of a few times is the request's own. */
  async function fewest(make: () => Sent): Promise<number> {
    const taken: number[] = [];
    for (let turn = 0; turn < 6; turn += 1) taken.push(await roundTrips(make()));
    return Math.min(...taken);
  }

  const key = () => ({ 'idempotency-key': randomUUID() });

  const creates: readonly (readonly [string, number, () => Sent])[] = [
    ['a proposal', 1, () => post('/rebalance/proposals', PROPOSAL, key())],
    ['a run with a key', 1, () => post('/rebalance/runs', aRun(), key())],
    ['a run without a key', 1, () => post('/rebalance/runs', aRun())],
    ['an operation', 1, () => post('/rebalance/operations', { operation_type: 'T' })],
    [
      'an edge',
      1,
      () =>
        post('/rebalance/lineage/edges', { source: randomUUID(), edge_type: 'T', target: 'pf' }),
    ],
    [
      'a decision, after reading its run',
      2,
      () =>
        post(`/rebalance/runs/${ids.run}/workflow/decisions`, {
          action: 'REQUEST_CHANGES',
          reason_code: 'R',
          actor_id: 'me',
        }),
    ],
    [
      'a policy pack, after reading the one it may replace',
      2,
      () => ({
        method: 'PUT',
        path: `/rebalance/policies/catalog/${randomUUID()}`,
        body: { ...PACK, target_id: randomUUID() },
        expected: 201,
      }),
    ],
  ];

  it.each(creates)('to create %s: %d', async (_, expected, sent) => {
    expect(await fewest(sent)).toBe(expected);
  });

  const edge = () => ({ source: randomUUID(), edge_type: 'T', target: 'pf' });
  const decision = { action: 'REQUEST_CHANGES', reason_code: 'R', actor_id: 'me' };
  const version = { created_by: 'me', document: 1 };

  it.each([
    ['an operation', 1, '/rebalance/operations', () => ({ operation_type: 'T' })],
    ['an edge', 1, '/rebalance/lineage/edges', edge],
    ['a decision', 2, () => `/rebalance/runs/${ids.run}/workflow/decisions`, () => decision],
    ['a version', 2, () => `/rebalance/proposals/${ids.proposal}/versions`, () => version],
  ] as const)('a key costs %s one more than %d', async (_, without, route, make) => {
    const path = typeof route === 'string' ? route : route();
    expect(await fewest(() => post(path, make()))).toBe(without);
    expect(await fewest(() => post(path, make(), key()))).toBe(without + 1);
    const sent = post(path, make(), key());
    await send(sent);
    expect(await fewest(() => ({ ...sent, expected: 200 }))).toBe(1);
  });

  it.each([
    ['proposal', () => post('/rebalance/proposals', PROPOSAL, key())],
    ['run', () => post('/rebalance/runs', aRun(), key())],
  ] as const)('to create a %s again, with the same key: 2', async (_, make) => {
    const sent = make();
    await send(sent);
    expect(await fewest(() => ({ ...sent, expected: 200 }))).toBe(2);
  });

  it('every GET of a record or of a list: 1', async () => {
    const document = (await send({ method: 'GET', path: '/docs-json', expected: 200 })) as {
      paths: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
    };
    const taken: Record<string, number> = {};
    const given: Readonly<Record<string, string>> = {
      proposal_id: ids.proposal,
      version_no: '1',
      rebalance_run_id: ids.run,
      correlation_id: ids.correlation,
      request_hash: `sha256:${'0'.repeat(64)}`,
      idempotency_key: 'run-key',
      operation_id: ids.operation,
      entity_id: 'pf',
      policy_pack_id: 'pack-1',
    };
    for (const [path, methods] of Object.entries(document.paths)) {
      if (!path.startsWith('/rebalance/') || !('get' in methods)) continue;
      const filled = path.replaceAll(/\{(\w+)\}/g, (_, name: string) => {
        const value = given[name];
        if (value === undefined) throw new Error(`no value for ${name} in ${path}`);
        return encodeURIComponent(value);
      });
      const query = path.endsWith('/effective') ? '?portfolio_id=pf' : '';
      taken[path] = await fewest(() => ({ method: 'GET', path: filled + query, expected: 200 }));
    }
    const dearer = Object.entries(taken).filter(([, count]) => count !== 1);
    // They are more than one record or list: each of their parts is read at once.
    expect(Object.fromEntries(dearer)).toEqual({
      '/rebalance/runs/{rebalance_run_id}/support-bundle': 8,
      // Its course, and the last decision.
      '/rebalance/runs/{rebalance_run_id}/workflow': 2,
      '/rebalance/summary': 2,
    });
    expect(Object.keys(taken).length).toBeGreaterThan(20);
  });
});
