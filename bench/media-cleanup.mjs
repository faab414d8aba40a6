import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { clearInterval, setInterval } from 'node:timers';
import { setTimeout as wait } from 'node:timers/promises';
import { machine, root, runBench, temporaryFolder } from './support/bench.mjs';
import { percentile } from './support/figures.mjs';
import { buildHoldfast, production } from './support/holdfast.mjs';
import { seedMedia } from './support/media-rows.mjs';
import { createDatabase, postgresServer } from './support/postgres.mjs';
import { inherited, startServer } from './support/servers.mjs';

const MOST_SECONDS = 30;
/** Milliseconds between two requests of those that are timed meanwhile. */
const REQUEST_EVERY_MS = 10;
const QUIET_MS = 5000;

const USAGE = `Usage: npm run bench:media-cleanup -- [options]

How long \`holdfast media cleanup\` takes for the expired files among many rows, what memory, and how long requests to
a service on the same database take before and meanwhile.

  --rows N      thousands of rows (default 1000)
  --expired N   hundreds of expired files among them (default 100)
  --sqlite      on SQLite, not on PostgreSQL
  --help        this text

DATABASE_URL names the PostgreSQL server to use; without it the bench starts one.
Exit code 1 when it takes more than ${MOST_SECONDS} s, or leaves a file.`;

const OPTIONS = {
  rows: { type: 'string', default: '1000' },
  expired: { type: 'string', default: '100' },
  sqlite: { type: 'boolean' },
};

await runBench(USAGE, OPTIONS, async ({ rows, expired, sqlite }) => {
  buildHoldfast();
  const folder = await temporaryFolder();
  const { about, database, variables } = sqlite ? onSqlite(folder) : await onPostgres();
  const environment = {
    ...variables,
    MEDIA_ENABLED: 'true',
    MEDIA_ROOT: join(folder, 'files'),
    MEDIA_CLEANUP_INTERVAL_SECONDS: '0',
  };
  await run(['migrate', 'up'], environment, folder);
  const counts = { rows: rows * 1000, expired: expired * 100 };
  const jobId = await seedMedia(database, environment.MEDIA_ROOT, counts);
  console.log(`${machine()}, ${about}`);
  console.log(`${counts.rows} rows, ${counts.expired} expired`);
  const server = await startServer({ file: join(root, 'dist/main.js'), environment }, folder);
  const url = `${server.url}/api/jobs/${jobId}`;
  await p99While(url, wait(QUIET_MS));
  const before = await p99While(url, wait(QUIET_MS));
  const cleaning = run(['media', 'cleanup', '--json'], environment, folder);
  const meanwhile = await p99While(url, cleaning);
  const done = await cleaning;
  const { media } = JSON.parse(done.stdout);
  console.log(
    `${done.seconds.toFixed(1)} s, ${media.files} files removed, ${done.megabytes.toFixed(0)} MB resident at most`,
  );
  console.log(
    `requests' p99: ${before.toFixed(1)} ms before, ${meanwhile.toFixed(1)} ms meanwhile`,
  );
  const again = await run(['media', 'cleanup', '--json'], environment, folder);
  console.log(
    `${again.seconds.toFixed(1)} s and ${again.megabytes.toFixed(0)} MB when there is nothing to remove`,
  );
  return media.files === counts.expired && done.seconds <= MOST_SECONDS ? 0 : 1;
});

function onSqlite(folder) {
  const file = join(folder, 'media.sqlite');
  const variables = { APP_PERSISTENCE_PROFILE: 'LOCAL', SQLITE_PATH: file };
  return { about: 'SQLite', database: { sqlite: file }, variables };
}

async function onPostgres() {
  const server = await postgresServer();
  const url = await createDatabase(server.url);
  const variables = { ...production(url), MEDIA_ROOT_DURABLE: 'true' };
  return { about: server.about, database: { url }, variables };
}

/** Asks at a steady rate, however fast it is answered. @returns milliseconds */
async function p99While(url, work) {
  let isOver = false;
  const end = () => (isOver = true);
  work.then(end, end);
  const latencies = [];
  const asked = [];
  while (!isOver) {
    const begun = performance.now();
    asked.push(
      fetch(url).then(async (answer) => {
        await answer.arrayBuffer();
        if (!answer.ok) throw new Error(`${url} is answered by ${answer.status}`);
        latencies.push(performance.now() - begun);
      }),
    );
    await wait(REQUEST_EVERY_MS);
  }
  await Promise.all(asked);
  return percentile(latencies, 0.99);
}

/** Runs the command program to its end, and sees what memory it takes. */
async function run(args, environment, cwd) {
  const begun = performance.now();
  const child = spawn(process.execPath, [join(root, 'dist/cli.js'), ...args], {
    cwd,
    env: { ...inherited(), ...environment },
    stdio: ['ignore', 'pipe', 2],
  });
  let stdout = '';
  let bytes = 0;
  child.stdout.on('data', (chunk) => (stdout += chunk));
  const watching = setInterval(async () => {
    const status = await readFile(`/proc/${child.pid}/status`, 'utf8').catch(() => '');
    const [, kib = '0'] = /^VmRSS:\s+(\d+) kB$/m.exec(status) ?? [];
    bytes = Math.max(bytes, Number(kib) * 1024);
  }, 20);
  const code = await new Promise((resolve) => child.on('close', resolve));
  clearInterval(watching);
  if (code !== 0) throw new Error(`holdfast ${args.join(' ')} ended with ${code}:\n${stdout}`);
  return { stdout, seconds: (performance.now() - begun) / 1000, megabytes: bytes / 1e6 };
}
