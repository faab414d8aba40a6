import { spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import pg from 'pg';
import type { Status } from '@holdfast/nest/status/status';
import { freePort } from '@holdfast/testing/cluster';
import { createDatabase, type TestDatabase } from '@holdfast/testing/temporary-database';
import { startProxy, type TcpProxy, through } from '@holdfast/testing/tcp-proxy';
import { cleanup } from '../support/cleanup.js';
import { EventStream } from '../support/event-stream.js';
import { eventually } from '../support/eventually.js';
import { cookie, logIn, SESSION } from '../support/login-client.js';
import { operatorsFile } from '../support/operators.js';
import { type Environment, execute, jsonLines } from '../support/program.js';
import { type Service, startService } from '../support/service.js';
import { bearer, JWT, SIGNING_KEY, tokenFor } from '../support/tokens.js';

// A log-in hashes a password, which takes a second or two on a busy machine.
jest.setTimeout(120_000);

const { later, temporaryFolder } = cleanup();
const BROWSER = { accept: 'text/html,application/xhtml+xml,*/*;q=0.8' };

async function started(environment: Environment): Promise<Service> {
  const service = await startService({ APP_PERSISTENCE_PROFILE: 'LOCAL', ...environment });
  later(() => service.stop());
  return service;
}

async function textOf(url: string, headers: Environment = {}): Promise<string> {
  return (await fetch(url, { headers })).text();
}

async function statusOf(url: string): Promise<Status> {
  return (await (await fetch(`${url}/status.json`)).json()) as Status;
}

const sourcesOf = (policy: string, directive: string) =>
  new RegExp(`(?:^|; )${directive} ([^;]*)`).exec(policy)?.[1];

describe('the page of a service that can serve', () => {
  let service: Service;
  beforeAll(async () => {
    service = await startService({ APP_PERSISTENCE_PROFILE: 'LOCAL', APP_ENV: 'test' });
  });
  afterAll(() => service.stop());

  it('says so, and what runs where', async () => {
    const answer = await fetch(`${service.url}/status`);
    expect(answer.status).toBe(200);
    expect(answer.headers.get('content-type')).toBe('text/html; charset=utf-8');
    expect(answer.headers.get('cache-control')).toBe('no-store');
    const page = await answer.text();
    expect(page).toContain('<title>Can serve: holdfast</title>');
    expect(page).toMatch(/LOCAL, test/);
    for (const check of ['db', 'migrations', 'event_loop'])
      expect(page).toContain(`<b>${check}</b>`);
    for (const store of ['dpm', 'advisory'])
      expect(page).toContain(`<th scope="row">${store}</th>`);
  });

  it('runs its own script and style, by their hashes, and nothing else', async () => {
    const answer = await fetch(`${service.url}/status`);
    const policy = answer.headers.get('content-security-policy') ?? '';
    const page = await answer.text();
    const hashOf = (text = '') => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
    const [, script] = /<script>([\s\S]*?)<\/script>/.exec(page) ?? [];
    const [, style] = /<style>([\s\S]*?)<\/style>/.exec(page) ?? [];
    expect(sourcesOf(policy, 'script-src')).toBe(hashOf(script));
    expect(sourcesOf(policy, 'style-src')).toBe(hashOf(style));
    expect(policy).toContain("default-src 'none'");
    expect(policy).not.toContain('unsafe');
    expect(page).not.toMatch(/ style=| on[a-z]+=|https?:\/\//);
  });

  it('loads itself again where there are no scripts, and has its report as text', async () => {
    const page = await textOf(`${service.url}/status`);
    expect(page).toMatch(/<noscript><meta http-equiv="refresh" content="\d+"[^>]*><\/noscript>/);
    expect(page).toMatch(/<textarea[^>]*>\s*Can serve since /);
  });

  it('is where the root leads', async () => {
    const { status, headers } = await fetch(`${service.url}/`, { redirect: 'manual' });
    expect([status, headers.get('location')]).toEqual([302, '/status']);
  });
});

describe('a database that cannot be reached', () => {
  let database: TestDatabase;
  let proxy: TcpProxy;
  let service: Service;
  beforeAll(async () => {
    database = await createDatabase();
    const environment = { APP_PERSISTENCE_PROFILE: 'PRODUCTION', OPS_ACCESS: 'open' };
    await execute('cli.js', ['migrate', 'up'], { ...environment, DATABASE_URL: database.url });
    proxy = await startProxy({ port: Number(new URL(database.url).port) });
    const DATABASE_URL = through(proxy, database.url);
    service = await startService({ ...environment, DATABASE_URL, HOST: '127.0.0.1' });
  });
  afterAll(async () => {
    await service.stop();
    await proxy.close();
    await database.drop();
  });

  it('is told with its code, since when, what to do, what to type and where to read on', async () => {
    proxy.cut();
    const page = await eventually(async () => {
      const text = await textOf(`${service.url}/status`);
      expect(text).toContain('Cannot serve');
      return text;
    });
    expect(page).toContain('<html lang="en" data-status="fail">');
    expect(page).toContain('<code>POSTGRES_UNREACHABLE</code>');
    expect(page).toContain('Check host and port, that the server runs and has started');
    expect(page).toMatch(/holdfast check --connect\nholdfast explain POSTGRES_UNREACHABLE\n/);
    const { causes, since, checks } = await statusOf(service.url);
    expect(causes.map(({ check, code }) => [check, code])).toEqual([
      ['db', 'POSTGRES_UNREACHABLE'],
    ]);
    expect(causes[0]?.since).toBe(since);
    expect(checks.find(({ name }) => name === 'migrations')?.because).toBe('db');
    const link = /<a [^>]*href="(\/status\/runbook\/[^"]+)"/.exec(page)?.[1] ?? '';
    const section = await fetch(service.url + link);
    expect(section.status).toBe(200);
    expect(await section.text()).toContain('pg_isready');
  });

  it('is forgotten by the verdict once it is back, and kept in the timeline', async () => {
    proxy.cut();
    await eventually(async () => {
      expect((await statusOf(service.url)).status).toBe('fail');
    });
    proxy.mend();
    const status = await eventually(async () => {
      const read = await statusOf(service.url);
      expect(read.status).toBe('ok');
      expect(read.checks.find(({ name }) => name === 'db')?.transitions.at(-1)?.ok).toBe(true);
      return read;
    });
    const { transitions = [] } = status.checks.find(({ name }) => name === 'db') ?? {};
    expect(transitions.slice(-2).map(({ ok, code }) => [ok, code])).toEqual([
      [false, 'POSTGRES_UNREACHABLE'],
      [true, null],
    ]);
    expect(status.since).toBe(
      status.checks
        .flatMap((check) => check.transitions.map(({ at }) => at))
        .toSorted()
        .at(-1),
    );
    expect(await textOf(`${service.url}/status`)).toMatch(/well again,/);
  });
});

