import { expect, it } from '@jest/globals';
import { Metrics } from '../../src/metrics/metrics.js';
import { RequestMetrics } from '../../src/metrics/request-metrics.js';

/** The series of what 10,000 odd requests have left. */
async function seriesAfter(
  requests: (metrics: RequestMetrics) => void,
): Promise<readonly string[]> {
  const measured = new RequestMetrics();
  requests(measured);
  const metrics = new Metrics();
  metrics.register(...measured.metrics({ inFlight: 0, open: 0 }));
  const { text } = await metrics.expose();
  return text.split('\n').filter((line) => /^(http_server_request|holdfast_problems)/.test(line));
}

it('takes one series for whatever methods clients invent, and one for all that has no route', async () => {
  const series = await seriesAfter((metrics) => {
    for (let n = 0; n < 10_000; n += 1) {
      metrics.completed({ route: null, method: `M${n}`, status: 404, durationMs: 1 });
    }
  });
  const counts = series.filter((line) => line.includes('_count'));
  expect(counts).toEqual([
    'http_server_request_duration_seconds_count{route="unmatched",method="_OTHER",status="404"} 10000',
  ]);
});

it('counts a refusal by its code, whatever its text names beside it', async () => {
  const series = await seriesAfter((metrics) => {
    metrics.refused('RATE_LIMITED');
    for (let n = 0; n < 1000; n += 1) metrics.refused(`MIGRATIONS_PENDING:store-${n}`);
  });
  expect(series).toEqual([
    'holdfast_problems_total{code="RATE_LIMITED"} 1',
    'holdfast_problems_total{code="MIGRATIONS_PENDING"} 1000',
  ]);
});

it('refuses a name that is taken', () => {
  const metrics = new Metrics();
  const metric = {
    name: 'orders_total',
    help: 'Orders.',
    type: 'counter',
    labels: [],
    read: () => [],
  } as const;
  metrics.register(metric);
  expect(() => {
    metrics.register(metric);
  }).toThrow(TypeError);
});

it('tells what is registered after somebody has asked', async () => {
  const metrics = new Metrics();
  await metrics.expose();
  metrics.register({
    name: 'orders_total',
    help: 'Orders.',
    type: 'counter',
    labels: [],
    read: () => [{ labels: {}, value: 7 }],
  });
  expect((await metrics.expose()).text).toContain('\norders_total 7');
});

it('tells no value of a metric that nobody has read one of', async () => {
  const metrics = new Metrics();
  let ages: readonly number[] = [];
  metrics.register({
    name: 'order_age_seconds',
    help: 'Age of the last order.',
    type: 'gauge',
    labels: [],
    read: () => ages.map((value) => ({ labels: {}, value })),
  });
  expect((await metrics.expose()).text).not.toMatch(/^order_age_seconds/m);
  ages = [7];
  expect((await metrics.expose()).text).toContain('\norder_age_seconds 7');
  ages = [];
  expect((await metrics.expose()).text).not.toMatch(/^order_age_seconds/m);
});
