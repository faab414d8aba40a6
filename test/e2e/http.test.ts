import { createHash, randomUUID } from 'node:crypto';
import { request } from 'node:http';
import { connect } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { anyDocument } from '../contract/any-document.js';
import { createDatabase, type TestDatabase } from '@holdfast/testing/temporary-database';
import { run, type Service, startService, workingFolder } from '../support/service.js';

const PROPOSALS = '/rebalance/proposals';
/** What is told of bytes that are no request. */
const CODES: Readonly<Record<number, string>> = {
  400: 'REQUEST_MALFORMED',
  414: 'TARGET_TOO_LONG',
  431: 'HEADERS_TOO_LARGE',
};
const MIB = 1024 * 1024;
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

/** What no answer to a faulty request may hold. */
const LEAKS =
  /node_modules|\bat \S+ \(|\.[jt]s:\d|SELECT |INSERT |UPDATE |DELETE |BEGIN|proposal_(records|versions|workflow|approvals|idempotency)|SQLITE|QueryFailed|TypeError|SyntaxError|postgres|S3NTINEL/;

interface Summary {
  readonly proposal_id: string;
  readonly portfolio_id: string;
  readonly created_by: string;
  readonly current_state: string;
  readonly current_version_no: number;
  readonly created_at: string;
  readonly updated_at: string;
}

interface Version {
  readonly version_no: number;
  readonly document: unknown;
  readonly document_hash: string;
}

interface Proposal extends Summary {
  readonly version: Version;
}

interface Page {
  readonly items: readonly Summary[];
  readonly next_cursor: string | null;
}

interface Items {
  readonly items: readonly Record<string, unknown>[];
}

interface Problem {
  readonly code: string;
  readonly status: number;
  readonly correlation_id: string;
  readonly errors?: readonly { readonly path: string; readonly message: string }[];
}

interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

type Body = string | Uint8Array | object;

/** A kept-alive connection that the server closes just then is no answer: the request is sent again. */
async function fetchAgainIfClosed(url: string, init: RequestInit): Promise<Response> {
  try {
    return await fetch(url, init);
  } catch (error) {
    const { code } = ((error as Error).cause ?? {}) as { code?: string };
    if (code === undefined || !['EPIPE', 'ECONNRESET', 'UND_ERR_SOCKET'].includes(code))
      throw error;
    return fetch(url, init);
  }
}

/** Speaks to one process and remembers every proposal that it acknowledged with 201. */
class Client {
  /** Identifier and first document, as text. */
  readonly acknowledged = new Map<string, string>();

  constructor(readonly url: string) {}

  /** Every answer, whatever it is about, carries an id; every refusal is a problem document. */
  async send(
    method: string,
    path: string,
    body?: Body,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<Answer> {
    const raw = typeof body === 'string' || body instanceof Uint8Array || body === undefined;
    const response = await fetchAgainIfClosed(this.url + path, {
      method,
      headers: { ...(body !== undefined && { 'content-type': 'application/json' }), ...headers },
      ...(body !== undefined && { body: raw ? body : JSON.stringify(body) }),
    });
    const answer = {
      status: response.status,
      headers: response.headers,
      text: await response.text(),
    };
    expect(answer.headers.get('x-correlation-id')).toMatch(/^[\w.:@/+=-]{1,128}$/);
    expect(answer.status).toBeLessThan(500);
    if (answer.status >= 400 && method !== 'HEAD') expectProblemShape(answer, path);
    return answer;
  }

  get(path = ''): Promise<Answer> {
    return this.send('GET', PROPOSALS + path);
  }

  post(path: string, body?: Body, headers: Readonly<Record<string, string>> = {}): Promise<Answer> {
    return this.send('POST', PROPOSALS + path, body, headers);
  }

  /** A create, with a key of its own unless one is given. */
  async create(body: Body, key: string = randomUUID()): Promise<Answer> {
    const answer = await this.post('', body, { 'idempotency-key': key });
    if (answer.status === 201) {
      const { proposal_id, version } = proposalIn(answer);
      this.acknowledged.set(proposal_id, JSON.stringify(version.document));
    }
    return answer;
  }

  /** A new proposal, moved through the given states. */
  async proposal(fields: object = {}, ...states: readonly string[]): Promise<Proposal> {
    const answer = await this.create({ ...CREATION, ...fields });
    expect(answer.status).toBe(201);
    const proposal = proposalIn(answer);
    let expected = 'DRAFT';
    for (const state of states) {
      const moved = await this.post(`/${proposal.proposal_id}/transitions`, {
        to_state: state,
        expected_state: expected,
        actor_id: 'mover',
      });
      expect(moved.status).toBe(200);
      expected = state;
    }
    return proposal;
  }

  /** Every proposal of the list, page by page. */
  async list(
    query = '',
    limit = 200,
    between: () => Promise<unknown> = () => Promise.resolve(),
  ): Promise<readonly Summary[]> {
    const all: Summary[] = [];
    let cursor = '';
    for (let pages = 0; pages < 1000; pages += 1) {
      const page = pageIn(await this.get(`?limit=${limit}${query}${cursor}`));
      all.push(...page.items);
      if (page.next_cursor === null) return all;
      expect(page.items).toHaveLength(limit);
      cursor = `&cursor=${page.next_cursor}`;
      await between();
    }
    throw new Error('the list does not end');
  }
}

const CREATION = { portfolio_id: 'portfolio-1', created_by: 'advisor-1', document: { trades: [] } };
const VERSION = { created_by: 'advisor-1', document: { trades: [] } };
const TRANSITION = { to_state: 'RISK_REVIEW', expected_state: 'DRAFT', actor_id: 'advisor-1' };
const APPROVAL = {
  approval_type: 'RISK',
  approved: true,
  expected_state: 'RISK_REVIEW',
  actor_id: 'risk-1',
};

/** Every route that takes a body, with one that it takes. */
const POSTS: readonly (readonly [string, object])[] = [
  ['', CREATION],
  ['/:id/versions', VERSION],
  ['/:id/transitions', TRANSITION],
  ['/:id/approvals', APPROVAL],
];

function read({ text }: Answer): unknown {
  return JSON.parse(text);
}

const proposalIn = (answer: Answer) => read(answer) as Proposal;
const versionIn = (answer: Answer) => read(answer) as Version;
const pageIn = (answer: Answer) => read(answer) as Page;
const itemsIn = (answer: Answer) => read(answer) as Items;
const problemIn = (answer: Answer) => read(answer) as Problem;

function expectProblemShape({ status, headers, text }: Answer, path: string): void {
  expect(headers.get('content-type')).toBe('application/problem+json; charset=utf-8');
  const problem = JSON.parse(text) as Problem;
  const members = ['code', 'correlation_id', 'detail', 'instance', 'status', 'title', 'type'];
  if (problem.code === 'VALIDATION_FAILED') members.push('errors');
  expect(Object.keys(problem).toSorted()).toEqual(members.toSorted());
  expect(problem).toMatchObject({
    type: `urn:holdfast:reason:${problem.code}`,
    title: expect.stringMatching(/\.$/),
    detail: expect.stringMatching(/./),
    status,
    instance: path.split('?', 1)[0],
    correlation_id: headers.get('x-correlation-id'),
  });
  for (const error of problem.errors ?? []) {
    expect(error).toEqual({ path: expect.any(String), message: expect.stringMatching(/./) });
  }
  expect(text).not.toMatch(LEAKS);
}

function expectProblem(answer: Answer, status: number, code: string): Problem {
  const problem = problemIn(answer);
  expect([answer.status, problem.code]).toEqual([status, code]);
  return problem;
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/** Sends bytes and returns all that comes back until the connection ends. */
function exchange(url: string, bytes: string | Uint8Array, hangUp = false): Promise<string> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve) => {
    const socket = connect(Number(port), hostname);
    let received = '';
    socket.on('data', (chunk: Buffer) => (received += chunk.toString('latin1')));
    // A connection that is reset has ended too; what came before is what counts.
    socket.on('error', () => undefined);
    socket.on('close', () => {
      resolve(received);
    });
    socket.write(bytes, () => {
      if (hangUp) socket.destroy();
      else socket.end();
    });
  });
}

