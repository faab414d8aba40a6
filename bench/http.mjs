import { fileURLToPath } from 'node:url';
import { machine, runBench, temporaryFolder } from './support/bench.mjs';
import { inTurn, median, medianRatio, table } from './support/figures.mjs';
import { buildHoldfast, holdfastOnPostgres, migrate } from './support/holdfast.mjs';
import { CONNECTIONS, measure } from './support/load.mjs';
import { createDatabase, postgresServer } from './support/postgres.mjs';
import { startServer } from './support/servers.mjs';
import { refuseDifferent, seed, workloads } from './support/workloads.mjs';

const USAGE = `Usage: npm run bench:http -- [options]

Requests per second and latency at ${CONNECTIONS} connections of Holdfast under PRODUCTION on PostgreSQL
and of a bare Fastify + pg server that runs the same statements and gives the same answers, in turn.

  --runs N      runs of each that count, after one that does not (default 5)
  --seconds N   length of a run (default 4)
  --help        this text

DATABASE_URL names the PostgreSQL server to use (scratch databases are made on it and dropped);
without it the bench starts one. Exit code 1 when a request fails.`;

const OPTIONS = {
  runs: { type: 'string', default: '5' },
  seconds: { type: 'string', default: '4' },
};

const HEADINGS = ['req/s', 'min', 'max', 'p50 ms', 'p99 ms', 'errors'];

/** More than a page of the list. */
const SEEDED = 100;

await runBench(USAGE, OPTIONS, async ({ runs, seconds }) => {
  buildHoldfast();
  const folder = await temporaryFolder();
  const server = await postgresServer();
  const holdfast = await start('Holdfast', holdfastOnPostgres, server.url, folder);
  const bare = await start('Fastify + pg', fastifyOnPostgres, server.url, folder);
  await refuseDifferent(holdfast, bare);
  console.log(`${machine()}, ${server.about}`);
  console.log(`${CONNECTIONS} connections, medians of ${runs} runs of ${seconds} s`);
  console.log('The load comes from the same machine. Ratios are medians of those in each round.');
  let errors = 0;
  for (const { name, load } of workloads) {
    const results = [holdfast, bare].map((subject) => ({ subject, figures: [] }));
    for (let round = -1; round < runs; round += 1) {
      for (const { subject, figures } of inTurn(results, round + 1)) {
        const figure = await measure(subject.url, load(subject), seconds);
        errors += figure.errors;
        if (round >= 0) figures.push(figure);
      }
    }
    console.log(`\n${report(name, results)}`);
  }
  console.log(`\n${errors} errors`);
  return errors === 0 ? 0 : 1;
});

/**
 * @param {string} name
 * @param {(database: string) => import('./support/servers.mjs').Program} program
 * @param {string} server
 * @param {string} folder
 */
async function start(name, program, server, folder) {
  const database = await createDatabase(server);
  migrate(database, folder);
  const { url } = await startServer(program(database), folder);
  const subject = { name, url, database };
  await seed(subject, SEEDED);
  return subject;
}

/** @param {string} database */
function fastifyOnPostgres(database) {
  return {
    file: fileURLToPath(new URL('baselines/fastify-pg.mjs', import.meta.url)),
    environment: { DATABASE_URL: database },
  };
}

/**
 * @param {string} name
 * @param {{ subject: { name: string }, figures: import('./support/load.mjs').Figures[] }[]} results
 */
function report(name, results) {
  const [ours, bare] = results.map(({ figures }) => ({
    perSecond: figures.map(({ perSecond }) => perSecond),
    p50: figures.map(({ p50 }) => p50),
    p99: figures.map(({ p99 }) => p99),
  }));
  const ratio = (of) => medianRatio(ours[of], bare[of]).toFixed(2);
  return table([
    [name, ...HEADINGS],
    ...results.map(({ subject, figures }) => row(subject.name, figures)),
    ['Ratio', ratio('perSecond'), '', '', ratio('p50'), ratio('p99'), ''],
  ]);
}

/**
 * @param {string} name
 * @param {import('./support/load.mjs').Figures[]} figures
 */
function row(name, figures) {
  const perSecond = figures.map((figure) => figure.perSecond);
  return [
    name,
    median(perSecond).toFixed(0),
    Math.min(...perSecond).toFixed(0),
    Math.max(...perSecond).toFixed(0),
    median(figures.map(({ p50 }) => p50)).toFixed(2),
    median(figures.map(({ p99 }) => p99)).toFixed(2),
    String(figures.reduce((sum, { errors }) => sum + errors, 0)),
  ];
}
