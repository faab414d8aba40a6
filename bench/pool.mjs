import pg from 'pg';
import { Pool } from '@holdfast/postgres/pool/pool';
import { atEnd, machine, runBench } from './support/bench.mjs';
import { inTurn, median, percentile, table } from './support/figures.mjs';
import { createDatabase, postgresServer } from './support/postgres.mjs';

const GOAL_US = 10;
const SIZE = 5;
const MAX_OVERFLOW = 10;
const TIMEOUT_SECONDS = 30;
/** A ping takes so much longer that fewer are enough. */
const PINGED_SHARE = 10;

const USAGE = `Usage: npm run bench:pool -- [options]

Time to acquire a warm connection and to release it, one after the other: Holdfast's pool as it is
configured by default, next to bare pg-pool, and to pg-pool with a ping on every checkout. In turn.

  --runs N        rounds that count, after one that does not (default 15)
  --thousands N   thousand checkouts of each in a round (default 20)
  --report-only   exit code 0 even when the goal is missed
  --help          this text

DATABASE_URL names the PostgreSQL server to use (a scratch database is made on it and dropped);
without it the bench starts one. Exit code 1 when the goal is missed: at most ${GOAL_US} µs over bare
pg-pool at p99, as the median of the differences within each round.`;

const OPTIONS = {
  runs: { type: 'string', default: '15' },
  thousands: { type: 'string', default: '20' },
  'report-only': { type: 'boolean' },
};

const HEADINGS = ['µs', 'p50', 'p99', 'p99 min', 'p99 max', 'over bare p50', 'over bare p99'];

/**
 * @typedef {object} Subject
 * @property {string} name
 * @property {() => Promise<void>} checkout acquires and releases
 * @property {number} share of the checkouts of a round: one in so many
 * @property {number[]} p50 µs, by round
 * @property {number[]} p99 µs, by round
 */

await runBench(USAGE, OPTIONS, async (flags) => {
  const server = await postgresServer();
  const url = await createDatabase(server.url);
  console.log(`${machine()}, ${server.about}`);

  const bare = new pg.Pool({
    connectionString: url,
    max: SIZE + MAX_OVERFLOW,
    connectionTimeoutMillis: TIMEOUT_SECONDS * 1000,
  });
  const pinging = new pg.Pool({ connectionString: url, max: SIZE + MAX_OVERFLOW });
  const ours = new Pool({ connectionString: url }, settings(), { onLeak: () => undefined });
  atEnd(() => Promise.all([bare.end(), pinging.end(), ours.end()]));

  const subjects = [
    subject('bare pg-pool', () => checkout(bare)),
    subject('Holdfast', () => checkout(ours)),
    subject('pg-pool, a ping each', () => checkoutPinged(pinging), PINGED_SHARE),
  ];
  for (let round = -1; round < flags.runs; round += 1) {
    for (const each of inTurn(subjects, round + 1)) {
      const microseconds = await measure(each, (flags.thousands * 1000) / each.share);
      if (round < 0) continue;
      each.p50.push(percentile(microseconds, 0.5));
      each.p99.push(percentile(microseconds, 0.99));
    }
  }

  const [base, holdfast] = subjects;
  console.log(
    `\nMedians of ${flags.runs} rounds; differences are medians of those within a round.\n`,
  );
  console.log(table([HEADINGS, ...subjects.map((each) => row(each, base))]));
  const over = difference(holdfast.p99, base.p99);
  const met = over <= GOAL_US;
  const goal = `Holdfast: at most ${GOAL_US} µs over bare pg-pool at p99`;
  console.log(`\n${table([[goal, over.toFixed(2), met ? 'met' : 'MISSED']])}`);
  console.log(machine());
  return met || flags['report-only'] ? 0 : 1;
});

/** What Holdfast has when nobody sets anything. */
function settings() {
  return {
    size: SIZE,
    maxOverflow: MAX_OVERFLOW,
    timeoutSeconds: TIMEOUT_SECONDS,
    recycleSeconds: 3600,
    statementTimeoutMs: 30_000,
    lockTimeoutMs: 5000,
    prePing: true,
    leakDetectionMs: 10_000,
  };
}

/**
 * @param {string} name
 * @param {Subject['checkout']} work
 * @param {number} share
 * @returns {Subject}
 */
function subject(name, work, share = 1) {
  return { name, checkout: work, share, p50: [], p99: [] };
}

/** @param {pg.Pool} pool */
async function checkout(pool) {
  const client = await pool.connect();
  client.release();
}

/** @param {pg.Pool} pool */
async function checkoutPinged(pool) {
  const client = await pool.connect();
  await client.query('SELECT 1');
  client.release();
}

/**
 * @param {Subject} subject
 * @param {number} count
 * @returns {Promise<number[]>} microseconds
 */
async function measure({ checkout: work }, count) {
  // The connection is warm.
  await work();
  const microseconds = new Array(count);
  for (let index = 0; index < count; index += 1) {
    const begun = performance.now();
    await work();
    microseconds[index] = (performance.now() - begun) * 1000;
  }
  return microseconds;
}

/**
 * @param {readonly number[]} values by round
 * @param {readonly number[]} base by round
 */
function difference(values, base) {
  return median(values.map((value, round) => value - (base[round] ?? NaN)));
}

/**
 * @param {Subject} subject
 * @param {Subject} base
 */
function row({ name, p50, p99 }, base) {
  return [
    name,
    median(p50).toFixed(2),
    median(p99).toFixed(2),
    Math.min(...p99).toFixed(2),
    Math.max(...p99).toFixed(2),
    difference(p50, base.p50).toFixed(2),
    difference(p99, base.p99).toFixed(2),
  ];
}