/** Sends a body without saying how long it is, and never says that it has ended. */
function upload(url: string, bytes: number): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const sent = request(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'idempotency-key': randomUUID() },
    });
    sent.on('error', reject);
    sent.on('response', (response) => {
      let text = '';
      response.on('data', (chunk: Buffer) => (text += chunk.toString()));
      response.on('end', () => {
        resolve({ status: response.statusCode ?? 0, text });
        sent.destroy();
      });
    });
    sent.write(Buffer.alloc(bytes, 0x20));
  });
}

async function stopAll(services: readonly Service[]): Promise<void> {
  await Promise.all(services.map((service) => service.stop('SIGKILL')));
}

describe('the proposals over HTTP', () => {
  const folder = workingFolder();
  let service: Service;
  let client: Client;

  beforeAll(async () => {
    service = await startService({}, folder);
    client = new Client(service.url);
  });
  afterAll(() => stopAll([service]));

  /** What the service says it failed at; nothing that a client does is a failure of the service. */
  const errorLines = () =>
    service
      .output()
      .split('\n')
      .filter((line) => /"level":"(error|fatal)"/.test(line));

  describe('the way of a proposal', () => {
    it('from its creation to its execution', async () => {
      const created = await client.create({
        portfolio_id: 'portfolio-way',
        created_by: 'advisor-7',
        title: 'Rebalance',
        mandate_id: 'mandate-1',
        jurisdiction: 'CH',
        advisor_notes: 'quarterly',
        document: { b: 1, a: [true, null, 0.1, 'x'] },
      });
      expect(created.status).toBe(201);
      expect(created.headers.get('content-type')).toBe('application/json; charset=utf-8');
      const proposal = proposalIn(created);
      const { proposal_id: id, created_at } = proposal;
      expect(created.headers.get('location')).toBe(`${PROPOSALS}/${id}`);
      expect(created.headers.get('idempotency-replayed')).toBeNull();
      expect(proposal).toEqual({
        proposal_id: expect.stringMatching(UUID),
        portfolio_id: 'portfolio-way',
        mandate_id: 'mandate-1',
        jurisdiction: 'CH',
        title: 'Rebalance',
        advisor_notes: 'quarterly',
        created_by: 'advisor-7',
        current_state: 'DRAFT',
        current_version_no: 1,
        created_at: expect.stringMatching(TIME),
        updated_at: created_at,
        version: {
          version_no: 1,
          document: { b: 1, a: [true, null, 0.1, 'x'] },
          document_hash: sha256('{"a":[true,null,0.1,"x"],"b":1}'),
          created_by: 'advisor-7',
          created_at,
        },
      });
      const { version, ...summary } = proposal;
      expect(read(await client.get(`/${id}`))).toEqual(proposal);
      expect(read(await client.get('?portfolio_id=portfolio-way'))).toEqual({
        items: [summary],
        next_cursor: null,
      });
      expect(read(await client.get(`/${id}/approvals`))).toEqual({
        proposal_id: id,
        items: [],
        next_cursor: null,
      });

      const added = await client.post(`/${id}/versions`, {
        created_by: 'advisor-8',
        document: 'second',
        expected_version_no: 1,
      });
      expect(added.status).toBe(201);
      const second = proposalIn(added);
      expect(second).toMatchObject({
        ...summary,
        current_version_no: 2,
        updated_at: expect.stringMatching(TIME),
        version: {
          version_no: 2,
          document: 'second',
          document_hash: sha256('"second"'),
          created_by: 'advisor-8',
        },
      });
      expect(read(await client.get(`/${id}`))).toEqual(second);
      expect(read(await client.get(`/${id}/versions/1`))).toEqual(version);
      expect(read(await client.get(`/${id}/versions/2`))).toEqual(second.version);

      const moved = await client.post(`/${id}/transitions`, { ...TRANSITION, reason: 'ready' });
      expect(moved.status).toBe(200);
      expect(read(moved)).toMatchObject({
        proposal_id: id,
        current_state: 'RISK_REVIEW',
        event: {
          event_type: 'STATE_CHANGED',
          sequence_no: 3,
          from_state: 'DRAFT',
          to_state: 'RISK_REVIEW',
          version_no: 2,
          actor_id: 'advisor-1',
          reason: 'ready',
        },
      });
      for (const [approval_type, expected_state, next] of [
        ['RISK', 'RISK_REVIEW', 'COMPLIANCE_REVIEW'],
        ['COMPLIANCE', 'COMPLIANCE_REVIEW', 'AWAITING_CLIENT_CONSENT'],
        ['CLIENT_CONSENT', 'AWAITING_CLIENT_CONSENT', 'EXECUTION_READY'],
      ]) {
        const answer = await client.post(`/${id}/approvals`, {
          approval_type,
          approved: true,
          expected_state,
          actor_id: 'approver',
          comment: 'fine',
        });
        expect(answer.status).toBe(201);
        expect(read(answer)).toMatchObject({
          proposal_id: id,
          current_state: next,
          approval: { approval_type, approved: true, version_no: 2, comment: 'fine' },
          event: { event_type: 'APPROVAL_RECORDED', to_state: next, reason: 'fine' },
        });
      }
      const executed = await client.post(`/${id}/transitions`, {
        to_state: 'EXECUTED',
        expected_state: 'EXECUTION_READY',
        actor_id: 'desk',
      });
      expect(executed.status).toBe(200);

      const { items: events } = itemsIn(await client.get(`/${id}/events`));
      expect(events.map((event) => [event.sequence_no, event.event_type, event.to_state])).toEqual([
        [1, 'CREATED', 'DRAFT'],
        [2, 'VERSION_ADDED', 'DRAFT'],
        [3, 'STATE_CHANGED', 'RISK_REVIEW'],
        [4, 'APPROVAL_RECORDED', 'COMPLIANCE_REVIEW'],
        [5, 'APPROVAL_RECORDED', 'AWAITING_CLIENT_CONSENT'],
        [6, 'APPROVAL_RECORDED', 'EXECUTION_READY'],
        [7, 'STATE_CHANGED', 'EXECUTED'],
      ]);
      for (const event of events) {
        expect(event).toMatchObject({
          proposal_id: id,
          event_id: expect.stringMatching(UUID),
          occurred_at: expect.stringMatching(TIME),
        });
      }
      const { items: approvals } = itemsIn(await client.get(`/${id}/approvals`));
      expect(approvals.map(({ approval_type }) => approval_type)).toEqual([
        'RISK',
        'COMPLIANCE',
        'CLIENT_CONSENT',
      ]);
    });

    it('a refusal ends it', async () => {
      const { proposal_id: id } = await client.proposal({}, 'RISK_REVIEW');
      const refused = await client.post(`/${id}/approvals`, { ...APPROVAL, approved: false });
      expect(refused.status).toBe(201);
      expect(read(refused)).toMatchObject({
        current_state: 'REJECTED',
        approval: { approved: false, comment: null },
      });
    });

    it('what is left out is null', async () => {
      const bare = await client.proposal();
      const nulls = { title: null, mandate_id: null, jurisdiction: null, advisor_notes: null };
      expect(bare).toMatchObject(nulls);
      expect(await client.proposal(nulls)).toMatchObject(nulls);
      expect(await client.proposal({ title: '', advisor_notes: '' })).toMatchObject({
        ...nulls,
        title: '',
        advisor_notes: '',
      });
    });
  });

  describe('idempotency', () => {
    it('answers the same proposal to the same key and body', async () => {
      const key = randomUUID();
      const first = await client.create(CREATION, key);
      const again = await client.create(CREATION, key);
      expect([first.status, again.status]).toEqual([201, 200]);
      expect(again.headers.get('idempotency-replayed')).toBe('true');
      expect(again.headers.get('location')).toBeNull();
      expect(read(again)).toEqual(read(first));
    });

    it('takes a body for the same when only its writing differs', async () => {
      const key = randomUUID();
      const first = await client.create(
        '{"portfolio_id":"p","created_by":"c","document":{"a":1,"b":1.0}}',
        key,
      );
      const again = await client.create(
        ' { "document" : {"b":10e-1,"\\u0061":1}, "created_by":"c", "title":null,\n"portfolio_id":"p" }',
        key,
      );
      expect(again.status).toBe(200);
      expect(read(again)).toEqual(read(first));
    });

    it.each<[string, object]>([
      ['document', { document: { trades: [null] } }],
      ['portfolio', { portfolio_id: 'other' }],
      ['creator', { created_by: 'other' }],
      ['title', { title: '' }],
      ['mandate', { mandate_id: 'other' }],
      ['jurisdiction', { jurisdiction: 'other' }],
      ['notes', { advisor_notes: '' }],
    ])('refuses the same key with another %s', async (_, change) => {
      const key = randomUUID();
      const first = await client.create(CREATION, key);
      const other = await client.create({ ...CREATION, ...change }, key);
      expectProblem(other, 409, 'IDEMPOTENCY_KEY_CONFLICT');
      expect(read(await client.create(CREATION, key))).toEqual(read(first));
    });

    it('demands a key', async () => {
      expectProblem(await client.post('', CREATION), 400, 'IDEMPOTENCY_KEY_REQUIRED');
    });

    it.each(['', 'a b', 'é', 'x'.repeat(256), 'a,\tb'])('refuses the key %j', async (key) => {
      expectProblem(await client.create(CREATION, key), 400, 'IDEMPOTENCY_KEY_INVALID');
    });

    it.each(['!', `'";--`, 'x'.repeat(255), '__proto__', '%00', '~'])(
      'takes the key %j',
      async (key) => {
        expect((await client.create(CREATION, key)).status).toBe(201);
        expect((await client.create(CREATION, key)).status).toBe(200);
      },
    );

    it('leaves a key free that came with a faulty body', async () => {
      const key = randomUUID();
      expectProblem(await client.create({ ...CREATION, title: 1 }, key), 422, 'VALIDATION_FAILED');
      expect((await client.create(CREATION, key)).status).toBe(201);
    });

    it('creates one proposal for 50 callers at once', async () => {
      const key = randomUUID();
      const answers = await Promise.all(
        Array.from({ length: 50 }, () => client.create(CREATION, key)),
      );
      expect(answers.filter(({ status }) => status === 201)).toHaveLength(1);
      expect(answers.filter(({ status }) => status === 200)).toHaveLength(49);
      expect(new Set(answers.map((answer) => proposalIn(answer).proposal_id)).size).toBe(1);
    });
  });

  describe('documents', () => {
    it('come back as they were sent', async () => {
      await fc.assert(
        fc.asyncProperty(anyDocument(4), async (document) => {
          const { proposal_id: id, version } = await client.proposal({ document });
          const stored = proposalIn(await client.get(`/${id}`));
          const first = versionIn(await client.get(`/${id}/versions/1`));
          expect(stored.version).toEqual(version);
          expect(first).toEqual(version);
          expect(JSON.stringify(first.document)).toBe(JSON.stringify(document));
        }),
        { numRuns: 40 },
      );
    });

    it.each([
      '{"constructor":1,"toString":[],"valueOf":null,"hasOwnProperty":{"prototype":1}}',
      '{"constructor":{"name":"x"},"toJSON":"x","then":{},"length":-1,"":""}',
      '[0.1,1.5,5e-324,1e+308,9007199254740992,-1,1e+21]',
      '"\u{1F600} e\u0301 \u2028 \u202e \uFEFF \u007f"',
      `"'; DROP TABLE proposal_records; --"`,
      '":proposalId $1 ? @x"',
      '[null,[],{},"",0,false]',
    ])('come back byte for byte: %s', async (document) => {
      const body = `{"portfolio_id":"p","created_by":"c","document":${document}}`;
      const created = await client.create(body);
      expect(created.status).toBe(201);
      const { proposal_id: id } = proposalIn(created);
      expect((await client.get(`/${id}/versions/1`)).text).toContain(`"document":${document},`);
    });

    it('may be 1 MiB long, and not a byte more', async () => {
      const text = (bytes: number) => 'x'.repeat(bytes - 2);
      const emoji = '\u{1F600}'.repeat((MIB - 4) / 4);
      for (const document of [text(MIB), `${emoji}xx`]) {
        expect(Buffer.byteLength(JSON.stringify(document))).toBe(MIB);
        const { proposal_id: id } = await client.proposal({ document });
        expect(proposalIn(await client.get(`/${id}`)).version.document).toBe(document);
        const version = await client.post(`/${id}/versions`, { created_by: 'a', document });
        expect(version.status).toBe(201);
        const longer = { document: `${document}x` };
        expectProblem(await client.create({ ...CREATION, ...longer }), 413, 'DOCUMENT_TOO_LARGE');
        expectProblem(
          await client.post(`/${id}/versions`, { ...VERSION, ...longer }),
          413,
          'DOCUMENT_TOO_LARGE',
        );
      }
    });

    it('may be nested as deep as a body may', async () => {
      const nested = (depth: number) => '['.repeat(depth) + ']'.repeat(depth);
      const body = (depth: number) =>
        `{"portfolio_id":"p","created_by":"c","document":${nested(depth)}}`;
      const created = await client.create(body(127));
      expect(created.status).toBe(201);
      expect(created.text).toContain(`"document":${nested(127)},`);
      expectProblem(await client.create(body(128)), 422, 'JSON_TOO_DEEP');
    });

    it('have one hash, however they are written', async () => {
      const hashes = await Promise.all(
        ['{"b":1,"a":[1e2]}', '{"a":[100.0],"b":1}'].map(async (document) => {
          const body = `{"portfolio_id":"p","created_by":"c","document":${document}}`;
          return proposalIn(await client.create(body)).version.document_hash;
        }),
      );
      expect(hashes).toEqual([sha256('{"a":[100],"b":1}'), sha256('{"a":[100],"b":1}')]);
    });
  });

  describe('a body that cannot be read', () => {
    let id: string;
    beforeAll(async () => {
      ({ proposal_id: id } = await client.proposal({}, 'RISK_REVIEW'));
    });
    const send = (route: string, body?: Body, headers: Readonly<Record<string, string>> = {}) =>
      client.post(route.replace(':id', id), body, { 'idempotency-key': randomUUID(), ...headers });

    const faults: readonly (readonly [string, number, string | Uint8Array])[] = [
      ['BODY_MALFORMED', 400, ''],
      ['BODY_MALFORMED', 400, '{"document":'],
      ['BODY_MALFORMED', 400, "{'document':1}"],
      ['BODY_MALFORMED', 400, '{} {}'],
      ['BODY_MALFORMED', 400, Uint8Array.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d])],
      ['BODY_MALFORMED', 400, Buffer.from('{}', 'utf16le')],
      ['BODY_TOO_LARGE', 413, `"${'x'.repeat(2 * MIB)}"`],
      ['JSON_NUMBER_NOT_REPRESENTABLE', 422, '{"document":9007199254740993}'],
      ['JSON_NUMBER_NOT_REPRESENTABLE', 422, '{"document":1e400}'],
      ['JSON_NUMBER_NOT_REPRESENTABLE', 422, '{"document":[0.12345678901234567890]}'],
      ['JSON_LONE_SURROGATE', 422, String.raw`{"document":{"\ud800":1}}`],
      ['JSON_NUL_CHARACTER', 422, String.raw`{"document":"\u0000"}`],
      ['JSON_DUPLICATE_KEY', 422, '{"document":{"a":1,"a":2}}'],
      ['JSON_DUPLICATE_KEY', 422, '{"created_by":"a","created_by":"a"}'],
      ['JSON_PROTOTYPE_KEY', 422, '{"document":{"__proto__":{"polluted":1}}}'],
      ['JSON_PROTOTYPE_KEY', 422, '{"constructor":{"prototype":{"polluted":1}}}'],
      ['JSON_TOO_DEEP', 422, `{"document":${'['.repeat(200_000)}${']'.repeat(200_000)}}`],
      ['VALIDATION_FAILED', 422, 'null'],
      ['VALIDATION_FAILED', 422, '[]'],
      ['VALIDATION_FAILED', 422, '"text"'],
      ['VALIDATION_FAILED', 422, '{}'],
    ];

    for (const [route, body] of POSTS) {
      it.each(faults)(`POST ${route}: %s`, async (code, status, text) => {
        expectProblem(await send(route, text), status, code);
      });

      it(`POST ${route}: no body at all`, async () => {
        expectProblem(await send(route), 400, 'BODY_MALFORMED');
      });

      it.each([
        'text/plain',
        'application/x-www-form-urlencoded',
        'multipart/form-data; boundary=x',
        'application/jsonx',
        'application/xml',
        'json',
        '',
      ])(`POST ${route}: declared as %j`, async (type) => {
        const answer = await send(route, JSON.stringify(body), { 'content-type': type });
        expectProblem(answer, 415, 'MEDIA_TYPE_UNSUPPORTED');
      });
    }

    it('that grows beyond 2 MiB is refused before it ends', async () => {
      const { status, text } = await upload(client.url + PROPOSALS, 2 * MIB + 1);
      expect([status, (JSON.parse(text) as Problem).code]).toEqual([413, 'BODY_TOO_LARGE']);
    });

    it('leaves the proposal as it was', async () => {
      expect(proposalIn(await client.get(`/${id}`))).toMatchObject({
        current_state: 'RISK_REVIEW',
        current_version_no: 1,
      });
      expect(itemsIn(await client.get(`/${id}/events`)).items).toHaveLength(2);
    });

    it.each([
      'application/json; charset=utf-8',
      'Application/JSON',
      'application/vnd.holdfast.v1+json',
      'application/json;charset=UTF-8',
    ])('is not one that is declared as %s', async (type) => {
      const answer = await client.post('', JSON.stringify(CREATION), {
        'content-type': type,
        'idempotency-key': randomUUID(),
      });
      expect(answer.status).toBe(201);
      const { proposal_id, version } = proposalIn(answer);
      client.acknowledged.set(proposal_id, JSON.stringify(version.document));
    });
  });

  describe('a body that does not fit', () => {
    const wrong = { S3NTINEL: 1 };
    const identifiers = [undefined, null, '', 1, wrong, ['S3NTINEL'], 'S3NTINEL'.repeat(17)];
    const texts = [1, true, wrong, ['S3NTINEL']];
    const states = [undefined, null, '', 'draft', 'S3NTINEL', 1, ['DRAFT'], 'constructor'];
    const faults: readonly (readonly [string, object, string, readonly unknown[]])[] = [
      ['', CREATION, 'portfolio_id', identifiers],
      ['', CREATION, 'created_by', identifiers],
      ['', CREATION, 'document', [undefined]],
      ['', CREATION, 'title', [...texts, 'x'.repeat(1001)]],
      ['', CREATION, 'mandate_id', [...texts, '', 'x'.repeat(129)]],
      ['', CREATION, 'jurisdiction', [...texts, '', 'x'.repeat(129)]],
      ['', CREATION, 'advisor_notes', [...texts, 'x'.repeat(65_537)]],
      ['/:id/versions', VERSION, 'created_by', identifiers],
      ['/:id/versions', VERSION, 'document', [undefined]],
      ['/:id/versions', VERSION, 'expected_version_no', [0, -1, 1.5, '1', null, 2 ** 31, true]],
      ['/:id/transitions', TRANSITION, 'to_state', states],
      ['/:id/transitions', TRANSITION, 'expected_state', states],
      ['/:id/transitions', TRANSITION, 'actor_id', identifiers],
      ['/:id/transitions', TRANSITION, 'reason', [...texts, 'x'.repeat(65_537)]],
      ['/:id/approvals', APPROVAL, 'approval_type', [...states, 'risk']],
      ['/:id/approvals', APPROVAL, 'approved', [undefined, null, 0, 1, 'true', wrong]],
      ['/:id/approvals', APPROVAL, 'expected_state', states],
      ['/:id/approvals', APPROVAL, 'actor_id', identifiers],
      ['/:id/approvals', APPROVAL, 'comment', [...texts, 'x'.repeat(65_537)]],
    ];

    it.each(faults)('POST %s %j: %s', async (route, body, member, values) => {
      const { proposal_id: id } = await client.proposal();
      const [before, events] = [await client.get(`/${id}`), await client.get(`/${id}/events`)];
      for (const value of values) {
        const answer = await client.post(
          route.replace(':id', id),
          { ...body, [member]: value },
          { 'idempotency-key': randomUUID() },
        );
        const { errors } = expectProblem(answer, 422, 'VALIDATION_FAILED');
        expect([value, errors?.map(({ path }) => path.split('.', 1)[0])]).toEqual([
          value,
          [member],
        ]);
      }
      expect((await client.get(`/${id}`)).text).toBe(before.text);
      expect((await client.get(`/${id}/events`)).text).toBe(events.text);
    });

    it.each(POSTS)('POST %s refuses members that it does not know', async (route, body) => {
      const { proposal_id: id } = await client.proposal();
      for (const member of ['proposal_id', 'current_state', 'portfolioId', 'constructor', '']) {
        const answer = await client.post(
          route.replace(':id', id),
          { ...body, [member]: 'S3NTINEL' },
          { 'idempotency-key': randomUUID() },
        );
        expectProblem(answer, 422, 'VALIDATION_FAILED');
      }
    });

    it('tells all faults at once', async () => {
      const answer = await client.create({ portfolio_id: 1, title: 2 });
      const { errors } = expectProblem(answer, 422, 'VALIDATION_FAILED');
      expect(errors?.map(({ path }) => path).toSorted()).toEqual([
        'created_by',
        'document',
        'portfolio_id',
        'title',
      ]);
    });
  });

  describe('what the workflow does not allow', () => {
    it('another state than expected', async () => {
      const { proposal_id: id } = await client.proposal({}, 'RISK_REVIEW');
      expectProblem(await client.post(`/${id}/transitions`, TRANSITION), 409, 'STATE_CONFLICT');
      const approval = { ...APPROVAL, expected_state: 'DRAFT' };
      expectProblem(await client.post(`/${id}/approvals`, approval), 409, 'STATE_CONFLICT');
      const version = { ...VERSION, expected_version_no: 2 };
      expectProblem(await client.post(`/${id}/versions`, version), 409, 'STATE_CONFLICT');
      expect(itemsIn(await client.get(`/${id}/events`)).items).toHaveLength(2);
    });

    it('a transition that is not in the table', async () => {
      const { proposal_id: id } = await client.proposal();
      for (const to_state of ['DRAFT', 'EXECUTED', 'REJECTED', 'EXECUTION_READY']) {
        const answer = await client.post(`/${id}/transitions`, { ...TRANSITION, to_state });
        expectProblem(answer, 422, 'TRANSITION_NOT_ALLOWED');
      }
      expect(itemsIn(await client.get(`/${id}/events`)).items).toHaveLength(1);
    });

    it('anything once the proposal has ended', async () => {
      const { proposal_id: id } = await client.proposal({}, 'CANCELLED');
      const at = { expected_state: 'CANCELLED' };
      const move = await client.post(`/${id}/transitions`, { ...TRANSITION, ...at });
      expectProblem(move, 422, 'TRANSITION_NOT_ALLOWED');
      const version = await client.post(`/${id}/versions`, VERSION);
      expectProblem(version, 422, 'VERSION_NOT_ALLOWED');
      const approval = await client.post(`/${id}/approvals`, { ...APPROVAL, ...at });
      expectProblem(approval, 422, 'APPROVAL_NOT_ALLOWED');
      expect(itemsIn(await client.get(`/${id}/events`)).items).toHaveLength(2);
      expect(itemsIn(await client.get(`/${id}/approvals`)).items).toEqual([]);
    });

    it('an approval that belongs to another state', async () => {
      const { proposal_id: id } = await client.proposal({}, 'RISK_REVIEW');
      for (const approval_type of ['COMPLIANCE', 'CLIENT_CONSENT']) {
        const answer = await client.post(`/${id}/approvals`, { ...APPROVAL, approval_type });
        expectProblem(answer, 422, 'APPROVAL_NOT_ALLOWED');
      }
    });

    it('more than one of many transitions from one state', async () => {
      const { proposal_id: id } = await client.proposal();
      const answers = await Promise.all(
        Array.from({ length: 30 }, () => client.post(`/${id}/transitions`, TRANSITION)),
      );
      const statuses = answers.map(({ status }) => status).toSorted();
      expect(statuses).toEqual([200, ...Array.from({ length: 29 }, () => 409)]);
      expect(itemsIn(await client.get(`/${id}/events`)).items).toHaveLength(2);
    });

    it('more than one of many versions on one version', async () => {
      const { proposal_id: id } = await client.proposal();
      const answers = await Promise.all(
        Array.from({ length: 30 }, () =>
          client.post(`/${id}/versions`, { ...VERSION, expected_version_no: 1 }),
        ),
      );
      const statuses = answers.map(({ status }) => status).toSorted();
      expect(statuses).toEqual([201, ...Array.from({ length: 29 }, () => 409)]);
      expectProblem(await client.get(`/${id}/versions/3`), 404, 'PROPOSAL_VERSION_NOT_FOUND');
    });
  });

  describe('a path', () => {
    const routes: readonly (readonly [string, string, object?])[] = [
      ['GET', '/:id'],
      ['GET', '/:id/versions/1'],
      ['GET', '/:id/events'],
      ['GET', '/:id/approvals'],
      ['POST', '/:id/versions', VERSION],
      ['POST', '/:id/transitions', TRANSITION],
      ['POST', '/:id/approvals', APPROVAL],
    ];

    describe.each(routes)('%s %s', (method, route, body) => {
      const ask = (id: string) => client.send(method, PROPOSALS + route.replace(':id', id), body);

      it.each([
        randomUUID(),
        'constructor',
        '__proto__',
        "'%20OR%20'1'='1",
        '%27%3B%20DROP%20TABLE%20x%3B--',
        ':proposalId',
        '$1',
        '%25',
        '%F0%9F%98%80',
        '%2e%2e%2f%2e%2e%2fetc%2fpasswd',
        'x'.repeat(100),
      ])('of a proposal that does not exist: %s', async (id) => {
        expectProblem(await ask(id), 404, 'PROPOSAL_NOT_FOUND');
      });

      it.each(['%00', 'a%00b'])('with a NUL: %s', async (id) => {
        expectProblem(await ask(id), 422, 'VALIDATION_FAILED');
      });

      it.each(['%', '%zz', '%4', '%ff', '%c0%af', '%ed%a0%80'])(
        'with a malformed escape: %s',
        async (id) => {
          expectProblem(await ask(id), 400, 'REQUEST_MALFORMED');
        },
      );
    });

    it('may hold an identifier of 128 characters, and not one more', async () => {
      expectProblem(await client.get(`/${'x'.repeat(128)}`), 404, 'PROPOSAL_NOT_FOUND');
      expectProblem(await client.get(`/${'x'.repeat(129)}`), 422, 'VALIDATION_FAILED');
    });

    it('of a version that does not exist', async () => {
      const { proposal_id: id } = await client.proposal();
      for (const number of ['2', '2147483647']) {
        const answer = await client.get(`/${id}/versions/${number}`);
        expectProblem(answer, 404, 'PROPOSAL_VERSION_NOT_FOUND');
      }
    });

    it.each(['0', '-1', '1.5', '1,0', '%20', 'one', '1%00', 'Infinity', '2147483648', '%D9%A1'])(
      'of a version that is no number: %s',
      async (number) => {
        const { proposal_id: id } = await client.proposal();
        const answer = await client.get(`/${id}/versions/${number}`);
        const { errors } = expectProblem(answer, 422, 'VALIDATION_FAILED');
        expect(errors?.map(({ path }) => path)).toEqual(['version_no']);
      },
    );

    it.each([
      ['GET', '/unknown'],
      ['GET', '/rebalance'],
      ['GET', `${PROPOSALS}/`],
      ['GET', '//'],
      ['GET', `/${PROPOSALS}`],
      ['GET', `${PROPOSALS}/x/unknown`],
      ['GET', `${PROPOSALS}/x/versions/1/2`],
      ['GET', '/__proto__'],
      ['GET', '/constructor'],
      ['GET', '/.env'],
      ['GET', '/..%2f..%2fetc%2fpasswd'],
    ])('that is none: %s %s', async (method, path) => {
      expectProblem(await client.send(method, path), 404, 'ROUTE_NOT_FOUND');
    });

    it.each([
      ['GET', `${PROPOSALS}/x/versions`],
      ['GET', `${PROPOSALS}/x/transitions`],
      ['POST', `${PROPOSALS}/x`],
      ['POST', `${PROPOSALS}/x/events`],
      ['PUT', `${PROPOSALS}/x`],
      ['PATCH', `${PROPOSALS}/x`],
      ['DELETE', `${PROPOSALS}/x`],
      ['DELETE', PROPOSALS],
      ['OPTIONS', PROPOSALS],
    ])('that takes other methods: %s %s', async (method, path) => {
      const answer = await client.send(method, path);
      expectProblem(answer, 405, 'METHOD_NOT_ALLOWED');
      expect(answer.headers.get('allow')).toMatch(/^[A-Z]+(?:, [A-Z]+)*$/);
    });
  });

  describe('the list', () => {
    const portfolio = `list-${randomUUID()}`;
    const mine = `&portfolio_id=${portfolio}`;
    const stored: Summary[] = [];
    const ids = (found: readonly Summary[]) => found.map(({ proposal_id }) => proposal_id);

    beforeAll(async () => {
      for (let index = 0; index < 7; index += 1) {
        const fields = { portfolio_id: portfolio, created_by: `creator-${index % 2}` };
        const states = index % 3 === 0 ? ['CANCELLED'] : [];
        const { proposal_id: id } = await client.proposal(fields, ...states);
        const { version, ...summary } = proposalIn(await client.get(`/${id}`));
        expect(version.version_no).toBe(1);
        stored.push(summary);
      }
      stored.sort(
        (one, other) =>
          other.created_at.localeCompare(one.created_at) ||
          (one.proposal_id < other.proposal_id ? 1 : -1),
      );
    });

    it.each([1, 2, 3, 6, 7, 8, 200])('holds every proposal once, %d at a time', async (limit) => {
      expect(await client.list(mine, limit)).toEqual(stored);
    });

    it('filters by state, creator and portfolio', async () => {
      for (const state of ['DRAFT', 'CANCELLED', 'EXECUTED']) {
        for (const creator of ['creator-0', 'creator-1', 'nobody']) {
          expect(await client.list(`${mine}&state=${state}&created_by=${creator}`)).toEqual(
            stored.filter(
              ({ current_state, created_by }) => current_state === state && created_by === creator,
            ),
          );
        }
      }
      expect(await client.list('&portfolio_id=unknown')).toEqual([]);
      expect(await client.list('&portfolio_id=%25')).toEqual([]);
      expect(await client.list("&portfolio_id=x'%20OR%20'1'='1")).toEqual([]);
    });

    it('filters by time: from it, to just before it', async () => {
      const { created_at: time } = stored[3] ?? { created_at: '' };
      const since = stored.filter(({ created_at }) => created_at >= time);
      const before = stored.filter(({ created_at }) => created_at < time);
      const after = stored.filter(({ created_at }) => created_at > time);
      const micro = (digits: string) => time.replace('Z', `${digits}Z`);
      const shifted = (hours: number) =>
        new Date(Date.parse(time) + hours * 3_600_000).toISOString().slice(0, -1);
      for (const [query, expected] of [
        [`&created_from=${time}`, since],
        [`&created_from=${micro('000')}`, since],
        [`&created_from=${micro('001')}`, after],
        [`&created_from=${shifted(5)}%2B05:00`, since],
        [`&created_from=${shifted(-3)}-03:00`, since],
        [`&created_to=${time}`, before],
        [`&created_to=${micro('0')}`, before],
        [`&created_to=${micro('001')}`, stored.filter(({ created_at }) => created_at <= time)],
        [`&created_to=${shifted(14)}%2B14:00`, before],
        [`&created_from=${time}&created_to=${time}`, []],
        [`&created_from=0001-01-01T00:00:00Z&created_to=9999-12-31T23:59:59Z`, stored],
        [`&created_from=9999-12-31T23:59:59.999999Z`, []],
      ] as const) {
        expect([query, ids(await client.list(mine + query))]).toEqual([query, ids(expected)]);
      }
    });

    it('is never wrong about a time at the ends of the calendar', async () => {
      // Either the time is refused, or it means what it says.
      for (const [query, expected] of [
        ['&created_to=9999-12-31T23:59:59-01:00', stored],
        ['&created_from=9999-12-31T23:59:59-01:00', []],
        ['&created_from=0000-01-01T00:00:00%2B01:00', stored],
        ['&created_to=0000-01-01T00:00:00%2B01:00', []],
        ['&created_from=0000-01-01T00:00:00Z', stored],
      ] as const) {
        const answer = await client.get(`?limit=200${mine}${query}`);
        const found = answer.status === 422 ? 'refused' : ids(pageIn(answer).items);
        expect([query, found]).toEqual([query, found === 'refused' ? found : ids(expected)]);
      }
    });

    it.each([
      ['state=S3NTINEL', 'state'],
      ['state=draft', 'state'],
      ['state=', 'state'],
      ['limit=0', 'limit'],
      ['limit=201', 'limit'],
      ['limit=-1', 'limit'],
      ['limit=1.5', 'limit'],
      ['limit=1,5', 'limit'],
      ['limit=%20', 'limit'],
      ['limit=Infinity', 'limit'],
      ['limit=NaN', 'limit'],
      ['limit=null', 'limit'],
      ['limit=true', 'limit'],
      ['limit=', 'limit'],
      ['limit=S3NTINEL', 'limit'],
      ['limit=9999999999', 'limit'],
      ['limit=1%00', 'limit'],
      ['portfolio_id=', 'portfolio_id'],
      ['portfolio_id=%00', 'portfolio_id'],
      [`portfolio_id=${'S3NTINEL'.repeat(17)}`, 'portfolio_id'],
      ['created_by=', 'created_by'],
      ['created_by=a%00b', 'created_by'],
      ['created_from=S3NTINEL', 'created_from'],
      ['created_from=2026-11-21', 'created_from'],
      ['created_from=2026-11-21T12:00:00', 'created_from'],
      ['created_from=2026-02-30T12:00:00Z', 'created_from'],
      ['created_from=2026-11-21T24:00:00Z', 'created_from'],
      ['created_from=2026-11-21T12:00:60Z', 'created_from'],
      ['created_from=2026-11-21T12:00:00.1234567Z', 'created_from'],
      ['created_from=2026-11-21T12:00:00%2B25:00', 'created_from'],
      ['created_from=1763726400', 'created_from'],
      ['created_to=now', 'created_to'],
      ['created_to=', 'created_to'],
      [`cursor=${'x'.repeat(2049)}`, 'cursor'],
      ['limit=1&limit=1', 'limit'],
      ['state=DRAFT&state=DRAFT', 'state'],
      ['portfolio_id=a&portfolio_id=b', 'portfolio_id'],
      ['cursor=a&cursor=b', 'cursor'],
      ['created_from=2026-11-21T12:00:00Z&created_from=2026-11-21T12:00:00Z', 'created_from'],
      ['unknown=1', ''],
      ['portfolioId=1', ''],
      ['__proto__=1', ''],
      ['__proto__[state]=DRAFT', ''],
      ['constructor=1', ''],
      ['toString=1', ''],
      ['%00=1', ''],
      ['state[]=DRAFT', ''],
      ['=', ''],
    ])('refuses ?%s', async (query, path) => {
      const { errors } = expectProblem(await client.get(`?${query}`), 422, 'VALIDATION_FAILED');
      expect(errors?.map((error) => error.path)).toEqual([path]);
    });

    it('gives no proposal to a query whose escapes are malformed', async () => {
      for (const text of ['%', '%zz', '%ff', '%c0%af']) {
        const answer = await client.get(`?portfolio_id=${text}`);
        if (answer.status === 200) expect(pageIn(answer).items).toEqual([]);
        else expect(answer.status).toBe(400);
      }
    });

    it('refuses a cursor that it did not give', async () => {
      const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
      const { proposal_id: id, created_at: time } = stored[0] ?? {
        proposal_id: '',
        created_at: '',
      };
      for (const cursor of [
        '',
        'x',
        'S3NTINEL',
        '%00',
        '../..',
        '{}',
        '%7B%22a%22:1%7D',
        encode(null),
        encode({}),
        encode([]),
        encode([time]),
        encode([time, 1]),
        encode([time, null]),
        encode([time, '']),
        encode([time, 'x\0']),
        encode([time, 'x'.repeat(129)]),
        encode([time, id, 1]),
        encode([id, time]),
        encode([0, id]),
        encode(['now', id]),
        encode(['2026-02-30T00:00:00.000Z', id]),
        encode([time.replace('.', ','), id]),
        encode([time.replace('Z', '+00:00'), id]),
        encode(["' OR 1=1 --", id]),
        encode({ createdAt: time, proposalId: id }),
        encode({ 0: time, 1: id, length: 2 }),
        Buffer.from(`["${time}","${id}"`).toString('base64url'),
        Buffer.from(`["${time}","${id}"]x`).toString('base64url'),
        '['.repeat(500),
        Buffer.from('['.repeat(380)).toString('base64url'),
      ]) {
        const answer = await client.get(`?cursor=${encodeURIComponent(cursor)}`);
        const code = cursor === '%00' ? 'CURSOR_INVALID' : problemIn(answer).code;
        expect([cursor, answer.status, code]).toEqual([cursor, 400, 'CURSOR_INVALID']);
      }
    });

    it('never fails over a cursor of which one character was changed', async () => {
      const { next_cursor: cursor } = pageIn(await client.get(`?limit=3${mine}`));
      if (cursor === null) throw new Error('the list has one page only');
      for (let at = 0; at < cursor.length; at += 1) {
        const other = cursor[at] === 'A' ? 'z' : 'A';
        const changed = cursor.slice(0, at) + other + cursor.slice(at + 1);
        const answer = await client.get(`?limit=200${mine}&cursor=${changed}`);
        if (answer.status === 400) expectProblem(answer, 400, 'CURSOR_INVALID');
        else expect(ids(stored)).toEqual(expect.arrayContaining(ids(pageIn(answer).items)));
      }
    });

    it('is not disturbed by proposals that are created between its pages', async () => {
      const found = await client.list(mine, 2, () =>
        Promise.all([1, 2, 3].map(() => client.proposal({ portfolio_id: portfolio }))),
      );
      expect(ids(found)).toEqual(ids(stored));
    });
  });

  describe('the correlation id', () => {
    const paths: readonly (readonly [string, string, Body?])[] = [
      ['GET', PROPOSALS],
      ['GET', `${PROPOSALS}/unknown`],
      ['GET', '/unknown'],
      ['GET', '/%zz'],
      ['POST', PROPOSALS, '{'],
      ['POST', PROPOSALS, CREATION],
      ['POST', PROPOSALS, `"${'x'.repeat(2 * MIB)}"`],
    ];

    it.each(['x', 'a.b:c@d/e+f=g-h_i', 'A'.repeat(128), randomUUID()])(
      'is the one that was given: %s',
      async (given) => {
        for (const [method, path, body] of paths) {
          const answer = await client.send(method, path, body, { 'x-correlation-id': given });
          expect(answer.headers.get('x-correlation-id')).toBe(given);
        }
      },
    );

    it.each(['', 'a b', 'A'.repeat(129), 'é', '{}', '<script>', `'"`, 'a, b'])(
      'is a new one instead of %j',
      async (given) => {
        const seen = new Set<string | null>();
        for (const [method, path, body] of paths) {
          const answer = await client.send(method, path, body, { 'x-correlation-id': given });
          expect(answer.headers.get('x-correlation-id')).toMatch(UUID);
          seen.add(answer.headers.get('x-correlation-id'));
        }
        expect(seen.size).toBe(paths.length);
      },
    );
  });

  describe('bytes on the socket', () => {
    const post = `POST ${PROPOSALS} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n`;
    const noise = Buffer.from(Array.from({ length: 4096 }, (_, at) => (at * 7919 + 13) % 251));

    it.each<[string, string | Uint8Array]>([
      ['noise', noise],
      ['control characters', Uint8Array.from([0, 255, 1, 2, 13, 10, 13, 10])],
      ['the start of TLS', Uint8Array.from([0x16, 3, 1, 2, 0, 1, 0, 1, 0xfc, 3, 3, 0, 0])],
      ['another protocol', 'SSH-2.0-OpenSSH_9.6\r\n'],
      ['HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'],
      ['a version that does not exist', 'GET / HTTP/9.9\r\nHost: x\r\n\r\n'],
      ['a method that does not exist', 'S3NTINEL / HTTP/1.1\r\nHost: x\r\n\r\n'],
      ['no method', ' / HTTP/1.1\r\nHost: x\r\n\r\n'],
      ['a NUL in the path', 'GET /\0 HTTP/1.1\r\nHost: x\r\n\r\n'],
      ['a blank in the path', 'GET /a b HTTP/1.1\r\nHost: x\r\n\r\n'],
      ['a NUL in a header', 'GET / HTTP/1.1\r\nHost: x\r\nX: \0\r\n\r\n'],
      ['a header without a colon', 'GET / HTTP/1.1\r\nHost: x\r\nS3NTINEL\r\n\r\n'],
      ['a folded header', 'GET / HTTP/1.1\r\nHost: x\r\n S3NTINEL\r\n\r\n'],
      [
        'headers that are too long',
        `GET / HTTP/1.1\r\nHost: x\r\nX: ${'y'.repeat(100_000)}\r\n\r\n`,
      ],
      ['a path that is too long', `GET /${'y'.repeat(100_000)} HTTP/1.1\r\nHost: x\r\n\r\n`],
      ['two lengths', `${post}Content-Length: 1\r\nContent-Length: 2\r\n\r\n{}`],
      ['a length and chunks', `${post}Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n{}`],
      ['a length that is no number', `${post}Content-Length: S3NTINEL\r\n\r\n{}`],
      ['a negative length', `${post}Content-Length: -1\r\n\r\n{}`],
      ['a broken chunk', `${post}Transfer-Encoding: chunked\r\n\r\nZZ\r\n{}`],
      ['a body that is cut off', `${post}Content-Length: 100\r\n\r\n{"portfolio_id":`],
    ])('that are not HTTP are answered with a problem: %s', async (_, bytes) => {
      const received = await exchange(client.url, bytes);
      const [head = '', body = ''] = received.split('\r\n\r\n', 2);
      expect(head).toMatch(/^HTTP\/1\.1 4\d\d /);
      expect(head).toMatch(/^Content-Type: application\/problem\+json; charset=utf-8$/im);
      expect(head).toMatch(/^X-Correlation-Id: [0-9a-f-]{36}$/im);
      const status = Number(/^HTTP\/1\.1 (\d+)/.exec(head)?.[1]);
      expect(JSON.parse(body)).toMatchObject({ code: CODES[status], status });
      expect(received).not.toMatch(LEAKS);
    });

    it.each([
      ['no host', 'GET / HTTP/1.1\r\nConnection: close\r\n\r\n'],
      [
        'an expectation',
        `${post}Expect: S3NTINEL\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}`,
      ],
    ])('that Node.js itself refuses are refused without a word too many: %s', async (_, bytes) => {
      const received = await exchange(client.url, bytes);
      expect(received).toMatch(/^HTTP\/1\.1 4\d\d /);
      expect(received).not.toMatch(LEAKS);
    });

    it('that stop in the middle are no fault of the service', async () => {
      const half = `${post}Content-Length: 100\r\n\r\n{"portfolio_id":`;
      for (let times = 0; times < 20; times += 1) await exchange(client.url, half, true);
      for (let times = 0; times < 20; times += 1) await client.get('?limit=1');
      expect(errorLines()).toEqual([]);
    });

    it('of any kind leave the service serving', async () => {
      await Promise.all(
        Array.from({ length: 100 }, (_, at) =>
          exchange(client.url, noise.subarray(at * 40, at * 40 + 40), at % 2 === 0),
        ),
      );
      expect((await client.get('?limit=1')).status).toBe(200);
    });
  });

  describe('after all this', () => {
    it('the process lives and has failed at nothing', async () => {
      expect(service.process.exitCode).toBeNull();
      expect(service.process.signalCode).toBeNull();
      expect((await client.send('GET', '/health/live')).status).toBe(200);
      expect(errorLines()).toEqual([]);
    });

    it('what was acknowledged is stored, and nothing else', async () => {
      const found = await client.list();
      expect(found.map(({ proposal_id }) => proposal_id).toSorted()).toEqual(
        [...client.acknowledged.keys()].toSorted(),
      );
      expect(found.length).toBeGreaterThan(100);
    });

    it('a restart on the same folder finds everything again', async () => {
      const before = await client.list();
      expect(await service.stop()).toMatchObject({ code: 0 });
      service = await startService({}, folder);
      const again = new Client(service.url);
      expect(await again.list()).toEqual(before);
      for (const [id, document] of client.acknowledged) {
        const { document: found } = versionIn(await again.get(`/${id}/versions/1`));
        expect(JSON.stringify(found)).toBe(document);
      }
    });
  });
});

