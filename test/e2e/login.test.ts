import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { cleanup } from '../support/cleanup.js';
import { eventually } from '../support/eventually.js';
import {
  BROWSER,
  coded,
  cookie,
  logIn,
  type LoginAnswer,
  newAddress,
  REFRESH,
  refresh,
  request,
  SESSION,
  withOperators,
} from '../support/login-client.js';
import { operatorsFile, operatorsIn, PASSWORD, replaceOperators } from '../support/operators.js';
import { jsonLines } from '../support/program.js';
import { type Service, startService } from '../support/service.js';
import { bearer, JWT, tokenFor } from '../support/tokens.js';

// Each log-in hashes a password, which takes a second or two on a busy machine.
jest.setTimeout(120_000);

const { later } = cleanup();
const SCOPES = ['ops:read', 'proposals:read', 'proposals:write'];
const NAMES = ['ada', 'bob', 'cyd', 'dan', 'eve', 'fay', 'gil', 'hal', 'ida', 'jon'];

let folder: string;
let file: string;
let service: Service;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'holdfast-login-'));
  file = await operatorsFile(folder, NAMES, SCOPES);
  service = await startService({
    ...withOperators(file),
    JWT_ISSUER: 'https://issuer.test',
    JWT_AUDIENCE: 'holdfast',
  });
});
afterAll(async () => {
  await service.stop();
  rmSync(folder, { recursive: true });
});

async function loggedIn(name: string): Promise<LoginAnswer> {
  const answer = await logIn(service.url, name);
  expect([answer.status, answer.text]).toEqual([200, answer.text]);
  return answer;
}

const get = (path: string, headers: Readonly<Record<string, string>>) =>
  request(service.url + path, 'GET', headers);
const events = (event: string) =>
  jsonLines(service.output()).filter((line) => line.event === event);
/** Of a problem, what does not change with each request. */
const same = ({ body }: LoginAnswer) => ({ ...body, correlation_id: '' });

describe('a log-in', () => {
  it('gives a token that lets its operator in, by the header and by the cookie of a browser', async () => {
    const answer = await loggedIn('ada');
    expect(answer.headers.get('cache-control')).toBe('no-store');
    expect(answer.body).toMatchObject({
      token_type: 'Bearer',
      expires_in: 900,
      scope: SCOPES.join(' '),
      username: 'ada',
    });
    for (const headers of [bearer(String(answer.body.access_token)), cookie(answer, SESSION)]) {
      expect((await get('/health', headers)).status).toBe(200);
      expect((await get('/docs-json', headers)).status).toBe(200);
      expect(coded(await get('/rebalance/runs', headers))).toEqual([403, 'SCOPE_MISSING']);
    }
    expect(coded(await get('/health', {}))).toEqual([401, 'TOKEN_MISSING']);
  });

  it('sets cookies that scripts, other sites and lines in the clear do not get', async () => {
    const set = (await loggedIn('ada')).headers.getSetCookie();
    expect(set.map((each) => each.replace(/=[^;]*/, ''))).toEqual([
      `${SESSION}; Path=/; Max-Age=900; HttpOnly; Secure; SameSite=Strict`,
      expect.stringMatching(
        /^__Host-holdfast-refresh; Path=\/; Max-Age=4\d{4}; HttpOnly; Secure; SameSite=Strict$/,
      ),
      `${BROWSER}; Path=/; Max-Age=7776000; HttpOnly; Secure; SameSite=Strict`,
    ]);
  });

  it('takes a name in any case, and makes a weak hash as strong as new ones', async () => {
    const before = operatorsIn(file).find(({ name }) => name === 'bob');
    await loggedIn(' BoB ');
    const after = operatorsIn(file).find(({ name }) => name === 'bob');
    expect(before?.password).toMatch(/^\$scrypt\$ln=10,/);
    expect(after).toEqual({
      ...before,
      password: expect.stringMatching(/^\$scrypt\$ln=15,r=8,p=3\$/),
    });
    await loggedIn('bob');
  });

  it('is refused in the same words, whatever is wrong', async () => {
    const answers = [
      await logIn(service.url, 'cyd', 'not the password'),
      await logIn(service.url, 'nobody', 'not the password'),
      await logIn(service.url, 'constructor', ''),
      await logIn(service.url, 'x'.repeat(256), 'y'.repeat(1024)),
      await logIn(service.url, `cyd'; --`, 'not the password'),
    ];
    expect(new Set(answers.map((each) => JSON.stringify([each.status, same(each)]))).size).toBe(1);
    for (const answer of answers) expect(coded(answer)).toEqual([401, 'LOGIN_FAILED']);
    for (const answer of answers) expect(answer.cookies).toEqual({});
  });

  it('from a page of another origin is refused', async () => {
    const foreign = { 'sec-fetch-site': 'cross-site' };
    const answer = await logIn(service.url, 'cyd', undefined, foreign);
    expect(coded(answer)).toEqual([403, 'CSRF_TOKEN_INVALID']);
  });

  it('is told in the log, without what may be a password', async () => {
    const typed = 'Tr0ub4dor&3-typed-as-a-name';
    const address = newAddress();
    await logIn(service.url, typed, 'x', { 'x-forwarded-for': address });
    await logIn(service.url, 'cyd', 'S3NTINEL-password', { 'x-forwarded-for': address });
    const told = events('auth.login.failure').filter((line) => line.address === address);
    expect(told).toMatchObject([
      {
        level: 'warn',
        user: '***',
        reason: 'unknown',
        fingerprint: expect.stringMatching(/^.{8}$/),
      },
      { level: 'warn', user: 'cyd', reason: 'password' },
    ]);
    await logIn(service.url, 'cyd', undefined, { 'x-forwarded-for': address });
    const success = events('auth.login.success').filter((line) => line.address === address);
    expect(success).toMatchObject([{ level: 'info', user: 'cyd' }]);
    expect(service.output()).not.toMatch(/troub4dor|S3NTINEL|correct horse/i);
  });
});

