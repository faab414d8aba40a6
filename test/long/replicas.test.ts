import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { cleanup } from '../support/cleanup.js';
import { eventually } from '../support/eventually.js';
import type { PostgresServer } from '../support/postgres-server.js';
import { Client, healthOf, inUse } from '../support/replica-readers.js';
import { caughtUp, type ReplicatedCluster, startReplicated } from '../support/replicated.js';
import { type Service, startService } from '../support/service.js';

const LIMIT_MS = 120_000;
/** So long that no replica is ever taken for lagging. */
const ANY_LAG = { DB_REPLICA_MAX_LAG_MS: '600000' };

const { later } = cleanup();
let cluster: ReplicatedCluster;
let standby: PostgresServer;

beforeAll(async () => {
  cluster = await startReplicated();
  standby = await cluster.standby('standby');
}, LIMIT_MS);

afterAll(() => cluster.remove(), LIMIT_MS);

async function start(
  variables: Readonly<Record<string, string>> = {},
  replicas: readonly string[] = [cluster.url(standby)],
): Promise<Service> {
  const service = await startService({
    APP_PERSISTENCE_PROFILE: 'PRODUCTION',
    DATABASE_URL: cluster.url(),
    DB_READ_REPLICA_URLS: replicas.join(),
    MIGRATE_ON_START: 'true',
    TRUSTED_PROXIES: '127.0.0.1',
    ...variables,
  });
  later(() => service.stop('SIGKILL'));
  return service;
}

/** What the standby has of the log stays where it is, until the test is over. */
async function pauseReplay(): Promise<void> {
  await caughtUp(cluster, standby);
  later(resumeReplay);
  await cluster.query(standby, 'SELECT pg_wal_replay_pause()');
  await eventually(async () => {
    const [state] = await cluster.query(standby, 'SELECT pg_get_wal_replay_pause_state() AS is');
    expect(state).toEqual({ is: 'paused' });
  });
}

async function resumeReplay(): Promise<void> {
  await cluster.query(standby, 'SELECT pg_wal_replay_resume()');
}

