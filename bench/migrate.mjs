import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { machine, root, runBench, temporaryFolder } from './support/bench.mjs';
import { inTurn, median, medianRatio, table } from './support/figures.mjs';
import { buildHoldfast, migrate, production } from './support/holdfast.mjs';
import { manyMigrations, sqlOf } from './support/migrations.mjs';
import { createDatabase, postgresServer, query } from './support/postgres.mjs';
import { timed } from './support/timed.mjs';

const GOALS = { nothing: 1.5, many: 2, resetMilliseconds: 300 };
const MIGRATIONS = 500;

const USAGE = `Usage: npm run bench:migrate -- [options]

Time from the start of the process to its end of \`holdfast migrate up\`: with nothing to do, next to a
bare Node program that connects with pg and asks one question; and with ${MIGRATIONS} small migrations, next
to \`psql -1 -f\` of the same SQL; and of \`holdfast migrate reset --yes\`, with the migrations of Holdfast
and with those ${MIGRATIONS}, next to psql that drops the same tables and runs the same SQL. In turn.

  --runs N        runs of each with nothing to do, after one that does not count (default 15)
  --many-runs N   runs of each with ${MIGRATIONS} migrations, after one that does not count (default 5)
  --reset-runs N  runs of each reset, after one that does not count (default 5)
  --report-only   exit code 0 even when a goal is missed
  --help          this text

DATABASE_URL names the PostgreSQL server to use (scratch databases are made on it and dropped);
without it the bench starts one. Needs psql on the path. Exit code 1 when a goal is missed: at most
${GOALS.nothing} times the bare program, at most ${GOALS.many} times psql, and ${GOALS.resetMilliseconds} ms for a reset of a development database of Holdfast.`;

const OPTIONS = {
  runs: { type: 'string', default: '15' },
  'many-runs': { type: 'string', default: '5' },
  'reset-runs': { type: 'string', default: '5' },
  'report-only': { type: 'boolean' },
};

const HEADINGS = ['', 'ms', 'min', 'max', 'ratio'];

const BARE = `const { Client } = require('pg');
const client = new Client({ connectionString: process.env.DATABASE_URL });
client.connect().then(() => client.query('SELECT 1')).then(() => client.end());`;

/**
 * @typedef {object} Subject
 * @property {string} name
 * @property {(url: string) => Promise<import('./support/timed.mjs').Run>} run
 * @property {number[]} milliseconds by round
 */

await runBench(USAGE, OPTIONS, async (flags) => {
  buildHoldfast();
  const folder = await temporaryFolder();
  const server = await postgresServer();
  console.log(`${machine()}, ${server.about}`);

  const migrated = await createDatabase(server.url);
  migrate(migrated, folder);
  const nothing = [
    subject('Node + pg, one query', (url) =>
      timed(process.execPath, ['-e', BARE], { DATABASE_URL: url }, root),
    ),
    subject('migrate up, nothing to do', (url) => timedUp(root, url, folder, production)),
  ];
  await compare(nothing, flags.runs, () => migrated);
  report(`Nothing to do, medians of ${flags.runs} runs`, nothing);

  const { installation, script } = await manyMigrations(folder, MIGRATIONS);
  const many = [
    subject('psql -1 -f', (url) => timedPsql(script, url, folder)),
    subject(`migrate up, ${MIGRATIONS} migrations`, (url) =>
      timedUp(installation, url, folder, production),
    ),
  ];
  await compare(many, flags['many-runs'], () => createDatabase(server.url));
  report(`${MIGRATIONS} migrations, medians of ${flags['many-runs']} runs`, many);

  const reset = await compareResets(server.url, root, folder, flags['reset-runs']);
  const manyReset = await compareResets(
    server.url,
    installation,
    folder,
    flags['reset-runs'],
    script,
  );

  const goals = [
    judge(nothing, GOALS.nothing),
    judge(many, GOALS.many),
    judgeReset(reset),
    judge(manyReset, GOALS.many),
  ];
  console.log(`\n${table(goals.map(({ cells }) => cells))}`);
  console.log(machine());
  return flags['report-only'] || goals.every(({ met }) => met) ? 0 : 1;
});

/**
 * @param {string} name
 * @param {Subject['run']} run
 * @returns {Subject}
 */
function subject(name, run) {
  return { name, run, milliseconds: [] };
}

/**
 * @param {readonly Subject[]} subjects
 * @param {number} runs
 * @param {() => string | Promise<string>} databaseOf a run
 */
