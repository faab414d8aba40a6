import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import pg from 'pg';
import { type Cluster, startCluster } from '@holdfast/testing/cluster';
import { createDatabase } from '@holdfast/testing/temporary-database';
import { cleanup } from '../support/cleanup.js';
import { asDocumented, documentedSpans } from '../support/documented-spans.js';
import { eventually } from '../support/eventually.js';
import { execute, jsonLines } from '../support/program.js';
import { type Service, startService } from '../support/service.js';
import {
  type ReceivedSpan,
  SPAN_KIND,
  startTraceCollector,
  type TraceCollector,
  tracedTo,
} from '../support/trace-collector.js';

const CLIENT_SPAN_ID = '00f067aa0ba902b7';
const { server: SERVER, client: CLIENT } = SPAN_KIND;
/** As OTLP numbers what has become of them. */
const ERROR = 2;

const { later } = cleanup();
let cluster: Cluster;
let collector: TraceCollector;
beforeAll(async () => {
  cluster = await startCluster();
  collector = await startTraceCollector();
}, 60_000);
afterAll(async () => {
  await collector.close();
  await cluster.remove();
});

const sdk = () => tracedTo(collector);

async function started(environment: Readonly<Record<string, string>>): Promise<Service> {
  const service = await startService(environment);
  later(() => service.stop());
  return service;
}

async function onPostgres(
  environment: Readonly<Record<string, string>> = sdk(),
): Promise<Service & { readonly databaseUrl: string }> {
  const database = await createDatabase(cluster.url);
  later(() => database.drop());
  const production = { APP_PERSISTENCE_PROFILE: 'PRODUCTION', DATABASE_URL: database.url };
  expect(await execute('cli.js', ['migrate', 'up'], production)).toMatchObject({ code: 0 });
  const service = await started({ ...production, ...environment });
  return { ...service, databaseUrl: database.url };
}

const LOCAL = { APP_PERSISTENCE_PROFILE: 'LOCAL', AUTH_MODE: 'jwt' } as const;
const proposal = {
  portfolio_id: 'pf-secret-1',
  created_by: 'advisor-secret',
  title: 'secret title',
};

function create({ url }: Service, headers: Readonly<Record<string, string>>, body: object) {
  return fetch(`${url}/rebalance/proposals`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  });
}

async function queryOnce(connectionString: string, statement: string): Promise<void> {
  const client = new pg.Client({ connectionString });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}

function received(traceId: string): readonly ReceivedSpan[] {
  return collector.spans.filter((span) => span.traceId === traceId);
}

/** The spans of a trace, once that of the server is among them. */
async function traceOf(traceId: string): Promise<readonly ReceivedSpan[]> {
  await eventually(() => {
    expect(received(traceId).some(isServer)).toBe(true);
  });
  return received(traceId);
}

const stopLockedOnes = `SELECT pg_cancel_backend(pid) FROM pg_stat_activity
  WHERE datname = current_database() AND wait_event_type = 'Lock'`;

/** The only one of the spans that this is true of. */
function only(spans: readonly ReceivedSpan[], fits: (span: ReceivedSpan) => boolean): ReceivedSpan {
  const [found, ...others] = spans.filter(fits);
  expect(others).toEqual([]);
  if (!found) throw new Error(`none of ${spans.map(({ name }) => name).join(', ')}`);
  return found;
}

const failed = (name: string) => (span: ReceivedSpan) =>
  span.name === name && span.status === ERROR;
const isServer = ({ kind }: ReceivedSpan) => kind === SERVER;
const named = (name: string) => (span: ReceivedSpan) => span.name === name;

/** Begins a trace of its own. */
function traceparent(flags = '01') {
  const traceId = randomBytes(16).toString('hex');
  return { traceId, header: { traceparent: `00-${traceId}-${CLIENT_SPAN_ID}-${flags}` } };
}

