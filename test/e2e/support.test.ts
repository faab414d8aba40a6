import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createDatabase, type TestDatabase } from '@holdfast/testing/temporary-database';
import { type Service, startService, workingFolder } from '../support/service.js';

type Json = Readonly<Record<string, unknown>>;

interface Counts {
  readonly total: number;
  readonly by_status: Readonly<Record<string, number>>;
  readonly by_age: Readonly<Record<string, number>>;
}

interface Summary {
  readonly generated_at: string;
  readonly runs: Counts;
  readonly operations: Counts;
}

describe.each(['SQLITE', 'POSTGRES', 'IN_MEMORY'] as const)('support on %s', (backend) => {
  let database: TestDatabase | undefined;
  let service: Service;

  beforeAll(async () => {
    if (backend === 'POSTGRES') database = await createDatabase();
    const environment = {
      PROPOSAL_STORE_BACKEND: 'SQLITE',
      DPM_SUPPORTABILITY_STORE_BACKEND: backend,
      ...(database && { DPM_SUPPORTABILITY_POSTGRES_DSN: database.url, MIGRATE_ON_START: 'true' }),
    };
    service = await startService(environment, workingFolder());
  });
  afterAll(async () => {
    await service.stop('SIGKILL');
    await database?.drop();
  });

  const get = async (path: string): Promise<{ status: number; body: unknown }> => {
    const response = await fetch(`${service.url}/rebalance/${path}`);
    return { status: response.status, body: await response.json() };
  };
  const post = async (path: string, body: object, key?: string): Promise<Json> => {
    const response = await fetch(`${service.url}/rebalance/${path}`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        ...(key !== undefined && { 'idempotency-key': key }),
      },
      body: JSON.stringify(body),
    });
    expect(response.status).toBe(201);
    return (await response.json()) as Json;
  };
  const record = (fields: object = {}, key?: string) =>
    post(
      'runs',
      {
        correlation_id: randomUUID(),
        request_hash: 'hash',
        portfolio_id: 'portfolio',
        status: 'PENDING_REVIEW',
        result: { b: 1, a: 2 },
        ...fields,
      },
      key,
    );

  it('counts by status and age, zeros included', async () => {
    const zero = { last_hour: 0, last_day: 0, last_7_days: 0, last_30_days: 0, older: 0 };
    const before = (await get('summary')).body as Summary;
    expect(before).toEqual({
      generated_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:]{8}\.\d{3}Z$/),
      runs: { total: 0, by_status: { READY: 0, PENDING_REVIEW: 0, BLOCKED: 0 }, by_age: zero },
      operations: {
        total: 0,
        by_status: { PENDING: 0, RUNNING: 0, SUCCEEDED: 0, FAILED: 0 },
        by_age: zero,
      },
    });
    for (const status of ['READY', 'READY', 'BLOCKED']) await record({ status });
    await post('operations', { operation_type: 'REBALANCE' });
    const { runs, operations } = (await get('summary')).body as Summary;
    expect(runs).toEqual({
      total: 3,
      by_status: { READY: 2, PENDING_REVIEW: 0, BLOCKED: 1 },
      by_age: { ...zero, last_hour: 3 },
    });
    expect(operations).toEqual({
      total: 1,
      by_status: { PENDING: 1, RUNNING: 0, SUCCEEDED: 0, FAILED: 0 },
      by_age: { ...zero, last_hour: 1 },
    });
  });

  it('bundles all that is known about a run', async () => {
    const [key, correlation_id] = [randomUUID(), randomUUID()];
    const run = await record({ correlation_id }, key);
    const id = String(run.rebalance_run_id);
    const { decision } = await post(`runs/${id}/workflow/decisions`, {
      action: 'APPROVE',
      reason_code: 'R',
      actor_id: 'a',
    });
    const operations = [
      await post('operations', { operation_type: 'REBALANCE', correlation_id }),
      await post('operations', { operation_type: 'NOTIFY', rebalance_run_id: id }),
    ];
    await post('operations', { operation_type: 'OTHER', rebalance_run_id: 'other' });
    const edge = (source: string, target: string) =>
      post('lineage/edges', { source, edge_type: 'MADE', target, metadata: { z: 1, a: 2 } });
    const edges = [
      await edge(id, 'order'),
      await edge(correlation_id, id),
      await edge('request', correlation_id),
    ];
    await edge('order', 'fill');

    const { status, body } = await get(`runs/${id}/support-bundle`);
    expect(status).toBe(200);
    const { result: _, ...artifact } = (await get(`runs/${id}/artifact`)).body as Json;
    const bundle = body as Readonly<
      Record<'lineage' | 'operations', { items: Json[]; truncated: boolean }>
    >;
    const history = (await get(`runs/by/idempotency-key/${key}/history`)).body as { items: Json[] };
    expect(bundle).toEqual({
      run,
      artifact,
      workflow: { workflow_status: 'APPROVED', decisions: [decision], truncated: false },
      lineage: { items: expect.any(Array), truncated: false },
      operations: { items: expect.any(Array), truncated: false },
      idempotency: history.items.map((use) => ({ idempotency_key: key, ...use })),
      idempotency_truncated: false,
    });
    const names = (items: readonly Json[], name: string) =>
      items.map((item) => item[name]).toSorted();
    expect(names(bundle.lineage.items, 'edge_id')).toEqual(names(edges, 'edge_id'));
    expect(names(bundle.operations.items, 'operation_id')).toEqual(
      names(operations, 'operation_id'),
    );
    expect(bundle.lineage.items[0]?.metadata).toEqual({ z: 1, a: 2 });
  });

  it('has no bundle of an unknown run', async () => {
    const { status, body } = await get('runs/unknown/support-bundle');
    expect([status, (body as Json).code]).toEqual([404, 'RUN_NOT_FOUND']);
    expect((await get(`runs/${'x'.repeat(129)}/support-bundle`)).status).toBe(422);
  });
});
