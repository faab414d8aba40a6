import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { createDatabase, type TestDatabase } from '@holdfast/testing/temporary-database';
import { run, type Service, startService, workingFolder } from '../support/service.js';

const ROOT = '/rebalance/policies';
const ON = { DPM_POLICY_PACKS_ENABLED: 'true', DPM_POLICY_PACK_ADMIN_APIS_ENABLED: 'true' };
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;
const ETAG = /^"\d+-[0-9a-f]{16}"$/;
const LEAKS =
  /node_modules|\bat \S+ \(|\.[jt]s:\d|SELECT |INSERT |UPDATE |DELETE |policy_packs\b|SQLITE|QueryFailed|TypeError|S3NTINEL/;

const FULL = {
  turnover_policy: { max_turnover_pct: 12.5 },
  tax_policy: { enabled: true, max_realized_capital_gains: 100000.01 },
  settlement_policy: {
    enabled: false,
    settlement_horizon_days: 10,
    max_overdraft_by_ccy: { USD: 1000, EUR: 0, CHF: 0.1 },
  },
  constraint_policy: {
    single_position_max_weight: 0.30000000000000004,
    group_constraints: {
      'sector:TECH': { max_weight: 1 },
      'a.b \u{1F600}': { max_weight: 5e-324 },
    },
  },
  workflow_policy: {
    enable_workflow_gates: true,
    workflow_requires_client_consent: false,
    client_consent_already_obtained: false,
  },
  idempotency_policy: { replay_enabled: true },
};

interface Pack {
  readonly policy_pack_id: string;
  readonly version: string;
  readonly revision: number;
  readonly created_at: string;
}

interface Problem {
  readonly code: string;
  readonly errors?: readonly { readonly path: string; readonly message: string }[];
}

interface Page {
  readonly items: readonly Pack[];
  readonly next_cursor: string | null;
}

interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

type Headings = Readonly<Record<string, string>>;

const read = ({ text }: Answer): unknown => JSON.parse(text);
const packIn = (answer: Answer) => read(answer) as Pack;
const pageIn = (answer: Answer) => read(answer) as Page;
const etagOf = ({ headers }: Answer): string => headers.get('etag') ?? '';
const portfolio = (target_id: string, version = '1', definition: object = {}) => ({
  applies_to: 'PORTFOLIO',
  target_id,
  version,
  definition,
});
const byDefault = (version = '1', definition: object = {}) => ({
  applies_to: 'DEFAULT',
  version,
  definition,
});

class Client {
  constructor(readonly url: string) {}

  async send(
    method: string,
    path: string,
    headers: Headings = {},
    body?: object | string,
  ): Promise<Answer> {
    const response = await fetch(this.url + ROOT + path, {
      method,
      headers: {
        connection: 'close',
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    const answer = {
      status: response.status,
      headers: response.headers,
      text: await response.text(),
    };
    expect(answer.headers.get('x-correlation-id')).toMatch(/./);
    if (answer.status >= 400) {
      expect(answer.headers.get('content-type')).toBe('application/problem+json; charset=utf-8');
      expect(answer.text).not.toMatch(LEAKS);
    }
    return answer;
  }

  get(path: string, headers: Headings = {}): Promise<Answer> {
    return this.send('GET', path, headers);
  }

  put(id: string, body: object | string, headers: Headings = {}): Promise<Answer> {
    return this.send('PUT', `/catalog/${encodeURIComponent(id)}`, headers, body);
  }

  remove(id: string, headers: Headings = {}): Promise<Answer> {
    return this.send('DELETE', `/catalog/${encodeURIComponent(id)}`, headers);
  }

  find(id: string, headers: Headings = {}): Promise<Answer> {
    return this.get(`/catalog/${encodeURIComponent(id)}`, headers);
  }

  async created(id: string, body: object): Promise<string> {
    const answer = await this.put(id, body);
    expect([answer.status, answer.text]).toEqual([201, expect.any(String)]);
    return etagOf(answer);
  }

  /** Empties the catalogue as an administrator would. */
  async clear(): Promise<void> {
    for (const { policy_pack_id } of pageIn(await this.get('/catalog?limit=200')).items) {
      expect((await this.remove(policy_pack_id, { 'if-match': '*' })).status).toBe(204);
    }
  }
}

function expectProblem(answer: Answer, status: number, code: string): Problem {
  const problem = read(answer) as Problem;
  expect([answer.status, problem.code]).toEqual([status, code]);
  return problem;
}

const pathsOf = ({ errors = [] }: Problem) => errors.map(({ path }) => path);

/** Two processes on one database of the given kind. */
const backends = {
  sqlite: () => {
    const environment = { SQLITE_PATH: join(workingFolder(), 'packs.sqlite') };
    return Promise.resolve({ environment, close: () => Promise.resolve() });
  },
  postgresql: async () => {
    const database = await createDatabase();
    const environment = { DB_TYPE: 'postgresql', DATABASE_URL: database.url };
    const migrated = await run('cli.js', ['migrate', 'up'], { ...environment, ...ON });
    expect(migrated).toMatchObject({ code: 0 });
    return { environment, close: () => database.drop() };
  },
};

describe.each(Object.entries(backends))('the catalogue over HTTP on %s', (_, open) => {
  let backend: Awaited<ReturnType<typeof open>>;
  let services: readonly Service[] = [];
  let client: Client;
  let other: Client;

  beforeAll(async () => {
    backend = await open();
    const environment = { ...backend.environment, ...ON };
    const first = await startService(environment);
    services = [first, await startService(environment)];
    [client, other] = services.map(({ url }) => new Client(url)) as [Client, Client];
  });
  afterAll(async () => {
    await Promise.all(services.map((service) => service.stop('SIGKILL')));
    await backend.close();
  });
  beforeEach(() => client.clear());

  it('takes a pack from its creation to its deletion', async () => {
    const id = 'Päck/1 \u{1F600}';
    const created = await client.put(id, {
      applies_to: 'TENANT',
      target_id: 'tenant-1',
      version: '2026.11',
      definition: FULL,
    });
    expect(created.status).toBe(201);
    expect(created.headers.get('location')).toBe(`${ROOT}/catalog/${encodeURIComponent(id)}`);
    expect(etagOf(created)).toMatch(ETAG);
    const { created_at } = packIn(created);
    const pack = {
      policy_pack_id: id,
      applies_to: 'TENANT',
      target_id: 'tenant-1',
      version: '2026.11',
      definition: FULL,
      revision: 1,
      created_at: expect.stringMatching(TIME),
      updated_at: created_at,
    };
    expect(read(created)).toEqual(pack);

    const found = await other.find(id);
    expect([found.status, found.text]).toEqual([200, created.text]);
    expect(etagOf(found)).toBe(etagOf(created));
    expect(found.headers.get('cache-control')).toBe('no-cache');

    const replaced = await other.put(id, byDefault('2', { tax_policy: {} }), {
      'if-match': etagOf(found),
    });
    expect(replaced.status).toBe(200);
    expect(replaced.headers.get('location')).toBeNull();
    expect(etagOf(replaced)).toMatch(/^"2-/);
    expect(read(replaced)).toEqual({
      ...pack,
      applies_to: 'DEFAULT',
      target_id: null,
      version: '2',
      definition: { tax_policy: {} },
      revision: 2,
      created_at,
      updated_at: expect.stringMatching(TIME),
    });
    expect((await client.find(id)).text).toBe(replaced.text);

    const removed = await client.remove(id, { 'if-match': etagOf(replaced) });
    expect([removed.status, removed.text]).toEqual([204, '']);
    expect(removed.headers.get('content-type')).toBeNull();
    expectProblem(await other.find(id), 404, 'POLICY_PACK_NOT_FOUND');
    expect(read(await other.get('/catalog'))).toEqual({ items: [], next_cursor: null });
  });

  it('brings numbers back exactly', async () => {
    const literals = [
      '0',
      '1',
      '0.1',
      '1e2',
      '0.30000000000000004',
      '5e-324',
      '33.333333333333336',
    ];
    for (const [index, literal] of literals.entries()) {
      const body = `{"applies_to":"PORTFOLIO","target_id":"n${index}","version":"1","definition":{"turnover_policy":{"max_turnover_pct":${literal}}}}`;
      expect((await client.put(`n${index}`, body)).status).toBe(201);
      const { definition } = read(await other.find(`n${index}`)) as { definition: object };
      expect(definition).toEqual({ turnover_policy: { max_turnover_pct: Number(literal) } });
    }
    const huge = `{"applies_to":"DEFAULT","version":"1","definition":{"tax_policy":{"max_realized_capital_gains":9007199254740993}}}`;
    expectProblem(await client.put('huge', huge), 422, 'JSON_NUMBER_NOT_REPRESENTABLE');
  });

  it('answers 304 to a reader that has the state already', async () => {
    const etag = await client.created('pack', byDefault());
    for (const header of [etag, `W/${etag}`, `"other", ${etag}`, '*']) {
      const known = await client.find('pack', { 'if-none-match': header });
      expect([known.status, known.text, etagOf(known)]).toEqual([304, '', etag]);
      expect(known.headers.get('content-type')).toBeNull();
    }
    const { text } = await client.find('pack');
    const fresh = await client.find('pack', { 'if-none-match': '"other"' });
    expect([fresh.status, fresh.text]).toEqual([200, text]);
    const malformed = await client.find('pack', { 'if-none-match': 'other' });
    expectProblem(malformed, 400, 'PRECONDITION_INVALID');
    expectProblem(
      await client.find('nothing', { 'if-none-match': '*' }),
      404,
      'POLICY_PACK_NOT_FOUND',
    );
    const head = await fetch(`${client.url}${ROOT}/catalog/pack`, { method: 'HEAD' });
    expect([head.status, head.headers.get('etag')]).toEqual([200, etag]);
  });

  it('creates only, with If-None-Match: *', async () => {
    const created = await client.put('pack', byDefault(), { 'if-none-match': '*' });
    expect(created.status).toBe(201);
    expectProblem(
      await client.put('pack', byDefault('2'), { 'if-none-match': '*' }),
      412,
      'POLICY_PACK_EXISTS',
    );
    expectProblem(
      await client.put('pack', byDefault('2'), {
        'if-none-match': etagOf(created),
        'if-match': '*',
      }),
      412,
      'POLICY_PACK_EXISTS',
    );
    expect((await client.find('pack')).text).toBe(created.text);
  });

  it('replaces only the state that If-Match names', async () => {
    const first = await client.created('pack', byDefault());
    const before = await client.find('pack');
    for (const header of ['"other"', `W/${first}`, first.toUpperCase().replace('"', '"x')]) {
      const refused = await client.put('pack', byDefault('2'), { 'if-match': header });
      expectProblem(refused, 412, 'POLICY_PACK_CHANGED');
    }
    expectProblem(await client.put('pack', byDefault('2')), 428, 'PRECONDITION_REQUIRED');
    expectProblem(await client.put('pack', byDefault()), 428, 'PRECONDITION_REQUIRED');
    expect((await client.find('pack')).text).toBe(before.text);

    const listed = await client.put('pack', byDefault('2'), { 'if-match': `"other", ${first}` });
    expect([listed.status, packIn(listed).revision]).toEqual([200, 2]);
    const stale = await client.put('pack', byDefault('3'), { 'if-match': first });
    expectProblem(stale, 412, 'POLICY_PACK_CHANGED');
    const any = await client.put('pack', byDefault('3'), { 'if-match': '*' });
    expect([any.status, packIn(any).revision]).toEqual([200, 3]);

    for (const header of [first, '*']) {
      const missing = await client.put('nothing', portfolio('p'), { 'if-match': header });
      expectProblem(missing, 412, 'POLICY_PACK_CHANGED');
    }
    expectProblem(await client.find('nothing'), 404, 'POLICY_PACK_NOT_FOUND');
  });

  it('leaves a pack alone that says the same', async () => {
    const body = portfolio('p', '1', {
      tax_policy: { enabled: true, max_realized_capital_gains: 1 },
    });
    const etag = await client.created('pack', body);
    const before = await client.find('pack');
    const reordered = { tax_policy: { max_realized_capital_gains: 1, enabled: true } };
    const same = await client.put('pack', portfolio('p', '1', reordered), { 'if-match': etag });
    expect([same.status, same.text, etagOf(same)]).toEqual([200, before.text, etag]);
    const nulled = await client.put(
      'pack',
      { ...byDefault(), target_id: null },
      { 'if-match': '*' },
    );
    expect(packIn(nulled).revision).toBe(2);
    const absent = await client.put('pack', byDefault(), { 'if-match': etagOf(nulled) });
    expect([absent.status, absent.text]).toEqual([200, nulled.text]);
  });

  it('deletes only the state that If-Match names', async () => {
    const etag = await client.created('pack', byDefault());
    expectProblem(await client.remove('pack'), 428, 'PRECONDITION_REQUIRED');
    for (const header of ['"other"', `W/${etag}`]) {
      const refused = await client.remove('pack', { 'if-match': header });
      expectProblem(refused, 412, 'POLICY_PACK_CHANGED');
    }
    const ruledOut = await client.remove('pack', { 'if-match': '*', 'if-none-match': etag });
    expectProblem(ruledOut, 412, 'POLICY_PACK_EXISTS');
    expect((await client.find('pack')).status).toBe(200);
    expect((await client.remove('pack', { 'if-match': etag })).status).toBe(204);
    expectProblem(await client.remove('pack', { 'if-match': etag }), 412, 'POLICY_PACK_CHANGED');
    expectProblem(await client.remove('pack'), 404, 'POLICY_PACK_NOT_FOUND');
  });

  it('does not take a pack that was made anew for the one before', async () => {
    const before = await client.created('pack', byDefault());
    await client.remove('pack', { 'if-match': before });
    const anew = await client.created('pack', byDefault());
    expect(anew).not.toBe(before);
    expectProblem(
      await client.put('pack', byDefault('2'), { 'if-match': before }),
      412,
      'POLICY_PACK_CHANGED',
    );
    expectProblem(await client.remove('pack', { 'if-match': before }), 412, 'POLICY_PACK_CHANGED');
    expect((await client.find('pack', { 'if-none-match': before })).status).toBe(200);
  });

  it.each(['', 'etag', '"open', '"a" "b"', '*, "a"', 'w/"a"'])(
    'refuses the conditions %j before it looks',
    async (header) => {
      const etag = await client.created('pack', byDefault());
      for (const name of ['if-match', 'if-none-match']) {
        const put = await client.put('pack', byDefault('2'), { 'if-match': etag, [name]: header });
        expectProblem(put, 400, 'PRECONDITION_INVALID');
        const removed = await client.remove('nothing', { [name]: header });
        expectProblem(removed, 400, 'PRECONDITION_INVALID');
      }
      expect(packIn(await client.find('pack')).version).toBe('1');
    },
  );

  it('has one pack a target, and tells nothing of the one that has it', async () => {
    await client.created('s3cret', portfolio('target', 'S3NTINEL'));
    const taken = await client.put('pack', portfolio('target'));
    const problem = expectProblem(taken, 409, 'POLICY_PACK_TARGET_TAKEN');
    expect(problem.errors).toEqual([
      { path: 'target_id', message: 'is taken by another policy pack' },
    ]);
    expect(taken.text).not.toContain('s3cret');
    const tenant = { ...portfolio('target'), applies_to: 'TENANT' };
    const etag = await client.created('tenant', tenant);
    const moved = await client.put('tenant', portfolio('target'), { 'if-match': etag });
    expect(pathsOf(expectProblem(moved, 409, 'POLICY_PACK_TARGET_TAKEN'))).toEqual(['target_id']);
    expect((await client.find('tenant', { 'if-none-match': etag })).status).toBe(304);

    await client.created('default', byDefault());
    const second = await client.put('pack', byDefault());
    expect(pathsOf(expectProblem(second, 409, 'POLICY_PACK_TARGET_TAKEN'))).toEqual(['applies_to']);
  });

  it('lets one of two processes replace, delete or create one state', async () => {
    for (let round = 0; round < 8; round += 1) {
      const etag = await client.created('pack', byDefault());
      const puts = await Promise.all(
        [client, other, client, other].map((each, caller) =>
          each.put('pack', byDefault(`caller ${caller}`), { 'if-match': etag }),
        ),
      );
      expect(puts.map(({ status }) => status).toSorted()).toEqual([200, 412, 412, 412]);
      const winner = puts.find(({ status }) => status === 200);
      if (!winner) throw new Error('nobody has won');
      const found = await other.find('pack');
      expect([found.text, etagOf(found)]).toEqual([winner.text, etagOf(winner)]);

      const removals = await Promise.all(
        [client, other].map((each) => each.remove('pack', { 'if-match': etagOf(winner) })),
      );
      expect(removals.map(({ status }) => status).toSorted()).toEqual([204, 412]);
      const creations = await Promise.all(
        [client, other].map((each) => each.put('pack', byDefault(), { 'if-none-match': '*' })),
      );
      expect(creations.map(({ status }) => status).toSorted()).toEqual([201, 412]);
      const targets = await Promise.all(
        [client, other].map((each, caller) => each.put(`caller ${caller}`, portfolio('target'))),
      );
      expect(targets.map(({ status }) => status).toSorted()).toEqual([201, 409]);
      await client.clear();
    }
  });

  it('counts every replacement of whatever is there', async () => {
    await client.created('pack', byDefault());
    const puts = await Promise.all(
      Array.from({ length: 10 }, (_each, caller) =>
        (caller % 2 === 0 ? client : other).put('pack', byDefault(`caller ${caller}`), {
          'if-match': '*',
        }),
      ),
    );
    expect(puts.map(({ status }) => status)).toEqual(puts.map(() => 200));
    expect(packIn(await client.find('pack')).revision).toBe(11);
  });

  describe('lists', () => {
    it('select by target and by time, newest first', async () => {
      const packs: Pack[] = [];
      for (const [id, body] of Object.entries({
        a: portfolio('x'),
        b: { ...portfolio('x'), applies_to: 'TENANT' },
        c: byDefault('1', FULL),
        d: portfolio('y'),
      })) {
        packs.unshift(packIn(await client.put(id, body)));
      }
      packs.sort(
        (one, next) =>
          next.created_at.localeCompare(one.created_at) ||
          next.policy_pack_id.localeCompare(one.policy_pack_id),
      );
      const ids = async (query: string) =>
        pageIn(await other.get(`/catalog?${query}`)).items.map(
          ({ policy_pack_id }) => policy_pack_id,
        );
      expect(read(await other.get('/catalog'))).toEqual({ items: packs, next_cursor: null });
      expect((await ids('target_id=x')).toSorted()).toEqual(['a', 'b']);
      expect((await ids('applies_to=PORTFOLIO')).toSorted()).toEqual(['a', 'd']);
      expect(await ids('applies_to=TENANT&target_id=x')).toEqual(['b']);
      expect(await ids('applies_to=DEFAULT')).toEqual(['c']);
      expect(await ids('applies_to=DEFAULT&target_id=x')).toEqual([]);
      expect(await ids('created_from=2000-01-01T00:00:00Z')).toHaveLength(4);
      expect(await ids('created_to=2000-01-01T00:00:00Z')).toEqual([]);
      const [newest] = packs;
      const [at] = [newest?.created_at ?? ''];
      expect(await ids(`created_from=${at}`)).toContain(newest?.policy_pack_id);
      expect(await ids(`created_to=${at}`)).not.toContain(newest?.policy_pack_id);
      expect(await ids(`created_from=${at.replace('Z', '001Z')}`)).toEqual([]);
    });

    it('give every pack once, page by page, while others come', async () => {
      const stored = Array.from({ length: 7 }, (_each, index) => `p${index}`);
      for (const id of stored) await client.created(id, portfolio(id));
      const found: string[] = [];
      let cursor = '';
      for (let pages = 0; pages < 20; pages += 1) {
        const page = pageIn(await other.get(`/catalog?limit=2${cursor}`));
        expect(page.items.length).toBeLessThanOrEqual(2);
        found.push(...page.items.map(({ policy_pack_id }) => policy_pack_id));
        if (page.next_cursor === null) break;
        cursor = `&cursor=${page.next_cursor}`;
        await client.created(`new${pages}`, portfolio(`new${pages}`));
      }
      expect(found.toSorted()).toEqual(stored);
    });

    it.each([
      ['applies_to=portfolio', 'applies_to'],
      ['target_id=', 'target_id'],
      [`target_id=${'x'.repeat(129)}`, 'target_id'],
      ['target_id=a%00', 'target_id'],
      ['target_id=a&target_id=b', 'target_id'],
      ['limit=0', 'limit'],
      ['limit=201', 'limit'],
      ['created_from=yesterday', 'created_from'],
      ['unknown=1', ''],
    ])('refuse %s', async (query, path) => {
      const problem = expectProblem(
        await client.get(`/catalog?${query}`),
        422,
        'VALIDATION_FAILED',
      );
      expect(pathsOf(problem)).toEqual([path]);
    });

    it('refuse a cursor that they have not given', async () => {
      expectProblem(await client.get('/catalog?cursor=x'), 400, 'CURSOR_INVALID');
    });
  });

  describe('effective policies', () => {
    it('are merged by precedence, and say where each comes from', async () => {
      expect(read(await client.get('/effective?portfolio_id=p'))).toEqual({
        portfolio_id: 'p',
        tenant_id: null,
        policies: {},
        sources: [],
        field_sources: {},
        field_sources_truncated: false,
      });
      await client.created(
        'default',
        byDefault('d1', {
          turnover_policy: { max_turnover_pct: 10 },
          settlement_policy: { max_overdraft_by_ccy: { USD: 1, EUR: 2 } },
        }),
      );
      await client.created('tenant', {
        applies_to: 'TENANT',
        target_id: 't',
        version: 't1',
        definition: {
          turnover_policy: { max_turnover_pct: 20 },
          settlement_policy: { max_overdraft_by_ccy: { USD: 3 } },
          constraint_policy: { group_constraints: { 'a.b': { max_weight: 0.5 } } },
        },
      });
      await client.created(
        'mine',
        portfolio('p', 'p1', { turnover_policy: { max_turnover_pct: 0 } }),
      );
      await client.created('other', portfolio('q', 'q1', FULL));

      const sources = {
        default: {
          policy_pack_id: 'default',
          applies_to: 'DEFAULT',
          target_id: null,
          version: 'd1',
        },
        tenant: { policy_pack_id: 'tenant', applies_to: 'TENANT', target_id: 't', version: 't1' },
        mine: { policy_pack_id: 'mine', applies_to: 'PORTFOLIO', target_id: 'p', version: 'p1' },
      };
      expect(read(await other.get('/effective?portfolio_id=p&tenant_id=t'))).toEqual({
        portfolio_id: 'p',
        tenant_id: 't',
        policies: {
          turnover_policy: { max_turnover_pct: 0 },
          settlement_policy: { max_overdraft_by_ccy: { USD: 3, EUR: 2 } },
          constraint_policy: { group_constraints: { 'a.b': { max_weight: 0.5 } } },
        },
        sources: [sources.mine, sources.tenant, sources.default].map((source) => ({
          ...source,
          revision: 1,
        })),
        field_sources: {
          'turnover_policy.max_turnover_pct': 'mine',
          'settlement_policy.max_overdraft_by_ccy.USD': 'tenant',
          'settlement_policy.max_overdraft_by_ccy.EUR': 'default',
          'constraint_policy.group_constraints.a\\.b.max_weight': 'tenant',
        },
        field_sources_truncated: false,
      });
      expect(read(await other.get('/effective?portfolio_id=p'))).toMatchObject({
        tenant_id: null,
        policies: {
          turnover_policy: { max_turnover_pct: 0 },
          settlement_policy: { max_overdraft_by_ccy: { USD: 1, EUR: 2 } },
        },
        sources: [sources.mine, sources.default],
      });
      expect(read(await other.get('/effective?portfolio_id=t&tenant_id=p'))).toMatchObject({
        sources: [sources.default],
      });
    });

    it.each([
      ['', ['portfolio_id']],
      ['?portfolio_id=', ['portfolio_id']],
      ['?portfolio_id=p&tenant_id=', ['tenant_id']],
      ['?portfolio_id=p&portfolio_id=q', ['portfolio_id']],
      [`?portfolio_id=${'x'.repeat(129)}`, ['portfolio_id']],
      ['?portfolio_id=%00', ['portfolio_id']],
      ['?portfolio_id=p&limit=1', ['']],
    ])('refuse the question %j', async (query, paths) => {
      const answer = await client.get(`/effective${query}`);
      expect(pathsOf(expectProblem(answer, 422, 'VALIDATION_FAILED'))).toEqual(paths);
    });
  });
});

describe('what a pack may hold', () => {
  let service: Service;
  let client: Client;
  beforeAll(async () => {
    service = await startService({ DPM_POLICY_PACK_CATALOG_BACKEND: 'IN_MEMORY', ...ON });
    client = new Client(service.url);
  });
  afterAll(() => service.stop('SIGKILL'));
  beforeEach(() => client.clear());

  const definition = (part: object) => byDefault('1', part);
  const turnover = (max_turnover_pct: unknown) => ({ turnover_policy: { max_turnover_pct } });
  const tax = (fields: object) => ({ tax_policy: fields });
  const settlement = (fields: object) => ({ settlement_policy: fields });
  const overdraft = (code: string, amount: unknown) =>
    settlement({ max_overdraft_by_ccy: { [code]: amount } });
  const constraint = (fields: object) => ({ constraint_policy: fields });
  const group = (name: string, fields: unknown) =>
    constraint({ group_constraints: { [name]: fields } });
  const workflow = (fields: object) => ({ workflow_policy: fields });

  it.each<[object]>([
    [{}],
    [FULL],
    [turnover(0)],
    [turnover(100)],
    [tax({ max_realized_capital_gains: 0 })],
    [tax({ max_realized_capital_gains: 1.7976931348623157e308 })],
    [settlement({ settlement_horizon_days: 0 })],
    [settlement({ settlement_horizon_days: 10 })],
    [settlement({ max_overdraft_by_ccy: {} })],
    [overdraft('XAU', 0)],
    [constraint({ single_position_max_weight: 0 })],
    [constraint({ single_position_max_weight: 1 })],
    [group('x'.repeat(128), { max_weight: 0 })],
    [group('constructor', { max_weight: 1 })],
    [workflow({})],
    [{ idempotency_policy: {} }],
  ])('takes %j', async (part) => {
    const answer = await client.put('pack', definition(part));
    expect(answer.status).toBe(201);
    expect((read(answer) as { definition: unknown }).definition).toEqual(part);
  });

  it.each<[unknown, string]>([
    [null, ''],
    [[], ''],
    [{ unknown_policy: {} }, ''],
    [turnover(-0.01), 'turnover_policy.max_turnover_pct'],
    [turnover(100.01), 'turnover_policy.max_turnover_pct'],
    [turnover('10'), 'turnover_policy.max_turnover_pct'],
    [turnover(null), 'turnover_policy.max_turnover_pct'],
    [{ turnover_policy: { unknown: 1 } }, 'turnover_policy'],
    [{ turnover_policy: null }, 'turnover_policy'],
    [tax({ enabled: 'true' }), 'tax_policy.enabled'],
    [tax({ max_realized_capital_gains: -1 }), 'tax_policy.max_realized_capital_gains'],
    [tax({ unknown: 1 }), 'tax_policy'],
    [settlement({ enabled: 1 }), 'settlement_policy.enabled'],
    [settlement({ settlement_horizon_days: -1 }), 'settlement_policy.settlement_horizon_days'],
    [settlement({ settlement_horizon_days: 11 }), 'settlement_policy.settlement_horizon_days'],
    [settlement({ settlement_horizon_days: 1.5 }), 'settlement_policy.settlement_horizon_days'],
    [settlement({ unknown: 1 }), 'settlement_policy'],
    [overdraft('USD', -0.01), 'settlement_policy.max_overdraft_by_ccy.USD'],
    [overdraft('USD', '1'), 'settlement_policy.max_overdraft_by_ccy.USD'],
    [overdraft('usd', 1), 'settlement_policy.max_overdraft_by_ccy.usd'],
    [overdraft('USDT', 1), 'settlement_policy.max_overdraft_by_ccy.USDT'],
    [overdraft('US', 1), 'settlement_policy.max_overdraft_by_ccy.US'],
    [overdraft('US1', 1), 'settlement_policy.max_overdraft_by_ccy.US1'],
    [settlement({ max_overdraft_by_ccy: [] }), 'settlement_policy.max_overdraft_by_ccy'],
    [
      constraint({ single_position_max_weight: -0.1 }),
      'constraint_policy.single_position_max_weight',
    ],
    [
      constraint({ single_position_max_weight: 1.1 }),
      'constraint_policy.single_position_max_weight',
    ],
    [constraint({ unknown: 1 }), 'constraint_policy'],
    [group('g', {}), 'constraint_policy.group_constraints.g.max_weight'],
    [group('g', { max_weight: 1.01 }), 'constraint_policy.group_constraints.g.max_weight'],
    [group('g', { max_weight: -0.01 }), 'constraint_policy.group_constraints.g.max_weight'],
    [group('g', { max_weight: 1, unknown: 1 }), 'constraint_policy.group_constraints.g'],
    [group('g', 0.5), 'constraint_policy.group_constraints.g'],
    [group('', { max_weight: 1 }), 'constraint_policy.group_constraints.'],
    [
      group('x'.repeat(129), { max_weight: 1 }),
      `constraint_policy.group_constraints.${'x'.repeat(129)}`,
    ],
    [workflow({ enable_workflow_gates: 1 }), 'workflow_policy.enable_workflow_gates'],
    [
      workflow({ workflow_requires_client_consent: null }),
      'workflow_policy.workflow_requires_client_consent',
    ],
    [
      workflow({ client_consent_already_obtained: 'no' }),
      'workflow_policy.client_consent_already_obtained',
    ],
    [workflow({ unknown: true }), 'workflow_policy'],
    [{ idempotency_policy: { replay_enabled: 0 } }, 'idempotency_policy.replay_enabled'],
    [{ idempotency_policy: { unknown: true } }, 'idempotency_policy'],
  ])('refuses the definition %j', async (part, path) => {
    const answer = await client.put('pack', { ...byDefault(), definition: part });
    const problem = expectProblem(answer, 422, 'VALIDATION_FAILED');
    expect(pathsOf(problem)).toEqual([path === '' ? 'definition' : `definition.${path}`]);
    expectProblem(await client.find('pack'), 404, 'POLICY_PACK_NOT_FOUND');
  });

  it.each<[object, string[]]>([
    [{}, ['applies_to', 'version', 'definition']],
    [[], ['']],
    [{ ...byDefault(), applies_to: 'default' }, ['applies_to']],
    [{ ...byDefault(), applies_to: 'EVERYONE' }, ['applies_to']],
    [{ ...byDefault(), target_id: 'p' }, ['target_id']],
    [{ ...byDefault(), target_id: '' }, ['target_id', 'target_id']],
    [{ ...portfolio('p'), target_id: null }, ['target_id']],
    [{ ...portfolio('p'), target_id: undefined }, ['target_id']],
    [{ ...portfolio('t'), applies_to: 'TENANT', target_id: null }, ['target_id']],
    [portfolio(''), ['target_id']],
    [portfolio('x'.repeat(129)), ['target_id']],
    [byDefault(''), ['version']],
    [byDefault('x'.repeat(65)), ['version']],
    [{ ...byDefault(), version: 1 }, ['version']],
    [{ ...byDefault(), revision: 1 }, ['']],
    [{ ...byDefault(), policy_pack_id: 'pack' }, ['']],
  ])('refuses the body %j', async (body, paths) => {
    const problem = expectProblem(await client.put('pack', body), 422, 'VALIDATION_FAILED');
    expect(pathsOf(problem)).toEqual(paths);
  });

  it('takes the longest texts', async () => {
    const id = '\u{1F600}'.repeat(64);
    const body = portfolio('\u{1F601}'.repeat(64), 'x'.repeat(64));
    expect((await client.put(id, body)).status).toBe(201);
    expect(read(await client.find(id))).toMatchObject({ policy_pack_id: id, ...body });
  });

  it.each(['x'.repeat(129), '\0', 'a\0b'])('refuses the name %j on every route', async (id) => {
    const answers = [
      await client.find(id),
      await client.put(id, byDefault()),
      await client.remove(id, { 'if-match': '*' }),
    ];
    for (const answer of answers) {
      const problem = expectProblem(answer, 422, 'VALIDATION_FAILED');
      expect(pathsOf(problem)).toEqual(['policy_pack_id']);
    }
  });

  it.each<[string, number, string]>([
    ['', 400, 'BODY_MALFORMED'],
    ['{', 400, 'BODY_MALFORMED'],
    ['{"version":"1","version":"2"}', 422, 'JSON_DUPLICATE_KEY'],
    ['{"version":"\\u0000"}', 422, 'JSON_NUL_CHARACTER'],
    ['{"version":"\\ud800"}', 422, 'JSON_LONE_SURROGATE'],
    ['{"__proto__":1}', 422, 'JSON_PROTOTYPE_KEY'],
    ['{"version":1e400}', 422, 'JSON_NUMBER_NOT_REPRESENTABLE'],
    ['{"version":-0}', 422, 'JSON_NUMBER_NOT_REPRESENTABLE'],
  ])('refuses the text %j', async (body, status, code) => {
    expectProblem(await client.put('pack', body), status, code);
  });

  it('takes 64 KiB of definition and no more', async () => {
    const [fits, exceeds] = [definitionOf(64 * 1024), definitionOf(64 * 1024 + 1)];
    expect(JSON.stringify(fits)).toHaveLength(64 * 1024);
    expect(JSON.stringify(exceeds)).toHaveLength(64 * 1024 + 1);
    const refused = await client.put('pack', byDefault('1', exceeds));
    expectProblem(refused, 413, 'POLICY_DEFINITION_TOO_LARGE');
    expect((await client.put('pack', byDefault('1', fits))).status).toBe(201);
  });

  it('asks for JSON', async () => {
    const answer = await client.put('pack', '{}', { 'content-type': 'text/plain' });
    expectProblem(answer, 415, 'MEDIA_TYPE_UNSUPPORTED');
  });

  it('has no other routes', async () => {
    for (const path of ['', '/', '/unknown', '/catalog/a/b']) {
      expectProblem(await client.get(path), 404, 'ROUTE_NOT_FOUND');
    }
    expectProblem(
      await client.send('POST', '/catalog', {}, byDefault()),
      405,
      'METHOD_NOT_ALLOWED',
    );
  });
});

/** A definition of that many bytes. */
function definitionOf(bytes: number): object {
  const groups: Record<string, { max_weight: number }> = {};
  const definition = { constraint_policy: { group_constraints: groups } };
  const around = ',"":{"max_weight":1}'.length;
  for (let index = 0; ; index += 1) {
    const missing = bytes - JSON.stringify(definition).length - (index === 0 ? -1 : 0);
    if (missing === 0) return definition;
    // The last name takes what is left, and is long enough to differ from the others.
    const length =
      missing > 2 * (around + 128) ? 128 : missing > around + 128 ? 64 : missing - around;
    groups[String(index).padStart(length, '0')] = { max_weight: 1 };
  }
}

/** Every route, and what has to be on for it. */
const ROUTES: readonly (readonly [string, string, 'either' | 'packs' | 'admin'])[] = [
  ['GET', '/catalog', 'either'],
  ['GET', '/catalog/pack', 'either'],
  ['GET', '/effective?portfolio_id=p', 'packs'],
  ['PUT', '/catalog/pack', 'admin'],
  ['DELETE', '/catalog/pack', 'admin'],
];

describe('the flags', () => {
  const services: Service[] = [];
  const started = async (environment: Headings, folder?: string) => {
    const service = await startService(environment, folder);
    services.push(service);
    return service;
  };
  afterEach(() => Promise.all(services.splice(0).map((service) => service.stop('SIGKILL'))));

  it.each<[string, boolean, boolean]>([
    ['packs only', true, false],
    ['administration only', false, true],
    ['both', true, true],
  ])('%s', async (_, packs, admin) => {
    const { url } = await started({
      DPM_POLICY_PACK_CATALOG_BACKEND: 'IN_MEMORY',
      DPM_POLICY_PACKS_ENABLED: String(packs),
      DPM_POLICY_PACK_ADMIN_APIS_ENABLED: String(admin),
    });
    const client = new Client(url);
    for (const [method, path, needs] of ROUTES) {
      const isOn = needs === 'either' || (needs === 'packs' ? packs : admin);
      const body = method === 'PUT' ? { not: 'a pack' } : undefined;
      // What is off is off before the request is looked at.
      const answer = await client.send(method, path, { 'if-match': '"malformed' }, body);
      const { code } = answer.status < 400 ? { code: null } : (read(answer) as Problem);
      expect({ method, path, isOff: code === 'POLICY_PACKS_DISABLED' }).toEqual({
        method,
        path,
        isOff: !isOn,
      });
      if (!isOn) expect(answer.status).toBe(404);
    }
  });

  it('both off: every path answers that it is off, and nothing is opened', async () => {
    const folder = workingFolder();
    const service = await started(
      {
        APP_PERSISTENCE_PROFILE: 'LOCAL',
        SQLITE_PATH: join(folder, 'off.sqlite'),
        DPM_POLICY_PACK_CATALOG_BACKEND: 'POSTGRES',
        DPM_POLICY_PACK_POSTGRES_DSN: 'postgresql://nobody:S3NTINEL@127.0.0.1:1/nowhere',
        DB_STARTUP_TIMEOUT: '1',
      },
      folder,
    );
    const client = new Client(service.url);
    const paths = [...ROUTES.map(([, path]) => path), '', '/', '/unknown', '/catalog/a/b', '/%00'];
    for (const path of paths) {
      for (const method of ['GET', 'PUT', 'POST', 'PATCH', 'DELETE']) {
        const body = method === 'GET' || method === 'DELETE' ? undefined : byDefault();
        const answer = await client.send(method, path, {}, body);
        expectProblem(answer, 404, 'POLICY_PACKS_DISABLED');
      }
    }
    const head = await fetch(`${service.url}${ROOT}/catalog`, { method: 'HEAD' });
    expect(head.status).toBe(404);
    for (const path of ['/rebalance', '/rebalance/policies-x', '/rebalance/policiesx/catalog']) {
      const answer = await fetch(service.url + path);
      expect((await answer.json()) as Problem).toMatchObject({ code: 'ROUTE_NOT_FOUND' });
    }

    expect((await fetch(`${service.url}/health/ready`)).status).toBe(200);
    const health = (await (await fetch(`${service.url}/health`)).json()) as { stores: object };
    expect(Object.keys(health.stores)).toEqual(['dpm', 'advisory']);
    expect(service.output()).not.toContain('S3NTINEL');
    const file = new Sqlite(join(folder, 'off.sqlite'), { readonly: true });
    const tables = file.prepare(`SELECT name FROM sqlite_schema WHERE name LIKE 'policy%'`).all();
    file.close();
    expect(tables).toEqual([]);
  });

  it('on: a PostgreSQL that cannot be reached is refused', async () => {
    const ended = await run('main.js', [], {
      APP_PERSISTENCE_PROFILE: 'LOCAL',
      DPM_POLICY_PACKS_ENABLED: 'true',
      DPM_POLICY_PACK_CATALOG_BACKEND: 'POSTGRES',
      DPM_POLICY_PACK_POSTGRES_DSN: 'postgresql://nobody:S3NTINEL@127.0.0.1:1/nowhere',
      DB_STARTUP_TIMEOUT: '1',
    });
    expect(ended.code).toBe(69);
    expect(ended.stdout + ended.stderr).toContain('POSTGRES_UNREACHABLE');
  });

  it('both off on PostgreSQL: no table is asked for, and turning it on asks for the migration', async () => {
    const database: TestDatabase = await createDatabase();
    try {
      const environment = { DB_TYPE: 'postgresql', DATABASE_URL: database.url };
      expect((await run('cli.js', ['migrate', 'up'], environment)).code).toBe(0);
      const tables = await database.query(`SELECT 1 FROM pg_class WHERE relname = 'policy_packs'`);
      expect(tables).toEqual([]);
      const { url } = await started(environment);
      expectProblem(await new Client(url).get('/catalog'), 404, 'POLICY_PACKS_DISABLED');
      const refused = await run('main.js', [], { ...environment, ...ON });
      expect(refused.code).toBe(69);
      expect(refused.stdout + refused.stderr).toContain('MIGRATIONS_PENDING');
    } finally {
      await Promise.all(services.splice(0).map((service) => service.stop('SIGKILL')));
      await database.drop();
    }
  });
});
