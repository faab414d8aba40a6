import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Cluster, startCluster } from '@holdfast/testing/cluster';
import { createDatabase } from '@holdfast/testing/temporary-database';
import { cleanup } from '../support/cleanup.js';
import { eventually } from '../support/eventually.js';
import { execute } from '../support/program.js';
import { type Service, startService } from '../support/service.js';

const ODD_REQUESTS = 10_000;
/** Its bounds, all, the sum and the count. */
const SERIES_OF_HISTOGRAM = 15 + 3;

const { later } = cleanup();
let cluster: Cluster;
beforeAll(async () => {
  cluster = await startCluster();
}, 60_000);
afterAll(() => cluster.remove());

async function onPostgres(): Promise<Service> {
  const database = await createDatabase(cluster.url);
  later(() => database.drop());
  const environment = { APP_PERSISTENCE_PROFILE: 'PRODUCTION', DATABASE_URL: database.url };
  expect(await execute('cli.js', ['migrate', 'up'], environment)).toMatchObject({ code: 0 });
  return started(environment);
}

async function started(environment: Readonly<Record<string, string>>): Promise<Service> {
  const service = await startService(environment);
  later(() => service.stop());
  return service;
}

/** Each series with its value. */
async function seriesOf({ url }: Service): Promise<ReadonlyMap<string, number>> {
  const answer = await fetch(`${url}/metrics`);
  expect(answer.status).toBe(200);
  expect(answer.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
  const lines = (await answer.text()).split('\n').filter((line) => !/^(#|$)/.test(line));
  return new Map(
    lines.map((line) => {
      const at = line.lastIndexOf(' ');
      return [line.slice(0, at), Number(line.slice(at + 1))] as const;
    }),
  );
}

describe('GET /metrics', () => {
  it('measures requests by their route, the pool, the checks and the migrations', async () => {
    const service = await onPostgres();
    const proposals = `${service.url}/rebalance/proposals`;
    for (const id of ['none', 'neither']) {
      expect((await fetch(`${proposals}/${id}`)).status).toBe(404);
    }
    await eventually(async () => {
      const series = await seriesOf(service);
      const route = '/rebalance/proposals/:proposal_id';
      const labels = `{route="${route}",method="GET",status="404"}`;
      expect(series.get(`http_server_request_duration_seconds_count${labels}`)).toBe(2);
      expect(series.get('holdfast_problems_total{code="PROPOSAL_NOT_FOUND"}')).toBe(2);
      expect(series.get('holdfast_ready')).toBe(1);
      expect(series.get('holdfast_check_ok{check="db"}')).toBe(1);
      expect(series.get('holdfast_check_ok{check="event_loop"}')).toBeDefined();
      expect(series.get('holdfast_migrations{store="advisory",status="pending"}')).toBe(0);
      expect(series.get('holdfast_migrations{store="advisory",status="applied"}')).toBeGreaterThan(
        0,
      );
      expect(series.get('db_client_connection_count{pool="primary",state="used"}')).toBe(0);
      for (const part of ['wait', 'use', 'create']) {
        const count = `db_client_connection_${part}_time_seconds_count{pool="primary"}`;
        expect(series.get(count)).toBeGreaterThan(0);
      }
      expect(series.get('process_resident_memory_bytes')).toBeGreaterThan(0);
    });
  });

  it('has what docs/METRICS.md lists, and nothing else of its own', async () => {
    const { url } = await started({
      APP_PERSISTENCE_PROFILE: 'LOCAL',
      BACKUP_DIR: 'backups',
      MEDIA_ENABLED: 'true',
    });
    const table = readFileSync('docs/METRICS.md', 'utf8');
    const listed = [...table.matchAll(/^\| `(\w+)` +\| (\w+) /gm)].map(
      ([, name = '', type = '']) => `${name} ${type}`,
    );
    // What is looked at now and then is told from the first look on.
    await eventually(async () => {
      const text = await (await fetch(`${url}/metrics`)).text();
      const metrics = [...text.matchAll(/^# TYPE (\S+) (\S+)$/gm)]
        .map(([, name = '', type = '']) => `${name} ${type}`)
        .filter((metric) => !/^(nodejs|process)_/.test(metric));
      expect(listed.toSorted()).toEqual(metrics.toSorted());
    });
  });

  it('shows that the database is away, and that it was', async () => {
    const own = await startCluster();
    later(() => own.remove());
    const environment = { APP_PERSISTENCE_PROFILE: 'PRODUCTION', DATABASE_URL: own.url };
    expect(await execute('cli.js', ['migrate', 'up'], environment)).toMatchObject({ code: 0 });
    const service = await started(environment);
    await own.stop();
    await eventually(async () => {
      const series = await seriesOf(service);
      expect(series.get('holdfast_ready')).toBe(0);
      expect(series.get('holdfast_check_ok{check="db"}')).toBe(0);
      expect(series.get('holdfast_ready_transitions_total{to="not_ready"}')).toBe(1);
      expect(series.get('holdfast_check_failures_total{check="db"}')).toBeGreaterThan(0);
      expect(series.has('holdfast_migrations{store="advisory",status="applied"}')).toBe(false);
    });
  });

  it('stays as it is whatever paths and methods strangers invent', async () => {
    const service = await started({ APP_PERSISTENCE_PROFILE: 'LOCAL', RATE_LIMIT_REQUESTS: '0' });
    await seriesOf(service);
    const own = async () =>
      [...(await seriesOf(service)).keys()].filter((name) =>
        /^(http|holdfast_problems)_/.test(name),
      ).length;
    const before = await own();
    const methods = ['GET', 'POST', 'PROPFIND', 'MKCOL', 'LOCK', 'PURGE', 'SEARCH'];
    const numbers = [...Array(ODD_REQUESTS).keys()];
    while (numbers.length > 0) {
      const batch = numbers.splice(0, 50).map(async (n) => {
        const method = methods[n % methods.length] ?? 'GET';
        const answer = await fetch(`${service.url}/odd-${n}?q=${n}`, { method });
        await answer.arrayBuffer();
        return answer.status;
      });
      expect(new Set(await Promise.all(batch))).toEqual(new Set([404]));
    }
    await eventually(async () => {
      const counted = [...(await seriesOf(service))].filter(([series]) =>
        series.includes('_count{route="unmatched"'),
      );
      expect(counted.reduce((sum, [, value]) => sum + value, 0)).toBe(ODD_REQUESTS);
    });
    const added = (await own()) - before;
    // A histogram for GET, for POST, and for all others, and a reason.
    expect(added).toBeLessThanOrEqual(3 * SERIES_OF_HISTOGRAM + 1);
  }, 180_000);
});
