import { randomInt } from 'node:crypto';
import { performance } from 'node:perf_hooks';
import { setTimeout as wait } from 'node:timers/promises';
import { machine, runBench, temporaryFolder } from './support/bench.mjs';
import { closedLoad } from './support/closed-load.mjs';
import { median, percentile, table } from './support/figures.mjs';
import { buildHoldfast, holdfastOnPostgres, migrate } from './support/holdfast.mjs';
import { createDatabase, postgresServer } from './support/postgres.mjs';
import { redisServer } from './support/redis.mjs';
import { startServer } from './support/servers.mjs';

const { fetch } = globalThis;
const GOAL_MS = 50;
const CONNECTIONS = 16;
const CLIENTS = 200;
/** Short, so that requests are counted in Redis again soon after it was gone. */
const WINDOW_SECONDS = 1;
const BACK_LIMIT_MS = 15_000;
const POLL_MS = 20;

const USAGE = `Usage: npm run bench:redis -- [options]

Latency of a list of proposals of Holdfast under PRODUCTION on PostgreSQL, with rate limits that are
counted in Redis: while Redis is there, after it was killed, and after it was frozen (SIGSTOP), in
turn, by ${CONNECTIONS} connections and ${CLIENTS} clients. Redis goes when a tenth of the requests of a run has
been answered, so that what was under way counts too.

  --runs N        rounds that count, after one that does not (default 3)
  --requests N    requests of a run, at least (default 2000)
  --seconds N     length of a run, at least (default 2)
  --report-only   exit code 0 even when the goal is missed
  --help          this text

DATABASE_URL names the PostgreSQL server to use (a scratch database is made on it and dropped);
without it the bench starts one. redis-server has to be on the PATH. Exit code 1 when a request is not
answered with 200 or the goal is missed: in no round is p99 without Redis more than ${GOAL_MS} ms above
that with it.`;

const OPTIONS = {
  runs: { type: 'string', default: '3' },
  requests: { type: 'string', default: '2000' },
  seconds: { type: 'string', default: '2' },
  'report-only': { type: 'boolean' },
};

/**
 * @typedef {import('./support/closed-load.mjs').ClosedFigures} Figures
 * @typedef {import('./support/redis.mjs').RedisServer} RedisServer
 *
 * @typedef {object} Subject
 * @property {string} name
 * @property {(redis: RedisServer) => unknown} fault
 * @property {(redis: RedisServer) => unknown} heal
 * @property {Figures[]} alive by round, right before
 * @property {Figures[]} dead by round
 */

await runBench(USAGE, OPTIONS, async (flags) => {
  buildHoldfast();
  const folder = await temporaryFolder();
  const server = await postgresServer();
  const redis = await redisServer(folder);
  console.log(`${machine()}, ${server.about}`);
  console.log(
    `${CONNECTIONS} connections, ${flags.runs} rounds, each run at least ${flags.requests} requests and ${flags.seconds} s`,
  );
  console.log('The load comes from the same machine.\n');

  const database = await createDatabase(server.url);
  migrate(database, folder);
  const url = await startHoldfast(database, redis, folder);
  const subjects = [
    subject(
      'killed',
      ({ kill }) => kill(),
      ({ start }) => start(),
    ),
    subject(
      'frozen',
      ({ freeze }) => freeze(),
      ({ thaw }) => thaw(),
    ),
  ];
  for (let round = -1; round < flags.runs; round += 1) {
    for (const each of subjects) await run(each, url, redis, flags, round >= 0);
  }
  const unexpected = report(subjects);
  const goals = subjects.map(judge);
  console.log(`\n${table(goals.map(({ cells }) => cells))}`);
  console.log(machine());
  if (unexpected > 0) console.log(`${unexpected} requests were not answered with 200`);
  const isGood = unexpected === 0 && goals.every(({ met }) => met);
  return isGood || (flags['report-only'] && unexpected === 0) ? 0 : 1;
});

/**
 * @param {string} name
 * @param {Subject['fault']} fault
 * @param {Subject['heal']} heal
 * @returns {Subject}
 */
