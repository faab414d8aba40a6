import { fileURLToPath } from 'node:url';
import { machine, runBench, temporaryFolder } from './support/bench.mjs';
import { inTurn, median, medianRatio, table } from './support/figures.mjs';
import { buildHoldfast, holdfastOnPostgres, migrate } from './support/holdfast.mjs';
import { CONNECTIONS, measure } from './support/load.mjs';
import { createDatabase, postgresServer } from './support/postgres.mjs';
import { measureAtRate } from './support/rate.mjs';
import { startServer } from './support/servers.mjs';
import { stallingLine } from './support/stalling-line.mjs';

const { fetch } = globalThis;
const RATE = 1000;
const GOALS = { live: 0.8, ready: 0.8, terminus: 7, p99: 5, frozenP99: 1500, told: 1500 };

const USAGE = `Usage: npm run bench:health -- [options]

Requests per second at ${CONNECTIONS} connections of /health/live and /health/ready of Holdfast under PRODUCTION
on PostgreSQL, next to a constant of the same Nest Fastify adapter and to Terminus' TypeORM ping on
the same database, in turn; then the latency of /health/ready at ${RATE} requests per second, also
while the database is frozen.

  --runs N        runs of each that count, after one that does not (default 5)
  --seconds N     length of a run (default 4)
  --report-only   exit code 0 even when a goal is missed
  --help          this text

DATABASE_URL names the PostgreSQL server to use (scratch databases are made on it and dropped);
without it the bench starts one. Exit code 1 when a request fails or a goal is missed: live at least
${GOALS.live} of the constant, ready at least ${GOALS.ready} of live and ${GOALS.terminus} times Terminus, p99 under ${GOALS.p99} ms, and under
${GOALS.frozenP99} ms with the database frozen; the first 503 less than ${GOALS.told} ms after the freeze.`;

const OPTIONS = {
  runs: { type: 'string', default: '5' },
  seconds: { type: 'string', default: '4' },
  'report-only': { type: 'boolean' },
};

/**
 * @typedef {object} Subject
 * @property {string} name
 * @property {string} url
 * @property {string} path
 * @property {import('./support/load.mjs').Figures[]} figures by round
 */

await runBench(USAGE, OPTIONS, async (flags) => {
  buildHoldfast();
  const folder = await temporaryFolder();
  const server = await postgresServer();
  console.log(`${machine()}, ${server.about}`);
  console.log(`${CONNECTIONS} connections, medians of ${flags.runs} runs of ${flags.seconds} s`);
  console.log('The load comes from the same machine. Ratios are medians of those in each round.\n');

  const database = await createDatabase(server.url);
  migrate(database, folder);
  const line = await stallingLine(database);
  const url = await startHoldfast(line.url, folder);
  const subjects = [
    subject('constant of Nest + Fastify', await startBaseline('nest', {}, folder), '/health/live'),
    subject('Holdfast /health/live', url, '/health/live'),
    subject('Holdfast /health/ready', url, '/health/ready'),
    subject(
      'Terminus TypeORM ping',
      await startBaseline('terminus', { DATABASE_URL: database }, folder),
      '/health/ready',
    ),
  ];
  await load(subjects, flags);
  const errors = report(subjects);

  const steady = await runsAtRate(`${url}/health/ready`, flags);
  reportRate('Steady', steady);
  line.freeze();
  const frozen = [await measureAtRate(`${url}/health/ready`, RATE, flags.seconds)];
  line.thaw();
  reportRate('Database frozen from the start of the run', frozen);

  const goals = judge(subjects, steady, frozen);
  console.log(`\n${table(goals.map(({ cells }) => cells))}`);
  console.log(machine());
  const lost =
    errors +
    [...steady, ...frozen].reduce((sum, figures) => sum + figures.errors, 0) +
    steady.filter(({ firstFailureMs }) => firstFailureMs !== null).length;
  if (lost > 0) console.log(`${lost} errors`);
  const isGood = lost === 0 && goals.every(({ met }) => met);
  return isGood || (flags['report-only'] && lost === 0) ? 0 : 1;
});

/**
 * @param {string} name
 * @param {string} url
 * @param {string} path
 * @returns {Subject}
 */
function subject(name, url, path) {
  return { name, url, path, figures: [] };
}

/**
 * @param {string} database
 * @param {string} folder
 */
