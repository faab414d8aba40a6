import { fileURLToPath } from 'node:url';
import { setTimeout as wait } from 'node:timers/promises';
import { machine, runBench, temporaryFolder } from './support/bench.mjs';
import { inTurn, median, medianRatio, table } from './support/figures.mjs';
import {
  buildHoldfast,
  holdfastOnPostgres,
  holdfastOnSqlite,
  migrate,
} from './support/holdfast.mjs';
import { createDatabase, postgresServer } from './support/postgres.mjs';
import { startServer } from './support/servers.mjs';

const GOALS = { timesNode: 5, timesNest: 1.3, residentMegabytes: 120 };

const USAGE = `Usage: npm run bench:startup -- [options]

Time from the start of the process to the first 200 on /health/live, and memory one second later,
of Holdfast and of two bare programs, in turn.

  --runs N        runs of each that count, after one that does not (default 7)
  --report-only   exit code 0 even when a goal is missed
  --help          this text

DATABASE_URL names the PostgreSQL server to use (a scratch database is made on it and dropped);
without it the bench starts one. Exit code 1 when a goal is missed: at most ${GOALS.timesNode} times a
bare node:http process, at most ${GOALS.timesNest} times a bare Nest + Fastify + TypeORM app, at most
${GOALS.residentMegabytes} MB resident.`;

const OPTIONS = {
  runs: { type: 'string', default: '7' },
  'report-only': { type: 'boolean' },
};

const HEADINGS = [
  '',
  'first 200: ms',
  'min',
  'max',
  'x node:http',
  'x Nest',
  'RSS: MB',
  'min',
  'max',
];

const SETTLE_MS = 1000;

/**
 * @typedef {object} Subject
 * @property {string} name
 * @property {import('./support/servers.mjs').Program} program
 * @property {number[]} startMs by round
 * @property {number[]} megabytes by round; empty where memory cannot be read
 */

await runBench(USAGE, OPTIONS, async (flags) => {
  buildHoldfast();
  const folder = await temporaryFolder();
  const server = await postgresServer();
  const database = await createDatabase(server.url);
  migrate(database, folder);
  const node = subject('node:http', baseline('node-http.mjs'));
  const nest = subject('Nest + Fastify + TypeORM', baseline('nest.mjs'));
  const holdfasts = [
    subject('Holdfast, SQLite, no database yet', holdfastOnSqlite()),
    subject('Holdfast, SQLite, existing', holdfastOnSqlite(await temporaryFolder())),
    subject('Holdfast, PRODUCTION, PostgreSQL', holdfastOnPostgres(database)),
  ];
  const subjects = [node, nest, ...holdfasts];
  console.log(`${machine()}, ${server.about}`);
  for (const each of subjects) await run(each.program, folder);
  for (let round = 0; round < flags.runs; round += 1) {
    for (const each of inTurn(subjects, round)) {
      const { startMs, megabytes } = await run(each.program, folder);
      each.startMs.push(startMs);
      if (megabytes !== null) each.megabytes.push(megabytes);
    }
  }
  console.log(
    `Medians of ${flags.runs} runs; ratios are medians of the ratios within each round.\n`,
  );
  console.log(table([HEADINGS, ...subjects.map((each) => figures(each, node, nest))]));
  const goals = holdfasts.flatMap((each) => judge(each, node, nest));
  console.log(`\n${table(goals.map(({ cells }) => cells))}`);
  return flags['report-only'] || goals.every(({ met }) => met) ? 0 : 1;
});

/**
 * @param {string} name
 * @param {import('./support/servers.mjs').Program} program
 * @returns {Subject}
 */
function subject(name, program) {
  return { name, program, startMs: [], megabytes: [] };
}

/** @param {string} file */
function baseline(file) {
  return { file: fileURLToPath(new URL(`baselines/${file}`, import.meta.url)) };
}

/**
 * @param {import('./support/servers.mjs').Program} program
 * @param {string} folder
 */
async function run(program, folder) {
  const server = await startServer(program, folder);
  await wait(SETTLE_MS);
  const megabytes = await server.residentMegabytes();
  await server.stop();
  return { startMs: server.startMs, megabytes };
}

/**
 * @param {Subject} subject
 * @param {Subject} node
 * @param {Subject} nest
 */
function figures({ name, startMs, megabytes }, node, nest) {
  return [
    name,
    ...range(startMs).map((value) => value.toFixed(0)),
    medianRatio(startMs, node.startMs).toFixed(2),
    medianRatio(startMs, nest.startMs).toFixed(2),
    ...range(megabytes).map((value) => (megabytes.length > 0 ? value.toFixed(1) : '-')),
  ];
}

/** @param {readonly number[]} values */
function range(values) {
  return [median(values), Math.min(...values), Math.max(...values)];
}

/**
 * @param {Subject} subject
 * @param {Subject} node
 * @param {Subject} nest
 */
function judge({ name, startMs, megabytes }, node, nest) {
  return [
    goal(name, 'times node:http', medianRatio(startMs, node.startMs), GOALS.timesNode),
    goal(name, 'times bare Nest', medianRatio(startMs, nest.startMs), GOALS.timesNest),
    ...(megabytes.length > 0
      ? [goal(name, 'MB resident', median(megabytes), GOALS.residentMegabytes)]
      : []),
  ];
}

/**
 * @param {string} name
 * @param {string} what
 * @param {number} value
 * @param {number} limit
 */
function goal(name, what, value, limit) {
  const met = value <= limit;
  const cells = [`${name}: at most ${limit} ${what}`, value.toFixed(2), met ? 'met' : 'MISSED'];
  return { met, cells };
}
