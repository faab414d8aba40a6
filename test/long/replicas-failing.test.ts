import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { cleanup } from '../support/cleanup.js';
import { eventually } from '../support/eventually.js';
import { freePort } from '@holdfast/testing/cluster';
import { createDatabase } from '@holdfast/testing/temporary-database';
import type { PostgresServer } from '../support/postgres-server.js';
import { jsonLines } from '../support/program.js';
import { Client, healthOf, inUse } from '../support/replica-readers.js';
import { caughtUp, type ReplicatedCluster, startReplicated } from '../support/replicated.js';
import { type Service, startService } from '../support/service.js';
import { STORES_ALWAYS_ON } from '../support/registered.js';

const LIMIT_MS = 120_000;

const { later } = cleanup();
let cluster: ReplicatedCluster;

beforeAll(async () => {
  cluster = await startReplicated();
}, LIMIT_MS);

afterAll(() => cluster.remove(), LIMIT_MS);

async function start(
  replicas: readonly string[],
  variables: Readonly<Record<string, string>> = {},
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

/** Reads by many clients until it is stopped; every one has to be answered. */
function readUnderLoad(service: Service, id: string) {
  const durations: number[] = [];
  let isOver = false;
  const reading = Array.from({ length: 8 }, async () => {
    const client = new Client(service);
    while (!isOver) {
      const begun = performance.now();
      expect((await client.get(`/rebalance/runs/${id}`)).status).toBe(200);
      expect(await client.listed('pf-load')).toEqual([id]);
      durations.push(performance.now() - begun);
      await wait(2);
    }
  });
  const finished = Promise.all(reading);
  // Whoever stops the load is told; until then a failure is not unhandled.
  finished.catch(() => undefined);
  return {
    stop: async () => {
      isOver = true;
      await finished;
      return { reads: 2 * durations.length, slowestMs: Math.round(Math.max(...durations)) };
    },
  };
}

/** Until the first replica is as said. */
async function replicaIs(service: Service, expected: object): Promise<void> {
  await eventually(async () => {
    const { replicas } = await healthOf(service);
    expect(replicas[0]).toMatchObject(expected);
  });
}

describe('a read replica that fails under load', () => {
  const faults: [
    string,
    (standby: PostgresServer) => unknown,
    (standby: PostgresServer) => unknown,
  ][] = [
    ['is killed', (standby) => standby.stop('SIGKILL'), (standby) => standby.start()],
    ['shuts down', (standby) => standby.stop('SIGINT'), (standby) => standby.start()],
    [
      'freezes',
      (standby) => {
        standby.freeze();
      },
      (standby) => {
        standby.thaw();
      },
    ],
  ];

  it.each(faults)(
    'and %s costs no request, and is read from when it is back',
    async (name, fault, heal) => {
      const standby = await cluster.standby('standby');
      later(() => standby.remove());
      const service = await start([cluster.url(standby)]);
      const { id } = await new Client(service).record(undefined, 'pf-load');
      later(() => cluster.database.query('DELETE FROM dpm_runs'));
      await caughtUp(cluster, standby);
      await inUse(service);

      const load = readUnderLoad(service, id);
      await wait(500);
      await fault(standby);
      await replicaIs(service, { ok: false, detail: 'unreachable', code: 'REPLICA_UNREACHABLE' });
      expect((await fetch(`${service.url}/health/ready`)).status).toBe(200);
      await wait(500);
      await heal(standby);
      const healed = performance.now();
      await inUse(service);
      const back = Math.round(performance.now() - healed);
      await wait(500);
      const { reads, slowestMs } = await load.stop();
      console.log(
        `a replica ${name}: ${reads} reads, 0 failed, slowest pair ${slowestMs} ms; back in ${back} ms`,
      );
    },
    LIMIT_MS,
  );

  it(
    'leaves its share to the others',
    async () => {
      // One after the other: the second copy's checkpoint would take away the log that the first needs.
      const one = await cluster.standby('one');
      later(() => one.remove());
      const two = await cluster.standby('two');
      later(() => two.remove());
      const service = await start([cluster.url(one), cluster.url(two)]);
      const { id } = await new Client(service).record(undefined, 'pf-load');
      later(() => cluster.database.query('DELETE FROM dpm_runs'));
      await Promise.all([caughtUp(cluster, one), caughtUp(cluster, two)]);
      await inUse(service);
      const load = readUnderLoad(service, id);
      await wait(1000);
      const acquired = async () => {
        const answer = await fetch(`${service.url}/health/pool`);
        const { pools } = (await answer.json()) as {
          pools: { name: string; stores: string[]; acquired_total: number }[];
        };
        return pools.map((pool) => ({ ...pool, count: pool.acquired_total }));
      };
      const [, first, second] = await acquired();
      expect([first?.name, second?.name]).toEqual(['primary-replica-1', 'primary-replica-2']);
      expect(first?.stores).toEqual(STORES_ALWAYS_ON);
      const shares = [first?.count ?? 0, second?.count ?? 0];
      expect(Math.min(...shares)).toBeGreaterThan(Math.max(...shares) / 3);
      await one.stop('SIGKILL');
      const [before] = await acquired();
      await eventually(async () => {
        const [, , grown] = await acquired();
        expect((grown?.count ?? 0) - (shares[1] ?? 0)).toBeGreaterThan(100);
      });
      const [after] = await acquired();
      const { reads } = await load.stop();
      console.log(
        `two replicas: ${shares.join(' and ')} reads, then ${reads} in all; the primary ${(after?.count ?? 0) - (before?.count ?? 0)} after one was killed`,
      );
    },
    LIMIT_MS,
  );
});

it(
  'a replica whose primary freezes is not taken for one that lags, and is read from again after it',
  async () => {
    const standby = await cluster.standby('standby');
    later(() => standby.remove());
    const service = await start([cluster.url(standby)]);
    const { id } = await new Client(service).record(undefined, 'pf-frozen');
    later(() => cluster.database.query('DELETE FROM dpm_runs'));
    await caughtUp(cluster, standby);
    await inUse(service);
    cluster.primary.freeze();
    later(() => {
      cluster.primary.thaw();
    });
    await replicaIs(service, { ok: false, detail: 'unknown', code: 'REPLICA_LAG_UNKNOWN' });
    cluster.primary.thaw();
    await inUse(service);
    expect((await new Client(service).get(`/rebalance/runs/${id}`)).status).toBe(200);
  },
  LIMIT_MS,
);

describe('a server that is no read replica', () => {
  it(
    'because it was promoted is not read from any more',
    async () => {
      const standby = await cluster.standby('promoted');
      later(() => standby.remove());
      const service = await start([cluster.url(standby)]);
      const { id } = await new Client(service).record(undefined, 'pf-promoted');
      await caughtUp(cluster, standby);
      await inUse(service);
      await cluster.query(standby, 'SELECT pg_promote()');
      await cluster.query(standby, "UPDATE dpm_runs SET portfolio_id = 'pf-strayed'");
      await replicaIs(service, { ok: false, detail: 'refused', code: 'REPLICA_NOT_A_STANDBY' });
      const { body } = await new Client(service).get(`/rebalance/runs/${id}`);
      expect(body).toMatchObject({ portfolio_id: 'pf-promoted' });
    },
    LIMIT_MS,
  );

  it(
    'because it is of another cluster, another database or the primary itself is never read from',
    async () => {
      const standby = await cluster.standby('standby');
      later(() => standby.remove());
      const [elsewhere, beside] = await Promise.all([
        createDatabase(),
        createDatabase(cluster.primary.url),
      ]);
      later(() => elsewhere.drop());
      await caughtUp(cluster, standby);
      const other = new URL(cluster.url(standby));
      other.pathname = new URL(beside.url).pathname;
      const service = await start([elsewhere.url, other.href, cluster.url()]);
      const { id } = await new Client(service).record();
      await eventually(async () => {
        const { status, replicas } = await healthOf(service);
        expect(status).toBe('degraded');
        expect(replicas.map(({ name, code }) => [name, code])).toEqual([
          ['replica-1', 'REPLICA_OF_ANOTHER_DATABASE'],
          ['replica-2', 'REPLICA_OF_ANOTHER_DATABASE'],
          ['replica-3', 'REPLICA_NOT_A_STANDBY'],
        ]);
      });
      expect((await new Client(service).get(`/rebalance/runs/${id}`)).status).toBe(200);
      const statements = await elsewhere.query<{ count: number }>(
        `SELECT count(*)::int AS count FROM pg_stat_activity
          WHERE datname = current_database() AND application_name = 'holdfast'`,
      );
      expect(statements).toEqual([{ count: 0 }]);
    },
    LIMIT_MS,
  );

  it(
    'because it is not there does not keep the service from starting, and is read from once it is',
    async () => {
      const standby = await cluster.standby('late');
      later(() => standby.remove());
      const url = cluster.url(standby);
      await standby.stop();
      const wrong = new URL(url);
      wrong.password = 'unguessable';
      const missing = new URL(url);
      missing.port = String(await freePort());
      const service = await start([url, missing.href]);
      await replicaIs(service, { ok: false, code: 'REPLICA_UNREACHABLE' });
      const told = jsonLines(service.output()).filter(
        ({ event }) => event === 'replica.unavailable',
      );
      expect(told).toMatchObject([
        { level: 'warn', database: 'primary', replica: 'replica-1', code: 'REPLICA_UNREACHABLE' },
        { level: 'warn', database: 'primary', replica: 'replica-2', code: 'REPLICA_UNREACHABLE' },
      ]);
      await standby.start();
      await replicaIs(service, { ok: true, detail: 'connected' });

      const refused = await start([wrong.href]);
      await replicaIs(refused, { ok: false, detail: 'unreachable', code: 'POSTGRES_AUTH_FAILED' });
      expect(refused.output()).not.toContain('unguessable');
      const body = JSON.stringify(await healthOf(service));
      for (const secret of ['127.0.0.1', 'app:', String(standby.port)]) {
        expect(body).not.toContain(secret);
      }
    },
    LIMIT_MS,
  );
});

it(
  'a service with read replicas stops in good order and leaves no connection behind',
  async () => {
    const standby = await cluster.standby('standby');
    later(() => standby.remove());
    const service = await start([cluster.url(standby)]);
    await inUse(service);
    const { code } = await service.stop();
    expect(code).toBe(0);
    for (const server of [cluster.primary, standby]) {
      await eventually(async () => {
        expect(
          await cluster.query(
            server,
            "SELECT application_name FROM pg_stat_activity WHERE usename = 'app'",
          ),
        ).toEqual([]);
      });
    }
  },
  LIMIT_MS,
);
