import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { machine, root, runBench, temporaryFolder } from './support/bench.mjs';
import { narrowFile } from './support/copied-files.mjs';
import { delayingLine } from './support/delaying-line.mjs';
import { inTurn, median, medianRatio, table } from './support/figures.mjs';
import { buildHoldfast } from './support/holdfast.mjs';
import { createDatabase, postgresServer, query } from './support/postgres.mjs';
import { timed } from './support/timed.mjs';

const GOAL = 1.1;

const USAGE = `Usage: npm run bench:copy-far -- [options]

Time from start to end of \`holdfast copy\` of one table to a server that is near, and by way of a line
on which a round trip takes long. Both go through the same program that passes bytes on. In turn, with
--verify counts and with --verify full.

  --runs N          runs of each, after one that does not count (default 3)
  --narrow-rows N   thousands of rows of the table (default 2000)
  --round-trip N    milliseconds (default 20)
  --report-only     exit code 0 even when a goal is missed
  --help            this text

DATABASE_URL names the PostgreSQL server to use; without it the bench starts one. Exit code 1 when the
far one takes more than ${GOAL} times as long.`;

const OPTIONS = {
  runs: { type: 'string', default: '3' },
  'narrow-rows': { type: 'string', default: '2000' },
  'round-trip': { type: 'string', default: '20' },
  'report-only': { type: 'boolean' },
};

await runBench(USAGE, OPTIONS, async (flags) => {
  buildHoldfast();
  const folder = await temporaryFolder();
  const server = await postgresServer();
  console.log(`${machine()}, ${server.about}`);
  const file = await narrowFile(folder, flags['narrow-rows'] * 1000);
  const database = await createDatabase(server.url);
  const lines = {
    near: await delayingLine(database, 0),
    far: await delayingLine(database, flags['round-trip']),
  };
  const subjects = ['counts', 'full'].flatMap((verify) =>
    Object.keys(lines).map((line) => ({ name: `${line}, ${verify}`, verify, line, ms: [] })),
  );
  for (let round = -1; round < flags.runs; round += 1) {
    for (const { verify, line, ms } of inTurn(subjects, round + 1)) {
      await query(database, `DROP TABLE IF EXISTS ${file.name}`);
      await query(database, 'CHECKPOINT');
      const target = join(folder, 'target');
      await writeFile(target, lines[line]);
      const args = ['copy', '--from', file.sqlite, '--to-file', target, '--verify', verify];
      const run = await timed(process.execPath, [join(root, 'dist/cli.js'), ...args], {}, folder);
      if (round >= 0) ms.push(run.milliseconds);
    }
  }
  const baseOf = ({ verify }) => subjects.find((each) => each.verify === verify);
  const rows = subjects.map((subject) => [
    subject.name,
    ...[median(subject.ms), Math.min(...subject.ms), Math.max(...subject.ms)].map((each) =>
      (each / 1000).toFixed(2),
    ),
    medianRatio(subject.ms, baseOf(subject).ms).toFixed(2),
  ]);
  console.log(
    `${file.rows} rows, ${flags['round-trip']} ms a round trip, ${flags.runs} runs each.\n`,
  );
  console.log(table([['', 's', 'min', 'max', 'of near'], ...rows]));
  const isMet = subjects.every((subject) => medianRatio(subject.ms, baseOf(subject).ms) <= GOAL);
  console.log(`at most ${GOAL} of near: ${isMet ? 'met' : 'MISSED'}\n${machine()}`);
  return isMet || flags['report-only'] ? 0 : 1;
});
