import { expect, it } from '@jest/globals';
import { cleanup } from '../support/cleanup.js';
import { eventually } from '../support/eventually.js';
import { type ReplicatedCluster, startReplicated } from '../support/replicated.js';
import { run, startService } from '../support/service.js';

const { later } = cleanup();

const DRAFT = JSON.stringify({ portfolio_id: 'pf', created_by: 'me', document: {} });

it('of several hosts the pool finds the one that has taken over, and no acknowledged write is lost', async () => {
  const cluster: ReplicatedCluster = await startReplicated();
  later(() => cluster.remove());
  const { primary, query } = cluster;
  const standby = await cluster.standby('standby');
  await query(primary, "ALTER SYSTEM SET synchronous_standby_names = 'standby'");
  await query(primary, 'SELECT pg_reload_conf()');
  const url = new URL(cluster.url());
  const both = url.href.replace(url.host, `127.0.0.1:${primary.port},127.0.0.1:${standby.port}`);
  const environment = {
    APP_PERSISTENCE_PROFILE: 'PRODUCTION',
    DATABASE_URL: both,
    HOST: '127.0.0.1',
    DB_DURABILITY: 'warn',
  };
  const migrated = await run('cli.js', ['migrate', 'up'], environment);
  expect([migrated.code, migrated.stderr]).toEqual([0, migrated.stderr]);
  const service = await startService(environment);
  later(() => service.stop('SIGKILL'));

  const acknowledged: { key: string; id: string; at: number }[] = [];
  let isOver = false;
  const clients = Array.from({ length: 6 }, async (_, client) => {
    for (let n = 0; !isOver; n += 1) {
      const key = `${client}-${n}`;
      const response = await fetch(`${service.url}/rebalance/proposals`, {
        method: 'POST',
        body: DRAFT,
        headers: { 'content-type': 'application/json', 'idempotency-key': key },
      });
      const body = (await response.json()) as { proposal_id?: string };
      if (response.status === 201 && body.proposal_id)
        acknowledged.push({ key, id: body.proposal_id, at: performance.now() });
      else await new Promise((resolve) => setTimeout(resolve, 20));
    }
  });
  await eventually(() => {
    expect(acknowledged.length).toBeGreaterThan(30);
  });
  await primary.stop('SIGKILL');
  await query(standby, "ALTER SYSTEM SET synchronous_standby_names = ''");
  await query(standby, 'SELECT pg_promote(true)');
  const promoted = performance.now();
  await eventually(() => {
    expect(acknowledged.some(({ at }) => at > promoted + 50)).toBe(true);
  });
  const back = (acknowledged.find(({ at }) => at > promoted)?.at ?? Infinity) - promoted;
  expect(back).toBeLessThan(3000);
  await eventually(async () => {
    expect((await fetch(`${service.url}/health/ready`)).status).toBe(200);
  });
  isOver = true;
  await Promise.all(clients);

  const kept = await query<{ id: string }>(
    standby,
    'SELECT proposal_id AS id FROM proposal_records',
  );
  const ids = new Set(kept.map(({ id }) => id));
  expect(acknowledged.filter(({ id }) => !ids.has(id))).toEqual([]);
  process.stderr.write(
    `failover: ${acknowledged.length} acknowledged, 0 lost, back ${Math.round(back)} ms after the promotion\n`,
  );
}, 120_000);
