import { writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, it } from '@jest/globals';
import pg from 'pg';
import { cleanup } from '../support/cleanup.js';
import { eventually } from '../support/eventually.js';
import { environmentOf, migratedDatabase } from '../support/migrations.js';
import { freePort } from '@holdfast/testing/cluster';
import { startRefusingPooler } from '../support/refusing-pooler.js';
import { run, type Service, startService } from '../support/service.js';
import { through, type TcpProxy } from '@holdfast/testing/tcp-proxy';

const { later, temporaryFolder } = cleanup();

const DRAFT = JSON.stringify({ portfolio_id: 'pf', created_by: 'me', document: {} });
const LOCAL = { HOST: '127.0.0.1' };

/** A service whose logins take so long; it migrates its database at its start. */
async function startBehindSlowLogins(
  loginMs: number,
  more: Readonly<Record<string, string>>,
): Promise<Service> {
  const { database } = await migratedDatabase(later);
  const server = { port: Number(new URL(database.url).port) };
  const slow = await startRefusingPooler(server, [], '0A000', loginMs);
  later(() => slow.close());
  const service = await startService({
    ...environmentOf(through(slow as unknown as TcpProxy, database.url)),
    ...LOCAL,
    MIGRATE_ON_START: 'true',
    ...more,
  });
  later(() => service.stop('SIGKILL'));
  return service;
}

async function create(service: Service, key: string): Promise<number> {
  const response = await fetch(`${service.url}/rebalance/proposals`, {
    method: 'POST',
    body: DRAFT,
    headers: { 'content-type': 'application/json', 'idempotency-key': key },
  });
  await response.arrayBuffer();
  return response.status;
}

it.each(['0A000', '42501'])(
  'what a pooler refuses at the start with %s is set after the log-in: service, migrate and check',
  async (sqlState) => {
    const { database } = await migratedDatabase(later);
    const asked = ['statement_timeout', 'lock_timeout', 'options'];
    const server = { port: Number(new URL(database.url).port) };
    const pooler = await startRefusingPooler(server, asked, sqlState);
    later(() => pooler.close());
    const environment = environmentOf(through(pooler as unknown as TcpProxy, database.url));
    const migrated = await run('cli.js', ['migrate', 'up'], environment);
    expect([migrated.code, migrated.stderr]).toEqual([0, migrated.stderr]);
    expect(pooler.refused()).toBeGreaterThan(0);

    const service = await startService({ ...environment, ...LOCAL, DB_LOCK_TIMEOUT_MS: '300' });
    later(() => service.stop('SIGKILL'));
    expect(await create(service, 'k')).toBe(201);
    // The time-outs hold: a lock is given up by the server.
    const holder = new pg.Client({ connectionString: database.url });
    await holder.connect();
    await holder.query('BEGIN; LOCK TABLE proposal_records');
    const refused = await fetch(`${service.url}/rebalance/proposals`, {
      method: 'POST',
      body: DRAFT,
      headers: { 'content-type': 'application/json', 'idempotency-key': 'behind' },
    });
    expect(await refused.json()).toMatchObject({ code: 'POSTGRES_LOCK_TIMEOUT' });
    await holder.end();
    const checked = await run('cli.js', ['check', '--connect', '--json'], environment);
    expect(checked.stdout).toMatch(/"name":"database\.primary\.connection","ok":true/);
  },
);

it('starts although a log-in takes longer than DB_POOL_TIMEOUT', async () => {
  const service = await startBehindSlowLogins(1500, { DB_POOL_TIMEOUT: '1' });
  await eventually(async () => {
    expect(await create(service, 'slow')).toBe(201);
  });
});

it('is ready in the end although a log-in takes longer than an answer of ready may', async () => {
  const service = await startBehindSlowLogins(1500, {
    HEALTH_PROBE_TIMEOUT_MS: '500',
    HEALTH_LOGIN_INTERVAL_SECONDS: '5',
  });
  const ask = async () => {
    const response = await fetch(`${service.url}/health/ready`);
    return { code: response.status, body: (await response.json()) as object };
  };
  await eventually(async () => {
    expect(await ask()).toMatchObject({ code: 200, body: { status: 'ok' } });
  });
  // It stays so: also when the logins that are tried now and then have had their turn.
  for (let turn = 0; turn < 12; turn += 1) {
    await new Promise((resolve) => setTimeout(resolve, 600));
    expect(await ask()).toMatchObject({ code: 200, body: { status: 'ok' } });
  }
});