function subject(name, fault, heal) {
  return { name, fault, heal, alive: [], dead: [] };
}

/**
 * @param {string} database
 * @param {RedisServer} redis
 * @param {string} folder
 */
async function startHoldfast(database, redis, folder) {
  const { file, environment } = holdfastOnPostgres(database);
  const limits = {
    REDIS_URL: redis.url,
    RATE_LIMIT_REQUESTS: '1000000',
    RATE_LIMIT_WINDOW_SECONDS: String(WINDOW_SECONDS),
    TRUSTED_PROXIES: '127.0.0.1',
  };
  const { url } = await startServer({ file, environment: { ...environment, ...limits } }, folder);
  return `${url}/rebalance/proposals?portfolio_id=none&limit=10`;
}

/**
 * One run with Redis and one without it, one after the other.
 * @param {Subject} subject
 * @param {string} url
 * @param {RedisServer} redis
 * @param {{ requests: number, seconds: number }} extent
 * @param {boolean} counts
 */
async function run({ fault, heal, alive, dead }, url, redis, { requests, seconds }, counts) {
  const extent = { connections: CONNECTIONS, requests, seconds };
  await isCounted(url, redis);
  const before = await closedLoad(url, extent, clientOf);
  await isCounted(url, redis);
  const after = await closedLoad(url, extent, clientOf, () => fault(redis));
  await heal(redis);
  if (!counts) return;
  alive.push(before);
  dead.push(after);
}

/** @param {number} sent */
function clientOf(sent) {
  return { 'X-Forwarded-For': `198.51.100.${sent % CLIENTS}` };
}

/**
 * Until a request is counted in Redis: after a loss that takes the next window.
 * @param {string} url
 * @param {RedisServer} redis
 */
async function isCounted(url, redis) {
  // Nobody who was counted before.
  const client = `10.${randomInt(256)}.${randomInt(256)}.${randomInt(256)}`;
  const deadline = performance.now() + BACK_LIMIT_MS;
  while (performance.now() < deadline) {
    const answer = await fetch(url, { headers: { 'X-Forwarded-For': client } });
    if (answer.headers.get('ratelimit') === null) break;
    await answer.arrayBuffer();
    if ((await redis.count(`holdfast:rate:*:${client}`)) > 0) return;
    await wait(POLL_MS);
  }
  throw new Error('requests are not counted in Redis');
}

/** @param {readonly Subject[]} subjects */
function report(subjects) {
  const phases = subjects.flatMap(({ name, alive, dead }) => [
    { name: `alive, before it was ${name}`, figures: alive },
    { name, figures: dead },
  ]);
  const rows = phases.map(({ name, figures }) => {
    const all = figures.flatMap(({ latencies }) => latencies);
    const p99s = figures.map(p99);
    const shown = [percentile(all, 0.5), percentile(all, 0.99), Math.min(...p99s)];
    const most = [Math.max(...p99s), percentile(all, 1)];
    return [name, String(all.length), ...[...shown, ...most].map((each) => each.toFixed(2))];
  });
  const headings = ['Redis', 'requests', 'p50 ms', 'p99 ms', 'least p99', 'most p99', 'max ms'];
  console.log(table([headings, ...rows]));
  return phases
    .flatMap(({ figures }) => figures)
    .reduce((sum, { unexpected }) => sum + unexpected, 0);
}

/** @param {Subject} subject */
function judge({ name, alive, dead }) {
  const over = dead.map((figures, round) => p99(figures) - p99(alive[round]));
  const worst = Math.max(...over);
  const met = worst <= GOAL_MS;
  const cells = [
    `p99 ${name} over p99 alive, ms: median`,
    median(over).toFixed(2),
    `worst ${worst.toFixed(2)}`,
    `at most ${GOAL_MS}`,
    met ? 'met' : 'MISSED',
  ];
  return { met, cells };
}

/** @param {Figures} figures */
function p99({ latencies }) {
  return percentile(latencies, 0.99);
}
