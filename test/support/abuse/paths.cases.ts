import { request, rows } from './abuse-case.js';
import { as, type Headers, MOVE, PROPOSALS } from './stage.js';

/** With everything but what operators may see: a trick that leads there is found out. */
const NO_OPS = 'proposals:read runs:read policies:read';

const get =
  (target: string, headers: Headers = {}, scope = NO_OPS) =>
  async () =>
    request('GET', target, { ...(await as('me', scope)), ...headers });

const nobody = (target: string) => () => request('GET', target);
const operator = (target: string) => get(target, {}, 'ops:read');

export const pathCases = [
  ...rows('a path to what needs a token', [
    ['//', nobody('//rebalance/proposals'), 404, 'ROUTE_NOT_FOUND'],
    ['// within', nobody('/rebalance//proposals'), 404, 'ROUTE_NOT_FOUND'],
    ['a dot', nobody('/./rebalance/proposals'), 404, 'ROUTE_NOT_FOUND'],
    ['two dots behind a probe', nobody('/health/live/../../rebalance/proposals'), 404, 'ROUTE_NOT_FOUND'],
    ['two dots behind a probe, escaped', nobody('/health/live/%2e%2e/%2e%2e/rebalance/proposals'), 404, 'ROUTE_NOT_FOUND'],
    ['two dots and a slash, escaped', nobody('/health/live/..%2f..%2frebalance%2fproposals'), 404, 'ROUTE_NOT_FOUND'],
    ['a semicolon', nobody('/health/live;/../../rebalance/proposals'), 404, 'ROUTE_NOT_FOUND'],
    ['a semicolon behind it', nobody('/rebalance/proposals;a=b'), 404, 'ROUTE_NOT_FOUND'],
    ['a NUL behind it', nobody('/rebalance/proposals%00'), 404, 'ROUTE_NOT_FOUND'],
    ['a NUL behind a probe', nobody('/health/live%00/rebalance/proposals'), 404, 'ROUTE_NOT_FOUND'],
    ['a letter escaped', nobody('/%72ebalance/proposals'), 401, 'TOKEN_MISSING'],
    ['a letter escaped twice', nobody('/%2572ebalance/proposals'), 404, 'ROUTE_NOT_FOUND'],
    ['a slash escaped', nobody('/rebalance%2Fproposals'), 404, 'ROUTE_NOT_FOUND'],
    ['a backslash', nobody('/rebalance\\proposals'), 404, 'ROUTE_NOT_FOUND'],
    ['capital letters', nobody('/REBALANCE/PROPOSALS'), 404, 'ROUTE_NOT_FOUND'],
    ['a slash behind it', nobody('/rebalance/proposals/'), 401, 'TOKEN_MISSING'],
    ['overlong UTF-8', nobody('/rebalance/%c0%ae%c0%ae/health/pool'), 400, 'REQUEST_MALFORMED'],
    ['an escape that is none', nobody('/rebalance/proposals/%zz'), 400, 'REQUEST_MALFORMED'],
    ['full-width dots', nobody('/health/%ef%bc%8e%ef%bc%8e/rebalance/proposals'), 404, 'ROUTE_NOT_FOUND'],
    ['a whole URL', nobody('http://holdfast.test/rebalance/proposals'), 401, 'TOKEN_MISSING'],
    ['a whole URL of another host', nobody('http://127.0.0.1/rebalance/proposals'), 401, 'TOKEN_MISSING'],
    ['a fragment', nobody('/rebalance/proposals#/health/live'), 401, 'TOKEN_MISSING'],
    ['a query that looks like a probe', nobody('/rebalance/proposals?/health/live'), 401, 'TOKEN_MISSING'],
    ['*', () => request('OPTIONS', '*'), 404, 'ROUTE_NOT_FOUND'],
    ['no slash', nobody('rebalance/proposals'), 400, 'REQUEST_MALFORMED'],
  ]),
  ...rows('a way around the scope', [
    ['X-Original-URL', get(PROPOSALS, { 'X-Original-URL': '/health/pool' }), 200, null],
    ['X-Rewrite-URL', get(PROPOSALS, { 'X-Rewrite-URL': '/health/pool' }), 200, null],
    ['X-Forwarded-Prefix', get('/pool', { 'X-Forwarded-Prefix': '/health' }), 404, 'ROUTE_NOT_FOUND'],
    ['X-Forwarded-Host', get('/health/pool', { 'X-Forwarded-Host': '127.0.0.1:8001' }), 403, 'SCOPE_MISSING'],
    ['a machine of one’s own, in X-Forwarded-For', get('/health/pool', { 'X-Forwarded-For': '127.0.0.1' }), 403, 'SCOPE_MISSING'],
    ['Host', get('/health/pool', { Host: 'localhost:8001' }), 403, 'SCOPE_MISSING'],
    ['two dots', get('/rebalance/../health/pool'), 404, 'ROUTE_NOT_FOUND'],
    ['two dots, escaped', get('/rebalance/%2e%2e/health/pool'), 404, 'ROUTE_NOT_FOUND'],
    ['a prefix of it', get('/health/pool/x'), 404, 'ROUTE_NOT_FOUND'],
    ['a query of the wanted scope', get('/health/pool?scope=ops:read'), 403, 'SCOPE_MISSING'],
    ['Connection: Authorization', get('/health/pool', { Connection: 'close, Authorization' }), 403, 'SCOPE_MISSING'],
  ]),
  ...rows('a file that is not for anybody', [
    ['two dots', operator('/docs/../package.json'), 404, 'ROUTE_NOT_FOUND'],
    ['two dots, escaped', operator('/docs/%2e%2e%2fpackage.json'), 404, 'ROUTE_NOT_FOUND'],
    ['many dots', operator('/docs/..%2f..%2f..%2f..%2fetc%2fpasswd'), 404, 'ROUTE_NOT_FOUND'],
    ['many dots, escaped twice', operator('/docs/%252e%252e%252fetc%252fpasswd'), 404, 'ROUTE_NOT_FOUND'],
    ['a whole path', operator('/docs/%2fetc%2fpasswd'), 404, 'ROUTE_NOT_FOUND'],
    ['backslashes', operator('/docs/..%5c..%5cpackage.json'), 404, 'ROUTE_NOT_FOUND'],
    ['a NUL', operator('/docs/swagger-ui.css%00.html'), 404, 'ROUTE_NOT_FOUND'],
    ['another file of the folder', operator('/docs/package.json'), 404, 'ROUTE_NOT_FOUND'],
    ['a source map', operator('/docs/swagger-ui-bundle.js.map'), 404, 'ROUTE_NOT_FOUND'],
    ['constructor', operator('/docs/constructor'), 404, 'ROUTE_NOT_FOUND'],
    ['__proto__', operator('/docs/__proto__'), 404, 'ROUTE_NOT_FOUND'],
    ['.env', operator('/.env'), 404, 'ROUTE_NOT_FOUND'],
    ['.git', operator('/.git/config'), 404, 'ROUTE_NOT_FOUND'],
  ]),
  ...rows('a method', [
    ['TRACE', async () => request('TRACE', PROPOSALS, await as('me')), 405, 'METHOD_NOT_ALLOWED'],
    ['CONNECT', () => request('CONNECT', '127.0.0.1:5432'), 405, 'METHOD_NOT_ALLOWED'],
    ['OPTIONS', async () => request('OPTIONS', PROPOSALS, await as('me')), 405, 'METHOD_NOT_ALLOWED'],
    ['PROPFIND', async () => request('PROPFIND', PROPOSALS, await as('me')), 405, 'METHOD_NOT_ALLOWED'],
    ['DELETE, where there is none', async () => request('DELETE', PROPOSALS, await as('me')), 405, 'METHOD_NOT_ALLOWED'],
    ['PATCH, where there is none', async (stage) => request('PATCH', `${PROPOSALS}/${stage.draft}`, await as('me'), '{"current_state":"EXECUTED"}'), 405, 'METHOD_NOT_ALLOWED'],
    ['one that is none', async () => request('FETCH', PROPOSALS, await as('me')), 400, 'REQUEST_MALFORMED'],
    ['get, in lower case', async () => request('get', PROPOSALS, await as('me')), 400, 'REQUEST_MALFORMED'],
    ['of a header: X-HTTP-Method-Override', async (stage) => request('GET', `${PROPOSALS}/${stage.draft}`, { ...(await as('me')), 'X-HTTP-Method-Override': 'DELETE', 'X-HTTP-Method': 'DELETE', 'X-Method-Override': 'DELETE' }), 200, null],
    ['of a header, with a body', async (stage) => request('GET', `${PROPOSALS}/${stage.draft}/transitions`, { ...(await as('me')), 'X-HTTP-Method-Override': 'POST', 'Idempotency-Key': 'abuse' }, JSON.stringify(MOVE)), 405, 'METHOD_NOT_ALLOWED'],
    ['of the query', async (stage) => request('GET', `${PROPOSALS}/${stage.draft}?_method=DELETE`, await as('me')), 200, null],
  ]),
]; // prettier-ignore