describe('what clients are told while every check passes', () => {
  it('is on the page and in the report, with what to do, for five minutes', async () => {
    const database = await createDatabase();
    later(() => database.drop());
    const service = await started({
      ...{ DB_TYPE: 'postgresql', DATABASE_URL: database.url, MIGRATE_ON_START: 'true' },
      DB_STATEMENT_TIMEOUT_MS: '300',
    });
    const holder = new pg.Client(database.url);
    await holder.connect();
    await holder.query('BEGIN; LOCK TABLE proposal_records');
    const list = () => fetch(`${service.url}/rebalance/proposals`);
    expect((await list()).status).toBe(503);
    await holder.query('ROLLBACK');
    await holder.end();
    expect((await fetch(`${service.url}/nowhere`)).status).toBe(404);
    expect((await list()).status).toBe(200);

    const problems = await eventually(async () => {
      const now = await statusOf(service.url);
      expect([now.status, now.causes]).toEqual(['ok', []]);
      return now.problems;
    });
    expect(problems).toEqual([
      expect.objectContaining({
        code: 'POSTGRES_STATEMENT_CANCELLED',
        status: 503,
        count: 1,
        advice: expect.objectContaining({
          runbook: 'docs/RUNBOOK.md#postgres_statement_cancelled',
        }),
      }),
      expect.objectContaining({ code: 'ROUTE_NOT_FOUND', status: 404, count: 1, advice: null }),
    ]);
    const page = await textOf(`${service.url}/status`);
    expect(page).toContain('<code>POSTGRES_STATEMENT_CANCELLED</code> once');
    expect(page).toContain('href="/status/runbook/POSTGRES_STATEMENT_CANCELLED"');
    expect(page).toMatch(/Refused in the last 5 minutes:\s+ROUTE_NOT_FOUND once\./);
    const report = await textOf(`${service.url}/status/report`);
    expect(report).toMatch(/^POSTGRES_STATEMENT_CANCELLED +503 +1 +2/m);
    expect(report).toContain(problems[0]?.advice?.fix);
  });
});

