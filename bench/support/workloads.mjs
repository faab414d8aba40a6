import { randomUUID } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { query } from './postgres.mjs';

const { fetch } = globalThis;
const PROPOSALS = '/rebalance/proposals';

/** The document's keys are in canonical order, so that its plain and its canonical hash agree. */
const BODY = JSON.stringify({
  portfolio_id: 'pf-1001',
  created_by: 'advisor-7',
  title: 'Shift to short bonds',
  mandate_id: 'mandate-3',
  jurisdiction: 'SG',
  document: {
    trades: Array.from({ length: 10 }, (_, index) => ({
      isin: `IE00B4L5Y98${index}`,
      side: index % 2 === 0 ? 'BUY' : 'SELL',
      weight: (index + 1) / 100,
    })),
  },
});

/**
 * @typedef {object} Subject
 * @property {string} name
 * @property {string} url
 * @property {number} pid
 * @property {string} database connection string
 * @property {string[]} proposalIds of proposals that are there
 * @property {readonly string[]} [tokens] of its callers, who take turns; none: they prove nothing
 */

/**
 * @typedef {object} Workload
 * @property {string} name
 * @property {(subject: Subject) => import('./load.mjs').Load} load
 */

/** @type {Workload} */
export const creation = {
  name: 'Create a proposal',
  load: () => ({
    request: {
      method: 'POST',
      path: PROPOSALS,
      setupRequest: (request) => ({ ...request, ...createRequest() }),
    },
    expects: 201,
  }),
};

/** @type {readonly Workload[]} */
export const workloads = [
  creation,
  {
    name: 'Get a proposal, another each time',
    load: ({ proposalIds }) =>
      getEach((turn) => `${PROPOSALS}/${proposalIds[turn % proposalIds.length]}`),
  },
  { name: 'List 50 proposals', load: () => get(`${PROPOSALS}?limit=50`) },
  {
    name: 'List 50 proposals, of another time each time',
    load: () => getEach((turn) => `${PROPOSALS}?limit=50&created_from=${longAgo(turn)}`),
  },
  { name: '/health/live, next to a constant', load: () => get('/health/live') },
];

/** @param {string} path */
function get(path) {
  return { request: { method: 'GET', path }, expects: 200 };
}

/** @param {(turn: number) => string} pathOf */
function getEach(pathOf) {
  let turn = 0;
  const setupRequest = (request) => ({ ...request, path: pathOf((turn += 1)) });
  return { request: { method: 'GET', path: '/', setupRequest }, expects: 200 };
}

/** @param {number} turn */
function longAgo(turn) {
  return `2020-01-01T00:00:00.${String(turn % 1_000_000).padStart(6, '0')}Z`;
}

function createRequest() {
  const headers = { 'content-type': 'application/json', 'idempotency-key': randomUUID() };
  return { headers, body: BODY };
}

/**
 * The same load, with a token of another caller each time.
 * @param {Subject} subject
 * @param {import('./load.mjs').Load} load
 * @returns {import('./load.mjs').Load}
 */
export function asCallers(subject, { request, expects }) {
  const { tokens = [] } = subject;
  if (tokens.length === 0) return { request, expects };
  const { setupRequest = (given) => given } = request;
  const withToken = (given) => {
    const made = setupRequest(given);
    return { ...made, headers: { ...made.headers, ...credentials(subject) } };
  };
  return { request: { ...request, setupRequest: withToken }, expects };
}

let calls = 0;

/** @param {Subject} subject */
function credentials({ tokens = [] }) {
  if (tokens.length === 0) return {};
  calls += 1;
  return { authorization: `Bearer ${tokens[calls % tokens.length]}` };
}

/**
 * Makes proposals to read.
 * @param {Subject} subject
 * @param {number} count
 */
export async function seed(subject, count) {
  for (let made = 0; made < count; made += 1) {
    subject.proposalIds.push((await answer(subject, PROPOSALS, create())).proposal_id);
  }
}

function create() {
  return { method: 'POST', ...createRequest() };
}

/**
 * A comparison is one only between programs that do the same.
 * @param {Subject} one
 * @param {Subject} other
 */
export async function refuseDifferent(one, other) {
  const doings = {
    'create answer': (subject) => answer(subject, PROPOSALS, create()),
    'get answer': (subject) => answer(subject, `${PROPOSALS}/${subject.proposalIds[0]}`),
    'list answer': (subject) => answer(subject, `${PROPOSALS}?limit=50`),
    'answer of a range': (subject) =>
      answer(subject, `${PROPOSALS}?limit=50&created_from=${longAgo(1)}`),
    'rows written': rowsWritten,
  };
  for (const [what, doing] of Object.entries(doings)) {
    const [left, right] = [leveled(await doing(one)), leveled(await doing(other))];
    if (isDeepStrictEqual(left, right)) continue;
    const texts = [left, right].map((value) => JSON.stringify(value));
    throw new Error(`${one.name} and ${other.name} differ, ${what}:\n${texts.join('\n')}`);
  }
}

/**
 * @param {Subject} subject
 * @param {string} path
 * @param {object} [request]
 */
async function answer(subject, path, request = {}) {
  const headers = { ...request.headers, ...credentials(subject) };
  const response = await fetch(subject.url + path, { ...request, headers });
  if (response.ok) return response.json();
  throw new Error(`${subject.name}: ${path} answers ${response.status}: ${await response.text()}`);
}

/**
 * Identifiers and times are not the same twice.
 * @param {unknown} value
 */
function leveled(value) {
  const text = JSON.stringify(value)
    .replace(/"next_cursor":"[\w.-]+"/g, '"next_cursor":"…"')
    .replace(/"[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}"/g, '"identifier"')
    .replace(/"\d{4}-\d\d-\d\dT[\d:.]+Z"/g, '"time"');
  return JSON.parse(text);
}

/** @param {Subject} subject */
async function rowsWritten({ database }) {
  const tables = await query(
    database,
    String.raw`SELECT table_name AS name FROM information_schema.tables
      WHERE table_name LIKE 'proposal\_%' ORDER BY 1`,
  );
  const counts = await Promise.all(
    tables.map(({ name }) => query(database, `SELECT '${name}' AS name, count(*) FROM ${name}`)),
  );
  return counts.flat();
}
