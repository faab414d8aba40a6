import { execFileSync } from 'node:child_process';
import { stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { machine, root, runBench, temporaryFolder } from './support/bench.mjs';
import { narrowFile, wideFile } from './support/copied-files.mjs';
import { inTurn, median, medianRatio, table } from './support/figures.mjs';
import { buildHoldfast } from './support/holdfast.mjs';
import { createDatabase, postgresServer, query } from './support/postgres.mjs';
import { timed } from './support/timed.mjs';

/** `psql`: at most so many times its time; `pgloader`: at least so many times its rows a second. */
const GOALS = {
  narrow: { psql: 1.25, pgloader: 3.5 },
  wide: { psql: 0.5, pgloader: 5 },
};
const GOAL_FULL = 1.5;
const GOAL_MEGABYTES = 150;

const USAGE = `Usage: npm run bench:copy -- [options]

Time from start to end of \`holdfast copy\` with --verify counts and with --verify full, next to \`psql
\\copy\` of a text file that is ready (with the same table and key), and next to pgloader. Of two files
that the bench makes: many narrow rows, and rows of 2 KB JSON and 500 bytes. In turn. Then the rows
that Holdfast copied are compared with those of psql by PostgreSQL.

  --runs N          runs of each, after one that does not count (default 3)
  --narrow-rows N   thousands of them (default 2000)
  --wide-rows N     thousands of them (default 200)
  --report-only     exit code 0 even when a goal is missed
  --help            this text

DATABASE_URL names the PostgreSQL server to use (scratch databases are made on it and dropped);
without it the bench starts one. Needs psql and pgloader on the path. Exit code 1 when a goal is
missed or a row differs.`;

const OPTIONS = {
  runs: { type: 'string', default: '3' },
  'narrow-rows': { type: 'string', default: '2000' },
  'wide-rows': { type: 'string', default: '200' },
  'report-only': { type: 'boolean' },
};

const HEADINGS = ['', 's', 'min', 'max', 'rows/s', 'of psql', 'of pgloader', 'MB'];

await runBench(USAGE, OPTIONS, async (flags) => {
  buildHoldfast();
  const folder = await temporaryFolder();
  const server = await postgresServer();
  console.log(`${machine()}, ${server.about}`);
  const goals = [];
  const files = [
    () => narrowFile(folder, flags['narrow-rows'] * 1000),
    () => wideFile(folder, flags['wide-rows'] * 1000),
  ];
  for (const makeFile of files) {
    console.error('making a file ...');
    const file = await makeFile();
    const subjects = await subjectsOf(file, server.url, folder);
    for (let round = -1; round < flags.runs; round += 1) {
      for (const subject of inTurn(subjects, round + 1)) {
        await query(subject.url, `DROP TABLE IF EXISTS ${file.name}`);
        // Nobody pays for what the one before has left to be written.
        await query(subject.url, 'CHECKPOINT');
        console.error(
          `${file.name}, ${round < 0 ? 'warming up' : `run ${round + 1}`}: ${subject.name}`,
        );
        const run = await subject.run();
        if (round < 0) continue;
        subject.milliseconds.push(run.milliseconds);
        subject.megabytes.push(run.peakMegabytes);
      }
    }
    await report(file, subjects);
    goals.push(...(await judge(file, subjects)));
  }
  console.log(`\n${table(goals.map(({ cells }) => cells))}`);
  console.log(machine());
  return flags['report-only'] || goals.every(({ met }) => met) ? 0 : 1;
});

/**
 * @typedef {object} Subject
 * @property {string} name
 * @property {string} url of its database
 * @property {() => Promise<import('./support/timed.mjs').Run>} run
 * @property {number[]} milliseconds by round
 * @property {number[]} megabytes by round
 *
 * @param {import('./support/copied-files.mjs').CopiedFile} file
 * @param {string} server
 * @param {string} folder
 */
async function subjectsOf(file, server, folder) {
  const psql = await subject('psql \\copy', server, (url) => {
    const commands = [file.create, `\\copy ${file.name} FROM '${file.text}'`, file.finish];
    const args = commands.flatMap((command) => ['-c', command]);
    return timed('psql', ['-q', '-X', '-v', 'ON_ERROR_STOP=1', ...args, url], {}, folder);
  });
  const pgloader = await subject('pgloader', server, async (url) => {
    const script = join(folder, 'pgloader.load');
    await writeFile(script, pgloaderScript(file, url));
    return timed('pgloader', ['--root-dir', join(folder, 'pgloader'), script], {}, folder);
  });
  const ours = (verify) =>
    subject(`holdfast copy --verify ${verify}`, server, async (url) => {
      const target = join(folder, 'target');
      await writeFile(target, url);
      const args = ['copy', '--from', file.sqlite, '--to-file', target, '--verify', verify];
      return timed(process.execPath, [join(root, 'dist/cli.js'), ...args], {}, folder);
    });
  return [psql, pgloader, await ours('counts'), await ours('full')];
}

/** Its documented settings for a machine with few cores; its own leave the wide rows no memory. */
function pgloaderScript({ sqlite, name, pgloader }, url) {
  const sized = Object.entries(pgloader).map(([setting, value]) => `${setting} = ${value}`);
  return `LOAD DATABASE FROM sqlite://${sqlite} INTO ${url.replace(/^postgres:/, 'postgresql:')}
    WITH include drop, create tables, create indexes, reset sequences, workers = 2, concurrency = 1, ${sized.join(', ')}
    CAST type text to text, type integer to bigint
    INCLUDING ONLY TABLE NAMES LIKE '${name}';\n`;
}

/**
 * @param {string} name
 * @param {string} server
 * @param {(url: string) => Promise<import('./support/timed.mjs').Run>} run
 * @returns {Promise<Subject>}
 */
async function subject(name, server, run) {
  const url = await createDatabase(server);
  return { name, url, run: () => run(url), milliseconds: [], megabytes: [] };
}

/**
 * @param {import('./support/copied-files.mjs').CopiedFile} file
 * @param {readonly Subject[]} subjects
 */
async function report({ name, rows, text }, subjects) {
  const [psql, pgloader] = subjects;
  const megabytes = Math.round((await stat(text)).size / 1e6);
  console.log(
    `\n${name}: ${rows} rows, ${megabytes} MB as text; medians of ${psql.milliseconds.length} runs, ratios within each run.\n`,
  );
  console.log(
    table([
      HEADINGS,
      ...subjects.map(({ name: subjectName, milliseconds, megabytes: peaks }) => [
        subjectName,
        ...[median(milliseconds), Math.min(...milliseconds), Math.max(...milliseconds)].map(
          (each) => (each / 1000).toFixed(2),
        ),
        ((rows / median(milliseconds)) * 1000).toFixed(0),
        medianRatio(milliseconds, psql.milliseconds).toFixed(2),
        medianRatio(milliseconds, pgloader.milliseconds).toFixed(2),
        Math.max(...peaks).toFixed(0),
      ]),
    ]),
  );
}

/**
 * @param {import('./support/copied-files.mjs').CopiedFile} file
 * @param {readonly Subject[]} subjects
 */
async function judge({ name }, [psql, pgloader, counts, full]) {
  const goals = GOALS[name];
  const ofPsql = medianRatio(counts.milliseconds, psql.milliseconds);
  const ofPgloader = medianRatio(pgloader.milliseconds, counts.milliseconds);
  const fullOfPgloader = medianRatio(pgloader.milliseconds, full.milliseconds);
  const megabytes = Math.max(...counts.megabytes, ...full.megabytes);
  const differing = differences(name, psql.url, full.url) + differences(name, psql.url, counts.url);
  const goal = (what, figure, met) => ({
    met,
    cells: [`${name}: ${what}`, figure, met ? 'met' : 'MISSED'],
  });
  return [
    goal(`at most ${goals.psql} times psql`, ofPsql.toFixed(2), ofPsql <= goals.psql),
    goal(
      `at least ${goals.pgloader} times pgloader's rows a second`,
      ofPgloader.toFixed(2),
      ofPgloader >= goals.pgloader,
    ),
    goal(
      `verified, at least ${GOAL_FULL} times pgloader's`,
      fullOfPgloader.toFixed(2),
      fullOfPgloader >= GOAL_FULL,
    ),
    goal(`at most ${GOAL_MEGABYTES} MB`, megabytes.toFixed(0), megabytes <= GOAL_MEGABYTES),
    goal('no row differs from those of psql', String(differing), differing === 0),
  ];
}

/** Rows that only one of two databases has: their sorted texts are compared by `comm`. */
function differences(name, one, other) {
  const sorted = (url) =>
    `psql -q -X -c "\\copy (SELECT * FROM ${name} ORDER BY id) TO STDOUT" '${url}'`;
  const script = `diff <(${sorted(one)}) <(${sorted(other)}) | grep -c '^[<>]' || true`;
  return Number(execFileSync('bash', ['-c', script], { encoding: 'utf8' }));
}