describe('with an SDK', () => {
  it('sends a whole trace through the bundle, below the span of who asks', async () => {
    const service = await onPostgres();
    const { traceId, header } = traceparent();
    const body = { ...proposal, document: { note: 'a secret of the document' } };
    const answer = await create(service, { 'idempotency-key': 'secret-key', ...header }, body);
    expect(answer.status).toBe(201);
    const spans = await traceOf(traceId);
    const server = only(spans, isServer);
    expect(server).toMatchObject({
      name: 'POST /rebalance/proposals',
      parentSpanId: CLIENT_SPAN_ID,
      status: 0,
      attributes: {
        'http.request.method': 'POST',
        'http.route': '/rebalance/proposals',
        'http.response.status_code': 201,
        'url.path': '/rebalance/proposals',
      },
    });
    const batch = only(spans, named('database.batch'));
    expect(batch.parentSpanId).toBe(server.spanId);
    const wait = only(spans, named('pool.acquire'));
    expect(wait).toMatchObject({
      kind: CLIENT,
      parentSpanId: batch.spanId,
      attributes: { 'db.client.connection.pool.name': 'primary' },
    });
    const statement = only(spans, ({ name }) => name.startsWith('INSERT '));
    expect(statement).toMatchObject({
      kind: CLIENT,
      parentSpanId: batch.spanId,
      attributes: {
        'db.system.name': 'postgresql',
        'db.operation.name': 'INSERT',
        'db.collection.name': 'proposal_idempotency',
        'db.query.summary': statement.name,
      },
    });
    expect(statement.name).toContain('INSERT proposal_records');
    expect(spans).toHaveLength(4);
  });

  it('tells no value of a request, of a statement, or of what connects', async () => {
    const service = await onPostgres();
    const { traceId, header } = traceparent();
    const secrets = { 'idempotency-key': 'secret-key', authorization: 'Bearer secret-token' };
    const body = { ...proposal, document: { note: 'a secret of the document' } };
    expect((await create(service, { ...secrets, ...header }, body)).status).toBe(201);
    await traceOf(traceId);
    const list = traceparent();
    const url = `${service.url}/rebalance/proposals?portfolio_id=pf-secret-1`;
    expect((await fetch(url, { headers: list.header })).status).toBe(200);
    expect((await traceOf(list.traceId)).map(({ name }) => name)).toContain(
      'SELECT proposal_records',
    );
    const { password } = new URL(service.databaseUrl);
    expect(password).not.toBe('');
    for (const value of ['secret', decodeURIComponent(password)]) {
      expect(collector.text()).not.toContain(value);
    }
  });

  it('tells of a failure its codes, and no text', async () => {
    const service = await onPostgres();
    await queryOnce(service.databaseUrl, 'ALTER TABLE proposal_records RENAME TO secret_records');
    const { traceId, header } = traceparent();
    const answer = await fetch(`${service.url}/rebalance/proposals/p-1`, { headers: header });
    const { code, trace_id } = (await answer.json()) as { code: string; trace_id: string };
    expect(trace_id).toBe(traceId);
    const spans = await traceOf(traceId);
    const statement = only(spans, ({ name }) => name.startsWith('SELECT '));
    expect(statement).toMatchObject({
      status: ERROR,
      attributes: { 'error.type': '42P01', 'db.response.status_code': '42P01' },
    });
    const server = only(spans, isServer);
    expect(server).toMatchObject({
      name: 'GET /rebalance/proposals/:proposal_id',
      status: ERROR,
      attributes: {
        'http.response.status_code': answer.status,
        'error.type': code,
        'holdfast.reason': code,
      },
      events: [{ name: 'exception', attributes: { 'exception.type': '42P01' } }],
    });
    const lines = jsonLines(service.output()).filter((line) => line.trace_id === traceId);
    expect(lines.map(({ event }) => event)).toEqual(['request.failed', 'request.completed']);
    expect(JSON.stringify(spans)).not.toMatch(/exception\.message|does not exist|secret/);
    await queryOnce(service.databaseUrl, 'ALTER TABLE secret_records RENAME TO proposal_records');
  });

  it('leads from every request of a batch to the statement that was sent for all', async () => {
    const service = await onPostgres({ ...sdk(), DB_LOCK_TIMEOUT_MS: '30000' });
    const traces = [...Array(20).keys()].map(() => traceparent());
    const locked = new pg.Client({ connectionString: service.databaseUrl });
    await locked.connect();
    await locked.query('BEGIN; LOCK TABLE proposal_records');
    const answers = traces.map(({ header, traceId }) =>
      create(service, { 'idempotency-key': traceId, ...header }, { ...proposal, document: {} }),
    );
    // Whatever has come meanwhile is one batch.
    await eventually(async () => {
      const metrics = await (await fetch(`${service.url}/metrics`)).text();
      expect(metrics).toMatch(/^http_server_active_requests 21$/m);
    });
    await locked.end();
    for (const answer of await Promise.all(answers)) expect(answer.status).toBe(201);
    const spans = (await Promise.all(traces.map(({ traceId }) => traceOf(traceId)))).flat();
    const statements = spans.filter(({ name }) => name.startsWith('INSERT '));
    expect(statements.length).toBeLessThan(traces.length);
    const withStatement = new Set(statements.map(({ parentSpanId }) => parentSpanId));
    for (const { traceId } of traces) {
      const batch = only(
        spans.filter((span) => span.traceId === traceId),
        named('database.batch'),
      );
      const [leader = batch.spanId, ...others] = batch.links;
      expect(others).toEqual([]);
      expect(withStatement).toContain(leader);
    }
  });

  it('names what has no route and no known method by neither, and logs what is not sampled', async () => {
    const service = await started({ APP_PERSISTENCE_PROFILE: 'LOCAL', ...sdk() });
    const odd = traceparent();
    const options = { method: 'PROPFIND', headers: odd.header };
    expect((await fetch(`${service.url}/odd/path?q=1`, options)).status).toBe(404);
    expect(await traceOf(odd.traceId)).toMatchObject([
      {
        name: 'HTTP',
        status: 0,
        attributes: {
          'http.request.method': '_OTHER',
          'http.request.method_original': 'PROPFIND',
          'url.path': '/odd/path',
          'holdfast.reason': 'ROUTE_NOT_FOUND',
        },
      },
    ]);
    const unsampled = traceparent('00');
    expect((await fetch(`${service.url}/none`, { headers: unsampled.header })).status).toBe(404);
    const probe = traceparent();
    await fetch(`${service.url}/health/live`, { headers: probe.header });
    expect(only(await traceOf(probe.traceId), isServer).name).toBe('GET /health/live');
    expect(collector.spans.some(({ traceId }) => traceId === unsampled.traceId)).toBe(false);
    expect(tracesOfAnswers(service)).toEqual([odd.traceId, unsampled.traceId]);
  });

  it('begins a trace where nobody has begun one', async () => {
    const service = await started({ APP_PERSISTENCE_PROFILE: 'LOCAL', ...sdk() });
    const answer = await fetch(`${service.url}/rebalance/proposals/none`);
    const { trace_id } = (await answer.json()) as { trace_id: string };
    const spans = await traceOf(trace_id);
    const server = only(spans, isServer);
    expect(server.parentSpanId).toBeUndefined();
    const statement = only(spans, ({ name }) => name.startsWith('SELECT '));
    expect(statement.attributes).toMatchObject({ 'db.system.name': 'sqlite' });
    expect(statement.parentSpanId).toBe(server.spanId);
  });
});