it('takes no log-in for failed, and no wait for too long, because its event loop was held up', async () => {
  const service = await startBehindSlowLogins(400, {
    NODE_OPTIONS: `--require ${resolve('test/support/preload/block-loop.cjs')}`,
    DB_POOL_RECYCLE: '1',
    DB_POOL_TIMEOUT: '1',
    DB_CONNECT_TIMEOUT_MS: '1000',
  });
  expect(await create(service, 'before')).toBe(201);
  // Long enough for the connections to be too old: the next request has to log in.
  await new Promise((resolve) => setTimeout(resolve, 1500));
  const created = fetch(`${service.url}/rebalance/proposals`, {
    method: 'POST',
    body: DRAFT,
    headers: { 'content-type': 'application/json', 'idempotency-key': 'held-up' },
  });
  await new Promise((resolve) => setTimeout(resolve, 150));
  service.process.kill('SIGUSR2');
  const answer = await created;
  expect(await answer.json()).not.toHaveProperty('code');
  expect(answer.status).toBe(201);
  expect(service.output()).not.toMatch(/POSTGRES_UNREACHABLE|POOL_TIMEOUT/);
});

it('a failure names the server, masked, and what happened there', async () => {
  const port = await freePort();
  const { code, stderr } = await run('cli.js', ['migrate', 'status'], {
    ...environmentOf(`postgresql://app:S3NTINEL@127.0.0.1:${port}/holdfast`),
  });
  expect(code).toBe(69);
  expect(stderr).toContain(`postgresql://app:***@127.0.0.1:${port}/holdfast`);
  expect(stderr).toContain('the connection was refused');
  expect(stderr).not.toContain('S3NTINEL');
  const unknown = await run('cli.js', ['migrate', 'status'], {
    ...environmentOf('postgresql://app:S3NTINEL@no-such-host.invalid/holdfast'),
  });
  expect(unknown.stderr).toMatch(/the name of the host (is not known|could not be looked up)/);
});

it('a password that changes in its file is used for the next logins, and no request fails', async () => {
  const { database } = await migratedDatabase(later);
  const role = `rotated_${process.pid}`;
  await database.query(`CREATE ROLE ${role} LOGIN SUPERUSER PASSWORD 'first'`);
  later(() =>
    database.query(`DROP OWNED BY ${role}`).then(() => database.query(`DROP ROLE ${role}`)),
  );
  const file = join(temporaryFolder(), 'url');
  const write = (password: string) => {
    const url = new URL(database.url);
    url.username = role;
    url.password = password;
    writeFileSync(file, `${url.href}\n`);
  };
  write('first');
  const service = await startService({
    ...LOCAL,
    APP_PERSISTENCE_PROFILE: 'PRODUCTION',
    DATABASE_URL_FILE: file,
    MIGRATE_ON_START: 'true',
    DB_POOL_RECYCLE: '1',
    HEALTH_LOGIN_INTERVAL_SECONDS: '5',
  });
  const statuses: number[] = [];
  let isOver = false;
  const clients = Array.from({ length: 8 }, async (_, client) => {
    for (let n = 0; !isOver; n += 1) statuses.push(await create(service, `${client}-${n}`));
  });
  for (const password of ['second', 'third', 'fourth']) {
    await new Promise((resolve) => setTimeout(resolve, 700));
    await database.query(`ALTER ROLE ${role} PASSWORD '${password}'`);
    write(password);
  }
  await new Promise((resolve) => setTimeout(resolve, 2500));
  isOver = true;
  await Promise.all(clients);
  expect(statuses.filter((status) => status !== 201)).toEqual([]);
  expect(statuses.length).toBeGreaterThan(20);
  expect(service.output()).not.toContain('connection_string.moved');
  // Another host is another database, which is not gone to unasked; but it is told.
  writeFileSync(file, `postgresql://${role}:fifth@elsewhere.invalid/other`);
  await eventually(async () => {
    expect(await create(service, `moved-${performance.now()}`)).toBe(201);
    expect(service.output()).toContain('"event":"connection_string.moved"');
  });
  expect(service.output()).not.toMatch(/first|second|third|fourth|fifth/);
  await service.stop('SIGKILL');
});
