import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { machine, root, runBench, temporaryFolder } from './support/bench.mjs';
import { inTurn, median, table } from './support/figures.mjs';
import { timed } from './support/timed.mjs';

const GOAL_MS = 300;

const USAGE = `Usage: npm run bench:copy-help -- [options]

Milliseconds from start to end of \`holdfast-copy --help\`, of the compiled packages as they are published,
next to Node that does nothing. In turn.

  --runs N          runs of each (default 15)
  --report-only     exit code 0 even when the goal is missed
  --help            this text

Exit code 1 when the first or the median takes ${GOAL_MS} ms or longer.`;

const OPTIONS = {
  runs: { type: 'string', default: '15' },
  'report-only': { type: 'boolean' },
};

await runBench(USAGE, OPTIONS, async (flags) => {
  execFileSync(process.execPath, [join(root, 'scripts/build-packages.mjs')], {
    stdio: ['ignore', 'ignore', 2],
  });
  const folder = await temporaryFolder();
  const subjects = [
    {
      name: 'holdfast-copy --help',
      args: [join(root, 'packages/copy/dist/command/bin.js'), '--help'],
    },
    { name: 'node -e 0', args: ['-e', '0'] },
  ].map((subject) => ({ ...subject, milliseconds: [] }));
  for (let round = 0; round < flags.runs; round += 1) {
    for (const { args, milliseconds } of inTurn(subjects, round))
      milliseconds.push((await timed(process.execPath, args, {}, folder)).milliseconds);
  }
  const rows = subjects.map(({ name, milliseconds }) => [
    name,
    ...[milliseconds[0], median(milliseconds), Math.max(...milliseconds)].map((ms) =>
      ms.toFixed(0),
    ),
  ]);
  console.log(`${table([['', 'first ms', 'median', 'max'], ...rows])}\n${machine()}`);
  const [{ milliseconds }] = subjects;
  const isMet = Math.max(milliseconds[0], median(milliseconds)) < GOAL_MS;
  console.log(`under ${GOAL_MS} ms: ${isMet ? 'met' : 'MISSED'}`);
  return isMet || flags['report-only'] ? 0 : 1;
});