async function startHoldfast(database, folder) {
  const { url } = await startServer(holdfastOnPostgres(database), folder);
  // A process that has served requests pays for their contexts in everything that it does.
  const answer = await fetch(`${url}/rebalance/proposals`);
  if (!answer.ok) throw new Error(`Holdfast answers ${answer.status}`);
  return url;
}

/**
 * @param {string} name
 * @param {Record<string, string>} environment
 * @param {string} folder
 */
async function startBaseline(name, environment, folder) {
  const file = fileURLToPath(new URL(`baselines/${name}.mjs`, import.meta.url));
  return (await startServer({ file, environment }, folder)).url;
}

/**
 * @param {readonly Subject[]} subjects
 * @param {{ runs: number, seconds: number }} extent
 */
async function load(subjects, { runs, seconds }) {
  for (let round = -1; round < runs; round += 1) {
    for (const { url, path, figures } of inTurn(subjects, round + 1)) {
      const figure = await measure(url, { request: { path }, expects: 200 }, seconds);
      if (round >= 0) figures.push(figure);
    }
  }
}

/**
 * @param {string} url
 * @param {{ runs: number, seconds: number }} extent
 */
async function runsAtRate(url, { runs, seconds }) {
  const figures = [];
  for (let run = 0; run < runs; run += 1) figures.push(await measureAtRate(url, RATE, seconds));
  return figures;
}

/** @param {readonly Subject[]} subjects */
function report(subjects) {
  const errorsOf = ({ figures }) => figures.reduce((sum, { errors }) => sum + errors, 0);
  const rows = subjects.map((each) => {
    const perSecond = rates(each);
    return [
      each.name,
      median(perSecond).toFixed(0),
      Math.min(...perSecond).toFixed(0),
      Math.max(...perSecond).toFixed(0),
      median(each.figures.map(({ p50 }) => p50)).toFixed(2),
      median(each.figures.map(({ p99 }) => p99)).toFixed(2),
      String(errorsOf(each)),
    ];
  });
  console.log(table([['', 'req/s', 'min', 'max', 'p50 ms', 'p99 ms', 'errors'], ...rows]));
  return subjects.reduce((sum, each) => sum + errorsOf(each), 0);
}

/**
 * @param {string} title
 * @param {readonly import('./support/rate.mjs').RateFigures[]} figures
 */
function reportRate(title, figures) {
  const rows = figures.map(({ perSecond, p50, p99, statuses, firstFailureMs }) => [
    perSecond.toFixed(0),
    p50.toFixed(2),
    p99.toFixed(2),
    JSON.stringify(statuses),
    firstFailureMs === null ? '' : firstFailureMs.toFixed(0),
  ]);
  console.log(`\n${title}, /health/ready at ${RATE} requests per second:\n`);
  console.log(table([['req/s', 'p50 ms', 'p99 ms', 'statuses', 'first 503, ms'], ...rows]));
}

/**
 * @param {readonly Subject[]} subjects
 * @param {readonly import('./support/rate.mjs').RateFigures[]} steady
 * @param {readonly import('./support/rate.mjs').RateFigures[]} frozen
 */
function judge([constant, live, ready, terminus], steady, frozen) {
  const ratio = (one, other) => medianRatio(rates(one), rates(other));
  const p99 = (figures) => median(figures.map((each) => each.p99));
  return [
    least('/health/live, of the constant', ratio(live, constant), GOALS.live),
    least('/health/ready, of /health/live', ratio(ready, live), GOALS.ready),
    least('/health/ready, times Terminus', ratio(ready, terminus), GOALS.terminus),
    most(`p99 at ${RATE} per second, ms`, p99(steady), GOALS.p99),
    most('the same, database frozen, ms', p99(frozen), GOALS.frozenP99),
    most('from the freeze to the first 503, ms', frozen[0]?.firstFailureMs ?? NaN, GOALS.told),
  ];
}

/** @param {Subject} subject */
function rates({ figures }) {
  return figures.map(({ perSecond }) => perSecond);
}

/**
 * @param {string} name
 * @param {number} value
 * @param {number} goal
 */
function least(name, value, goal) {
  const met = value >= goal;
  return { met, cells: [name, value.toFixed(2), `at least ${goal}`, met ? 'met' : 'MISSED'] };
}

/**
 * @param {string} name
 * @param {number} value
 * @param {number} goal
 */
function most(name, value, goal) {
  const met = value < goal;
  return { met, cells: [name, value.toFixed(2), `under ${goal}`, met ? 'met' : 'MISSED'] };
}
