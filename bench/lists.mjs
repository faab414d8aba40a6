import { SqlOperationRepository } from '../src/stores/dpm/operations/operation.repository.sql.ts';
import { SqlRunRepository } from '../src/stores/dpm/runs/run.repository.sql.ts';
import { openMigrated } from '../test/support/backends.ts';
import { fill } from '../test/support/lists/fill.ts';
import { explain, watched } from '../test/support/lists/plans.ts';
import { MILLION } from '../test/support/lists/samples.ts';
import { listCases } from '../test/support/lists/store-lists.ts';
import { atEnd, machine, runBench } from './support/bench.mjs';
import { median, table } from './support/figures.mjs';
import { createDatabase, postgresServer } from './support/postgres.mjs';

const GOAL_MS = 5;

const HEADINGS = ['list', 'rows', 'blocks', 'planned ms', 'executed ms'];

/** The counts of the summary look at every row. */
const SUMMARIES = [
  { name: 'summary of the runs', ask: (database) => new SqlRunRepository(database).counts(AGES) },
  {
    name: 'summary of the operations',
    ask: (database) => new SqlOperationRepository(database).counts(AGES),
  },
];
const AGES = ['2027-08-01', '2027-07-01', '2027-01-01', '2026-01-01'].map(
  (day) => `${day}T00:00:00.000Z`,
);

const USAGE = `Usage: npm run bench:lists -- [options]

Fills a database with ${MILLION.rows.toLocaleString('en')} rows a table and prints, for every list of the
stores, how long PostgreSQL takes for the first page of 50 and for one in the middle.

  --runs N        executions of each that the median is of, after one that does not count (default 5)
  --report-only   exit code 0 even when the goal is missed
  --help          this text

DATABASE_URL names the PostgreSQL server to use (a scratch database is made on it and dropped);
without it the bench starts one. Exit code 1 when a list takes ${GOAL_MS} ms or more, planning and
execution together. Summaries look at every row and have no goal.`;

const OPTIONS = { runs: { type: 'string', default: '5' }, 'report-only': { type: 'boolean' } };

await runBench(USAGE, OPTIONS, async (flags) => {
  const server = await postgresServer();
  const { database, close } = await openMigrated({
    DB_TYPE: 'postgresql',
    DATABASE_URL: await createDatabase(server.url),
  });
  atEnd(close);
  await fill(database, MILLION, (name) => console.error(`filling ${name}…`));

  console.log(`${machine()}, ${server.about}`);
  console.log(`Medians of ${flags.runs} executions, in the database; blocks are of 8 KiB.`);
  const lists = await measureAll(database, listCases(MILLION), flags.runs);
  const summaries = await measureAll(database, SUMMARIES, flags.runs);
  const slow = lists.filter(({ plannedMs, executedMs }) => plannedMs + executedMs >= GOAL_MS);
  console.log(`\n${table([HEADINGS, ...[...lists, ...summaries].map(row)])}`);
  const slowest = Math.max(...lists.map(({ plannedMs, executedMs }) => plannedMs + executedMs));
  console.log(`\n${lists.length} lists, the slowest ${slowest.toFixed(2)} ms`);
  console.log(`under ${GOAL_MS} ms: ${slow.length === 0 ? 'met' : 'MISSED'}`);
  for (const { name } of slow) console.log(`  ${name}`);
  return slow.length === 0 || flags['report-only'] ? 0 : 1;
});

/**
 * @param {import('@holdfast/postgres/database/sql-database').SqlDatabase} database
 * @param {readonly Pick<import('../test/support/lists/list-case.ts').ListCase, 'name' | 'ask'>[]} cases
 * @param {number} runs
 */
async function measureAll(database, cases, runs) {
  const statements = [];
  const asked = watched(database, (statement) => statements.push(statement));
  const measured = [];
  for (const { name, ask } of cases) {
    console.error(`${name}…`);
    statements.length = 0;
    const { length: rows } = await ask(asked);
    const plans = [];
    for (let run = 0; run < runs; run += 1) plans.push(await explain(database, statements[0]));
    measured.push({
      name,
      rows,
      blocks: median(plans.map(({ buffers }) => buffers)),
      plannedMs: median(plans.map(({ planningMs }) => planningMs)),
      executedMs: median(plans.map(({ executionMs }) => executionMs)),
    });
  }
  return measured;
}

/** @param {Awaited<ReturnType<typeof measureAll>>[number]} measured */
function row({ name, rows, blocks, plannedMs, executedMs }) {
  return [name, String(rows), String(blocks), plannedMs.toFixed(2), executedMs.toFixed(2)];
}