describe('ten failures', () => {
  const fail = async (name: string, times: number, address?: string) => {
    const found: unknown[] = [];
    for (let time = 0; time < times; time += 1) {
      const headers = address === undefined ? {} : { 'x-forwarded-for': address };
      found.push((await logIn(service.url, name, 'wrong', headers)).status);
    }
    return found;
  };
  const all = (status: number, times: number) => Array.from({ length: times }, () => status);

  it('of a name block it, from wherever they come, but not the browser of its operator', async () => {
    const known = await loggedIn('dan');
    expect(await fail('dan', 10)).toEqual(all(401, 10));
    const blocked = await logIn(service.url, 'dan');
    expect(coded(blocked)).toEqual([429, 'LOGIN_BLOCKED']);
    const seconds = Number(blocked.headers.get('retry-after'));
    expect(seconds).toBeGreaterThan(800);
    expect(seconds).toBeLessThanOrEqual(900);
    const browser = cookie(known, BROWSER);
    expect((await logIn(service.url, 'dan', undefined, browser)).status).toBe(200);
    const forged = { cookie: `${BROWSER}=${known.cookies[BROWSER]?.replace(/.$/, 'A')}x` };
    expect((await logIn(service.url, 'dan', undefined, forged)).status).toBe(429);
    // A mark is good for one name.
    expect(await fail('eve', 10)).toEqual(all(401, 10));
    expect((await logIn(service.url, 'eve', undefined, browser)).status).toBe(429);
    expect(events('auth.login.failure')).toContainEqual(
      expect.objectContaining({ user: 'dan', reason: 'blocked' }),
    );
  });

  it('of a browser that is known block it as well', async () => {
    const browser = cookie(await loggedIn('fay'), BROWSER);
    const wrong = () => logIn(service.url, 'fay', 'wrong', browser);
    for (let time = 0; time < 10; time += 1) expect((await wrong()).status).toBe(401);
    expect((await logIn(service.url, 'fay', undefined, browser)).status).toBe(429);
    expect((await logIn(service.url, 'fay')).status).toBe(200);
  });

  it('of a name that nobody has block it in the same way', async () => {
    expect(await fail('nobody-at-all', 10)).toEqual(all(401, 10));
    const answer = await logIn(service.url, 'nobody-at-all');
    expect(coded(answer)).toEqual([429, 'LOGIN_BLOCKED']);
  });

  it('from an address block it for all names, and so does a network of IPv6', async () => {
    for (const addressOf of [
      () => '203.0.113.7',
      (turn: number) => `2001:db8:1:2:${turn.toString(16)}::1`,
    ]) {
      const found: number[] = [];
      for (let turn = 0; turn < 10; turn += 1) {
        const headers = { 'x-forwarded-for': addressOf(turn + 1) };
        found.push(
          (await logIn(service.url, `somebody-${addressOf(1).length}-${turn}`, 'x', headers))
            .status,
        );
      }
      expect(found).toEqual(all(401, 10));
      const headers = { 'x-forwarded-for': addressOf(99) };
      expect((await logIn(service.url, 'gil', undefined, headers)).status).toBe(429);
    }
    expect((await logIn(service.url, 'gil')).status).toBe(200);
  });

  it('at once are no more than one after the other', async () => {
    const answers = await Promise.all(
      Array.from({ length: 12 }, () => logIn(service.url, 'hal', 'wrong')),
    );
    const tried = answers.filter(({ status }) => status === 401).length;
    expect(tried).toBeLessThanOrEqual(10);
    expect(await fail('hal', 11 - tried)).toEqual([...all(401, 10 - tried), 429]);
  });
});