describe('the events of the page', () => {
  it('begin with all of it, and go on with what has changed', async () => {
    const service = await started({});
    const stream = await EventStream.open(`${service.url}/status/events`);
    later(() => {
      stream.close();
    });
    expect(stream.response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
    expect(stream.response.headers.get('content-security-policy')).toContain("default-src 'none'");
    await eventually(() => {
      expect(stream.events.length).toBeGreaterThan(2);
    });
    const [first, ...others] = stream.events;
    expect(first).toMatchObject({ status: 'ok', title: 'Can serve: holdfast' });
    const regions = [
      'verdict',
      'since',
      'causes',
      'problems',
      'checks',
      'pools',
      'migrations',
      'changes',
    ];
    expect(Object.keys(first?.regions ?? {})).toEqual(expect.arrayContaining(regions));
    for (const { regions: changed } of others) expect(changed).not.toHaveProperty('verdict');
  });

  it('are for a bounded number of pages: each of too many has one', async () => {
    const service = await started({});
    const open = () => EventStream.open(`${service.url}/status/events`);
    const streams = await Promise.all(Array.from({ length: 16 }, open));
    later(() => {
      for (const stream of streams) stream.close();
    });
    await eventually(() => {
      for (const stream of streams) expect(stream.events.length).toBeGreaterThan(0);
    });
    const crowded = await open();
    await eventually(() => {
      expect(crowded.hasEnded).toBe(true);
    });
    expect(crowded.events).toHaveLength(1);
    expect(crowded.text).toContain('retry: 5000');
    expect(streams.map(({ hasEnded }) => hasEnded)).toEqual(streams.map(() => false));
    streams[0]?.close();
    await eventually(async () => {
      const next = await open();
      await eventually(() => {
        expect(next.events.length).toBeGreaterThan(1);
      }, 5000);
      next.close();
    });
  });

  it('end when the service drains, with an event that says so, and hold nothing up', async () => {
    const service = await startService({ APP_PERSISTENCE_PROFILE: 'LOCAL' });
    const stream = await EventStream.open(`${service.url}/status/events`);
    await eventually(() => {
      expect(stream.events.length).toBeGreaterThan(0);
    });
    const { code, stdout } = await service.stop();
    await eventually(() => {
      expect(stream.hasEnded).toBe(true);
    });
    expect(stream.events.at(-1)).toMatchObject({
      status: 'fail',
      title: 'Is being stopped: holdfast',
    });
    expect(code).toBe(0);
    expect(jsonLines(stdout).find(({ event }) => event === 'stopped')).toMatchObject({
      abandoned: 0,
      late: false,
    });
  });
});

describe('who may see it', () => {
  const PATHS = ['/status', '/status.json', '/status/report', '/status/events'];

  it('are those whose token is for what operators look at', async () => {
    const { url } = await started({ ...JWT, OPS_ACCESS: 'token' });
    const statuses = (headers: Environment) =>
      Promise.all(
        PATHS.map(async (path) => {
          const answer = await fetch(url + path, { headers });
          await answer.body?.cancel();
          return answer.status;
        }),
      );
    expect(await statuses({})).toEqual(PATHS.map(() => 401));
    expect(await statuses(bearer(await tokenFor('me', 'runs:read')))).toEqual(PATHS.map(() => 403));
    expect(await statuses(bearer(await tokenFor('me', 'ops:read')))).toEqual(PATHS.map(() => 200));
  });

  it('are operators who log in, which the root leads to', async () => {
    const file = await operatorsFile(temporaryFolder(), ['ada']);
    const { url } = await started({ ...JWT, OPS_ACCESS: 'token', ADMIN_CREDENTIALS_PATH: file });
    const stranger = await fetch(`${url}/`, { headers: BROWSER });
    expect(new URL(stranger.url).pathname).toBe('/login');
    expect(new URL(stranger.url).searchParams.get('next')).toBe('/status');
    const session = cookie(await logIn(url, 'ada'), SESSION);
    const page = await fetch(`${url}/status`, { headers: { ...BROWSER, ...session } });
    expect([page.status, await page.text()]).toEqual([200, expect.stringContaining('Can serve')]);
    const stream = await EventStream.open(`${url}/status/events`, session);
    await eventually(() => {
      expect(stream.events.length).toBeGreaterThan(0);
    });
    stream.close();
  });

  it('is nobody on the main port where operators have their own; its root leads nowhere', async () => {
    const service = await started({ OPS_ACCESS: 'separate-port', OPS_PORT: '0' });
    const [, operations = ''] =
      /"event":"listening.operations","url":"([^"]+)"/.exec(service.output()) ?? [];
    for (const path of ['/', ...PATHS]) expect((await fetch(service.url + path)).status).toBe(404);
    expect(await textOf(`${operations}/`)).toContain('Can serve');
    const stream = await EventStream.open(`${operations}/status/events`);
    await eventually(() => {
      expect(stream.events.length).toBeGreaterThan(0);
    });
    expect((await service.stop()).code).toBe(0);
    expect(stream.events.at(-1)?.title).toBe('Is being stopped: holdfast');
  });
});

