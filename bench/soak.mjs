import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { setTimeout as wait } from 'node:timers/promises';
import { machine, runBench, temporaryFolder } from './support/bench.mjs';
import { median, table } from './support/figures.mjs';
import { buildHoldfast, holdfastOnPostgres, migrate } from './support/holdfast.mjs';
import { createDatabase, postgresServer } from './support/postgres.mjs';
import { resourcesOf } from './support/resources.mjs';
import { startServer } from './support/servers.mjs';
import { steadyLoad } from './support/steady-load.mjs';

/** What may be had more at the end than after the warm-up, and still be called flat. */
const ALLOWED = { heap: 3, rss: 25, files: 3, sockets: 3 };
const UNITS = { heap: 'MB', rss: 'MB', files: '', sockets: '' };
/** The share of the time in which caches and code warm up; it does not count. */
const WARM_UP = 1 / 3;
const SAMPLES = 36;

const USAGE = `Usage: npm run soak -- [options]

The built service under PRODUCTION on PostgreSQL, under a steady mix of writes, replays, reads, refused
requests and probes, on kept-alive and on new sockets. Samples its heap after a collection of all
garbage, its resident memory, its file descriptors and its sockets, and prints how they went.

  --minutes N   how long (default 10)
  --rate N      requests a second (default 200)
  --help        this text

DATABASE_URL names the PostgreSQL server to use (a scratch database is made on it and dropped); without
it the soak starts one. Exit code 1 when a request is not answered as expected, or when something is
not flat: more by ${ALLOWED.heap} MB of heap, ${ALLOWED.rss} MB of resident memory, ${ALLOWED.files} descriptors or ${ALLOWED.sockets} sockets in the
last quarter than in the first one after the warm-up. Linux only.`;

const OPTIONS = {
  minutes: { type: 'string', default: '10' },
  rate: { type: 'string', default: '200' },
};

await runBench(USAGE, OPTIONS, async ({ minutes, rate }) => {
  const postgres = await postgresServer();
  buildHoldfast();
  const folder = await temporaryFolder();
  const database = await createDatabase(postgres.url);
  migrate(database, folder);
  const heapFile = join(folder, 'heap');
  const preload = fileURLToPath(new URL('support/heap-on-signal.cjs', import.meta.url));
  const program = holdfastOnPostgres(database);
  const environment = {
    ...program.environment,
    LOG_LEVEL: 'warn',
    // A pool that grows and shrinks with the load would hide what leaks.
    DB_MAX_OVERFLOW: '0',
    HEAP_FILE: heapFile,
    NODE_OPTIONS: `--require ${preload}`,
  };
  const server = await startServer({ ...program, environment }, folder);
  console.log(`${machine()}, ${postgres.about}`);
  console.log(`${minutes} minutes at ${rate} requests a second`);

  const seconds = minutes * 60;
  const load = steadyLoad(server.url, { rate, seconds });
  const samples = await sampled(() => resourcesOf(server.pid, heapFile), seconds);
  const { answered, unexpected } = await load;
  const rows = Object.keys(ALLOWED).map((name) => judge(name, samples, seconds));
  const headings = ['', 'after warm-up', 'at the end', 'per hour', 'allowed', ''];
  console.log(`\n${table([headings, ...rows.map(({ cells }) => cells)])}\n`);
  for (const [what, count] of unexpected) console.log(`${count} times ${what}`);
  const isFlat = rows.every(({ flat }) => flat);
  console.log(`${answered} answers; ${isFlat ? 'flat' : 'NOT FLAT'}`);
  return isFlat && unexpected.size === 0 ? 0 : 1;
});

/**
 * @template T
 * @param {() => Promise<T>} take
 * @param {number} seconds
 * @returns {Promise<T[]>} what was taken after the warm-up
 */
async function sampled(take, seconds) {
  const samples = [];
  const startedAt = Date.now();
  for (let turn = 1; turn <= SAMPLES; turn += 1) {
    // The last one while the load still runs.
    const due = startedAt + (turn * seconds * 1000) / (SAMPLES + 1);
    await wait(Math.max(0, due - Date.now()));
    const sample = await take();
    if (turn > SAMPLES * WARM_UP) samples.push(sample);
  }
  return samples;
}

/**
 * @param {keyof typeof ALLOWED} name
 * @param {import('./support/resources.mjs').Resources[]} samples
 * @param {number} seconds of the whole
 */
function judge(name, samples, seconds) {
  const values = samples.map((sample) => sample[name]);
  const quarter = Math.floor(values.length / 4);
  const start = median(values.slice(0, quarter));
  const end = median(values.slice(-quarter));
  const perHour = slope(values) * (SAMPLES + 1) * (3600 / seconds);
  const flat = end - start <= ALLOWED[name];
  const told = (value) => `${value.toFixed(1)} ${UNITS[name]}`.trim();
  return {
    flat,
    cells: [
      name,
      told(start),
      told(end),
      told(perHour),
      `+${ALLOWED[name]}`,
      flat ? 'flat' : 'GROWS',
    ],
  };
}

/**
 * Of the straight line that fits best (least squares).
 * @param {readonly number[]} values
 * @returns {number} growth from one value to the next
 */
function slope(values) {
  const middle = (values.length - 1) / 2;
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const above = values.reduce((sum, value, index) => sum + (index - middle) * (value - mean), 0);
  const below = values.reduce((sum, _, index) => sum + (index - middle) ** 2, 0);
  return above / below;
}
