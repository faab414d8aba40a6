import { fileURLToPath } from 'node:url';
import { temporaryFolder } from './bench.mjs';
import { inTurn, median, medianRatio, table } from './figures.mjs';
import {
  buildHoldfast,
  holdfastOnPostgres,
  holdfastWithCallers,
  migrate,
  production,
} from './holdfast.mjs';
import { measure } from './load.mjs';
import { createDatabase } from './postgres.mjs';
import { cpuMilliseconds, startServer } from './servers.mjs';
import { buildUnobserved } from './unobserved.mjs';
import { asCallers, refuseDifferent, seed } from './workloads.mjs';

const HEADINGS = ['req/s', 'min', 'max', 'p50 ms', 'p99 ms', 'CPU ms', 'errors'];

/** More than a page of the list. */
const SEEDED = 100;

/**
 * Holdfast under PRODUCTION, and a bare Fastify + pg server that runs the same statements: both
 * started, on a database each, with the same rows, and giving the same answers.
 * @param {string} server connection string
 * @returns {Promise<import('./workloads.mjs').Subject[]>}
 */
export async function startBoth(server) {
  buildHoldfast();
  const folder = await temporaryFolder();
  const holdfast = await start('Holdfast', holdfastOnPostgres, server, folder);
  const bare = await start('Fastify + pg', fastifyOnPostgres, server, folder);
  await refuseDifferent(holdfast, bare);
  return [holdfast, bare];
}

/**
 * Holdfast under PRODUCTION with callers that prove who they are, and without.
 * @param {string} server connection string
 * @param {string} key that the tokens are signed with
 * @param {readonly string[]} tokens
 * @returns {Promise<import('./workloads.mjs').Subject[]>}
 */
export async function startWithAndWithoutCallers(server, key, tokens) {
  buildHoldfast();
  const folder = await temporaryFolder();
  const withTokens = await start('AUTH_MODE=jwt', holdfastWithCallers(key), server, folder, tokens);
  const without = await start('AUTH_MODE=none', holdfastOnPostgres, server, folder);
  await refuseDifferent(withTokens, without);
  return [withTokens, without];
}

/**
 * Holdfast under PRODUCTION as it is built, and without metrics, traces and a line a request.
 * @param {string} server connection string
 * @returns {Promise<import('./workloads.mjs').Subject[]>}
 */
export async function startObservedAndNot(server) {
  buildHoldfast();
  const folder = await temporaryFolder();
  const file = await buildUnobserved(await temporaryFolder());
  const blind = (database) => ({
    file,
    environment: { ...production(database), LOG_LEVEL: 'warn' },
  });
  const observed = await start('Holdfast', holdfastOnPostgres, server, folder);
  const unobserved = await start('unobserved', blind, server, folder);
  await refuseDifferent(observed, unobserved);
  return [observed, unobserved];
}

/**
 * @typedef {object} Comparison
 * @property {string} report a table
 * @property {{ perSecond: number, p50: number, p99: number, cpu: number }} ratios Holdfast to the bare server:
 * medians of the ratios within each round
 * @property {number} errors
 */

/**
 * Loads both in turn.
 * @param {import('./workloads.mjs').Workload} workload
 * @param {readonly import('./workloads.mjs').Subject[]} subjects
 * @param {{ runs: number, seconds: number }} extent the runs that count, after one that does not
 * @returns {Promise<Comparison>}
 */
export async function compare({ name, load }, subjects, { runs, seconds }) {
  const results = subjects.map((subject) => ({ subject, figures: [] }));
  let errors = 0;
  for (let round = -1; round < runs; round += 1) {
    for (const { subject, figures } of inTurn(results, round + 1)) {
      const before = await cpuMilliseconds(subject.pid);
      const figure = await measure(subject.url, asCallers(subject, load(subject)), seconds);
      const cpu = ((await cpuMilliseconds(subject.pid)) - before) / figure.answers;
      errors += figure.errors;
      if (round >= 0) figures.push({ ...figure, cpu });
    }
  }
  const [ours, bare] = results.map(({ figures }) => figures);
  const ratio = (of) =>
    medianRatio(
      ours.map((figure) => figure[of]),
      bare.map((figure) => figure[of]),
    );
  const [perSecond, p50, p99, cpu] = ['perSecond', 'p50', 'p99', 'cpu'].map(ratio);
  const ratios = { perSecond, p50, p99, cpu };
  const report = table([
    [name, ...HEADINGS],
    ...results.map(({ subject, figures }) => row(subject.name, figures)),
    [
      'Ratio',
      ratios.perSecond.toFixed(2),
      '',
      '',
      ratios.p50.toFixed(2),
      ratios.p99.toFixed(2),
      ratios.cpu.toFixed(2),
      '',
    ],
  ]);
  return { report, ratios, errors };
}

/**
 * @param {string} name
 * @param {(database: string) => import('./servers.mjs').Program} program
 * @param {string} server
 * @param {string} folder
 * @param {readonly string[]} [tokens]
 */
async function start(name, program, server, folder, tokens = []) {
  const database = await createDatabase(server);
  migrate(database, folder);
  const { url, pid } = await startServer(program(database), folder);
  const subject = { name, url, pid, database, proposalIds: [], tokens };
  await seed(subject, SEEDED);
  return subject;
}

/** @param {string} database */
function fastifyOnPostgres(database) {
  return {
    file: fileURLToPath(new URL('../baselines/fastify-pg.mjs', import.meta.url)),
    environment: { DATABASE_URL: database },
  };
}

/**
 * @param {string} name
 * @param {(import('./load.mjs').Figures & { readonly cpu: number })[]} figures
 */
function row(name, figures) {
  const perSecond = figures.map((figure) => figure.perSecond);
  return [
    name,
    median(perSecond).toFixed(0),
    Math.min(...perSecond).toFixed(0),
    Math.max(...perSecond).toFixed(0),
    median(figures.map(({ p50 }) => p50)).toFixed(2),
    median(figures.map(({ p99 }) => p99)).toFixed(2),
    median(figures.map(({ cpu }) => cpu)).toFixed(2),
    String(figures.reduce((sum, { errors }) => sum + errors, 0)),
  ];
}