async function compare(subjects, runs, databaseOf) {
  for (let round = -1; round < runs; round += 1) {
    for (const { run, milliseconds } of inTurn(subjects, round + 1)) {
      const { milliseconds: took } = await run(await databaseOf());
      if (round >= 0) milliseconds.push(took);
    }
  }
}

/**
 * Resets a development database that also has a table of somebody else's, which has to be there afterwards.
 * @param {string} server
 * @param {string} installation
 * @param {string} folder
 * @param {number} runs
 * @param {string} [given] the SQL of its migrations; that of Holdfast's own by default
 */
async function compareResets(server, installation, folder, runs, given) {
  const [url, bare] = [await createDatabase(server), await createDatabase(server)];
  await query(url, 'CREATE TABLE of_others AS SELECT 1 AS id');
  await timedUp(installation, url, folder, development);
  const script = join(folder, 'again.sql');
  const sql = given ? await readFile(given, 'utf8') : await sqlOf(installation);
  await writeFile(script, `DROP SCHEMA public CASCADE; CREATE SCHEMA public;\n${sql}`);
  const title = given ? `${MIGRATIONS} migrations` : 'migrations of Holdfast';
  const subjects = [
    subject(`psql -1 -f, dropped before, ${title}`, () => timedPsql(script, bare, folder)),
    subject(`migrate reset, ${title}`, () =>
      timedHoldfast(installation, ['migrate', 'reset', '--yes'], development(url), folder),
    ),
  ];
  await compare(subjects, runs, () => url);
  report(`Reset, medians of ${runs} runs`, subjects);
  const [{ others } = {}] = await query(url, 'SELECT count(*)::int AS others FROM of_others');
  if (others !== 1) throw new Error('a reset has lost the table of others');
  return subjects;
}

/**
 * @param {string} installation
 * @param {string} url
 * @param {string} cwd
 * @param {(url: string) => Record<string, string>} settings
 */
function timedUp(installation, url, cwd, settings) {
  return timedHoldfast(installation, ['migrate', 'up'], settings(url), cwd);
}

/**
 * @param {string} installation one that has other migrations has those of one store alone
 * @param {readonly string[]} words
 * @param {Record<string, string>} environment
 * @param {string} cwd
 */
function timedHoldfast(installation, words, environment, cwd) {
  const flags = installation === root ? [] : ['--store', 'advisory'];
  const program = join(installation, 'dist/cli.js');
  return timed(process.execPath, [program, ...words, ...flags], environment, cwd);
}

/**
 * @param {string} script
 * @param {string} url
 * @param {string} cwd
 */
function timedPsql(script, url, cwd) {
  return timed('psql', ['-q', '-X', '-v', 'ON_ERROR_STOP=1', '-1', '-f', script, url], {}, cwd);
}

/** @param {string} url */
function development(url) {
  return {
    APP_PERSISTENCE_PROFILE: 'LOCAL',
    DB_TYPE: 'postgresql',
    DATABASE_URL: url,
    LOG_FORMAT: 'json',
  };
}

/**
 * @param {string} title
 * @param {readonly Subject[]} subjects the first is what the others are compared with
 */
function report(title, subjects) {
  const [base] = subjects;
  console.log(`\n${title}; ratios are medians of the ratios within each round.\n`);
  console.log(
    table([
      HEADINGS,
      ...subjects.map(({ name, milliseconds }) => [
        name,
        median(milliseconds).toFixed(0),
        Math.min(...milliseconds).toFixed(0),
        Math.max(...milliseconds).toFixed(0),
        medianRatio(milliseconds, base.milliseconds).toFixed(2),
      ]),
    ]),
  );
}

/**
 * @param {readonly Subject[]} subjects
 * @param {number} limit
 */
function judge([base, ours], limit) {
  const ratio = medianRatio(ours.milliseconds, base.milliseconds);
  const met = ratio <= limit;
  const name = `${ours.name}: at most ${limit} times ${base.name}`;
  return { met, cells: [name, ratio.toFixed(2), met ? 'met' : 'MISSED'] };
}

/** @param {readonly Subject[]} subjects */
function judgeReset([, { name, milliseconds }]) {
  const took = median(milliseconds);
  const met = took <= GOALS.resetMilliseconds;
  const limit = `${name}: at most ${GOALS.resetMilliseconds} ms`;
  return { met, cells: [limit, took.toFixed(0), met ? 'met' : 'MISSED'] };
}
