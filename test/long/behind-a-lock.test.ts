import { setTimeout as wait } from 'node:timers/promises';
import { expect, it } from '@jest/globals';
import { cleanup } from '../support/cleanup.js';
import { eventually } from '../support/eventually.js';
import { jsonLines } from '../support/program.js';
import { connected, migratedDatabase } from '../support/migrations.js';
import { testServer } from '@holdfast/testing/temporary-database';
import { type Service, startService } from '../support/service.js';
import { startProxy, through } from '@holdfast/testing/tcp-proxy';

const { later } = cleanup();

/** The bound of a request is the sum of the two. */
const POOL_SECONDS = 1;
const STATEMENT_MS = 1000;
const BOUND_MS = POOL_SECONDS * 1000 + STATEMENT_MS;
/** Timers of a busy machine are late by seconds; without a bound some would wait for 10 s, and others for 60. */
const SLACK_MS = 6000;

const TABLES = [
  'proposal_idempotency',
  'proposal_versions',
  'proposal_workflow_events',
  'policy_packs',
  'dpm_runs',
];

/** @param through leads to the database another way */
async function start(
  through: (url: string) => string = (url) => url,
  variables: Readonly<Record<string, string>> = {},
) {
  const { database, environment } = await migratedDatabase(later);
  const service = await startService({
    ...environment,
    DATABASE_URL: through(database.url),
    HOST: '127.0.0.1',
    MIGRATE_ON_START: 'true',
    DB_POOL_TIMEOUT: String(POOL_SECONDS),
    DB_STATEMENT_TIMEOUT_MS: String(STATEMENT_MS),
    DPM_POLICY_PACKS_ENABLED: 'true',
    DPM_POLICY_PACK_ADMIN_APIS_ENABLED: 'true',
    ...variables,
  });
  later(() => service.stop('SIGKILL'));
  return { database, service, holder: await connected(later, database.url) };
}

interface Told {
  readonly status: number;
  readonly code: string | undefined;
  readonly ms: number;
  readonly retryAfter: string | null;
}

interface Request {
  readonly method?: string;
  readonly path: string;
  readonly body: object;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
}

async function send(
  { url }: Service,
  { method = 'POST', path, body, headers = {}, signal }: Request,
): Promise<Told> {
  const began = performance.now();
  const response = await fetch(url + path, {
    method,
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
    ...(signal && { signal }),
  });
  const { code } = (await response.json()) as { code?: string };
  const retryAfter = response.headers.get('retry-after');
  return { status: response.status, code, ms: performance.now() - began, retryAfter };
}

const draft = (key: string): Request => ({
  path: '/rebalance/proposals',
  body: { portfolio_id: 'pf', created_by: 'me', document: { key } },
  headers: { 'idempotency-key': key },
});

const version = (id: string, no: number, signal?: AbortSignal): Request => ({
  path: `/rebalance/proposals/${id}/versions`,
  body: { created_by: 'me', document: { no } },
  headers: { 'idempotency-key': `version-${no}` },
  ...(signal && { signal }),
});

async function proposal(service: Service): Promise<string> {
  const { path, body, headers } = draft('first');
  const response = await fetch(service.url + path, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  });
  expect(response.status).toBe(201);
  return ((await response.json()) as { proposal_id: string }).proposal_id;
}

it('no request waits behind a lock for longer than its own bound', async () => {
  const { database, service, holder } = await start();
  const id = await proposal(service);
  await holder.query(`BEGIN; LOCK TABLE ${TABLES.join(', ')}`);
  const some = (count: number, make: (index: number) => Request) =>
    Array.from({ length: count }, (_, index) => make(index));
  const requests: readonly Request[] = [
    ...some(60, (index) => draft(`key-${index}`)),
    ...some(10, (index) => version(id, index)),
    ...some(10, () => ({
      path: `/rebalance/proposals/${id}/transitions`,
      body: { to_state: 'RISK_REVIEW', expected_state: 'DRAFT', actor_id: 'me' },
    })),
    ...some(10, (index) => ({
      method: 'PUT',
      path: '/rebalance/policies/catalog/pack',
      body: { applies_to: 'DEFAULT', version: String(index), definition: {} },
      headers: { 'if-none-match': '*' },
    })),
    ...some(10, (index) => ({
      path: '/rebalance/runs',
      body: {
        correlation_id: `c-${index}`,
        request_hash: 'h',
        portfolio_id: 'pf',
        status: 'READY',
        result: { index },
      },
      headers: { 'idempotency-key': `run-${index}` },
    })),
  ];
  const told = await Promise.all(requests.map((request) => send(service, request)));
  const longest = Math.max(...told.map(({ ms }) => ms));
  const within = jsonLines(service.output()).flatMap(({ event, duration_ms: ms }) =>
    event === 'request.completed' ? [Number(ms)] : [],
  );
  process.stdout.write(
    `the longest wait behind a lock: ${longest.toFixed(0)} ms, of them ${Math.max(...within).toFixed(0)} ms in the service\n`,
  );
  expect(told.filter(({ status }) => status !== 503)).toEqual([]);
  expect(told.filter(({ retryAfter }) => retryAfter === null)).toEqual([]);
  expect(Math.max(...within)).toBeLessThanOrEqual(BOUND_MS + SLACK_MS);
  // Who waits for others of the same record is told so: nothing of it has begun.
  expect(told.map(({ code }) => code)).toContain('QUEUE_TIMEOUT');

  await holder.query('COMMIT');
  // Sent again, as clients do: nothing was written before, and each is written once.
  await Promise.all(
    some(60, (index) => draft(`key-${index}`)).map((request) =>
      eventually(async () => {
        expect([200, 201]).toContain((await send(service, request)).status);
      }, 20_000),
    ),
  );
  expect(await database.query('SELECT count(*)::int AS count FROM proposal_records')).toEqual([
    { count: 61 },
  ]);
});