describe('asking for the keys of tokens', () => {
  it('is a span of its request, and its server gets the traceparent', async () => {
    const keys = await startKeys();
    const service = await started({
      ...LOCAL,
      JWT_JWKS_URL: `${keys.url}/keys?q=secret`,
      ...sdk(),
    });
    const { traceId, header } = traceparent();
    await askWithUnknownKey(service, keys, header);
    const asking = await eventually(() => only(received(traceId), named('GET')));
    await eventually(() => {
      expect(
        received(traceId)
          .filter(isServer)
          .map(({ spanId }) => spanId),
      ).toContain(asking.parentSpanId);
    });
    expect(asking).toMatchObject({
      kind: CLIENT,
      attributes: {
        'url.full': `${keys.url}/keys`,
        'server.address': '127.0.0.1',
        'server.port': Number(new URL(keys.url).port),
        'http.response.status_code': 200,
      },
    });
    expect(keys.traceparents.at(-1)).toBe(`00-${traceId}-${asking.spanId}-01`);
  });

  it('passes on what the client has sent, where there is no SDK', async () => {
    const keys = await startKeys();
    const service = await started({ ...LOCAL, JWT_JWKS_URL: `${keys.url}/keys` });
    const { header } = traceparent();
    await askWithUnknownKey(service, keys, header);
    expect(keys.traceparents).toEqual([undefined, header.traceparent]);
  });
});

