import { spawn } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { clearInterval, setInterval } from 'node:timers';
import { setTimeout as wait } from 'node:timers/promises';
import Sqlite from 'better-sqlite3';
import { ended, machine, root, runBench, temporaryFolder } from './support/bench.mjs';
import { narrowFile } from './support/copied-files.mjs';
import { median, table } from './support/figures.mjs';
import { buildHoldfast } from './support/holdfast.mjs';
import { createDatabase, postgresServer, query } from './support/postgres.mjs';
import { inherited } from './support/servers.mjs';
import { timed } from './support/timed.mjs';

/** Milliseconds for which writers may be held at the switch, and at the return. */
const GOAL_MS = 1000;

/** Writes a second, one every so many milliseconds. */
const EACH_MS = 2;

const USAGE = `Usage: npm run bench:copy-follow -- [options]

For how long writers are held: by \`holdfast copy --follow\` at the switch, by \`--follow-back\` at the
return, and by \`holdfast copy\` of the same file, during which its program stands still, in turn. While
it follows, 500 rows a second are changed, first in the file, then in PostgreSQL.

  --runs N          runs of each (default 3)
  --rows N          thousands of them (default 2000)
  --existing        into a table that is there, with a key and an index, as migrations make it
  --report-only     exit code 0 even when a goal is missed
  --help            this text

DATABASE_URL names the PostgreSQL server to use (scratch databases are made on it and dropped);
without it the bench starts one. Exit code 1 when writers were held for ${GOAL_MS} ms or more.`;

const OPTIONS = {
  runs: { type: 'string', default: '3' },
  rows: { type: 'string', default: '2000' },
  existing: { type: 'boolean' },
  'report-only': { type: 'boolean' },
};

const CLI = join(root, 'dist/cli.js');

await runBench(USAGE, OPTIONS, async (flags) => {
  buildHoldfast();
  const folder = await temporaryFolder();
  const server = await postgresServer();
  console.log(`${machine()}, ${server.about}`);
  console.error('making a file ...');
  const file = await narrowFile(folder, flags.rows * 1000);
  new Sqlite(file.sqlite).pragma('journal_mode = WAL');
  const held = { copy: [], switch: [], return: [] };
  for (let round = 0; round < flags.runs; round += 1) {
    for (const kind of round % 2 === 0 ? ['copy', 'follow'] : ['follow', 'copy']) {
      console.error(`run ${round + 1}: ${kind}`);
      const target = join(folder, 'target');
      const url = await createDatabase(server.url);
      await writeFile(target, url);
      if (flags.existing)
        await query(url, `${file.create}; ${file.finish}; CREATE INDEX ON ${file.name} (account)`);
      const args = ['copy', '--from', file.sqlite, '--to-file', target];
      if (kind === 'copy') {
        const { milliseconds } = await timed(process.execPath, [CLI, ...args], {}, folder);
        held.copy.push(milliseconds);
        console.error(`  ${milliseconds.toFixed(0)} ms`);
        continue;
      }
      const { atSwitch, atReturn } = await thereAndBack(args, file, url, folder);
      held.switch.push(atSwitch);
      held.return.push(atReturn);
      console.error(`  ${atSwitch} ms at the switch, ${atReturn} ms at the return`);
    }
  }
  const rows = Object.entries({
    'holdfast copy, from start to end': held.copy,
    'copy --follow, at the switch': held.switch,
    'copy --follow-back, at the return': held.return,
  }).map(([name, values]) => [
    name,
    ...[median(values), Math.min(...values), Math.max(...values)].map((ms) => ms.toFixed(0)),
  ]);
  console.log(table([[`writers held, ${file.rows} rows`, 'ms', 'min', 'max'], ...rows]));
  console.log(machine());
  const met = [held.switch, held.return].every((values) => median(values) < GOAL_MS);
  return flags['report-only'] || met ? 0 : 1;
});

/** Follows, switches, follows back and goes back, while somebody writes. */
async function thereAndBack(args, { sqlite, name, rows }, url, folder) {
  const report = join(folder, 'report.json');
  const flags = ['--follow', '--follow-back', '--json', '--report', report];
  const child = spawn(process.execPath, [CLI, ...args, ...flags], {
    cwd: folder,
    env: inherited(),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  let output = '';
  child.stderr.on('data', (text) => (said += text));
  child.stdout.on('data', (text) => (output += text));
  const over = ended(child);
  const hasSaid = async (text) => {
    while (!said.includes(text)) {
      if (child.exitCode !== null) throw new Error(`it ended: ${output}`);
      await wait(50);
    }
  };
  const program = new Sqlite(sqlite, { timeout: 10_000 });
  const change = program.prepare(`UPDATE ${name} SET amount = amount + 1 WHERE id = ?`);
  const place = () => 1 + Math.floor(Math.random() * rows);
  const inFile = setInterval(() => {
    try {
      change.run(place());
    } catch (error) {
      // The file has been switched away from.
      clearInterval(inFile);
      if (error.message !== 'SQLITE_SOURCE_RETIRED') throw error;
    }
  }, EACH_MS);
  await hasSaid('"event":"copy.follow"');
  child.kill('SIGUSR1');
  await hasSaid('"event":"copy.follow_back"');
  clearInterval(inFile);
  program.close();
  const writing = writeTo(url, name, place);
  await wait(2000);
  child.kill('SIGUSR2');
  await over;
  await writing;
  if (child.exitCode !== 0) throw new Error(`it ended with ${child.exitCode}: ${output}`);
  const { follow } = JSON.parse(await readFile(report, 'utf8'));
  return { atSwitch: follow.writers_held_ms, atReturn: JSON.parse(output).writers_held_ms };
}

/** Until the tables have gone back. */
async function writeTo(url, name, place) {
  for (;;) {
    try {
      await query(
        url,
        `DO $$ BEGIN FOR i IN 1..10 LOOP UPDATE ${name} SET amount = amount + 1 WHERE id = ${place()} + i; END LOOP; END $$`,
      );
    } catch (error) {
      if (error.message === 'HOLDFAST_GONE_BACK') return;
      throw error;
    }
    await wait(10 * EACH_MS);
  }
}