describe('many log-ins at once', () => {
  it('from one address are refused beyond four, while all else is answered', async () => {
    await loggedIn('cyd');
    const address = { 'x-forwarded-for': newAddress() };
    const all = Array.from({ length: 8 }, () => logIn(service.url, 'cyd', undefined, address));
    expect((await get('/health/live', {})).status).toBe(200);
    const answers = await Promise.all(all);
    const refused = answers.filter(({ status }) => status !== 200);
    expect(refused).toHaveLength(4);
    for (const answer of refused) {
      expect(coded(answer)).toEqual([503, 'LOGIN_BUSY']);
      expect(answer.headers.get('retry-after')).toBe('2');
    }
    // Whoever wants to can have as many of these as they like: each has one line, as all requests do.
    expect(events('request.failed')).toEqual([]);
  });
});

describe('a session', () => {
  it('is gone on with by a cookie that is good once', async () => {
    const first = await loggedIn('ida');
    const second = await refresh(service.url, first);
    expect(second.status).toBe(200);
    expect(second.cookies[REFRESH]).not.toBe(first.cookies[REFRESH]);
    expect((await get('/health', cookie(second, SESSION))).status).toBe(200);
    const third = await refresh(service.url, second);
    expect(third.status).toBe(200);
    expect(third.body.csrf_token).toBe(first.body.csrf_token);

    // Somebody has the first as well: nobody goes on.
    expect(coded(await refresh(service.url, first))).toEqual([401, 'SESSION_ENDED']);
    const after = await refresh(service.url, third);
    expect(coded(after)).toEqual([401, 'SESSION_ENDED']);
    expect(after.cookies).toEqual({ [SESSION]: '', [REFRESH]: '' });
    for (const headers of [bearer(String(third.body.access_token)), cookie(third, SESSION)]) {
      expect(coded(await get('/health', headers))).toEqual([401, 'SESSION_ENDED']);
    }
    const told = events('auth.refresh.failure').filter(({ user }) => user === 'ida');
    expect(told.map(({ reason }) => reason)).toEqual(['reused', 'ended']);
  });

  it.each(['', 'x', `${'a'.repeat(24)}.${'b'.repeat(24)}`])(
    'is not gone on with by %j',
    async (token) => {
      const answer = await refresh(service.url, { cookies: { [REFRESH]: token } });
      expect(coded(answer)).toEqual([401, 'SESSION_ENDED']);
    },
  );

  it('changes nothing by its cookie without a token that its pages have', async () => {
    const [session, other] = [await loggedIn('ida'), await loggedIn('ida')];
    const create = (headers: Readonly<Record<string, string>>) =>
      request(
        `${service.url}/rebalance/proposals`,
        'POST',
        { 'idempotency-key': newAddress(), ...headers },
        { portfolio_id: 'pf-1', document: {} },
      );
    const token = (of: LoginAnswer) => ({ 'x-csrf-token': String(of.body.csrf_token) });
    const own = cookie(session, SESSION);
    for (const headers of [own, { ...own, ...token(other) }, { ...own, 'x-csrf-token': '' }]) {
      expect(coded(await create(headers))).toEqual([403, 'CSRF_TOKEN_INVALID']);
    }
    const list = await get('/rebalance/proposals?portfolio_id=pf-1', own);
    expect(list.body.items).toEqual([]);
    expect((await create({ ...own, ...token(session) })).status).toBe(201);
    expect((await create(bearer(String(session.body.access_token)))).status).toBe(201);
  });

  it('takes no token of another issuer in its cookie', async () => {
    const ours = { iss: 'https://issuer.test', aud: 'holdfast' };
    const token = await tokenFor('ada', 'ops:read', ours);
    expect((await get('/health', bearer(token))).status).toBe(200);
    const answer = await get('/health', { cookie: `${SESSION}=${token}` });
    expect(coded(answer)).toEqual([401, 'TOKEN_INVALID']);
  });

  it('is left by whoever has its token, and not by another page', async () => {
    const leave = (headers: Readonly<Record<string, string>>) =>
      request(`${service.url}/api/logout`, 'POST', headers);
    const [first, second, third] = [
      await loggedIn('ida'),
      await loggedIn('ida'),
      await loggedIn('ida'),
    ];
    const csrf = { 'x-csrf-token': String(first.body.csrf_token) };
    for (const name of [REFRESH, SESSION]) {
      expect(coded(await leave(cookie(first, name)))).toEqual([403, 'CSRF_TOKEN_INVALID']);
    }
    expect((await get('/health', cookie(first, SESSION))).status).toBe(200);
    const left = await leave({ ...cookie(first, REFRESH, SESSION), ...csrf });
    expect([left.status, left.cookies]).toEqual([204, { [SESSION]: '', [REFRESH]: '' }]);
    expect((await leave(bearer(String(second.body.access_token)))).status).toBe(204);
    const byCookie = { ...cookie(third, SESSION), 'x-csrf-token': String(third.body.csrf_token) };
    expect((await leave(byCookie)).status).toBe(204);
    for (const each of [first, second, third]) {
      expect(coded(await get('/health', cookie(each, SESSION)))).toEqual([401, 'SESSION_ENDED']);
      expect(coded(await refresh(service.url, each))).toEqual([401, 'SESSION_ENDED']);
    }
    expect(events('auth.logout').length).toBeGreaterThanOrEqual(3);
    // Nobody is logged in: nothing is left to do.
    expect((await leave({})).status).toBe(204);
  });

  it('ends with its operator, and with another password of theirs', async () => {
    const [jon, ida] = [await loggedIn('jon'), await loggedIn('ida')];
    const users = operatorsIn(file);
    // Who logs in before the service has seen it would be sent away again by it.
    later(async () => {
      const seen = events('auth.operators_renewed').length;
      replaceOperators(file, users);
      await eventually(() => {
        expect(events('auth.operators_renewed').length).toBeGreaterThan(seen);
      });
    });
    replaceOperators(
      file,
      users
        .filter(({ name }) => name !== 'jon')
        .map((each) => (each.name === 'ida' ? { ...each, id: 'another-id' } : each)),
    );
    for (const each of [jon, ida]) {
      await eventually(async () => {
        const answer = await get('/health', bearer(String(each.body.access_token)));
        expect(coded(answer)).toEqual([401, 'SESSION_ENDED']);
      });
    }
    for (const each of [jon, ida]) {
      expect(coded(await refresh(service.url, each))).toEqual([401, 'SESSION_ENDED']);
    }
    expect((await logIn(service.url, 'jon')).status).toBe(401);
    expect(events('auth.operators_renewed').length).toBeGreaterThan(0);
  });
});

