import { machine, runBench } from './support/bench.mjs';
import { compare, startBoth } from './support/comparison.mjs';
import { table } from './support/figures.mjs';
import { CONNECTIONS } from './support/load.mjs';
import { postgresServer } from './support/postgres.mjs';
import { creation } from './support/workloads.mjs';

const GOALS = { throughput: 0.9, p99: 1.3 };

const USAGE = `Usage: npm run bench:stores -- [options]

Proposals created per second at ${CONNECTIONS} connections, from the request to the answer, of Holdfast
under PRODUCTION on PostgreSQL and of a bare Fastify + pg server that runs the same SQL, in turn.

  --runs N        runs of each that count, after one that does not (default 5)
  --seconds N     length of a run (default 5)
  --report-only   exit code 0 even when a goal is missed
  --help          this text

DATABASE_URL names the PostgreSQL server to use (scratch databases are made on it and dropped);
without it the bench starts one. Exit code 1 when a request fails or a goal is missed: at least
${GOALS.throughput} times the bare server's throughput, at most ${GOALS.p99} times its 99th percentile.`;

const OPTIONS = {
  runs: { type: 'string', default: '5' },
  seconds: { type: 'string', default: '5' },
  'report-only': { type: 'boolean' },
};

await runBench(USAGE, OPTIONS, async (flags) => {
  const server = await postgresServer();
  const subjects = await startBoth(server.url);
  console.log(`${machine()}, ${server.about}`);
  console.log(`${CONNECTIONS} connections, medians of ${flags.runs} runs of ${flags.seconds} s`);
  console.log('The load comes from the same machine. Ratios are medians of those in each round.');
  const { report, ratios, errors } = await compare(creation, subjects, flags);
  const enough = ratios.perSecond >= GOALS.throughput;
  const prompt = ratios.p99 <= GOALS.p99;
  const goals = table([
    [
      `at least ${GOALS.throughput} times the throughput`,
      ratios.perSecond.toFixed(2),
      told(enough),
    ],
    [`at most ${GOALS.p99} times the p99`, ratios.p99.toFixed(2), told(prompt)],
  ]);
  console.log(`\n${report}\n\n${goals}\n\n${errors} errors`);
  return errors === 0 && (flags['report-only'] || (enough && prompt)) ? 0 : 1;
});

/** @param {boolean} met */
function told(met) {
  return met ? 'met' : 'MISSED';
}
