import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import { machine, root, runBench, temporaryFolder } from './support/bench.mjs';
import { narrowFile, wideFile } from './support/copied-files.mjs';
import { table } from './support/figures.mjs';
import { buildHoldfast } from './support/holdfast.mjs';
import { createDatabase, postgresServer, query } from './support/postgres.mjs';
import { timed } from './support/timed.mjs';

const GOAL_MEGABYTES = 128;
const GOAL_OF_VALUE = 3;

const USAGE = `Usage: npm run bench:copy-memory -- [options]

Peak of resident memory of \`holdfast copy --verify full\`: of files of many rows, small and large, and of
one row with a value that is long, as a blob and as a text.

  --thousands N     thousands of narrow rows of the large file; the small one has a quarter of them, and
                    the wide files a twentieth as many (default 2000)
  --value-mb N      megabytes of the long value (default 300)
  --report-only     exit code 0 even when a goal is missed
  --help            this text

DATABASE_URL names the PostgreSQL server to use; without it the bench starts one. Exit code 1 when a file
takes more than ${GOAL_MEGABYTES} MB, or the long value more than ${GOAL_OF_VALUE} times its size.`;

const OPTIONS = {
  thousands: { type: 'string', default: '2000' },
  'value-mb': { type: 'string', default: '300' },
  'report-only': { type: 'boolean' },
};

await runBench(USAGE, OPTIONS, async (flags) => {
  buildHoldfast();
  const folder = await temporaryFolder();
  const server = await postgresServer();
  console.log(`${machine()}, ${server.about}`);
  const database = await createDatabase(server.url);
  const rows = flags.thousands * 1000;
  const value = flags['value-mb'];
  const ofValue = GOAL_OF_VALUE * value;
  const cases = [
    ['narrow, small', GOAL_MEGABYTES, (own) => narrowFile(own, rows / 4)],
    ['narrow, large', GOAL_MEGABYTES, (own) => narrowFile(own, rows)],
    ['wide, small', GOAL_MEGABYTES, (own) => wideFile(own, rows / 80)],
    ['wide, large', GOAL_MEGABYTES, (own) => wideFile(own, rows / 20)],
    [`a blob of ${value} MB`, ofValue, (own) => oneValue(own, `zeroblob(${value}000000)`, 'BLOB')],
    [
      `a text of ${value} MB`,
      ofValue,
      (own) => oneValue(own, `printf('%.*c', ${value}000000, 'x')`, 'TEXT'),
    ],
  ];
  const results = [];
  for (const [what, limit, makeFile] of cases) {
    const own = await mkdtemp(join(folder, 'case-'));
    const file = await makeFile(own);
    await query(database, `DROP TABLE IF EXISTS ${file.name}`);
    const target = join(folder, 'target');
    await writeFile(target, database);
    const args = ['copy', '--from', file.sqlite, '--to-file', target, '--verify', 'full'];
    const run = await timed(process.execPath, [join(root, 'dist/cli.js'), ...args], {}, folder);
    await rm(own, { recursive: true });
    results.push({ what, limit, ...run });
  }
  console.log(
    table([
      ['', 'MB', 'at most', '', 's'],
      ...results.map(({ what, limit, peakMegabytes, milliseconds }) => [
        what,
        peakMegabytes.toFixed(0),
        String(limit),
        peakMegabytes <= limit ? 'met' : 'MISSED',
        (milliseconds / 1000).toFixed(1),
      ]),
    ]),
  );
  const isMet = results.every(({ peakMegabytes, limit }) => peakMegabytes <= limit);
  return isMet || flags['report-only'] ? 0 : 1;
});

/** A table `long` of one row. @param sql of its value */
function oneValue(folder, sql, type) {
  const path = join(folder, `long-${type}.sqlite`);
  const database = new Sqlite(path);
  database.exec(
    `PRAGMA journal_mode = OFF; CREATE TABLE long (id INTEGER PRIMARY KEY, v ${type}); INSERT INTO long VALUES (1, ${sql})`,
  );
  database.close();
  return { name: 'long', sqlite: path };
}
