import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { BACKENDS } from '@holdfast/guard/store-declaration';
import { anyDocument } from '../contract/any-document.js';
import { type DpmService, startDpm } from '../support/dpm-service.js';
import { bodyOf, expectProblem, HttpClient } from '../support/http-client.js';

const OPERATIONS = '/rebalance/operations';
const MIB = 1024 * 1024;
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const TIME = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/) as unknown;

type Status = 'PENDING' | 'RUNNING' | 'SUCCEEDED' | 'FAILED';

interface Operation {
  readonly operation_id: string;
  readonly operation_type: string;
  readonly status: Status;
  readonly correlation_id: string;
  readonly rebalance_run_id: string | null;
  readonly created_at: string;
  readonly started_at: string | null;
  readonly finished_at: string | null;
  readonly result?: unknown;
  readonly error?: { readonly code: string; readonly message: string };
}

interface Page {
  readonly items: readonly Operation[];
  readonly next_cursor: string | null;
}

describe.each(BACKENDS)('the async operations over HTTP on %s', (backend) => {
  let dpm: DpmService;
  let client: HttpClient;

  beforeAll(async () => {
    dpm = await startDpm(backend);
    client = new HttpClient(dpm.service.url);
  });
  afterAll(() => dpm.end());

  const created = async (fields: object = {}) =>
    bodyOf(await client.post(OPERATIONS, { operation_type: 'TYPE', ...fields }), 201) as Operation;
  const post = (id: string, action: 'start' | 'finish', body?: unknown) =>
    client.post(`${OPERATIONS}/${id}/${action}`, body);
  const running = async (fields: object = {}) => {
    const { operation_id } = await created(fields);
    return bodyOf(await post(operation_id, 'start'), 200) as Operation;
  };
  const ended = async (ending: object, fields: object = {}) => {
    const { operation_id } = await running(fields);
    return bodyOf(await post(operation_id, 'finish', ending), 200) as Operation;
  };
  const get = async (id: string) =>
    bodyOf(await client.get(`${OPERATIONS}/${encodeURIComponent(id)}`), 200) as Operation;
  const byCorrelation = async (id: string) =>
    bodyOf(
      await client.get(`${OPERATIONS}/by-correlation/${encodeURIComponent(id)}`),
      200,
    ) as Operation;
  const list = async (query: string) =>
    bodyOf(await client.get(`${OPERATIONS}?${query}`), 200) as Page;

  describe('the way of an operation', () => {
    it('from its creation to its result', async () => {
      const answer = await client.post(OPERATIONS, {
        operation_type: 'REBALANCE',
        correlation_id: 'the way',
        rebalance_run_id: 'run-way',
      });
      const pending = bodyOf(answer, 201) as Operation;
      const { operation_id: id } = pending;
      expect(answer.headers.get('location')).toBe(`${OPERATIONS}/${id}`);
      expect(pending).toEqual({
        operation_id: expect.stringMatching(UUID),
        operation_type: 'REBALANCE',
        status: 'PENDING',
        correlation_id: 'the way',
        rebalance_run_id: 'run-way',
        created_at: TIME,
        started_at: null,
        finished_at: null,
      });
      expect(await get(id)).toEqual(pending);
      expect(await byCorrelation('the way')).toEqual(pending);

      const started = bodyOf(await post(id, 'start'), 200) as Operation;
      expect(started).toEqual({ ...pending, status: 'RUNNING', started_at: TIME });
      expect(await get(id)).toEqual(started);

      const result = { done: [true, null, 0.1] };
      const finished = bodyOf(await post(id, 'finish', { result }), 200) as Operation;
      expect(finished).toEqual({ ...started, status: 'SUCCEEDED', finished_at: TIME, result });
      expect(await get(id)).toEqual(finished);
      expect(await byCorrelation('the way')).toEqual(finished);
      const { result: _, ...summary } = finished;
      expect(await list('rebalance_run_id=run-way')).toEqual({
        items: [summary],
        next_cursor: null,
      });
    });

    it('to its error', async () => {
      const error = { code: 'PRICES_MISSING', message: 'x'.repeat(65_536) };
      const failed = await ended({ error });
      expect(failed).toMatchObject({ status: 'FAILED', finished_at: TIME, error });
      expect(failed).not.toHaveProperty('result');
      expect(await get(failed.operation_id)).toEqual(failed);
      expect((await list('status=FAILED')).items).toContainEqual(failed);
    });

    it('with identifiers that are made when none are given', async () => {
      const [one, other] = [await created(), await created({ correlation_id: null })];
      expect(one.correlation_id).toMatch(UUID);
      expect(other.correlation_id).toMatch(UUID);
      expect(one.correlation_id).not.toBe(other.correlation_id);
      expect(one.correlation_id).not.toBe(one.operation_id);
      expect(one.rebalance_run_id).toBeNull();
      expect((await created({ rebalance_run_id: null })).rebalance_run_id).toBeNull();
      expect(await byCorrelation(one.correlation_id)).toEqual(one);
    });

    it('finds them again by awkward identifiers', async () => {
      for (const id of [
        'a/b',
        '100%',
        '%2F',
        'a?b#c',
        ' ',
        '\u{1F600}',
        'é',
        'start',
        '漢'.repeat(128),
        'x'.repeat(128),
      ]) {
        const operation = await created({ correlation_id: id, rebalance_run_id: id });
        expect(operation.correlation_id).toBe(id);
        expect(await byCorrelation(id)).toEqual(operation);
        const { items } = await list(`rebalance_run_id=${encodeURIComponent(id)}`);
        expect(items).toEqual([operation]);
      }
    });
  });

  describe('a result', () => {
    it('that is null is told apart from none', async () => {
      const { operation_id: id, ...rest } = await running();
      expect(rest).not.toHaveProperty('result');
      expect((await client.get(`${OPERATIONS}/${id}`)).text).not.toContain('"result"');
      const finished = await post(id, 'finish', { result: null });
      expect(finished.text).toContain('"result":null');
      expect((await client.get(`${OPERATIONS}/${id}`)).text).toBe(finished.text);
    });

    it('comes back byte for byte', async () => {
      const cases = [
        '{"constructor":1,"toString":[],"valueOf":null,"z":1,"a":2}',
        '[0.1,5e-324,1e+308,9007199254740992,-1]',
        '"\u{1F600} e\u0301 \u2028 \u202e"',
        '":operationId $1 ?"',
        'false',
        '0',
        '""',
      ];
      for (const result of cases) {
        const { operation_id: id } = await running();
        bodyOf(await post(id, 'finish', `{"result":${result}}`), 200);
        const found = await client.get(`${OPERATIONS}/${id}`);
        expect(found.text).toContain(`"result":${result}`);
      }
      await fc.assert(
        fc.asyncProperty(anyDocument(3), async (result) => {
          const { operation_id: id } = await ended({ result });
          expect(JSON.stringify((await get(id)).result)).toBe(JSON.stringify(result));
        }),
        { numRuns: 15 },
      );
    });

    it('may be 1 MiB long, and not a byte more', async () => {
      const text = '\u{1F600}'.repeat((MIB - 4) / 4) + 'xx';
      const { operation_id: id } = await running();
      const refused = await post(id, 'finish', { result: `${text}x` });
      expectProblem(refused, 413, 'DOCUMENT_TOO_LARGE');
      expect((await get(id)).status).toBe('RUNNING');
      bodyOf(await post(id, 'finish', { result: text }), 200);
      expect((await get(id)).result).toBe(text);
    });
  });

  describe('what is not allowed', () => {
    it('a correlation id twice', async () => {
      const first = await created({ correlation_id: 'twice' });
      const second = { operation_type: 'OTHER', correlation_id: 'twice' };
      expectProblem(await client.post(OPERATIONS, second), 409, 'CORRELATION_ID_TAKEN');
      expect(await byCorrelation('twice')).toEqual(first);
    });

    it('a correlation id by many at once, but once', async () => {
      const body = { operation_type: 'TYPE', correlation_id: randomUUID() };
      const answers = await Promise.all(
        Array.from({ length: 20 }, () => client.post(OPERATIONS, body)),
      );
      const statuses = answers.map(({ status }) => status).toSorted();
      expect(statuses).toEqual([201, ...Array.from({ length: 19 }, () => 409)]);
    });

    it.each<[Status, 'start' | 'finish', object | undefined, string]>([
      ['PENDING', 'finish', { result: 1 }, 'from PENDING to SUCCEEDED'],
      ['PENDING', 'finish', { error: { code: 'c', message: '' } }, 'from PENDING to FAILED'],
      ['RUNNING', 'start', undefined, 'from RUNNING to RUNNING'],
      ['SUCCEEDED', 'start', undefined, 'from SUCCEEDED to RUNNING'],
      ['SUCCEEDED', 'finish', { result: 1 }, 'from SUCCEEDED to SUCCEEDED'],
      ['FAILED', 'start', undefined, 'from FAILED to RUNNING'],
      ['FAILED', 'finish', { result: 1 }, 'from FAILED to SUCCEEDED'],
    ])('an operation that is %s: %s %j', async (status, action, body, detail) => {
      const make: Readonly<Record<Status, () => Promise<Operation>>> = {
        PENDING: () => created(),
        RUNNING: () => running(),
        SUCCEEDED: () => ended({ result: null }),
        FAILED: () => ended({ error: { code: 'c', message: 'm' } }),
      };
      const operation = await make[status]();
      const answer = await post(operation.operation_id, action, body);
      expect(expectProblem(answer, 409, 'OPERATION_MOVE_NOT_ALLOWED').detail).toBe(detail);
      expect(await get(operation.operation_id)).toEqual(operation);
    });

    it.each(['start', 'finish'] as const)('many at once: one can %s', async (action) => {
      const { operation_id: id } = await (action === 'start' ? created() : running());
      const answers = await Promise.all(
        Array.from({ length: 20 }, (_, caller) => {
          const error = { code: `${caller}`, message: '' };
          if (action === 'start') return post(id, action);
          return post(id, action, caller % 2 === 0 ? { result: caller } : { error });
        }),
      );
      const winners = answers.filter(({ status }) => status === 200);
      expect(winners).toHaveLength(1);
      expect(winners[0]?.text).toBe((await client.get(`${OPERATIONS}/${id}`)).text);
      for (const answer of answers) {
        if (answer.status !== 200) expectProblem(answer, 409, 'OPERATION_MOVE_NOT_ALLOWED');
      }
    });

    it('what is unknown', async () => {
      for (const id of [
        randomUUID(),
        'by-correlation',
        '__proto__',
        '%25',
        'c%2Fd',
        'y'.repeat(128),
      ]) {
        const paths = [
          client.get(`${OPERATIONS}/${id}`),
          client.get(`${OPERATIONS}/by-correlation/${id}`),
          post(id, 'start'),
          post(id, 'finish', { result: 1 }),
        ];
        for (const answer of await Promise.all(paths)) {
          expectProblem(answer, 404, 'OPERATION_NOT_FOUND');
        }
      }
    });

    it.each(['%00', 'a%00b', 'x'.repeat(129)])('the path %s', async (id) => {
      for (const [answer, path] of [
        [await client.get(`${OPERATIONS}/${id}`), 'operation_id'],
        [await client.get(`${OPERATIONS}/by-correlation/${id}`), 'correlation_id'],
        [await post(id, 'start'), 'operation_id'],
        [await post(id, 'finish', { result: 1 }), 'operation_id'],
      ] as const) {
        const { errors } = expectProblem(answer, 422, 'VALIDATION_FAILED');
        expect(errors?.map((error) => error.path)).toEqual([path]);
      }
    });

    it.each([
      ['GET', '/x/start'],
      ['GET', '/x/finish'],
      ['POST', '/x'],
      ['DELETE', '/x'],
      ['PUT', '/x'],
      ['POST', '/by-correlation/x'],
    ])('the route %s %s', async (method, path) => {
      expectProblem(await client.send(method, OPERATIONS + path), 405, 'METHOD_NOT_ALLOWED');
    });
  });

  describe('a body that does not fit', () => {
    it.each<[string, unknown, string]>([
      ['nothing', {}, 'operation_type'],
      ['an empty type', { operation_type: '' }, 'operation_type'],
      ['a long type', { operation_type: 'x'.repeat(129) }, 'operation_type'],
      ['a number', { operation_type: 1 }, 'operation_type'],
      ['an empty correlation id', { operation_type: 'T', correlation_id: '' }, 'correlation_id'],
      ['a long one', { operation_type: 'T', correlation_id: 'x'.repeat(129) }, 'correlation_id'],
      ['an empty run', { operation_type: 'T', rebalance_run_id: '' }, 'rebalance_run_id'],
      [
        'a long run',
        { operation_type: 'T', rebalance_run_id: 'x'.repeat(129) },
        'rebalance_run_id',
      ],
      ['an identifier of its own', { operation_type: 'T', operation_id: 'S3NTINEL' }, ''],
      ['null', 'null', ''],
      ['a list', '[]', ''],
    ])('to create: %s', async (_, body, path) => {
      const { errors } = expectProblem(
        await client.post(OPERATIONS, body),
        422,
        'VALIDATION_FAILED',
      );
      expect(errors?.map((error) => error.path)).toEqual([path]);
    });

    it.each<[string, unknown, string]>([
      ['neither', {}, ''],
      ['both', { result: null, error: { code: 'c', message: 'm' } }, ''],
      ['an error that is null', { error: null }, 'error'],
      ['a result and an error that is null', { result: 1, error: null }, 'error'],
      ['an error without a code', { error: { message: 'm' } }, 'error.code'],
      ['an error with an empty code', { error: { code: '', message: 'm' } }, 'error.code'],
      ['a long code', { error: { code: 'x'.repeat(129), message: 'm' } }, 'error.code'],
      ['an error without a message', { error: { code: 'c' } }, 'error.message'],
      ['a long message', { error: { code: 'c', message: 'x'.repeat(65_537) } }, 'error.message'],
      ['more in an error', { error: { code: 'c', message: 'm', stack: 'S3NTINEL' } }, 'error'],
      ['more', { result: 1, status: 'FAILED' }, ''],
      ['a text', '"result"', ''],
    ])('to finish: %s', async (_, body, path) => {
      const { operation_id: id, ...before } = await running();
      const { errors } = expectProblem(await post(id, 'finish', body), 422, 'VALIDATION_FAILED');
      expect(errors?.map((error) => error.path)).toEqual([path]);
      expect(await get(id)).toEqual({ operation_id: id, ...before });
    });

    it.each<[number, string, string]>([
      [400, 'BODY_MALFORMED', '{"result":'],
      [422, 'JSON_NUMBER_NOT_REPRESENTABLE', '{"result":9007199254740993}'],
      [422, 'JSON_NUL_CHARACTER', String.raw`{"result":"\u0000"}`],
      [422, 'JSON_DUPLICATE_KEY', '{"result":1,"result":2}'],
      [422, 'JSON_PROTOTYPE_KEY', '{"result":{"__proto__":1}}'],
    ])('%d %s', async (status, code, body) => {
      const { operation_id: id } = await running();
      expectProblem(await post(id, 'finish', body), status, code);
      expectProblem(await client.post(OPERATIONS, body), status, code);
    });
  });

  describe('the list', () => {
    const types = [`list-${randomUUID()}`, `list-${randomUUID()}`];
    const [type = '', otherType = ''] = types;
    const stored: Operation[] = [];
    const summary = ({ result: _, ...operation }: Operation) => operation;
    const where = (fits: (operation: Operation) => boolean) => stored.filter(fits);

    beforeAll(async () => {
      for (let index = 0; index < 9; index += 1) {
        const fields = {
          operation_type: types[Number(index === 4)],
          rebalance_run_id: `run-${index % 2}`,
        };
        const make = [
          () => created(fields),
          () => running(fields),
          () => ended({ result: { large: true } }, fields),
          () => ended({ error: { code: 'c', message: 'm' } }, fields),
        ][index % 4];
        if (make) stored.push(summary(await make()));
      }
      stored.sort(
        (one, other) =>
          other.created_at.localeCompare(one.created_at) ||
          (one.operation_id < other.operation_id ? 1 : -1),
      );
    });

    it.each([1, 2, 3, 7, 8, 9, 200])('holds every operation once, %d at a time', async (limit) => {
      const expected = where((each) => each.operation_type === type);
      const found: Operation[] = [];
      let cursor: string | null = '';
      while (cursor !== null) {
        const page: Page = await list(
          `operation_type=${type}&limit=${limit}${cursor && `&cursor=${cursor}`}`,
        );
        found.push(...page.items);
        if (page.next_cursor !== null) expect(page.items).toHaveLength(limit);
        cursor = page.next_cursor;
      }
      expect(found).toEqual(expected);
    });

    it('is filtered by each field, and by all of them', async () => {
      expect((await list(`operation_type=${otherType}`)).items).toEqual(
        where((each) => each.operation_type === otherType),
      );
      for (const status of ['PENDING', 'RUNNING', 'SUCCEEDED', 'FAILED'] as const) {
        expect((await list(`operation_type=${type}&status=${status}`)).items).toEqual(
          where((each) => each.operation_type === type && each.status === status),
        );
        expect(
          (await list(`operation_type=${type}&status=${status}&rebalance_run_id=run-1`)).items,
        ).toEqual(
          where(
            (each) =>
              each.operation_type === type &&
              each.status === status &&
              each.rebalance_run_id === 'run-1',
          ),
        );
      }
      expect((await list('operation_type=unknown')).items).toEqual([]);
      expect((await list('rebalance_run_id=%25')).items.length).toBe(0);
    });

    it('is filtered by time: from it, to just before it', async () => {
      const mine = where((each) => each.operation_type === type);
      const time = mine[3]?.created_at ?? '';
      const fine = time.replace('Z', '001Z');
      for (const [query, expected] of [
        [`created_from=${time}`, mine.filter((each) => each.created_at >= time)],
        [`created_from=${fine}`, mine.filter((each) => each.created_at > time)],
        [`created_to=${time}`, mine.filter((each) => each.created_at < time)],
        [`created_to=${fine}`, mine.filter((each) => each.created_at <= time)],
        [
          `created_from=${time}&created_to=${fine}`,
          mine.filter((each) => each.created_at === time),
        ],
      ] as const) {
        const { items } = await list(`operation_type=${type}&${query}`);
        expect([query, items]).toEqual([query, expected]);
      }
    });

    it('has 50 at a time unless asked for another number', async () => {
      const operation_type = `many-${randomUUID()}`;
      await Promise.all(Array.from({ length: 51 }, () => created({ operation_type })));
      const page = await list(`operation_type=${operation_type}`);
      expect(page.items).toHaveLength(50);
      expect(page.next_cursor).not.toBeNull();
    });

    it.each([
      ['status=S3NTINEL', 'status'],
      ['status=pending', 'status'],
      ['operation_type=', 'operation_type'],
      [`operation_type=${'x'.repeat(129)}`, 'operation_type'],
      ['operation_type=%00', 'operation_type'],
      ['rebalance_run_id=', 'rebalance_run_id'],
      [`rebalance_run_id=${'x'.repeat(129)}`, 'rebalance_run_id'],
      ['created_from=now', 'created_from'],
      ['created_to=2026-11-21', 'created_to'],
      ['limit=0', 'limit'],
      ['limit=201', 'limit'],
      ['correlation_id=x', ''],
    ])('refuses %s', async (query, path) => {
      const answer = await client.get(`${OPERATIONS}?${query}`);
      const { errors } = expectProblem(answer, 422, 'VALIDATION_FAILED');
      expect(errors?.map((error) => error.path)).toEqual([path]);
    });

    it('refuses a cursor that it has not given', async () => {
      const answer = await client.get(`${OPERATIONS}?cursor=x`);
      expectProblem(answer, 400, 'CURSOR_INVALID');
    });
  });
});

describe.each(['SQLITE', 'POSTGRES'] as const)('operations that %s keeps', (backend) => {
  it('outlive the process, and are there for others', async () => {
    const dpm = await startDpm(backend);
    try {
      const one = new HttpClient(dpm.service.url);
      const { operation_id: id } = bodyOf(
        await one.post(OPERATIONS, { operation_type: 'TYPE', correlation_id: 'kept' }),
        201,
      ) as Operation;
      const { text } = await one.post(`${OPERATIONS}/${id}/start`);
      const other = new HttpClient((await dpm.another()).url);
      expect((await other.get(`${OPERATIONS}/by-correlation/kept`)).text).toBe(text);
      await dpm.service.stop('SIGKILL');
      const finished = await other.post(`${OPERATIONS}/${id}/finish`, { result: null });
      expect((await other.get(`${OPERATIONS}/${id}`)).text).toBe(finished.text);
    } finally {
      await dpm.end();
    }
  });
});