it('no secret, and no part of a connection string, is in any of it, well or not', async () => {
  const database = await createDatabase();
  const proxy = await startProxy({ port: Number(new URL(database.url).port) });
  later(async () => {
    await proxy.close();
    await database.drop();
  });
  const role = `role_${randomBytes(6).toString('hex')}`;
  const password = randomBytes(12).toString('hex');
  await database.query(`CREATE ROLE ${role} LOGIN SUPERUSER PASSWORD '${password}'`);
  const url = Object.assign(new URL(through(proxy, database.url)), { username: role, password });
  const redisPassword = randomBytes(12).toString('hex');
  const cursorKey = randomBytes(24).toString('hex');
  const environment = {
    ...JWT,
    OPS_ACCESS: 'open',
    DB_TYPE: 'postgresql',
    DATABASE_URL: url.href,
    REDIS_URL: `redis://:${redisPassword}@127.0.0.1:1/0`,
    CURSOR_KEY: cursorKey,
    MIGRATE_ON_START: 'true',
  };
  const service = await started(environment);
  later(() => database.query(`DROP OWNED BY ${role}; DROP ROLE ${role}`));
  const told = [role, password, redisPassword, cursorKey, SIGNING_KEY, '127.0.0.1', url.port];
  const databaseName = url.pathname.slice(1);
  const read = async () => {
    const stream = await EventStream.open(`${service.url}/status/events`);
    await eventually(() => {
      expect(stream.events.length).toBeGreaterThan(0);
    });
    stream.close();
    const paths = ['/status', '/status.json', '/status/report'];
    const bodies = await Promise.all(paths.map((path) => textOf(service.url + path)));
    return [...bodies, stream.text];
  };
  const well = await read();
  proxy.cut();
  await eventually(async () => {
    expect((await statusOf(service.url)).status).toBe('fail');
  });
  for (const text of [...well, ...(await read())]) {
    for (const secret of [...told, databaseName]) expect(text).not.toContain(secret);
  }
  proxy.mend();
});

