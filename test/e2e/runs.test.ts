import { createHash, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createDatabase, type TestDatabase } from '@holdfast/testing/temporary-database';
import { type Service, startService, workingFolder } from '../support/service.js';

const RUNS = '/rebalance/runs';
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;
const SHA256 = /^[0-9a-f]{64}$/;

interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  readonly body: Readonly<Record<string, unknown>>;
}

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
const segment = encodeURIComponent;

/** Speaks to one process; every refusal has to be a problem document that tells nothing of the inside. */
class Client {
  constructor(private readonly url: string) {}

  async send(
    method: string,
    path: string,
    body?: unknown,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<Answer> {
    const response = await fetch(this.url + path, {
      method,
      headers: { ...(body !== undefined && { 'content-type': 'application/json' }), ...headers },
      ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    const text = await response.text();
    const answer: Answer = {
      status: response.status,
      headers: response.headers,
      text,
      body: JSON.parse(text) as Answer['body'],
    };
    expect(answer.headers.get('x-correlation-id')).toMatch(UUID);
    if (answer.status >= 400) {
      expect(answer.headers.get('content-type')).toBe('application/problem+json; charset=utf-8');
      expect(answer.body).toMatchObject({
        type: `urn:holdfast:reason:${String(answer.body.code)}`,
        status: answer.status,
        instance: path.split('?', 1)[0],
      });
      expect(text).not.toMatch(/SELECT|INSERT|dpm_|SQLITE|QueryFailed|TypeError|node_modules/);
    } else {
      expect(answer.headers.get('content-type')).toBe('application/json; charset=utf-8');
    }
    return answer;
  }

  get(path: string): Promise<Answer> {
    return this.send('GET', path);
  }

  record(body: unknown, key?: string): Promise<Answer> {
    return this.send('POST', RUNS, body, key === undefined ? {} : { 'idempotency-key': key });
  }

  decide(id: string, body: unknown): Promise<Answer> {
    return this.send('POST', `${RUNS}/${segment(id)}/workflow/decisions`, body);
  }

  /** A new run; answers its identifier. */
  async recorded(fields: object = {}): Promise<string> {
    const answer = await this.record(sent(fields));
    expect(answer.status).toBe(201);
    return String(answer.body.rebalance_run_id);
  }
}

function sent(fields: object = {}) {
  return {
    correlation_id: randomUUID(),
    request_hash: 'hash-1',
    portfolio_id: 'portfolio-1',
    status: 'PENDING_REVIEW',
    result: { trades: [] },
    ...fields,
  };
}

const DECISION = { action: 'APPROVE', reason_code: 'WITHIN_LIMITS', actor_id: 'reviewer-1' };

function expectProblem({ status, body }: Answer, expected: number, code: string): void {
  expect([status, body.code]).toEqual([expected, code]);
}

/** Every item of a list, page by page. */
async function follow(client: Client, path: string, limit: number) {
  const all: Readonly<Record<string, unknown>>[] = [];
  let cursor = '';
  for (let pages = 0; pages < 100; pages += 1) {
    const { status, body } = await client.get(`${path}&limit=${limit}${cursor}`);
    expect(status).toBe(200);
    all.push(...(body.items as typeof all));
    if (body.next_cursor === null) return all;
    expect(body.items).toHaveLength(limit);
    cursor = `&cursor=${body.next_cursor as string}`;
  }
  throw new Error('the list does not end');
}

describe.each(['SQLITE', 'POSTGRES', 'IN_MEMORY'] as const)('runs over HTTP on %s', (backend) => {
  const folder = workingFolder();
  let database: TestDatabase | undefined;
  let environment: Record<string, string>;
  let service: Service;
  let client: Client;

  beforeAll(async () => {
    if (backend === 'POSTGRES') database = await createDatabase();
    environment = {
      PROPOSAL_STORE_BACKEND: 'SQLITE',
      DPM_SUPPORTABILITY_STORE_BACKEND: backend,
      ...(database && { DPM_SUPPORTABILITY_POSTGRES_DSN: database.url, MIGRATE_ON_START: 'true' }),
    };
    service = await startService(environment, folder);
    client = new Client(service.url);
  });
  afterAll(async () => {
    await service.stop('SIGKILL');
    await database?.drop();
  });

  it('records a run and finds it every way', async () => {
    const body = sent({
      correlation_id: 'corr/1 ?ü',
      request_hash: 'hash#way',
      result: { b: 1, a: [null, '\u{1F600}'] },
    });
    const created = await client.record(body, 'key/way?%');
    expect(created.status).toBe(201);
    const { rebalance_run_id: id, ...rest } = created.body;
    expect(id).toMatch(UUID);
    expect(rest).toEqual({ ...body, created_at: expect.stringMatching(TIME) });
    expect(created.text).toContain('"result":{"b":1,"a":[null,"\u{1F600}"]}');
    expect(created.headers.get('location')).toBe(`${RUNS}/${String(id)}`);
    expect(created.headers.get('idempotency-replayed')).toBeNull();
    for (const path of [
      String(id),
      `by-correlation/${segment('corr/1 ?ü')}`,
      `by/request-hash/${segment('hash#way')}`,
      `idempotency/${segment('key/way?%')}`,
    ]) {
      const found = await client.get(`${RUNS}/${path}`);
      expect([path, found.status, found.text]).toEqual([path, 200, created.text]);
    }
    const { result: _, ...summary } = created.body;
    const listed = await client.get(`${RUNS}?request_hash=${segment('hash#way')}`);
    expect(listed.body).toEqual({ items: [summary], next_cursor: null });
  });

  it('answers the newest run of a request hash', async () => {
    const hash = { request_hash: randomUUID() };
    await client.recorded(hash);
    await new Promise((later) => setTimeout(later, 3));
    const newest = await client.recorded(hash);
    const found = await client.get(`${RUNS}/by/request-hash/${hash.request_hash}`);
    expect(found.body.rebalance_run_id).toBe(newest);
  });

  it('takes an identifier of the client, and says where the run is', async () => {
    const id = 'run/é ?#\u{1F600}';
    const created = await client.record(sent({ rebalance_run_id: id }));
    expect(created.status).toBe(201);
    expect(created.body.rebalance_run_id).toBe(id);
    expect(created.headers.get('location')).toBe(`${RUNS}/${segment(id)}`);
    expect((await client.get(created.headers.get('location') ?? '')).text).toBe(created.text);
    const longest = '\uFFFD'.repeat(128);
    await client.recorded({ rebalance_run_id: longest });
    expect((await client.get(`${RUNS}/${segment(longest)}/workflow`)).status).toBe(200);
    const made = await client.record(sent({ rebalance_run_id: null }));
    expect(made.body.rebalance_run_id).toMatch(UUID);
  });

  it('replays a body under its key, and refuses another', async () => {
    const key = randomUUID();
    const body = sent({ result: { a: 1, b: 2 } });
    const first = await client.record(body, key);
    const { correlation_id, ...others } = body;
    const again = await client.record({ ...others, result: { b: 2, a: 1 }, correlation_id }, key);
    expect([again.status, again.text]).toEqual([200, first.text]);
    expect(again.headers.get('idempotency-replayed')).toBe('true');
    expect(again.headers.get('location')).toBeNull();
    const other = sent();
    expectProblem(await client.record(other, key), 409, 'IDEMPOTENCY_KEY_CONFLICT');
    const history = await client.get(`${RUNS}/idempotency/${key}/history`);
    const use = (outcome: string, correlation: string) => ({
      outcome,
      body_hash: expect.stringMatching(SHA256),
      rebalance_run_id: first.body.rebalance_run_id,
      correlation_id: correlation,
      occurred_at: expect.stringMatching(TIME),
    });
    expect(history.body).toEqual({
      idempotency_key: key,
      items: [
        { ...use('RECORDED', body.correlation_id), occurred_at: first.body.created_at },
        use('REPLAYED', body.correlation_id),
        use('CONFLICT', other.correlation_id),
      ],
      next_cursor: null,
    });
    const [one, two, three] = (history.body.items as { body_hash: string }[]).map(
      ({ body_hash }) => body_hash,
    );
    expect([two === one, three === one]).toEqual([true, false]);
  });

  it('records once, whoever sends the same at once', async () => {
    const [key, body] = [randomUUID(), sent()];
    const answers = await Promise.all(Array.from({ length: 40 }, () => client.record(body, key)));
    expect(answers.map(({ status }) => status).toSorted()).toEqual([
      ...Array.from({ length: 39 }, () => 200),
      201,
    ]);
    expect(new Set(answers.map(({ text }) => text)).size).toBe(1);
    const { body: history } = await client.get(`${RUNS}/idempotency/${key}/history`);
    expect(history.items).toHaveLength(40);
  });

  it('refuses names that are taken, and leaves the key free', async () => {
    const first = sent({ rebalance_run_id: randomUUID() });
    await client.record(first);
    const key = randomUUID();
    const { rebalance_run_id, correlation_id } = first as unknown as Record<string, string>;
    expectProblem(await client.record(sent({ rebalance_run_id }), key), 409, 'RUN_EXISTS');
    expectProblem(await client.record(sent({ correlation_id }), key), 409, 'CORRELATION_ID_TAKEN');
    expectProblem(await client.record(first), 409, 'RUN_EXISTS');
    const path = `${RUNS}/idempotency/${key}`;
    expectProblem(await client.get(path), 404, 'IDEMPOTENCY_KEY_NOT_FOUND');
    expect((await client.record(sent(), key)).status).toBe(201);
    expect((await client.get(path)).status).toBe(200);
  });

  it('finds nothing where there is nothing', async () => {
    for (const path of [
      `${RUNS}/unknown`,
      `${RUNS}/by-correlation/unknown`,
      `${RUNS}/by/request-hash/unknown`,
      `${RUNS}/unknown/artifact`,
      `${RUNS}/unknown/workflow`,
      `${RUNS}/unknown/workflow/decisions`,
    ]) {
      expectProblem(await client.get(path), 404, 'RUN_NOT_FOUND');
    }
    for (const path of ['idempotency/unknown', 'idempotency/unknown/history']) {
      expectProblem(await client.get(`${RUNS}/${path}`), 404, 'IDEMPOTENCY_KEY_NOT_FOUND');
    }
    expectProblem(await client.decide('unknown', DECISION), 404, 'RUN_NOT_FOUND');
  });

  it('derives the same artifact each time', async () => {
    const id = await client.recorded({ result: { b: 1, a: 2 } });
    const { body: run } = await client.get(`${RUNS}/${id}`);
    const artifact = await client.get(`${RUNS}/${id}/artifact`);
    expect(artifact.status).toBe(200);
    const { evidence, ...rest } = artifact.body;
    expect(rest).toEqual({ artifact_version: '1', ...run });
    expect(artifact.text).toContain('"result":{"b":1,"a":2}');
    expect(evidence).toEqual({
      result_hash: sha256('{"a":2,"b":1}'),
      artifact_hash: expect.stringMatching(SHA256),
    });
    await client.decide(id, DECISION);
    expect((await client.get(`${RUNS}/${id}/artifact`)).text).toBe(artifact.text);
  });

  it('leads a run through its workflow', async () => {
    const id = await client.recorded();
    const path = `${RUNS}/${id}/workflow`;
    expect((await client.get(path)).body).toEqual({
      rebalance_run_id: id,
      workflow_status: 'PENDING_REVIEW',
      decisions_count: 0,
      last_decision: null,
    });
    const made: unknown[] = [];
    for (const [action, workflow_status] of [
      ['REQUEST_CHANGES', 'PENDING_REVIEW'],
      ['REJECT', 'REJECTED'],
      ['REQUEST_CHANGES', 'PENDING_REVIEW'],
      ['APPROVE', 'APPROVED'],
    ]) {
      const comment = action === 'REJECT' ? '' : 'x'.repeat(65_536);
      const answer = await client.decide(id, {
        ...DECISION,
        action,
        ...(action !== 'APPROVE' && { comment }),
      });
      expect([answer.status, answer.headers.get('location')]).toEqual([201, null]);
      expect(answer.body).toEqual({
        rebalance_run_id: id,
        workflow_status,
        decision: {
          decision_id: expect.stringMatching(UUID),
          rebalance_run_id: id,
          sequence_no: made.length + 1,
          action,
          reason_code: 'WITHIN_LIMITS',
          comment: action === 'APPROVE' ? null : comment,
          actor_id: 'reviewer-1',
          created_at: expect.stringMatching(TIME),
        },
      });
      made.push(answer.body.decision);
      expect((await client.get(path)).body).toEqual({
        rebalance_run_id: id,
        workflow_status,
        decisions_count: made.length,
        last_decision: answer.body.decision,
      });
    }
    expect((await client.get(`${path}/decisions`)).body).toEqual({
      rebalance_run_id: id,
      items: made,
      next_cursor: null,
    });
    const listed = await follow(client, `/rebalance/workflow/decisions?rebalance_run_id=${id}`, 3);
    expect(listed).toHaveLength(4);
    expect(new Set(listed.map(({ decision_id }) => decision_id)).size).toBe(4);
    expectProblem(await client.decide(id, DECISION), 409, 'DECISION_NOT_ALLOWED');
    const expecting = { ...DECISION, expected_status: 'PENDING_REVIEW' };
    expectProblem(await client.decide(id, expecting), 409, 'WORKFLOW_STATUS_CONFLICT');
    const back = { ...DECISION, action: 'REQUEST_CHANGES', expected_status: 'APPROVED' };
    expect((await client.decide(id, back)).status).toBe(201);
    expect((await client.get(`${RUNS}/${id}`)).body.status).toBe('PENDING_REVIEW');
  });

  it.each(['READY', 'BLOCKED'])('takes no decision about a %s run', async (status) => {
    const id = await client.recorded({ status });
    expectProblem(await client.decide(id, DECISION), 409, 'WORKFLOW_NOT_REQUIRED');
    const { body } = await client.get(`${RUNS}/${id}/workflow`);
    expect(body).toMatchObject({ workflow_status: 'NOT_REQUIRED', decisions_count: 0 });
    expect((await client.get(`${RUNS}/${id}/workflow/decisions`)).body.items).toEqual([]);
  });

  it('lets one of many approvals through, and every request for changes', async () => {
    const id = await client.recorded();
    const asked = { ...DECISION, action: 'REQUEST_CHANGES' };
    const changes = await Promise.all(Array.from({ length: 8 }, () => client.decide(id, asked)));
    expect(changes.map(({ status }) => status)).toEqual(changes.map(() => 201));
    const approvals = await Promise.all(
      Array.from({ length: 8 }, () => client.decide(id, DECISION)),
    );
    expect(approvals.filter(({ status }) => status === 201)).toHaveLength(1);
    for (const answer of approvals) {
      if (answer.status !== 201) expectProblem(answer, 409, 'DECISION_NOT_ALLOWED');
    }
    const { body } = await client.get(`${RUNS}/${id}/workflow/decisions`);
    expect((body.items as { sequence_no: number }[]).map(({ sequence_no }) => sequence_no)).toEqual(
      [1, 2, 3, 4, 5, 6, 7, 8, 9],
    );
  });

  it('lists runs by every filter, page by page', async () => {
    const portfolio_id = randomUUID();
    const ids: string[] = [];
    for (let index = 0; index < 7; index += 1) {
      const status = index % 2 === 0 ? 'READY' : 'BLOCKED';
      ids.push(await client.recorded({ portfolio_id, status, request_hash: `h${index % 3}` }));
    }
    const list = `${RUNS}?portfolio_id=${portfolio_id}`;
    const all = await follow(client, list, 3);
    expect(all.map(({ rebalance_run_id }) => rebalance_run_id).toSorted()).toEqual(ids.toSorted());
    const times = all.map(({ created_at }) => String(created_at));
    expect(times).toEqual(times.toSorted().toReversed());
    for (const run of all) expect(run).not.toHaveProperty('result');
    const count = async (query: string) => (await follow(client, list + query, 2)).length;
    expect(await count('&status=BLOCKED')).toBe(3);
    expect(await count('&request_hash=h0')).toBe(3);
    expect(await count('&status=BLOCKED&request_hash=h0')).toBe(1);
    const [first = '', last = ''] = [times.at(-1), times[0]];
    expect(await count(`&created_from=${first}`)).toBe(7);
    expect(await count(`&created_to=${first}`)).toBe(0);
    expect(await count(`&created_from=${last.replace('Z', '001Z')}`)).toBe(0);
    expect(await count(`&created_from=${first}&created_to=${last.replace('Z', '001Z')}`)).toBe(7);
  });

  it('lists decisions by every filter', async () => {
    const id = await client.recorded();
    const actor_id = randomUUID();
    for (const action of ['REQUEST_CHANGES', 'APPROVE', 'REQUEST_CHANGES', 'REJECT']) {
      await client.decide(id, { ...DECISION, action, actor_id, reason_code: `R-${action}` });
    }
    const list = `/rebalance/workflow/decisions?actor_id=${actor_id}`;
    const count = async (query: string) => (await follow(client, list + query, 3)).length;
    expect(await count('')).toBe(4);
    expect(await count('&action=REQUEST_CHANGES')).toBe(2);
    expect(await count('&reason_code=R-APPROVE')).toBe(1);
    expect(await count(`&rebalance_run_id=${id}`)).toBe(4);
    expect(await count('&rebalance_run_id=unknown')).toBe(0);
    expect(await count('&created_from=2020-01-01T00:00:00Z')).toBe(4);
    expect(await count('&created_to=2020-01-01T00:00:00Z')).toBe(0);
  });

  it('fails at nothing of all this', () => {
    expect(service.output()).not.toMatch(/"level":"(error|fatal)"/);
  });

  if (backend !== 'IN_MEMORY') {
    it('keeps what it acknowledged when the process is killed', async () => {
      const [key, body] = [randomUUID(), sent()];
      const recorded = await client.record(body, key);
      const id = String(recorded.body.rebalance_run_id);
      await client.decide(id, DECISION);
      const paths = [id, `${id}/workflow`, `${id}/artifact`, `idempotency/${key}/history`];
      const read = () => Promise.all(paths.map((path) => client.get(`${RUNS}/${path}`)));
      const before = (await read()).map(({ text }) => text);
      await service.stop('SIGKILL');
      service = await startService(environment, folder);
      client = new Client(service.url);
      expect((await read()).map(({ text }) => text)).toEqual(before);
      expect((await client.record(body, key)).status).toBe(200);
    });
  }
});

describe('requests about runs that do not fit', () => {
  let service: Service;
  let client: Client;
  let id: string;
  beforeAll(async () => {
    service = await startService({ DPM_SUPPORTABILITY_STORE_BACKEND: 'IN_MEMORY' });
    client = new Client(service.url);
    id = await client.recorded();
  });
  afterAll(() => service.stop('SIGKILL'));

  const expectFault = (answer: Answer, path: string) => {
    expectProblem(answer, 422, 'VALIDATION_FAILED');
    expect((answer.body.errors as { path: string }[]).map((error) => error.path)).toContain(path);
  };

  it.each<[string, object]>([
    ['correlation_id', { correlation_id: undefined }],
    ['correlation_id', { correlation_id: '' }],
    ['correlation_id', { correlation_id: 'x'.repeat(129) }],
    ['correlation_id', { correlation_id: null }],
    ['request_hash', { request_hash: undefined }],
    ['request_hash', { request_hash: 'x'.repeat(129) }],
    ['portfolio_id', { portfolio_id: 7 }],
    ['portfolio_id', { portfolio_id: undefined }],
    ['status', { status: 'ready' }],
    ['status', { status: undefined }],
    ['result', { result: undefined }],
    ['rebalance_run_id', { rebalance_run_id: '' }],
    ['rebalance_run_id', { rebalance_run_id: 'x'.repeat(129) }],
    ['rebalance_run_id', { rebalance_run_id: 'by-correlation' }],
    ['rebalance_run_id', { rebalance_run_id: 'by-request-hash' }],
    ['rebalance_run_id', { rebalance_run_id: 'idempotency' }],
    ['rebalance_run_id', { rebalance_run_id: '.' }],
    ['rebalance_run_id', { rebalance_run_id: '..' }],
    ['', { created_at: '2026-11-21T12:00:00.000Z' }],
  ])('a run whose %s is off: %j', async (path, fields) => {
    expectFault(await client.record(sent(fields)), path);
  });

  it.each<[string, object]>([
    ['action', { action: 'approve' }],
    ['action', { action: undefined }],
    ['reason_code', { reason_code: '' }],
    ['reason_code', { reason_code: 'x'.repeat(65) }],
    ['reason_code', { reason_code: undefined }],
    ['actor_id', { actor_id: undefined }],
    ['actor_id', { actor_id: 'x'.repeat(129) }],
    ['comment', { comment: 'x'.repeat(65_537) }],
    ['expected_status', { expected_status: 'READY' }],
    ['', { decision_id: 'mine' }],
  ])('a decision whose %s is off', async (path, fields) => {
    expectFault(await client.decide(id, { ...DECISION, ...fields }), path);
  });

  it.each([
    ['status', `${RUNS}?status=ready`],
    ['limit', `${RUNS}?limit=0`],
    ['limit', `${RUNS}?limit=201`],
    ['created_from', `${RUNS}?created_from=yesterday`],
    ['portfolio_id', `${RUNS}?portfolio_id=`],
    ['request_hash', `${RUNS}?request_hash=a%00b`],
    ['', `${RUNS}?unknown=1`],
    ['action', '/rebalance/workflow/decisions?action=approve'],
    ['reason_code', `/rebalance/workflow/decisions?reason_code=${'x'.repeat(65)}`],
    ['', '/rebalance/workflow/decisions?status=READY'],
    ['rebalance_run_id', `${RUNS}/${'x'.repeat(129)}`],
    ['rebalance_run_id', `${RUNS}/a%00b/artifact`],
    ['rebalance_run_id', `${RUNS}/a%00b/workflow`],
    ['correlation_id', `${RUNS}/by-correlation/${'x'.repeat(129)}`],
    ['request_hash', `${RUNS}/by/request-hash/a%00b`],
    ['idempotency_key', `${RUNS}/idempotency/${'x'.repeat(256)}`],
    ['idempotency_key', `${RUNS}/idempotency/a%00b/history`],
  ])('a question whose %s is off: %s', async (path, question) => {
    expectFault(await client.get(question), path);
  });

  it.each(['a b', '', 'é', 'x'.repeat(256)])('an Idempotency-Key like %j', async (key) => {
    expectProblem(await client.record(sent(), key), 400, 'IDEMPOTENCY_KEY_INVALID');
  });

  it('a cursor that no list gave', async () => {
    for (const path of [RUNS, '/rebalance/workflow/decisions']) {
      expectProblem(await client.get(`${path}?cursor=nonsense`), 400, 'CURSOR_INVALID');
    }
  });

  it('a result of more than 1 MiB, by one byte', async () => {
    const MIB = 1024 * 1024;
    const largest = await client.record(sent({ result: 'x'.repeat(MIB - 2) }));
    expect(largest.status).toBe(201);
    const larger = await client.record(sent({ result: 'x'.repeat(MIB - 1) }));
    expectProblem(larger, 413, 'DOCUMENT_TOO_LARGE');
  });

  it('a body that is not JSON', async () => {
    expectProblem(await client.record('{'), 400, 'BODY_MALFORMED');
    const twice = JSON.stringify(sent()).replace('{', '{"status":"READY",');
    expectProblem(await client.record(twice), 422, 'JSON_DUPLICATE_KEY');
  });

  it('and nothing of them is stored', async () => {
    expect((await client.get(RUNS)).body.items).toHaveLength(2);
    expect((await client.get(`${RUNS}/${id}/workflow`)).body.decisions_count).toBe(0);
  });

  it('more than 1,000 decisions about one run', async () => {
    const path = `${RUNS}/${id}/workflow/decisions`;
    const decision = { action: 'REQUEST_CHANGES', reason_code: 'AGAIN', actor_id: 'reviewer' };
    for (let number = 1; number <= 1000; number += 1)
      expect((await client.send('POST', path, decision)).status).toBe(201);
    expectProblem(await client.send('POST', path, decision), 409, 'DECISION_LIMIT_REACHED');
  }, 60_000);
});