describe('at the end', () => {
  it('sends the last spans', async () => {
    const environment = { ...sdk(), OTEL_BSP_SCHEDULE_DELAY: '600000' };
    const service = await startService({ APP_PERSISTENCE_PROFILE: 'LOCAL', ...environment });
    const { traceId, header } = traceparent();
    await fetch(`${service.url}/none`, { headers: header });
    expect(collector.spans.some((span) => span.traceId === traceId)).toBe(false);
    const ended = await service.stop();
    expect(ended.code).toBe(0);
    expect(collector.spans.filter((span) => span.traceId === traceId)).toHaveLength(1);
    expect(ended.stdout).not.toContain('tracing.spans_lost');
  });

  it('does not wait for a collector that does not answer, and says so', async () => {
    const silent = createServer().listen(0, '127.0.0.1');
    await once(silent, 'listening');
    later(() => {
      silent.closeAllConnections();
      silent.close();
    });
    const { port } = silent.address() as AddressInfo;
    const endpoint = `http://127.0.0.1:${port}`;
    const late = { OTEL_BSP_SCHEDULE_DELAY: '600000' };
    const environment = { ...sdk(), ...late, OTEL_EXPORTER_OTLP_ENDPOINT: endpoint };
    const service = await startService({ APP_PERSISTENCE_PROFILE: 'LOCAL', ...environment });
    await fetch(`${service.url}/none`);
    const ended = await service.stop();
    expect(ended.code).toBe(0);
    expect(ended.stdout).toContain('"event":"tracing.spans_lost"');
  });
});

