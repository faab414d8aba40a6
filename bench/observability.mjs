import { performance } from 'node:perf_hooks';
import { machine, runBench } from './support/bench.mjs';
import { compare, startObservedAndNot } from './support/comparison.mjs';
import { median, percentile } from './support/figures.mjs';
import { CONNECTIONS } from './support/load.mjs';
import { cpuMilliseconds } from './support/servers.mjs';
import { postgresServer } from './support/postgres.mjs';
import { creation } from './support/workloads.mjs';

const { fetch } = globalThis;

const USAGE = `Usage: npm run bench:observability -- [options]

What it costs that the service can be looked at: proposals created a second at ${CONNECTIONS} connections,
under PRODUCTION on PostgreSQL, with metrics, traces (no SDK) and a line a request; and by a build without any
of these (bench/baselines/unobserved.mjs, LOG_LEVEL=warn), in turn. Then GET /metrics, with a series for every route.

  --runs N      runs of each that count, after one that does not (default 7)
  --seconds N   length of a run (default 4)
  --help        this text

DATABASE_URL names the PostgreSQL server to use (scratch databases are made on it and dropped);
without it the bench starts one. Exit code 1 when a request fails.`;

const OPTIONS = {
  runs: { type: 'string', default: '7' },
  seconds: { type: 'string', default: '4' },
};
/** Of `GET /metrics`, one after the other. */
const SCRAPES = 300;

await runBench(USAGE, OPTIONS, async (extent) => {
  const server = await postgresServer();
  const [observed, unobserved] = await startObservedAndNot(server.url);
  console.log(`${machine()}, ${server.about}`);
  console.log(`${CONNECTIONS} connections, medians of ${extent.runs} runs of ${extent.seconds} s`);
  const { report, ratios, errors } = await compare(creation, [observed, unobserved], extent);
  console.log(`\n${report}`);
  const [ofThroughput, ofCpu] = [(1 - ratios.perSecond) * 100, (ratios.cpu - 1) * 100];
  console.log(
    `\nmetrics, traces without an SDK and logging take ${ofThroughput.toFixed(1)} % of create's throughput, and add ${ofCpu.toFixed(1)} % to its CPU time`,
  );
  console.log(await scrapes(observed));
  console.log(`\n${errors} errors`);
  return errors === 0 ? 0 : 1;
});

/** @param {import('./support/workloads.mjs').Subject} subject */
async function scrapes({ url, pid }) {
  const routes = await askEveryRoute(url);
  const durations = [];
  const before = await cpuMilliseconds(pid);
  let text = '';
  for (let count = 0; count < SCRAPES; count += 1) {
    const begun = performance.now();
    text = await (await fetch(`${url}/metrics`)).text();
    durations.push(performance.now() - begun);
  }
  const cpu = ((await cpuMilliseconds(pid)) - before) / SCRAPES;
  const series = text.split('\n').filter((line) => !/^(#|$)/.test(line)).length;
  const [p50, p99] = [median(durations), percentile(durations, 0.99)];
  const times = `${p50.toFixed(2)} ms (p99 ${p99.toFixed(2)}, CPU ${cpu.toFixed(2)})`;
  return `GET /metrics: ${times} for ${series} series, of ${routes} routes`;
}

/**
 * Each route of the document makes its series; what it answers does not matter.
 * @param {string} url
 * @returns {Promise<number>} how many there are
 */
async function askEveryRoute(url) {
  const { paths } = await (await fetch(`${url}/docs-json`)).json();
  const routes = Object.entries(paths).flatMap(([path, operations]) =>
    Object.keys(operations).map((method) => ({ path, method: method.toUpperCase() })),
  );
  for (const { path, method } of routes) {
    const answer = await fetch(url + path.replaceAll(/\{\w+\}/g, 'none'), { method });
    await answer.arrayBuffer();
  }
  return routes.length;
}