describe('where nobody logs in', () => {
  it.each([
    ['without a file of operators', JWT],
    ['without callers that prove anything', {}],
  ])('the routes say so, %s', async (_name, environment) => {
    const other = await startService({ APP_PERSISTENCE_PROFILE: 'LOCAL', ...environment });
    later(() => other.stop());
    for (const path of ['login', 'login/refresh', 'logout']) {
      const answer = await request(`${other.url}/api/${path}`, 'POST');
      expect(coded(answer)).toEqual([404, 'LOGIN_NOT_CONFIGURED']);
    }
  });
});

describe('the page of log-ins', () => {
  const form = (path: string, fields: Readonly<Record<string, string>>, given: object = {}) =>
    fetch(service.url + path, {
      method: 'POST',
      redirect: 'manual',
      headers: { 'x-forwarded-for': newAddress(), ...given },
      body: new URLSearchParams(fields),
    });
  const setBy = (response: Response) =>
    response.headers
      .getSetCookie()
      .map((each) => each.split(';', 1)[0])
      .join('; ');
  const tokenIn = (html: string) => /name="csrf_token" value="([\w-]+)"/.exec(html)?.[1] ?? '';

  /** The form as a browser has it. */
  async function opened(next = '/health') {
    const response = await fetch(`${service.url}/login?next=${encodeURIComponent(next)}`);
    const html = await response.text();
    return { response, html, token: tokenIn(html), own: { cookie: setBy(response) } };
  }

  it('lets an operator in and out by forms alone, with nothing loaded', async () => {
    const { response, html, token, own } = await opened();
    expect(response.headers.get('content-type')).toBe('text/html; charset=utf-8');
    expect(response.headers.get('cache-control')).toBe('no-store');
    expect(response.headers.get('content-security-policy')).toMatch(
      /^default-src 'none'; style-src 'sha256-[\w+/=]{44}'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'$/,
    );
    expect(html).not.toMatch(/<script|src=|style="/);

    const fields = { username: 'ida', password: PASSWORD, csrf_token: token, next: '/health' };
    const answer = await form('/login', fields, own);
    expect([answer.status, answer.headers.get('location')]).toEqual([303, '/health']);
    const session = { cookie: setBy(answer) };
    expect((await get('/health', session)).status).toBe(200);

    const inside = await fetch(`${service.url}/login`, { headers: session });
    const leaving = tokenIn(await inside.text());
    expect((await form('/logout', { csrf_token: token }, session)).status).toBe(403);
    expect((await get('/health', session)).status).toBe(200);
    const left = await form('/logout', { csrf_token: leaving }, session);
    expect([left.status, left.headers.get('location')]).toEqual([303, '/login']);
    expect(coded(await get('/health', session))).toEqual([401, 'SESSION_ENDED']);
  });

  it('is where a browser is led to that opens a page for operators, and back', async () => {
    const accept = 'text/html,application/xhtml+xml;q=0.9,*/*;q=0.8';
    const open = (path: string, headers: Readonly<Record<string, string>> = {}) =>
      fetch(service.url + path, { redirect: 'manual', headers: { accept, ...headers } });
    const led = ({ status, headers }: Response) => [status, headers.get('location')];
    const toLogin = [303, '/login?next=%2Fdocs%3Fa%3D1'];
    expect(led(await open('/docs?a=1'))).toEqual(toLogin);
    expect(led(await open('/docs?a=1', { cookie: `${SESSION}=gone` }))).toEqual(toLogin);
    const page = await (await open('/login?next=%2Fdocs%3Fa%3D1')).text();
    expect(page).toContain('name="next" value="/docs?a=1"');
    // Programs are told as before, and nobody is led away from what is not for operators.
    const problems = [
      await open('/docs', { accept: '*/*' }),
      await open('/docs', bearer('x')),
      await open('/rebalance/proposals'),
      await fetch(`${service.url}/docs`, { method: 'HEAD', headers: { accept } }),
    ];
    expect(problems.map(led)).toEqual(problems.map(() => [401, null]));
    const token = await tokenFor('ada', 'proposals:read', {
      ...{ iss: 'https://issuer.test', aud: 'holdfast' },
    });
    expect(led(await open('/docs', bearer(token)))).toEqual([403, null]);
  });

  it('shows what is wrong, and nothing that was typed as anything but a text', async () => {
    const { token, own } = await opened();
    const username = `"><img src=x onerror=alert(1)>`;
    const wrong = await form('/login', { username, password: 'x', csrf_token: token }, own);
    const html = await wrong.text();
    expect([wrong.status, wrong.headers.get('content-type')]).toEqual([
      401,
      'text/html; charset=utf-8',
    ]);
    expect(html).toContain('role="alert"');
    expect(html).not.toContain('<img');
    for (const [csrf_token, headers] of [
      ['', own],
      [token, {}],
      [token, { ...own, 'sec-fetch-site': 'cross-site' }],
    ] as const) {
      const fields = { username: 'ida', password: PASSWORD, csrf_token };
      const refused = await form('/login', fields, headers);
      expect(refused.status).toBe(403);
      expect(setBy(refused)).not.toContain(SESSION);
    }
  });

  it.each(['//evil.test/', '/\\evil.test', 'https://evil.test', 'javascript:alert(1)', '/a\nb'])(
    'leads nowhere else: %j',
    async (next) => {
      const { html, token, own } = await opened(next);
      expect(html).toContain('name="next" value="/login"');
      const fields = { username: 'ida', password: PASSWORD, csrf_token: token, next };
      const answer = await form('/login', fields, own);
      expect([answer.status, answer.headers.get('location')]).toEqual([303, '/login']);
    },
  );

  it('takes forms for itself alone', async () => {
    const { body } = await loggedIn('ida');
    const token = bearer(String(body.access_token));
    for (const path of ['/rebalance/proposals', '/api/login']) {
      const answer = await form(path, { username: 'ida', password: PASSWORD }, token);
      expect([path, answer.status]).toEqual([path, 415]);
    }
    const twice = 'username=a&username=b&password=x&csrf_token=x';
    const response = await fetch(`${service.url}/login`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: twice,
    });
    expect(response.status).toBe(400);
  });
});
