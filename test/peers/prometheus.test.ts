import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startProxy, through } from '@holdfast/testing/tcp-proxy';
import { cleanup } from '../support/cleanup.js';
import { eventually } from '../support/eventually.js';
import { type PrometheusServer, startPrometheus } from '../support/prometheus.js';
import { type ReplicatedCluster, startReplicated } from '../support/replicated.js';
import { type Service, startService } from '../support/service.js';
import { steadyWrites } from '../support/steady-writes.js';

interface Target {
  readonly expr: string;
  readonly legendFormat: string;
}
interface Panel {
  readonly type: string;
  readonly title: string;
  readonly targets?: readonly Target[];
}
interface Dashboard {
  readonly panels: readonly Panel[];
  readonly templating: { readonly list: readonly { readonly query: string }[] };
  readonly annotations: { readonly list: readonly { readonly expr: string }[] };
}

const LIMIT_MS = 180_000;
const dashboard = JSON.parse(readFileSync('deploy/grafana/holdfast.json', 'utf8')) as Dashboard;
const queries = dashboard.panels.flatMap(({ title, targets = [] }) =>
  targets.map(({ expr, legendFormat }) => [title, expr, legendFormat] as const),
);

const { later, temporaryFolder } = cleanup();
let cluster: ReplicatedCluster;
beforeAll(async () => {
  cluster = await startReplicated();
}, LIMIT_MS);
afterAll(() => cluster.remove(), LIMIT_MS);

/** As Grafana puts in what the user has chosen: all jobs and instances, and the last minute. */
function filledIn(expression: string): string {
  return expression
    .replaceAll(/\$(job|instance)\b/g, '.*')
    .replaceAll('$__rate_interval', '30s')
    .replaceAll('$__range', '60s');
}

/**
 * A service on a primary and a standby, under writes: first all is well, then the primary is away until the
 * service says that it is not ready, and a connection has been waited for in vain; then all is well again.
 */
async function scrapedUnderFaults(): Promise<{ service: Service; prometheus: PrometheusServer }> {
  const standby = await cluster.standby('standby');
  const { port } = new URL(cluster.url());
  const line = await startProxy({ host: '127.0.0.1', port: Number(port) });
  later(() => line.close());
  const service = await startService({
    APP_PERSISTENCE_PROFILE: 'PRODUCTION',
    DATABASE_URL: through(line, cluster.url()),
    DB_READ_REPLICA_URLS: cluster.url(standby),
    MIGRATE_ON_START: 'true',
    DB_POOL_SIZE: '1',
    DB_MAX_OVERFLOW: '0',
    DB_POOL_TIMEOUT: '1',
    DPM_SUPPORTABILITY_RETENTION_DAYS: '30',
    DPM_PURGE_INTERVAL_SECONDS: '1',
  });
  later(() => service.stop('SIGKILL'));
  const prometheus = await startPrometheus(service.url, temporaryFolder());
  later(() => prometheus.stop());
  const writes = steadyWrites(service);
  later(() => writes.end());
  const has = (expression: string) =>
    eventually(async () => {
      if ((await prometheus.query(expression)).length === 0) throw new Error(`no ${expression}`);
    });
  await has('holdfast_ready == 1 and on () holdfast_replica_lag_seconds');
  line.stall();
  await has('holdfast_ready == 0');
  await has('db_client_connection_timeouts_total > 0');
  await has('holdfast_check_failures_total > 0');
  line.resume();
  await has('holdfast_ready == 1 and on () holdfast_ready_transitions_total{to="not_ready"} > 0');
  await has('rate(http_server_request_duration_seconds_count{status="201"}[5s]) > 0');
  await has('holdfast_replica_ok == 1 and holdfast_replica_lag_seconds');
  await has('holdfast_task_last_success_timestamp_seconds');
  return { service, prometheus };
}

describe('Prometheus, at a service under faults', () => {
  it(
    'takes /metrics, and has an answer to every query of the dashboard',
    async () => {
      const { service, prometheus } = await scrapedUnderFaults();

      const text = await (await fetch(`${service.url}/metrics`)).text();
      const lint = spawnSync('promtool', ['check', 'metrics'], { input: text, encoding: 'utf8' });
      expect(lint.stdout + lint.stderr).toBe(
        // The name of OpenTelemetry's conventions, in Prometheus' spelling.
        'db_client_connection_count non-histogram and non-summary metrics should not have "_count" suffix\n',
      );

      const unanswered: string[] = [];
      for (const [title, expression] of queries) {
        const samples = await prometheus.query(filledIn(expression));
        if (samples.length === 0) unanswered.push(`${title}: ${expression}`);
      }
      // The only replica is there, nobody has made a backup, and the media store is off.
      expect(unanswered).toEqual([
        'Read replicas: holdfast_replica_ok{job=~"$job",instance=~"$instance"} - 1 < 0',
        'Age of the last backup that was restored and compared: holdfast_backup_age_seconds{job=~"$job",instance=~"$instance"}',
        ...queries
          .filter(([, expression]) => expression.includes('holdfast_media_'))
          .map(([title, expression]) => `${title}: ${expression}`),
      ]);
      for (const { expr } of dashboard.annotations.list) await prometheus.query(filledIn(expr));
      await expect(prometheus.query('rate(holdfast_ready[')).rejects.toThrow('parse error');
    },
    LIMIT_MS,
  );
});

describe('deploy/grafana/holdfast.json', () => {
  it('asks for no metric that the service does not have', () => {
    const known = [...readFileSync('docs/METRICS.md', 'utf8').matchAll(/^\| `(\w+)`/gm)];
    const names = new Set(known.map(([, name = '']) => name));
    const texts = [
      ...queries.map(([, expression]) => expression),
      ...dashboard.templating.list.map(({ query }) => query),
    ].join('\n');
    const asked = [...texts.matchAll(/\b(?:http_server|db_client|holdfast)_\w+/g)].map(([name]) =>
      names.has(name) ? name : name.replace(/_(bucket|count|sum)$/, ''),
    );
    expect(asked.length).toBeGreaterThan(30);
    expect(asked.filter((name) => !names.has(name))).toEqual([]);
  });

  it('has names of what each line is, and asks only of what has been chosen', () => {
    for (const [title, expression, legend] of queries) {
      expect({ title, legend: legend || 'a table' }).toEqual({
        title,
        legend: expect.stringMatching(/./),
      });
      expect(expression).toContain('job=~"$job",instance=~"$instance"');
    }
  });

  it('shows every metric of docs/METRICS.md that is the service’s own', () => {
    const known = [...readFileSync('docs/METRICS.md', 'utf8').matchAll(/^\| `(\w+)`/gm)];
    const text = JSON.stringify(dashboard);
    const missing = known.map(([, name = '']) => name).filter((name) => !text.includes(name));
    expect(missing).toEqual(['holdfast_store_info']);
  });
});