it('what has not begun for a client that has left is not done, and what has begun is', async () => {
  // What has begun waits for the lock until all others have been found out.
  const { database, service, holder } = await start(undefined, {
    DB_POOL_TIMEOUT: '30',
    DB_STATEMENT_TIMEOUT_MS: '30000',
    DB_LOCK_TIMEOUT_MS: '30000',
  });
  const id = await proposal(service);
  await holder.query('BEGIN; LOCK TABLE proposal_versions IN SHARE MODE');
  const leaving = Array.from({ length: 6 }, (_, index) => {
    const client = new AbortController();
    return { client, answer: send(service, version(id, index, client.signal)) };
  });
  const gone = leaving.map(({ answer }) => answer.catch(() => 'gone' as const));
  await eventually(async () => {
    const waiting = await database.query(
      `SELECT 1 FROM pg_stat_activity
        WHERE datname = current_database() AND wait_event_type = 'Lock'`,
    );
    expect(waiting).toHaveLength(1);
  });
  for (const { client } of leaving) client.abort();
  expect(await Promise.all(gone)).toEqual(leaving.map(() => 'gone'));
  await eventually(() => {
    const left = service
      .output()
      .split('\n')
      .filter((line) => line.includes('"request.abandoned"') && line.includes('REQUEST_ABANDONED'));
    expect(left).toHaveLength(5);
  });
  await holder.query('COMMIT');
  await eventually(async () => {
    expect(await database.query('SELECT version_no FROM proposal_versions')).toHaveLength(2);
  });
  await wait(300);
  expect(await database.query('SELECT version_no FROM proposal_versions')).toHaveLength(2);
});

it('a lock that is not had in time is told as that, round after round, on a slow line and while readiness is asked', async () => {
  const proxy = await startProxy({ port: Number(new URL(testServer()).port) });
  later(() => proxy.close());
  const { service, holder } = await start((url) => through(proxy, url), {
    DB_LOCK_TIMEOUT_MS: '500',
  });
  proxy.delay(20);
  const polling = setInterval(() => void fetch(`${service.url}/health/ready`), 100);
  later(() => {
    clearInterval(polling);
  });
  for (let round = 0; round < 3; round += 1) {
    await holder.query(
      'BEGIN; LOCK TABLE dpm_runs, dpm_async_operations, dpm_workflow_decisions IN ACCESS EXCLUSIVE MODE',
    );
    const told = await Promise.all(
      Array.from({ length: 30 }, async () => {
        const response = await fetch(`${service.url}/rebalance/summary`);
        return ((await response.json()) as { code?: string }).code;
      }),
    );
    await holder.query('ROLLBACK');
    expect(told).toContain('POSTGRES_LOCK_TIMEOUT');
    const others = ['POSTGRES_LOCK_TIMEOUT', 'POOL_TIMEOUT'];
    expect(told.filter((code) => !others.includes(code ?? ''))).toEqual([]);
    expect((await fetch(`${service.url}/rebalance/summary`)).status).toBe(200);
    // The time of all these requests is over, and their connections are asked whether they live.
    await wait(BOUND_MS + SLACK_MS);
    // A cancel request comes on a connection of its own, and so, now, after the next statement.
    proxy.delayNew(100);
  }
  expect(service.output()).not.toContain('due to user request');
});
