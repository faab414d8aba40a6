import { SignJWT } from 'jose';
import { machine, runBench } from './support/bench.mjs';
import { compare, startWithAndWithoutCallers } from './support/comparison.mjs';
import { table } from './support/figures.mjs';
import { CONNECTIONS } from './support/load.mjs';
import { postgresServer } from './support/postgres.mjs';
import { creation, workloads } from './support/workloads.mjs';

const LEAST_RATIO = 0.92;
const KEY = 'a key of the bench, which is long enough for HS256';
/** Callers, each with a token of their own: more than one, so that none is always the last that was known. */
const CALLERS = 50;

const USAGE = `Usage: npm run bench:auth -- [options]

What it costs that callers prove who they are: Holdfast under PRODUCTION on PostgreSQL with AUTH_MODE=jwt
and with AUTH_MODE=none, at ${CONNECTIONS} connections, in turn. ${CALLERS} callers have a token each.

  --runs N        runs of each that count, after one that does not (default 5)
  --seconds N     length of a run (default 5)
  --reads         reads as well, which have no goal
  --report-only   exit code 0 even when the goal is missed
  --help          this text

DATABASE_URL names the PostgreSQL server to use (scratch databases are made on it and dropped);
without it the bench starts one. Exit code 1 when a request fails or the goal is missed: at least
${LEAST_RATIO} times as many proposals created as without tokens.`;

const OPTIONS = {
  runs: { type: 'string', default: '5' },
  seconds: { type: 'string', default: '5' },
  reads: { type: 'boolean' },
  'report-only': { type: 'boolean' },
};

await runBench(USAGE, OPTIONS, async (flags) => {
  const server = await postgresServer();
  const subjects = await startWithAndWithoutCallers(server.url, KEY, await tokens());
  console.log(`${machine()}, ${server.about}`);
  console.log(`${CONNECTIONS} connections, medians of ${flags.runs} runs of ${flags.seconds} s`);
  console.log('The load comes from the same machine. Ratios are medians of those in each round.');
  const created = await compare(creation, subjects, flags);
  console.log(`\n${created.report}`);
  let errors = created.errors;
  for (const workload of flags.reads ? workloads.filter((each) => each !== creation) : []) {
    const read = await compare(workload, subjects, flags);
    console.log(`\n${read.report}`);
    errors += read.errors;
  }
  const enough = created.ratios.perSecond >= LEAST_RATIO;
  const goal = [
    `at least ${LEAST_RATIO} times the throughput`,
    created.ratios.perSecond.toFixed(3),
  ];
  console.log(`\n${table([[...goal, enough ? 'met' : 'MISSED']])}\n\n${errors} errors`);
  return errors === 0 && (flags['report-only'] || enough) ? 0 : 1;
});

/** The workload names an actor: that is whose they all are. */
function tokens() {
  return Promise.all(
    Array.from({ length: CALLERS }, (_, index) =>
      new SignJWT({ scope: 'proposals:read proposals:write', jti: String(index) })
        .setProtectedHeader({ alg: 'HS256' })
        .setSubject('advisor-7')
        .setExpirationTime('1h')
        .sign(Buffer.from(KEY)),
    ),
  );
}
