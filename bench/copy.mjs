import { execFileSync } from 'node:child_process';
import { stat } from 'node:fs/promises';
import { machine, runBench, temporaryFolder } from './support/bench.mjs';
import { narrowFile, wideFile } from './support/copied-files.mjs';
import { COUNTS, FULL, PGLOADER, PSQL, subjectsOf } from './support/copy-subjects.mjs';
import { inTurn, median, medianRatio, table } from './support/figures.mjs';
import { buildHoldfast } from './support/holdfast.mjs';
import { postgresServer, query } from './support/postgres.mjs';

/** `psql`: at most so many times its time; `pgloader`: at least so many times its rows a second. */
const GOALS = {
  narrow: { psql: 1, psqlVerified: 1.3, pgloader: 3.5 },
  wide: { psql: 0.5, pgloader: 5 },
};
/** `--verify full`, of `--verify counts`. */
const GOAL_VERIFIED = 1.25;
const GOAL_MEGABYTES = 128;

const USAGE = `Usage: npm run bench:copy -- [options]

Time from start to end of \`holdfast copy\` with --verify counts and with --verify full, next to \`psql
\\copy\` of a text file that is ready (with the same table and key), and next to what moves the file
itself: pgloader, \`sqlite3 -csv\` piped into \`psql\`, ogr2ogr. Of two files that the bench makes: many
narrow rows, and rows of 2 KB JSON and 500 bytes. In turn. Then the rows that Holdfast copied are
compared with those of psql by PostgreSQL.

  --runs N          runs of each, after one that does not count (default 3)
  --narrow-rows N   thousands of them (default 2000)
  --wide-rows N     thousands of them (default 200)
  --only-narrow     not the wide rows
  --only-wide       not the narrow rows
  --report-only     exit code 0 even when a goal is missed
  --help            this text

DATABASE_URL names the PostgreSQL server to use (scratch databases are made on it and dropped);
without it the bench starts one. Needs psql on the path; of the others, those that are not
installed are told and left out, with their goals. Exit code 1 when a goal is missed or a row differs.`;

const OPTIONS = {
  runs: { type: 'string', default: '3' },
  'narrow-rows': { type: 'string', default: '2000' },
  'wide-rows': { type: 'string', default: '200' },
  'only-narrow': { type: 'boolean' },
  'only-wide': { type: 'boolean' },
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
    ...(flags['only-wide'] ? [] : [() => narrowFile(folder, flags['narrow-rows'] * 1000)]),
    ...(flags['only-narrow'] ? [] : [() => wideFile(folder, flags['wide-rows'] * 1000)]),
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

/** @param {readonly import('./support/copy-subjects.mjs').Subject[]} subjects */
function named(subjects, name) {
  return subjects.find((each) => each.name === name);
}

/**
 * @param {import('./support/copied-files.mjs').CopiedFile} file
 * @param {readonly import('./support/copy-subjects.mjs').Subject[]} subjects
 */
async function report({ name, rows, text }, subjects) {
  const [psql, pgloader] = [named(subjects, PSQL), named(subjects, PGLOADER)];
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
        pgloader ? medianRatio(milliseconds, pgloader.milliseconds).toFixed(2) : '',
        Math.max(...peaks).toFixed(0),
      ]),
    ]),
  );
}

/**
 * @param {import('./support/copied-files.mjs').CopiedFile} file
 * @param {readonly import('./support/copy-subjects.mjs').Subject[]} subjects
 */
async function judge({ name }, subjects) {
  const [psql, pgloader, counts, full] = [PSQL, PGLOADER, COUNTS, FULL].map((each) =>
    named(subjects, each),
  );
  const goals = GOALS[name];
  const ratio = (one, other) => medianRatio(one.milliseconds, other.milliseconds);
  const megabytes = Math.max(...counts.megabytes, ...full.megabytes);
  const differing = differences(name, psql.url, full.url) + differences(name, psql.url, counts.url);
  const goal = (what, figure, met) => ({
    met,
    cells: [`${name}: ${what}`, String(figure), met ? 'met' : 'MISSED'],
  });
  const most = (what, figure, limit) =>
    goal(`${what} at most ${limit}`, figure.toFixed(2), figure <= limit);
  const least = (what, figure, limit) =>
    goal(`${what} at least ${limit}`, figure.toFixed(2), figure >= limit);
  return [
    most('with counts, of the time of psql:', ratio(counts, psql), goals.psql),
    ...(goals.psqlVerified === undefined
      ? []
      : [most('verified, of the time of psql:', ratio(full, psql), goals.psqlVerified)]),
    most('verified, of the time with counts:', ratio(full, counts), GOAL_VERIFIED),
    ...(pgloader
      ? [least("of pgloader's rows a second:", ratio(pgloader, counts), goals.pgloader)]
      : []),
    most('MB of memory:', megabytes, GOAL_MEGABYTES),
    goal('no row differs from those of psql', differing, differing === 0),
  ];
}

/** Rows that only one of two databases has: their sorted texts are compared by `comm`. */
function differences(name, one, other) {
  const sorted = (url) =>
    `psql -q -X -c "\\copy (SELECT * FROM ${name} ORDER BY id) TO STDOUT" '${url}'`;
  const script = `diff <(${sorted(one)}) <(${sorted(other)}) | grep -c '^[<>]' || true`;
  return Number(execFileSync('bash', ['-c', script], { encoding: 'utf8' }));
}
