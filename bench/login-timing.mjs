import { scryptSync, randomBytes, randomInt } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { machine, runBench, temporaryFolder } from './support/bench.mjs';
import { median, percentile, table } from './support/figures.mjs';
import { buildHoldfast, holdfastOnSqlite } from './support/holdfast.mjs';
import { startServer } from './support/servers.mjs';

const { fetch } = globalThis;
const KEY = 'a key of the bench, which is long enough for HS256';
/** Each fails less often than what blocks a name. */
const TRIES_OF_A_NAME = 8;
const WARM_UP = 40;
const PERMUTATIONS = 2000;
/** Below, the difference is more than chance makes of it. */
const LEAST_P = 0.01;

const USAGE = `Usage: npm run bench:login-timing -- [options]

Whether the time of a refused log-in says that there is an operator of the name: names of operators with a wrong
password and names of nobody, in turn, one at a time and each from an address of its own, against the built process.

  --tries N   log-ins that count, half of each kind (default 1000)
  --ln N      cost of the operators' hashes: 2 to the power of N (default 10, a few milliseconds, so that whatever
              else differs shows best; the service's own is 15, with three passes)
  --help      this text

Exit code 1 when a log-in is answered with anything but 401, or when the two differ (p of a permutation test of the
medians below ${LEAST_P}).`;

const OPTIONS = {
  tries: { type: 'string', default: '1000' },
  ln: { type: 'string', default: '10' },
};

await runBench(USAGE, OPTIONS, async ({ tries, ln }) => {
  buildHoldfast();
  const pairs = Math.ceil(Number(tries) / 2);
  const count = Math.ceil((pairs + WARM_UP) / TRIES_OF_A_NAME);
  const folder = await temporaryFolder();
  const names = Array.from({ length: count }, (_, index) => `operator-${index}`);
  const file = join(folder, 'operators.json');
  await writeFile(file, operators(names, Number(ln)), { mode: 0o600 });
  const { file: program, environment } = holdfastOnSqlite();
  const logIns = {
    AUTH_MODE: 'jwt',
    JWT_SIGNING_KEY: KEY,
    TRUSTED_PROXIES: '127.0.0.0/8',
    ADMIN_CREDENTIALS_PATH: file,
  };
  const holdfast = { file: program, environment: { ...environment, ...logIns } };
  const { url } = await startServer(holdfast, folder);
  /** @type {{ known: number[], unknown: number[] }} */
  const times = { known: [], unknown: [] };
  for (let pair = 0; pair < WARM_UP + pairs; pair += 1) {
    const at = pair % count;
    /** @type {('known' | 'unknown')[]} */
    const kinds = randomInt(2) === 0 ? ['known', 'unknown'] : ['unknown', 'known'];
    for (const kind of kinds) {
      // As long as the other, so that the requests are.
      const name = `${kind === 'known' ? 'operator' : 'stranger'}-${at}`;
      const time = await refused(url, name, 2 * pair + kinds.indexOf(kind));
      if (pair >= WARM_UP) times[kind].push(time);
    }
  }
  const { known, unknown } = times;
  const difference = median(known) - median(unknown);
  const [p, noise] = permuted(known, unknown, Math.abs(difference));
  console.log(`${machine()}, ln=${ln}, ${known.length + unknown.length} log-ins\n`);
  console.log(
    table([
      ['milliseconds', 'median', 'p5', 'p95'],
      ['operators, wrong password', ...rowOf(known)],
      ['names of nobody', ...rowOf(unknown)],
    ]),
  );
  console.log(`\ndifference of the medians: ${difference.toFixed(3)} ms`);
  console.log(
    `noise: of ${PERMUTATIONS} random halves, 95 % differ by up to ${noise.toFixed(3)} ms`,
  );
  console.log(
    `p: ${p.toFixed(3)}; probability that an operator takes longer: ${superiority(known, unknown).toFixed(3)} (0.5: none)`,
  );
  return p < LEAST_P ? 1 : 0;
});

/**
 * @param {readonly string[]} names
 * @param {number} ln
 */
function operators(names, ln) {
  const unpadded = (/** @type {Buffer} */ bytes) => bytes.toString('base64').replace(/=+$/, '');
  const users = names.map((name) => {
    const salt = randomBytes(16);
    const hash = scryptSync(randomBytes(16), salt, 32, { N: 2 ** ln, r: 8, p: 1 });
    const password = `$scrypt$ln=${ln},r=8,p=1$${unpadded(salt)}$${unpadded(hash)}`;
    return { name, id: `id-of-${name}`, password, scopes: [], changed_at: '2026-01-01T00:00:00Z' };
  });
  return JSON.stringify({ version: 1, users });
}

/**
 * @param {string} url
 * @param {string} username
 * @param {number} turn
 */
async function refused(url, username, turn) {
  const started = performance.now();
  const response = await fetch(`${url}/api/login`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'x-forwarded-for': `198.${18 + (turn >> 16)}.${(turn >> 8) % 256}.${turn % 256}`,
    },
    body: JSON.stringify({ username, password: 'not the password of anybody' }),
  });
  await response.arrayBuffer();
  const time = performance.now() - started;
  if (response.status !== 401) throw new Error(`a log-in was answered with ${response.status}`);
  return time;
}

/** @param {readonly number[]} times */
function rowOf(times) {
  return [median(times), percentile(times, 0.05), percentile(times, 0.95)].map((each) =>
    each.toFixed(3),
  );
}

/**
 * @param {readonly number[]} one
 * @param {readonly number[]} other
 * @param {number} found difference of their medians
 * @returns {[number, number]} how often chance makes as much of it, and what it makes of it in 95 of 100 cases
 */
function permuted(one, other, found) {
  const all = [...one, ...other];
  const differences = Array.from({ length: PERMUTATIONS }, () => {
    for (let at = all.length - 1; at > 0; at -= 1) {
      const place = randomInt(at + 1);
      [all[at], all[place]] = [all[place] ?? NaN, all[at] ?? NaN];
    }
    return Math.abs(median(all.slice(0, one.length)) - median(all.slice(one.length)));
  });
  const asMuch = differences.filter((each) => each >= found).length;
  return [(asMuch + 1) / (PERMUTATIONS + 1), percentile(differences, 0.95)];
}

/**
 * Of Mann and Whitney's U.
 * @param {readonly number[]} one
 * @param {readonly number[]} other
 */
function superiority(one, other) {
  let longer = 0;
  for (const a of one) for (const b of other) longer += a > b ? 1 : a === b ? 0.5 : 0;
  return longer / (one.length * other.length);
}
