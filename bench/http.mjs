import { machine, runBench } from './support/bench.mjs';
import { compare, startBoth } from './support/comparison.mjs';
import { CONNECTIONS } from './support/load.mjs';
import { postgresServer } from './support/postgres.mjs';
import { workloads } from './support/workloads.mjs';

const USAGE = `Usage: npm run bench:http -- [options]

Requests per second and latency at ${CONNECTIONS} connections of Holdfast under PRODUCTION on PostgreSQL
and of a bare Fastify + pg server that runs the same statements and gives the same answers, in turn.

  --runs N      runs of each that count, after one that does not (default 15)
  --seconds N   length of a run (default 1)
  --help        this text

DATABASE_URL names the PostgreSQL server to use (scratch databases are made on it and dropped);
without it the bench starts one. Exit code 1 when a request fails.`;

/** Many short runs: what changes the speed of the machine for some seconds meets both, and the median is of more ratios. */
const OPTIONS = {
  runs: { type: 'string', default: '15' },
  seconds: { type: 'string', default: '1' },
};

await runBench(USAGE, OPTIONS, async (extent) => {
  const server = await postgresServer();
  const subjects = await startBoth(server.url);
  console.log(`${machine()}, ${server.about}`);
  console.log(`${CONNECTIONS} connections, medians of ${extent.runs} runs of ${extent.seconds} s`);
  console.log('The load comes from the same machine. Ratios are medians of those in each round.');
  let errors = 0;
  for (const workload of workloads) {
    const comparison = await compare(workload, subjects, extent);
    errors += comparison.errors;
    console.log(`\n${comparison.report}`);
  }
  console.log(`\n${errors} errors`);
  return errors === 0 ? 0 : 1;
});