describe('a number of two million digits', () => {
  let service: Service;
  beforeAll(async () => {
    service = await startService({});
  });
  // Not asked to stop: a service that is still reading the number would not hear it.
  afterAll(() => stopAll([service]));

  it('is judged like any other', async () => {
    const client = new Client(service.url);
    const body = (number: string) => `{"portfolio_id":"p","created_by":"c","document":[${number}]}`;
    const zeros = '0'.repeat(1_900_000);
    expect((await client.create(body(`1.${zeros}`))).status).toBe(201);
    const refused = await client.create(body(`1.${zeros}1`));
    expectProblem(refused, 422, 'JSON_NUMBER_NOT_REPRESENTABLE');
  }, 20_000);
});

describe('two processes on one database', () => {
  const CALLS = 200;
  let services: readonly Service[] = [];
  let clients: readonly Client[] = [];

  const start = async (environment: Readonly<Record<string, string>>) => {
    services = await Promise.all([startService(environment), startService(environment)]);
    clients = services.map(({ url }) => new Client(url));
  };
  const at = (index: number): Client => {
    const client = clients[index];
    if (!client) throw new Error('the process is not running');
    return client;
  };
  const one = () => at(0);
  const other = () => at(1);

  /** All calls at once, alternating between the processes. */
  function race(bodyOf: (call: number) => object): Promise<readonly Answer[]> {
    const key = randomUUID();
    return Promise.all(
      Array.from({ length: CALLS }, (_, call) => at(call % 2).create(bodyOf(call), key)),
    );
  }

  async function expectOneProposal(): Promise<void> {
    const answers = await race(() => CREATION);
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(1);
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(CALLS - 1);
    const [first] = answers.map((answer) => proposalIn(answer));
    for (const answer of answers) expect(read(answer)).toEqual(first);
    for (const client of clients) {
      const found = await client.list();
      expect(found.map(({ proposal_id }) => proposal_id)).toEqual([first?.proposal_id]);
    }
  }

  async function expectOneRequest(): Promise<void> {
    const before = await one().list();
    const answers = await race((call) => ({ ...CREATION, title: `title ${call % 4 < 2}` }));
    const count = (status: number) => answers.filter((answer) => answer.status === status).length;
    expect([count(201), count(200), count(409)]).toEqual([1, CALLS / 2 - 1, CALLS / 2]);
    expect(await other().list()).toHaveLength(before.length + 1);
  }

  describe('on PostgreSQL under PRODUCTION', () => {
    let database: TestDatabase;

    beforeAll(async () => {
      database = await createDatabase();
      const environment = { APP_PERSISTENCE_PROFILE: 'PRODUCTION', DATABASE_URL: database.url };
      const migrated = await run('cli.js', ['migrate', 'up'], environment);
      expect(migrated.code).toBe(0);
      await start(environment);
    });
    afterAll(async () => {
      await stopAll(services);
      await database.drop();
    });

    it('one key and one body make one proposal', async () => {
      await expectOneProposal();
      const counts = await database.query(
        `SELECT (SELECT count(*)::int FROM proposal_records) AS records,
                (SELECT count(*)::int FROM proposal_versions) AS versions,
                (SELECT count(*)::int FROM proposal_workflow_events) AS events,
                (SELECT count(*)::int FROM proposal_idempotency) AS keys`,
      );
      expect(counts).toEqual([{ records: 1, versions: 1, events: 1, keys: 1 }]);
    });

    it('one key and two bodies make one proposal', async () => {
      await expectOneRequest();
    });

    it('one state and many transitions make one event', async () => {
      const { proposal_id: id } = await one().proposal();
      const answers = await Promise.all(
        Array.from({ length: 40 }, (_, call) =>
          (call % 2 === 0 ? one() : other()).post(`/${id}/transitions`, TRANSITION),
        ),
      );
      expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
      expect(answers.filter(({ status }) => status === 409)).toHaveLength(39);
    });

    it('documents come back as they were sent', async () => {
      await fc.assert(
        fc.asyncProperty(anyDocument(4), async (document) => {
          const { proposal_id: id } = await one().proposal({ document });
          const found = await other().get(`/${id}/versions/1`);
          expect(JSON.stringify(versionIn(found).document)).toBe(JSON.stringify(document));
        }),
        { numRuns: 30 },
      );
    });

    it.each([
      '?created_from=0000-01-01T00:00:00Z',
      '?created_to=0000-01-01T00:00:00%2B01:00',
      '?created_from=0001-01-01T00:00:00%2B01:00',
      '?created_to=9999-12-31T23:59:59-01:00',
      `?cursor=${Buffer.from('["0000-01-01T00:00:00.000Z","x"]').toString('base64url')}`,
      `?cursor=${Buffer.from('["9999-12-31T23:59:59.999Z","x"]').toString('base64url')}`,
      `?cursor=${Buffer.from('["2026-11-21T12:00:00.000Z","\\ud800"]').toString('base64url')}`,
      '?portfolio_id=%EF%BF%BF',
      '?portfolio_id=%zz',
    ])('no query makes it fail: %s', async (query) => {
      expect([200, 400, 422]).toContain((await one().get(query)).status);
    });

    it('both end with 0 when they are asked to', async () => {
      const ended = await Promise.all(services.map((service) => service.stop()));
      expect(ended.map(({ code }) => code)).toEqual([0, 0]);
    });
  });

  describe('on one SQLite file', () => {
    beforeAll(() => start({ SQLITE_PATH: join(workingFolder(), 'shared.sqlite') }));
    afterAll(() => stopAll(services));

    it('one key and one body make one proposal', async () => {
      await expectOneProposal();
    });

    it('one key and two bodies make one proposal', async () => {
      await expectOneRequest();
    });

    it('what one writes the other reads', async () => {
      const { proposal_id: id } = await one().proposal({ document: 'shared' }, 'RISK_REVIEW');
      const found = await other().get(`/${id}`);
      expect(read(found)).toMatchObject({
        current_state: 'RISK_REVIEW',
        version: { document: 'shared' },
      });
    });
  });
});
