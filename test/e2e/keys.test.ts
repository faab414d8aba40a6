import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { BACKENDS } from '@holdfast/guard/store-declaration';
import { type Answer, bodyOf, expectProblem, HttpClient } from '../support/http-client.js';
import { KEYED_WRITES } from '../support/writes/every-write.js';
import type { KeyedWrite } from '../support/writes/store-writes.js';
import { createDatabase, type TestDatabase } from '@holdfast/testing/temporary-database';
import { type Service, startService, workingFolder } from '../support/service.js';

/** Requests with one key at a time. */
const CALLERS = 8;

/** Clients that send a POST with a key, one for each process on the same data. */
type Send = (
  path: string,
  body: object | undefined,
  key: string,
  process?: number,
) => Promise<Answer>;

describe.each(BACKENDS)('a POST with an Idempotency-Key on %s', (backend) => {
  const services: Service[] = [];
  let database: TestDatabase | undefined;

  beforeAll(async () => {
    database = backend === 'POSTGRES' ? await createDatabase() : undefined;
    const media = { MEDIA_ENABLED: 'true', MEDIA_ROOT: join(workingFolder(), 'media') };
    const environment = database
      ? {
          ...media,
          MEDIA_ROOT_DURABLE: 'true',
          APP_PERSISTENCE_PROFILE: 'PRODUCTION',
          HOST: '127.0.0.1',
          DATABASE_URL: database.url,
          MIGRATE_ON_START: 'true',
        }
      : {
          ...media,
          MEDIA_STORE_BACKEND: backend,
          DPM_SUPPORTABILITY_STORE_BACKEND: backend,
          PROPOSAL_STORE_BACKEND: backend,
          SQLITE_PATH: join(workingFolder(), 'keys.sqlite'),
        };
    services.push(await startService(environment));
    // What is in memory is one process's own.
    if (backend !== 'IN_MEMORY') services.push(await startService(environment));
  });
  afterAll(async () => {
    await Promise.all(services.map((each) => each.stop('SIGKILL')));
    await database?.drop();
  });

  const send: Send = (path, body, key, process = 0) => {
    const service = services[process % services.length];
    if (!service) throw new Error('no service');
    const text = body && JSON.stringify(body);
    return new HttpClient(service.url).send('POST', path, text, { 'idempotency-key': key });
  };

  const prepare = async (path: string, body: object) => {
    const isBare = path.endsWith('/start');
    const answer = await send(path, isBare ? undefined : body, randomUUID());
    expect([200, 201]).toContain(answer.status);
    return JSON.parse(answer.text) as Readonly<Record<string, unknown>>;
  };

  describe.each(Object.entries(KEYED_WRITES))('to %s', (_, make) => {
    const first = async (): Promise<KeyedWrite & { key: string; text: string }> => {
      const write = await make(prepare);
      const key = randomUUID();
      const answer = await send(write.path, write.body, key);
      expect([answer.status, answer.text]).toEqual([write.status, answer.text]);
      expect(answer.headers.get('idempotency-replayed')).toBeNull();
      return { ...write, key, text: answer.text };
    };

    it('gets its first answer again, by any process', async () => {
      const { path, body, key, text } = await first();
      for (const process of [0, 1]) {
        const again = await send(path, body, key, process);
        expect(again.headers.get('idempotency-replayed')).toBe('true');
        expect(bodyOf(again, 200)).toEqual(JSON.parse(text));
        expect(again.headers.get('location')).toBeNull();
      }
    });

    it('is refused when the key has named another request', async () => {
      const { path, body, other, key, text } = await first();
      const [another, content] =
        body === undefined ? [(await make(prepare)).path, undefined] : [path, other];
      expectProblem(await send(another, content, key, 1), 409, 'IDEMPOTENCY_KEY_CONFLICT');
      expect(bodyOf(await send(path, body, key), 200)).toEqual(JSON.parse(text));
    });

    it('is carried out once, however many are sent at once', async () => {
      const { path, body, status } = await make(prepare);
      const key = randomUUID();
      const answers = await Promise.all(
        Array.from({ length: CALLERS }, (_, caller) => send(path, body, key, caller)),
      );
      const replayed = answers.filter(({ headers }) => headers.has('idempotency-replayed'));
      expect(replayed).toHaveLength(CALLERS - 1);
      expect(new Set(answers.map((answer) => answer.text)).size).toBe(1);
      expect(answers.map((answer) => answer.status).toSorted()).toEqual(
        [status, ...replayed.map(() => 200)].toSorted(),
      );
    });

    it('is refused with a key that is none', async () => {
      const { path, body } = await make(prepare);
      for (const key of ['a b', 'x'.repeat(256)])
        expectProblem(await send(path, body, key), 400, 'IDEMPOTENCY_KEY_INVALID');
    });
  });

  it('keeps what was said of a record that has changed since', async () => {
    const { proposal_id: id } = await prepare('/rebalance/proposals', {
      portfolio_id: 'pf',
      created_by: 'me',
      document: 1,
    });
    const path = `/rebalance/proposals/${String(id)}`;
    const version = { created_by: 'me', document: 'second', expected_version_no: 1 };
    const move = { to_state: 'RISK_REVIEW', expected_state: 'DRAFT', actor_id: 'me' };
    const added = bodyOf(await send(`${path}/versions`, version, `v-${String(id)}`), 201);
    const moved = bodyOf(await send(`${path}/transitions`, move, `t-${String(id)}`), 200);
    expect(bodyOf(await send(`${path}/versions`, version, `v-${String(id)}`), 200)).toEqual(added);
    expect(added).toMatchObject({ current_state: 'DRAFT', current_version_no: 2 });
    await prepare(`${path}/transitions`, {
      ...move,
      to_state: 'DRAFT',
      expected_state: 'RISK_REVIEW',
    });
    expect(bodyOf(await send(`${path}/transitions`, move, `t-${String(id)}`), 200)).toEqual(moved);
  });

  it('that was refused has not used its key', async () => {
    const key = randomUUID();
    const { path } = await (
      KEYED_WRITES['/rebalance/operations/{operation_id}/start'] as (
        send: typeof prepare,
      ) => Promise<KeyedWrite>
    )(prepare);
    const finish = path.replace(/start$/, 'finish');
    expectProblem(await send(finish, { result: 1 }, key), 409, 'OPERATION_MOVE_NOT_ALLOWED');
    expectProblem(
      await send(finish.replace(/[^/]+(?=\/finish)/, 'none'), { result: 1 }, key),
      404,
      'OPERATION_NOT_FOUND',
    );
    bodyOf(await send(path, undefined, randomUUID()), 200);
    const done = await send(finish, { result: 1 }, key);
    expect(done.headers.has('idempotency-replayed')).toBe(false);
    bodyOf(done, 200);
  });

  it('to an edge that was there keeps its answer as well', async () => {
    const edge = { source: randomUUID(), edge_type: 'T', target: 'pf', metadata: { a: 1 } };
    const stored = await prepare('/rebalance/lineage/edges', edge);
    const key = randomUUID();
    const answer = await send('/rebalance/lineage/edges', edge, key);
    expect(bodyOf(answer, 200)).toEqual(stored);
    expect(answer.headers.has('idempotency-replayed')).toBe(false);
    const again = await send('/rebalance/lineage/edges', edge, key);
    expect(again.headers.get('idempotency-replayed')).toBe('true');
    const other = await send('/rebalance/lineage/edges', { ...edge, target: 'q' }, key);
    expectProblem(other, 409, 'IDEMPOTENCY_KEY_CONFLICT');
  });

  it('means the same however its body is written', async () => {
    const [key, correlation] = [randomUUID(), randomUUID()];
    const path = '/rebalance/operations';
    const created = await send(path, { operation_type: 'T', correlation_id: correlation }, key);
    const again = await send(
      path,
      { rebalance_run_id: null, correlation_id: correlation, operation_type: 'T' },
      key,
    );
    expect(bodyOf(again, 200)).toEqual(bodyOf(created, 201));
  });
});

