import { randomUUID } from 'node:crypto';
import { expect, it } from '@jest/globals';
import { cleanup } from '../support/cleanup.js';
import { jsonLines } from '../support/program.js';
import { startPooler } from '../support/pgbouncer.js';
import { createDatabase } from '@holdfast/testing/temporary-database';
import { startService } from '../support/service.js';

const { later } = cleanup();

const CLIENTS = 20;
const TURNS = 10;

it('the service works through PgBouncer in transaction mode, under concurrent reads and writes', async () => {
  const database = await createDatabase();
  later(() => database.drop());
  const pooler = await startPooler(database.url, 'transaction', 4);
  later(pooler.stop);
  const service = await startService({
    APP_PERSISTENCE_PROFILE: 'PRODUCTION',
    HOST: '127.0.0.1',
    DATABASE_URL: pooler.url,
    MIGRATE_ON_START: 'true',
  });
  later(() => service.stop('SIGKILL'));

  const statuses: Record<string, number> = {};
  const send = async (method: string, path: string, body?: object, key?: string) => {
    const response = await fetch(`${service.url}${path}`, {
      method,
      ...(body && { body: JSON.stringify(body) }),
      headers: {
        ...(body && { 'content-type': 'application/json' }),
        ...(key !== undefined && { 'idempotency-key': key }),
      },
    });
    const name = `${method} ${response.status}`;
    statuses[name] = (statuses[name] ?? 0) + 1;
    return (await response.json()) as Readonly<Record<string, string>>;
  };

  /** A creation in a group, a transaction, a recording, and reads of all of it. */
  const turn = async () => {
    const key = randomUUID();
    const draft = { portfolio_id: 'pf', created_by: 'me', title: 'A title', document: { a: 1 } };
    const { proposal_id: id = '' } = await send('POST', '/rebalance/proposals', draft, key);
    const replayed = await send('POST', '/rebalance/proposals', draft, key);
    expect(replayed.proposal_id).toBe(id);
    const move = { to_state: 'RISK_REVIEW', expected_state: 'DRAFT', actor_id: 'me' };
    await send('POST', `/rebalance/proposals/${id}/transitions`, move);
    const found = await send('GET', `/rebalance/proposals/${id}`);
    expect(found).toMatchObject({ proposal_id: id, current_state: 'RISK_REVIEW' });
    const run = {
      rebalance_run_id: key,
      correlation_id: key,
      request_hash: 'hash',
      portfolio_id: 'pf',
      status: 'READY',
      result: { a: 1 },
    };
    await send('POST', '/rebalance/runs', run);
    await send('GET', `/rebalance/runs/${key}`);
    await send('GET', '/rebalance/proposals?portfolio_id=pf&limit=10');
  };
  await Promise.all(
    Array.from({ length: CLIENTS }, async () => {
      for (let count = 0; count < TURNS; count += 1) await turn();
    }),
  );

  const turns = CLIENTS * TURNS;
  expect(statuses).toEqual({ 'POST 201': 2 * turns, 'POST 200': 2 * turns, 'GET 200': 3 * turns });
  expect(await (await fetch(`${service.url}/health/ready`)).json()).toMatchObject({ status: 'ok' });
  const { pools } = (await (await fetch(`${service.url}/health/pool`)).json()) as {
    pools: readonly object[];
  };
  expect(pools).toMatchObject([{ checked_out: 0, waiting: 0, timeouts_total: 0, leaks_total: 0 }]);
  const { stdout, code } = await service.stop();
  expect(code).toBe(0);
  const bad = jsonLines(stdout).filter(({ level }) => level === 'warn' || level === 'error');
  expect(bad).toEqual([]);
}, 60_000);