it('says that an SDK is not heard whose API is older', async () => {
  const register = `globalThis[Symbol.for('opentelemetry.js.api.1')] = { version: '1.8.0', trace: {} }`;
  const service = await started({
    APP_PERSISTENCE_PROFILE: 'LOCAL',
    NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(register)}`,
  });
  expect(jsonLines(service.output())).toContainEqual(
    expect.objectContaining({
      event: 'tracing.unheard',
      code: 'TRACING_API_TOO_OLD',
      version: '1.8.0',
    }),
  );
  expect((await fetch(`${service.url}/health/ready`)).status).toBe(200);
});

it('sends what docs/TRACES.md lists, and nothing else', async () => {
  const keys = await startKeys();
  const service = await onPostgres({
    ...sdk(),
    AUTH_MODE: 'none',
    DB_POOL_SIZE: '1',
    DB_MAX_OVERFLOW: '0',
    DB_POOL_TIMEOUT: '1',
  });
  const locked = new pg.Client({ connectionString: service.databaseUrl });
  await locked.connect();
  const own = collector.spans.length;
  const { header } = traceparent();
  await fetch(`${service.url}/none`, { method: 'PROPFIND', headers: header });
  // One waits for a lock, and others in vain for its connection.
  await locked.query('BEGIN; LOCK TABLE proposal_records');
  const asked = ['a', 'b', 'c'].map((id) => fetch(`${service.url}/rebalance/proposals/${id}`));
  await eventually(() => {
    expect(collector.spans.slice(own).some(failed('pool.acquire'))).toBe(true);
  });
  await queryOnce(service.databaseUrl, stopLockedOnes);
  await locked.end();
  await Promise.all(asked);
  const local = await started({ ...LOCAL, JWT_JWKS_URL: `${keys.url}/keys`, ...sdk() });
  expect((await fetch(`${local.url}/none`)).status).toBe(404);
  const gone = await started({ ...LOCAL, JWT_JWKS_URL: 'http://127.0.0.1:1/keys', ...sdk() });
  expect((await fetch(`${gone.url}/none`)).status).toBe(404);

  const { 'EVALSHA {script}': ofRedis, ...listed } = Object.fromEntries(documentedSpans());
  expect(ofRedis).toBeDefined();
  await eventually(() => {
    expect(Object.fromEntries(asDocumented(collector.spans.slice(own)))).toEqual(listed);
  });
});

describe('without an SDK', () => {
  it('logs and answers the trace of who asks, and invents none', async () => {
    const service = await started({ APP_PERSISTENCE_PROFILE: 'LOCAL', LOG_LEVEL: 'debug' });
    const { traceId, header } = traceparent();
    const { traceparent: good } = header;
    const asked = async (path: string, headers: Readonly<Record<string, string>>) => {
      const answer = await fetch(`${service.url}${path}`, { headers });
      return (await answer.json()) as { readonly trace_id?: string };
    };
    expect(await asked('/none', header)).toMatchObject({ trace_id: traceId });
    for (const refused of ['', 'x', `${good}-01`, good.replace(/^00/, 'ff'), good.toUpperCase()]) {
      expect(await asked('/none', { traceparent: refused })).not.toHaveProperty('trace_id');
    }
    const zero = `00-${'0'.repeat(32)}-${CLIENT_SPAN_ID}-01`;
    expect(await asked('/none', { traceparent: zero })).not.toHaveProperty('trace_id');
    expect(await asked('/none', {})).not.toHaveProperty('trace_id');
    await asked('/health/live', header);
    const none = Array(7).fill(undefined) as undefined[];
    await eventually(() => {
      expect(tracesOfAnswers(service)).toEqual([traceId, ...none, traceId]);
    });
  });
});

/** An address of keys, of which the second answer has one more. */
interface Keys {
  readonly url: string;
  /** That came with each request. */
  readonly traceparents: readonly (string | undefined)[];
  /** Of the key that comes later. */
  token(): Promise<string>;
}

async function startKeys(): Promise<Keys> {
  const traceparents: (string | undefined)[] = [];
  const made = async (kid: string) => {
    const { publicKey, privateKey } = await generateKeyPair('ES256', { extractable: true });
    return { jwk: { ...(await exportJWK(publicKey)), kid, alg: 'ES256' }, privateKey };
  };
  const [first, second] = [await made('first'), await made('second')];
  const server = createServer((request, response) => {
    const { traceparent: given } = request.headers;
    traceparents.push(typeof given === 'string' ? given : undefined);
    const known = traceparents.length === 1 ? [first] : [first, second];
    response.end(JSON.stringify({ keys: known.map(({ jwk }) => jwk) }));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  later(() => server.close());
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    traceparents,
    token: () =>
      new SignJWT({ sub: 'me', scope: 'proposals:read', exp: Math.floor(Date.now() / 1000) + 300 })
        .setProtectedHeader({ alg: 'ES256', kid: 'second' })
        .sign(second.privateKey),
  };
}

/** Keys are asked for at once at the start, and then for a key that is not known, but not within five seconds. */
async function askWithUnknownKey(service: Service, keys: Keys, headers: object): Promise<void> {
  const authorization = `Bearer ${await keys.token()}`;
  await eventually(() => {
    expect(keys.traceparents).toHaveLength(1);
  });
  await eventually(async () => {
    const asked = await fetch(`${service.url}/rebalance/proposals`, {
      headers: keys.traceparents.length === 1 ? { authorization, ...headers } : { authorization },
    });
    expect(asked.status).toBe(200);
  });
}

/** Of each line for an answer. */
function tracesOfAnswers(service: Service): readonly unknown[] {
  return jsonLines(service.output())
    .filter(({ event }) => event === 'request.completed')
    .map(({ trace_id }) => trace_id);
}
