import { cp, mkdir, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { machine, root, runBench, temporaryFolder } from './support/bench.mjs';
import { inTurn, median, medianRatio, table } from './support/figures.mjs';
import { buildHoldfast, migrate, production } from './support/holdfast.mjs';
import { createDatabase, postgresServer } from './support/postgres.mjs';
import { timed } from './support/timed.mjs';

const GOALS = { nothing: 1.5, many: 2 };
const MIGRATIONS = 500;

const USAGE = `Usage: npm run bench:migrate -- [options]

Time from the start of the process to its end of \`holdfast migrate up\`: with nothing to do, next to a
bare Node program that connects with pg and asks one question; and with ${MIGRATIONS} small migrations, next
to \`psql -1 -f\` of the same SQL. In turn.

  --runs N        runs of each with nothing to do, after one that does not count (default 15)
  --many-runs N   runs of each with ${MIGRATIONS} migrations, after one that does not count (default 5)
  --report-only   exit code 0 even when a goal is missed
  --help          this text

DATABASE_URL names the PostgreSQL server to use (scratch databases are made on it and dropped);
without it the bench starts one. Needs psql on the path. Exit code 1 when a goal is missed: at most
${GOALS.nothing} times the bare program, at most ${GOALS.many} times psql.`;

const OPTIONS = {
  runs: { type: 'string', default: '15' },
  'many-runs': { type: 'string', default: '5' },
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
    subject('migrate up, nothing to do', (url) => timedUp(root, url, folder)),
  ];
  await compare(nothing, flags.runs, () => migrated);
  report(`Nothing to do, medians of ${flags.runs} runs`, nothing);

  const { installation, script } = await manyMigrations(folder);
  const many = [
    subject('psql -1 -f', (url) =>
      timed('psql', ['-q', '-X', '-v', 'ON_ERROR_STOP=1', '-1', '-f', script, url], {}, folder),
    ),
    subject(`migrate up, ${MIGRATIONS} migrations`, (url) =>
      timedUp(installation, url, folder, '--store', 'advisory'),
    ),
  ];
  await compare(many, flags['many-runs'], () => createDatabase(server.url));
  report(`${MIGRATIONS} migrations, medians of ${flags['many-runs']} runs`, many);

  const goals = [judge(nothing, GOALS.nothing), judge(many, GOALS.many)];
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
 * A copy of the built program with many small migrations of one store, and the same SQL as one
 * script.
 * @param {string} folder
 */
async function manyMigrations(folder) {
  const installation = join(folder, 'installation');
  for (const part of ['dist', 'migrations', 'package.json'])
    await cp(join(root, part), join(installation, part), { recursive: true });
  await symlink(join(root, 'node_modules'), join(installation, 'node_modules'));
  const stores = await readdir(join(installation, 'migrations'));
  for (const store of stores.filter((name) => name !== 'advisory'))
    await rm(join(installation, 'migrations', store, 'postgres'), { recursive: true });
  const place = join(installation, 'migrations/advisory/postgres');
  await rm(place, { recursive: true });
  await mkdir(place);
  const texts = Array.from({ length: MIGRATIONS }, (_, index) => smallMigration(index));
  for (const [index, { name, sql }] of texts.entries())
    await writeFile(join(place, `${String(index + 1).padStart(4, '0')}_${name}.sql`), sql);
  const script = join(folder, 'all.sql');
  await writeFile(script, texts.map(({ sql }) => sql).join(''));
  return { installation, script };
}

/** @param {number} index from 0: a table is made, gets a column, and then rows */
function smallMigration(index) {
  const table = `bench_${Math.floor(index / 5)}`;
  switch (index % 5) {
    case 0:
      return { name: 'create_table', sql: `CREATE TABLE ${table} (id integer PRIMARY KEY);\n` };
    case 1:
      return { name: 'add_column', sql: `ALTER TABLE ${table} ADD COLUMN title text;\n` };
    default: {
      const sql = `INSERT INTO ${table} (id, title) VALUES (${index}, 'row ${index}');\n`;
      return { name: 'insert_row', sql };
    }
  }
}

/**
 * @param {string} installation
 * @param {string} url
 * @param {string} cwd
 * @param {readonly string[]} flags
 */
function timedUp(installation, url, cwd, ...flags) {
  return timed(
    process.execPath,
    [join(installation, 'dist/cli.js'), 'migrate', 'up', ...flags],
    production(url),
    cwd,
  );
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