describe('holdfast status', () => {
  let service: Service;
  let proxy: TcpProxy;
  let database: TestDatabase;
  let tokenFile: string;
  let folder: string;
  beforeAll(async () => {
    database = await createDatabase();
    proxy = await startProxy({ port: Number(new URL(database.url).port) });
    folder = mkdtempSync(join(tmpdir(), 'holdfast-status-'));
    tokenFile = join(folder, 'token');
    writeFileSync(tokenFile, await tokenFor('me', 'ops:read'), { mode: 0o600 });
    service = await startService({
      ...JWT,
      OPS_ACCESS: 'token',
      APP_PERSISTENCE_PROFILE: 'PRODUCTION',
      HOST: '127.0.0.1',
      MIGRATE_ON_START: 'true',
      DATABASE_URL: through(proxy, database.url),
    });
  });
  afterAll(async () => {
    await service.stop();
    await proxy.close();
    await database.drop();
    rmSync(folder, { recursive: true });
  });

  const status = (...args: readonly string[]) =>
    execute('cli.js', ['status', '--url', service.url, ...args], {});

  it('is what the page says, and ends with 0 where the service can serve', async () => {
    const { code, stdout, stderr } = await eventually(async () => {
      const told = await status('--token-file', tokenFile);
      expect(told.stdout).toMatch(/^Can serve since /);
      return told;
    });
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    for (const word of ['CHECK', 'POOL', 'STORE', 'primary', 'advisory'])
      expect(stdout).toContain(word);
  });

  it('shows without a token what everybody may see, and says so', async () => {
    const { code, stdout } = await status();
    expect(code).toBe(0);
    expect(stdout).toMatch(/^Can serve\n/);
    expect(stdout).toContain('--token-file');
    expect(stdout).not.toContain('POOL');
  });

  it('says why a token that was given does not do', async () => {
    const expired = join(folder, 'expired');
    writeFileSync(
      expired,
      await tokenFor('me', 'ops:read', { exp: Math.floor(Date.now() / 1000) - 3600 }),
      { mode: 0o600 },
    );
    const { code, stdout } = await status('--token-file', expired);
    expect(code).toBe(0);
    expect(stdout).toContain('TOKEN_EXPIRED');
    expect(stdout).not.toContain('--token-file');
    const { stdout: document } = await status('--json', '--token-file', expired);
    expect(jsonLines(document)).toEqual([
      expect.objectContaining({ partial: true, refusal: 'TOKEN_EXPIRED' }),
    ]);
  });

  it('says in words what has no code of the connection: a port that fetch refuses', async () => {
    const { code, stderr } = await execute('cli.js', ['status', '--url', 'http://127.0.0.1:9'], {});
    expect(code).toBe(69);
    expect(stderr).toContain('the connection fails: bad port');
  });

  it('ends with 69 where a dependency is gone, with the code, the fix and the commands', async () => {
    proxy.cut();
    await eventually(async () => {
      expect((await fetch(`${service.url}/health/ready`)).status).toBe(503);
    });
    for (const args of [['--token-file', tokenFile], []]) {
      const { code, stdout } = await status(...args);
      expect(code).toBe(69);
      expect(stdout).toMatch(/^Cannot serve since /);
      expect(stdout).toContain('POSTGRES_UNREACHABLE (db)');
      expect(stdout).toContain('$ holdfast check --connect');
      expect(stdout).toContain('docs/RUNBOOK.md#postgres_unreachable');
    }
    const { stdout } = await status('--json', '--token-file', tokenFile);
    expect(jsonLines(stdout)).toEqual([
      expect.objectContaining({ status: 'fail', partial: false, causes: [expect.anything()] }),
    ]);
    proxy.mend();
  });

  it('goes on with --watch until it is interrupted', async () => {
    await eventually(async () => {
      expect((await fetch(`${service.url}/health/ready`)).status).toBe(200);
    });
    const args = ['dist/cli.js', 'status', '--url', service.url, '--watch', '--json'];
    const watching = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    let output = '';
    watching.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
    const ended = once(watching, 'exit');
    await eventually(() => {
      expect(jsonLines(output).length).toBeGreaterThan(1);
    });
    proxy.cut();
    await eventually(() => {
      expect(jsonLines(output).at(-1)).toMatchObject({ status: 'fail', partial: true });
    });
    watching.kill('SIGINT');
    expect(await ended).toEqual([69, null]);
    proxy.mend();
  });

  it('asks the service of its configuration, and ends with 69 where nothing answers', async () => {
    const PORT = String(await freePort());
    const { code, stderr } = await execute('cli.js', ['status'], { PORT });
    expect(code).toBe(69);
    expect(stderr).toContain('STATUS_SERVICE_UNREACHABLE');
    const { port } = new URL(service.url);
    expect((await execute('cli.js', ['status'], { PORT: port })).code).toBe(0);
  });

  it('is no reader of whatever answers', async () => {
    const other = createServer((_, response) => response.end('<html>')).listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as AddressInfo;
    const url = `http://127.0.0.1:${port}`;
    const { code, stderr } = await execute('cli.js', ['status', '--url', url], {});
    expect([code, stderr]).toEqual([69, expect.stringContaining('no Holdfast service')]);
    other.close();
  });
});
