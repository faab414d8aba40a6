import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { cleanup } from '../support/cleanup.js';
import { eventually } from '../support/eventually.js';
import { startShippedLoadBalancer } from '../support/haproxy.js';
import { startTopology } from '../support/topology.js';
import { startClient } from './client.js';
import { replay } from './ledger.js';

const SETTLE_MS = 500;
/** Enough for either replica to have some of them. */
const UNREPEATABLE = 8;

describe('what docker-compose.production.yml describes, as processes', () => {
  const { later } = cleanup();
  const figures: string[] = [];
  afterAll(() => {
    process.stdout.write(`${figures.join('\n')}\n`);
  });

  it('loses no request of a replica that is stopped, and of one that is killed those in flight that must not be sent again', async () => {
    const { postgres, startApp } = await startTopology(later);
    const [leaving, killed] = await Promise.all([startApp('app-1'), startApp('app-2')]);
    const balancer = await startShippedLoadBalancer([leaving.url, killed.url]);
    later(() => balancer.stop());
    const ready = await fetch(`${balancer.url}/health/ready`);
    expect(await ready.json()).toMatchObject({
      status: 'ok',
      profile: 'PRODUCTION',
      checks: { db: { ok: true }, migrations: { ok: true, detail: 'head' }, redis: { ok: true } },
    });
    const database = await connect(postgres.url);

    const client = startClient({ url: balancer.url, probed: killed.url, retries: false });
    later(() => {
      client.kill();
    });
    await client.warm;
    await wait(SETTLE_MS);

    const { code, stdout } = await leaving.stop();
    expect(code).toBe(0);
    expect(stdout).toMatch(/"event":"stopped","abandoned":0,"late":false/);
    // Nothing was lost, and not because the balancer has made up for it.
    expect(await balancer.sentAgain()).toBe(0);
    const staying = await startApp('app-1', Number(new URL(leaving.url).port));
    await eventually(async () => {
      expect(await balancer.isUp()).toEqual([true, true]);
    });

    const waiting = await lockedTransitions(balancer.url, database);
    await killed.stop('SIGKILL');
    await eventually(async () => {
      expect(await balancer.isUp()).toEqual([true, false]);
    });
    await database.query('COMMIT');
    const outcomes = await Promise.all(waiting);
    await wait(SETTLE_MS);
    const { failures, writes } = await client.end();

    figures.push(
      `${writes.length} writes with a key, failed: ${JSON.stringify(failures)}; sent again after SIGKILL: ${await balancer.sentAgain()}; ` +
        `${outcomes.length} in flight without a key: ${outcomes.join(', ')}`,
    );
    expect(failures).toEqual({});
    expect(await balancer.sentAgain()).toBeGreaterThan(0);
    const answered = outcomes.filter((outcome) => outcome === 'answered');
    expect(answered.length).toBeGreaterThan(0);
    expect(answered.length).toBeLessThan(UNREPEATABLE);
    const query = async (sql: string) => {
      const { rows } = await database.query<{ key: string; id: string }>(sql);
      return rows;
    };
    expect(await replay(writes, query)).toEqual({
      acknowledged: writes.length,
      lost: [],
      duplicates: [],
    });
    expect((await staying.stop('SIGINT')).code).toBe(0);
  }, 240_000);

  async function connect(server: string): Promise<pg.Client> {
    const client = new pg.Client({ connectionString: new URL('/holdfast', server).href });
    await client.connect();
    later(() => client.end());
    return client;
  }
});

/** Neither answer of a balancer whose instance went away says whether the request was carried out. */
type Outcome = 'answered' | 'refused' | 'cut off';

/** Requests without an idempotency key that hang at a lock, and what becomes of each in the end. */
async function lockedTransitions(
  url: string,
  database: pg.Client,
): Promise<readonly Promise<Outcome>[]> {
  const headers = { 'Content-Type': 'application/json' };
  const proposals = await Promise.all(
    Array.from({ length: UNREPEATABLE }, async (_, index) => {
      const key = `locked-${index}`;
      const response = await fetch(`${url}/rebalance/proposals`, {
        method: 'POST',
        headers: { ...headers, 'Idempotency-Key': key },
        body: JSON.stringify({ portfolio_id: key, created_by: 'faults', document: {} }),
      });
      return ((await response.json()) as { readonly proposal_id: string }).proposal_id;
    }),
  );
  await database.query('BEGIN');
  const lock = 'SELECT FROM proposal_records WHERE proposal_id = ANY($1) FOR UPDATE';
  await database.query(lock, [proposals]);
  const waiting = proposals.map((proposal) =>
    fetch(`${url}/rebalance/proposals/${proposal}/transitions`, {
      method: 'POST',
      headers,
      body: JSON.stringify({
        to_state: 'RISK_REVIEW',
        expected_state: 'DRAFT',
        actor_id: 'faults',
      }),
    }).then(
      ({ status }): Outcome => (status === 200 ? 'answered' : 'refused'),
      (): Outcome => 'cut off',
    ),
  );
  const blocked = "SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock'";
  await eventually(async () => {
    // A transaction sees the same activity over and over otherwise.
    await database.query('SELECT pg_stat_clear_snapshot()');
    expect((await database.query(blocked)).rowCount).toBe(UNREPEATABLE);
  });
  return waiting;
}