/** Forms with a file, which their own tests send again; and a cleanup, which has nothing to repeat. */
const TRIED_ELSEWHERE = [
  '/api/ingest/{slot_id}',
  '/api/slots/{slot_id}/test-run',
  '/api/slots/{slot_id}/cleanup',
  '/api/template-media',
];

it('every route that writes by POST is among those that were tried', async () => {
  const service = await startService({
    PROPOSAL_STORE_BACKEND: 'IN_MEMORY',
    DPM_SUPPORTABILITY_STORE_BACKEND: 'IN_MEMORY',
    MEDIA_ENABLED: 'true',
    MEDIA_STORE_BACKEND: 'IN_MEMORY',
  });
  try {
    const response = await fetch(`${service.url}/docs-json`);
    const { paths } = (await response.json()) as {
      paths: Record<string, { post?: { parameters: { name: string; in: string }[] } }>;
    };
    const writing = Object.entries(paths).filter(
      ([path, { post }]) => post && !TRIED_ELSEWHERE.includes(path),
    );
    expect(writing.map(([path]) => path).toSorted()).toEqual(Object.keys(KEYED_WRITES).toSorted());
    for (const [path, { post }] of writing) {
      expect([path, post?.parameters.map(({ name }) => name)]).toEqual([
        path,
        expect.arrayContaining(['Idempotency-Key']),
      ]);
    }
  } finally {
    await service.stop('SIGKILL');
  }
});