describe('with a read replica', () => {
  it(
    'lists and gets come from it, and lookups of what was sent come from the primary',
    async () => {
      const service = await start(ANY_LAG);
      const [writer, reader] = [new Client(service), new Client(service)];
      const { id: before } = await writer.record(undefined, 'pf-lists');
      await caughtUp(cluster, standby);
      await inUse(service);
      await pauseReplay();
      const { id } = await writer.record(undefined, 'pf-lists');

      expect(await reader.listed('pf-lists')).toEqual([before]);
      expect((await reader.get(`/rebalance/runs/${id}`)).status).toBe(404);
      for (const path of [`by-correlation/order-${id}`, `idempotency/key-${id}`]) {
        expect((await reader.get(`/rebalance/runs/${path}`)).status).toBe(200);
      }
      expect(await writer.listed('pf-lists')).toEqual([id, before]);

      await resumeReplay();
      await eventually(async () => {
        expect(await reader.listed('pf-lists')).toEqual([id, before]);
      });
    },
    LIMIT_MS,
  );

  it(
    'reads go on while the primary is frozen, where the lag allows it',
    async () => {
      const service = await start(ANY_LAG);
      const { id } = await new Client(service).record();
      await inUse(service);
      const reader = new Client(service);
      await eventually(async () => {
        expect((await reader.get(`/rebalance/runs/${id}`)).status).toBe(200);
      });
      later(() => {
        cluster.primary.thaw();
      });
      cluster.primary.freeze();
      for (let read = 0; read < 20; read += 1) {
        expect((await reader.get(`/rebalance/runs/${id}`)).status).toBe(200);
      }
      cluster.primary.thaw();
    },
    LIMIT_MS,
  );

  it(
    'a client reads what it wrote, whatever the replica has',
    async () => {
      const service = await start(ANY_LAG);
      await inUse(service);
      let [isOver, toggles] = [false, 0];
      const toggling = (async () => {
        while (!isOver) {
          await cluster.query(standby, 'SELECT pg_wal_replay_pause()');
          await wait(150);
          await resumeReplay();
          await wait(100);
          toggles += 1;
        }
      })();
      const readAfterWrite = async (client: Client, portfolio: string) => {
        const written: string[] = [];
        for (let write = 0; write < 25; write += 1) {
          const { id } = await client.record(undefined, portfolio);
          written.unshift(id);
          const [got, listed] = await Promise.all([
            client.get(`/rebalance/runs/${id}`),
            client.listed(portfolio),
          ]);
          expect(got.status).toBe(200);
          expect(listed).toEqual(written);
          await wait(Math.random() * 60);
        }
      };
      const clients = Array.from({ length: 12 }, (_, index) => `pf-own-${index}`);
      await Promise.all(
        clients.map((portfolio) => readAfterWrite(new Client(service), portfolio)),
      ).finally(() => {
        isOver = true;
      });
      await toggling;
      expect(toggles).toBeGreaterThan(2);
      const { pools } = (await (await fetch(`${service.url}/health/pool`)).json()) as {
        pools: { name: string; acquired_total: number }[];
      };
      const served = pools.find(({ name }) => name === 'primary-replica-1')?.acquired_total;
      console.log(`read your writes: 300 writes, 600 reads, ${served} of them by the replica`);
    },
    LIMIT_MS,
  );

  it(
    'a client reads what it wrote, whatever it says of its address to a process that trusts no proxy',
    async () => {
      for (const proxies of ['', '192.0.2.0/24']) {
        const service = await start({ ...ANY_LAG, TRUSTED_PROXIES: proxies });
        await inUse(service);
        await pauseReplay();
        const { id } = await new Client(service, '192.0.2.1').record();
        // Another address in X-Forwarded-For, but the same connection's.
        const { status } = await new Client(service, '192.0.2.2').get(`/rebalance/runs/${id}`);
        expect(status).toBe(200);
        await resumeReplay();
      }
    },
    LIMIT_MS,
  );

  it(
    'a client that shows its token reads what it wrote from another process',
    async () => {
      const [one, other] = await Promise.all([start(ANY_LAG), start(ANY_LAG)]);
      await Promise.all([inUse(one), inUse(other)]);
      const writer = new Client(one);
      const reader = new Client(other);
      await pauseReplay();
      for (let write = 0; write < 10; write += 1) {
        const { id, token } = await writer.record();
        const path = `/rebalance/runs/${id}`;
        expect((await reader.get(path)).status).toBe(404);
        expect((await reader.get(path, { 'x-consistency-token': token })).status).toBe(200);
        expect((await reader.get(path, { 'x-consistency-token': 'x' })).status).toBe(200);
      }
      await resumeReplay();
    },
    LIMIT_MS,
  );

  it(
    'that lags is not read from until it has caught up',
    async () => {
      const service = await start();
      await inUse(service);
      await pauseReplay();
      const begun = performance.now();
      const { id } = await new Client(service).record();
      const reader = new Client(service);
      await eventually(async () => {
        expect((await reader.get(`/rebalance/runs/${id}`)).status).toBe(200);
      });
      const fellBack = Math.round(performance.now() - begun);
      await eventually(async () => {
        const { status, checks, replicas } = await healthOf(service);
        const [replica] = replicas;
        expect(replica).toMatchObject({ ok: false, detail: 'lagging', code: 'REPLICA_LAGGING' });
        expect(replica?.lag_ms).toBeGreaterThan(1000);
        expect([status, checks.replicas?.code]).toEqual(['degraded', 'REPLICA_LAGGING']);
      });
      expect((await fetch(`${service.url}/health/ready`)).status).toBe(200);
      await resumeReplay();
      const resumed = performance.now();
      await inUse(service);
      const back = Math.round(performance.now() - resumed);
      console.log(`a lag of 1000 ms: not read from after ${fellBack} ms, back ${back} ms after it`);
      expect((await healthOf(service)).status).toBe('ok');
    },
    LIMIT_MS,
  );

  it.each(['on', 'off'])(
    'that has nothing to replay does not lag, with synchronous_commit = %s',
    async (setting) => {
      await cluster.query(cluster.primary, `ALTER ROLE app SET synchronous_commit = ${setting}`);
      const service = await start({ DB_REPLICA_MAX_LAG_MS: '1000' });
      await inUse(service);
      await cluster.query(cluster.primary, 'SELECT pg_switch_wal()');
      for (const until = performance.now() + 2500; performance.now() < until;) {
        const { replicas } = await healthOf(service);
        expect(replicas).toMatchObject([{ ok: true, detail: 'connected' }]);
        await wait(50);
      }
    },
    LIMIT_MS,
  );
});
