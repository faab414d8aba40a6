import { machine, runBench, temporaryFolder } from './support/bench.mjs';
import { narrowFile } from './support/copied-files.mjs';
import { COUNTS, FULL, holdfastCopy, PSQL, psqlCopy } from './support/copy-subjects.mjs';
import { delayingLine } from './support/delaying-line.mjs';
import { inTurn, median, medianRatio, table } from './support/figures.mjs';
import { buildHoldfast } from './support/holdfast.mjs';
import { createDatabase, postgresServer, query } from './support/postgres.mjs';

const GOAL = 1.1;

const USAGE = `Usage: npm run bench:copy-far -- [options]

Time from start to end of \`holdfast copy\` of one table, with --verify counts and with --verify full, and of
\`psql \\copy\` of the same rows: straight to a server, by way of a program that only passes bytes on, and by way of
the same program on which a round trip takes long. In turn. The goal compares the last two: what that program takes of
the processors, no line would.

  --runs N          runs of each, after one that does not count (default 3)
  --narrow-rows N   thousands of rows of the table (default 2000)
  --round-trip N    milliseconds (default 20)
  --report-only     exit code 0 even when a goal is missed
  --help            this text

DATABASE_URL names the PostgreSQL server to use; without it the bench starts one. Needs psql on the path. Exit code 1
when a copy to the far one takes more than ${GOAL} times as long.`;

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
  const far = flags['round-trip'];
  const ways = [
    { way: 'straight', url: database, roundTrips: () => NaN },
    { way: 'by way, 0 ms', ...(await delayingLine(database, 0)) },
    { way: `by way, ${far} ms`, ...(await delayingLine(database, far)) },
  ];
  const programs = [
    { name: PSQL, run: (url) => psqlCopy(file, url, folder) },
    { name: COUNTS, run: (url) => holdfastCopy(file, url, folder, 'counts') },
    { name: FULL, run: (url) => holdfastCopy(file, url, folder, 'full') },
  ];
  const subjects = programs.flatMap((program) =>
    ways.map((way) => ({ ...program, ...way, ms: [], trips: NaN })),
  );
  for (let round = -1; round < flags.runs; round += 1) {
    for (const subject of inTurn(subjects, round + 1)) {
      await query(database, `DROP TABLE IF EXISTS ${file.name}`);
      await query(database, 'CHECKPOINT');
      const before = subject.roundTrips();
      const { milliseconds } = await subject.run(subject.url);
      subject.trips = subject.roundTrips() - before;
      if (round >= 0) subject.ms.push(milliseconds);
    }
  }
  const ratioOf = ({ name, ms }, base) => {
    const found = subjects.find((each) => each.name === name && each.way === ways[base].way);
    return medianRatio(ms, found.ms);
  };
  const rows = subjects.map((subject) => [
    `${subject.name}, ${subject.way}`,
    ...[median(subject.ms), Math.min(...subject.ms), Math.max(...subject.ms)].map((each) =>
      (each / 1000).toFixed(2),
    ),
    ...[0, 1].map((base) => ratioOf(subject, base).toFixed(2)),
    subject.way === ways[2].way ? String(subject.trips) : '',
  ]);
  console.log(`${file.rows} rows, ${far} ms a round trip, ${flags.runs} runs each.\n`);
  const headings = ['', 's', 'min', 'max', 'of straight', 'of 0 ms', 'round trips'];
  console.log(table([headings, ...rows]));
  const isMet = subjects
    .filter(({ name, way }) => name !== PSQL && way === ways[2].way)
    .every((subject) => ratioOf(subject, 1) <= GOAL);
  console.log(`at most ${GOAL} of 0 ms: ${isMet ? 'met' : 'MISSED'}\n${machine()}`);
  return isMet || flags['report-only'] ? 0 : 1;
});
