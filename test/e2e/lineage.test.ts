import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { BACKENDS } from '@holdfast/guard/store-declaration';
import { type DpmService, startDpm } from '../support/dpm-service.js';
import { type Answer, bodyOf, expectProblem, HttpClient } from '../support/http-client.js';

const LINEAGE = '/rebalance/lineage';
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

interface Edge {
  readonly edge_id: string;
  readonly source: string;
  readonly edge_type: string;
  readonly target: string;
  readonly metadata: unknown;
  readonly created_at: string;
}

interface Edges {
  readonly items: readonly Edge[];
  readonly truncated: boolean;
}

interface Walk {
  readonly items: readonly (Edge & { readonly depth: number })[];
  readonly truncated: boolean;
}

describe.each(BACKENDS)('the lineage over HTTP on %s', (backend) => {
  let dpm: DpmService;
  let client: HttpClient;
  let serial = 0;

  beforeAll(async () => {
    dpm = await startDpm(backend);
    client = new HttpClient(dpm.service.url);
  });
  afterAll(() => dpm.end());

  const append = (source: string, target: string, fields: object = {}): Promise<Answer> =>
    client.post(`${LINEAGE}/edges`, { source, edge_type: 'MADE', target, ...fields });
  const appended = async (source: string, target: string, fields: object = {}) =>
    bodyOf(await append(source, target, fields), 201) as Edge;
  const pathOf = (id: string) => `${LINEAGE}/${encodeURIComponent(id)}`;
  const edgesOf = async (id: string, query = '') =>
    bodyOf(await client.get(`${pathOf(id)}${query}`), 200) as Edges;
  const walkFrom = async (id: string, query = '') =>
    bodyOf(await client.get(`${pathOf(id)}/walk${query}`), 200) as Walk;
  /** An entity that no other test knows. */
  const entity = (name: string) => {
    serial += 1;
    return `${name}-${serial}`;
  };
  /** As the database orders edges of one millisecond. */
  const inOrder = (edges: readonly Edge[]) =>
    edges.toSorted(
      (one, other) =>
        one.created_at.localeCompare(other.created_at) || (one.edge_id < other.edge_id ? -1 : 1),
    );

  describe('an edge', () => {
    it('is appended, and found from both its ends', async () => {
      const [run, proposal] = [entity('run'), entity('proposal')];
      const answer = await append(run, proposal, { metadata: { engine: '4.2' } });
      const edge = bodyOf(answer, 201) as Edge;
      expect(edge).toEqual({
        edge_id: expect.stringMatching(UUID),
        source: run,
        edge_type: 'MADE',
        target: proposal,
        metadata: { engine: '4.2' },
        created_at: expect.stringMatching(TIME),
      });
      const found = (id: string, direction: string, items: readonly Edge[]) => ({
        entity_id: id,
        direction,
        items,
        truncated: false,
        next_cursor: null,
      });
      expect(await edgesOf(run)).toEqual(found(run, 'both', [edge]));
      expect(await edgesOf(proposal)).toEqual(found(proposal, 'both', [edge]));
      for (const [id, direction, items] of [
        [run, 'outgoing', [edge]],
        [run, 'incoming', []],
        [run, 'both', [edge]],
        [proposal, 'outgoing', []],
        [proposal, 'incoming', [edge]],
      ] as const) {
        expect(await edgesOf(id, `?direction=${direction}`)).toEqual(found(id, direction, items));
      }
    });

    it('has empty metadata unless some is given', async () => {
      const id = entity('bare');
      expect((await appended(id, 'x')).metadata).toEqual({});
      expect((await appended(id, 'y', { metadata: null })).metadata).toBeNull();
      expect((await appended(id, 'z', { metadata: 0 })).metadata).toBe(0);
    });

    it('is there once, however often the same is sent', async () => {
      const id = entity('same');
      const first = await append(id, 'x', { metadata: { a: 1, b: [1.0] } });
      const again = await append(id, 'x', { metadata: { b: [1], a: 1 } });
      expect([first.status, again.status]).toEqual([201, 200]);
      expect(again.text).toBe(first.text);
      expect((await edgesOf(id)).items).toHaveLength(1);
    });

    it.each([{ a: 2 }, {}, undefined, null, [], { a: '1' }])(
      'is not changed by other metadata: %j',
      async (metadata) => {
        const id = entity('conflict');
        const first = await appended(id, 'x', { metadata: { a: 1 } });
        expectProblem(await append(id, 'x', { metadata }), 409, 'LINEAGE_EDGE_CONFLICT');
        expect((await edgesOf(id)).items).toEqual([first]);
      },
    );

    it('is another one with another type, end or direction', async () => {
      const id = entity('other');
      const edges = [
        await appended(id, 'x'),
        await appended(id, 'x', { edge_type: 'made' }),
        await appended(id, 'X'),
        await appended('x', id),
        await appended(id, id),
      ];
      expect((await edgesOf(id)).items).toEqual(inOrder(edges));
    });

    it('is appended by one of many at once', async () => {
      const id = entity('race');
      const answers = await Promise.all(
        Array.from({ length: 30 }, (_, caller) => append(id, 'x', { metadata: caller % 2 })),
      );
      const { items } = await edgesOf(id);
      expect(items).toHaveLength(1);
      const winner = answers.filter(({ status }) => status === 201);
      expect(winner.map((each) => JSON.parse(each.text) as Edge)).toEqual(items);
      expect(answers.filter(({ status }) => status === 200)).toHaveLength(14);
      for (const answer of answers.filter(({ status }) => status >= 400)) {
        expectProblem(answer, 409, 'LINEAGE_EDGE_CONFLICT');
      }
    });

    it('brings its metadata back byte for byte', async () => {
      for (const metadata of [
        '{"constructor":1,"toString":[],"valueOf":null,"z":1,"a":2}',
        '[0.1,5e-324,1e+308,9007199254740992]',
        '"\u{1F600} e\u0301 \u2028 \u202e"',
        '":source $1 ?"',
      ]) {
        const id = entity('bytes');
        const body = `{"source":"${id}","edge_type":"T","target":"t","metadata":${metadata}}`;
        bodyOf(await client.post(`${LINEAGE}/edges`, body), 201);
        for (const path of [pathOf(id), `${pathOf(id)}/walk`]) {
          expect((await client.get(path)).text).toContain(`"metadata":${metadata},`);
        }
      }
    });

    it('holds metadata of 64 KiB, and not a byte more', async () => {
      const id = entity('large');
      const metadata = '\u{1F600}'.repeat(16 * 1024 - 1) + 'xx';
      const refused = await append(id, 'x', { metadata: `${metadata}x` });
      expectProblem(refused, 413, 'LINEAGE_METADATA_TOO_LARGE');
      expect((await edgesOf(id)).items).toEqual([]);
      expect((await appended(id, 'x', { metadata })).metadata).toBe(metadata);
    });

    it.each<[string, unknown, string[]]>([
      ['nothing', {}, ['edge_type', 'source', 'target']],
      ['an empty source', { source: '', edge_type: 'T', target: 't' }, ['source']],
      ['a long source', { source: 'x'.repeat(129), edge_type: 'T', target: 't' }, ['source']],
      ['an empty target', { source: 's', edge_type: 'T', target: '' }, ['target']],
      ['a long target', { source: 's', edge_type: 'T', target: 'x'.repeat(129) }, ['target']],
      ['an empty type', { source: 's', edge_type: '', target: 't' }, ['edge_type']],
      ['a long type', { source: 's', edge_type: 'x'.repeat(65), target: 't' }, ['edge_type']],
      ['more', { source: 's', edge_type: 'T', target: 't', edge_id: 'S3NTINEL' }, ['']],
      ['null', 'null', ['']],
    ])('that does not fit is refused: %s', async (_, body, paths) => {
      const answer = await client.post(`${LINEAGE}/edges`, body);
      const { errors } = expectProblem(answer, 422, 'VALIDATION_FAILED');
      expect(errors?.map(({ path }) => path).toSorted()).toEqual(paths);
    });

    it('may have a type of 64 characters', async () => {
      const edge_type = 'x'.repeat(64);
      expect((await appended(entity('type'), 'x', { edge_type })).edge_type).toBe(edge_type);
    });
  });

  describe('an entity', () => {
    it.each([
      'a/b/c',
      '/',
      '100%',
      '%2F',
      '%25',
      'a?b#c&d=e',
      ' ',
      'a b+c',
      'walk',
      'edges',
      '__proto__',
      'x;y',
      `' OR '1'='1`,
      'é漢\u{1F600}',
      '漢'.repeat(128),
      'x'.repeat(128),
    ])('may be named %j', async (id) => {
      const edge = await appended(id, 'named');
      expect(await edgesOf(id)).toEqual({
        entity_id: id,
        direction: 'both',
        items: [edge],
        truncated: false,
        next_cursor: null,
      });
      expect(await walkFrom(id, '?direction=outgoing')).toEqual({
        entity_id: id,
        direction: 'outgoing',
        max_depth: 3,
        items: [{ depth: 1, ...edge }],
        truncated: false,
      });
    });

    it('that is unknown has no edges', async () => {
      const id = entity('unknown');
      const none = { entity_id: id, direction: 'both', items: [], truncated: false };
      expect(await edgesOf(id)).toEqual({ ...none, next_cursor: null });
      expect(await walkFrom(id)).toEqual({ ...none, max_depth: 3 });
    });

    it.each(['%00', 'a%00b', 'x'.repeat(129)])('cannot be named %s', async (id) => {
      for (const path of [`${LINEAGE}/${id}`, `${LINEAGE}/${id}/walk`]) {
        const { errors } = expectProblem(await client.get(path), 422, 'VALIDATION_FAILED');
        expect(errors?.map((error) => error.path)).toEqual(['entity_id']);
      }
    });

    it('shows its oldest edges up to a limit, and tells when there are more', async () => {
      const id = entity('hub');
      const edges: Edge[] = [];
      for (let index = 0; index < 5; index += 1) edges.push(await appended(id, `${index}`));
      const items = inOrder(edges);
      for (const limit of [1, 4, 5, 6, 1000]) {
        const expected = { items: items.slice(0, limit), truncated: limit < 5 };
        expect(await edgesOf(id, `?limit=${limit}`)).toMatchObject(expected);
        const walk = await walkFrom(id, `?limit=${limit}`);
        expect(walk).toMatchObject(expected);
        expect(walk.items).toHaveLength(Math.min(limit, 5));
      }
    });

    it('shows 200 edges unless asked for another number', async () => {
      const id = entity('hub');
      await Promise.all(Array.from({ length: 201 }, (_, index) => append(id, `${index}`)));
      for (const found of [await edgesOf(id), await walkFrom(id)]) {
        expect(found.items).toHaveLength(200);
        expect(found.truncated).toBe(true);
      }
      expect((await edgesOf(id, '?limit=201')).truncated).toBe(false);
    });
  });

  describe('a walk', () => {
    it('goes 3 steps unless asked for another number, in each direction', async () => {
      const path = Array.from({ length: 13 }, () => entity('step'));
      const edges: Edge[] = [];
      for (const [index, target] of path.slice(1).entries()) {
        edges.push(await appended(path[index] ?? '', target));
      }
      const [first = '', last = ''] = [path[0], path.at(-1)];
      const forth = edges.map((edge, index) => ({ depth: index + 1, ...edge }));
      const back = edges.toReversed().map((edge, index) => ({ depth: index + 1, ...edge }));
      expect(await walkFrom(first)).toEqual({
        entity_id: first,
        direction: 'both',
        max_depth: 3,
        items: forth.slice(0, 3),
        truncated: false,
      });
      for (const depth of [1, 2, 10]) {
        const query = `?max_depth=${depth}`;
        expect(await walkFrom(first, query)).toMatchObject({ max_depth: depth });
        expect((await walkFrom(first, query)).items).toEqual(forth.slice(0, depth));
        const outgoing = await walkFrom(first, `${query}&direction=outgoing`);
        expect(outgoing.items).toEqual(forth.slice(0, depth));
        const incoming = await walkFrom(last, `${query}&direction=incoming`);
        expect(incoming.items).toEqual(back.slice(0, depth));
      }
      expect((await walkFrom(first, '?direction=incoming')).items).toEqual([]);
      expect((await walkFrom(last, '?direction=outgoing')).items).toEqual([]);
    });

    it('ends in circles and loops', async () => {
      const [a, b, c] = [entity('a'), entity('b'), entity('c')];
      for (const [source, target] of [
        [a, b],
        [b, c],
        [c, a],
        [b, b],
      ] as const) {
        await appended(source, target);
      }
      const shown = async (query: string) =>
        (await walkFrom(a, `?max_depth=10${query}`)).items
          .map(({ depth, source, target }) => `${depth} ${source} ${target}`)
          .toSorted();
      expect(await shown('&direction=outgoing')).toEqual(
        [`1 ${a} ${b}`, `2 ${b} ${b}`, `2 ${b} ${c}`, `3 ${c} ${a}`].toSorted(),
      );
      expect(await shown('')).toEqual(
        [`1 ${a} ${b}`, `1 ${c} ${a}`, `2 ${b} ${b}`, `2 ${b} ${c}`].toSorted(),
      );
    });

    it('through a graph in which everything is connected answers with the nearest', async () => {
      const nodes = Array.from({ length: 20 }, () => entity('node'));
      const pairs = nodes.flatMap((source) =>
        nodes.filter((target) => target !== source).map((target) => [source, target] as const),
      );
      await Promise.all(pairs.map(([source, target]) => appended(source, target)));
      const { items, truncated } = await walkFrom(nodes[0] ?? '', '?max_depth=10&limit=379');
      expect(truncated).toBe(true);
      expect(new Set(items.map(({ edge_id }) => edge_id)).size).toBe(379);
      expect(items.map(({ depth }) => depth)).toEqual(
        Array.from({ length: 379 }, (_, index) => (index < 38 ? 1 : 2)),
      );
      const all = await walkFrom(nodes[0] ?? '', '?max_depth=10&limit=380');
      expect(all.truncated).toBe(false);
      expect(all.items).toHaveLength(380);
    });

    it.each([
      ['', 'direction=S3NTINEL', 'direction'],
      ['', 'direction=', 'direction'],
      ['', 'limit=0', 'limit'],
      ['', 'limit=1001', 'limit'],
      ['', 'limit=x', 'limit'],
      ['', 'max_depth=3', ''],
      ['/walk', 'cursor=x', ''],
      ['/walk', 'direction=OUTGOING', 'direction'],
      ['/walk', 'limit=0', 'limit'],
      ['/walk', 'limit=1001', 'limit'],
      ['/walk', 'max_depth=0', 'max_depth'],
      ['/walk', 'max_depth=11', 'max_depth'],
      ['/walk', 'max_depth=1.5', 'max_depth'],
      ['/walk', 'depth=3', ''],
    ])('or a list does not take %s?%s', async (path, query, field) => {
      const answer = await client.get(`${LINEAGE}/x${path}?${query}`);
      const { errors } = expectProblem(answer, 422, 'VALIDATION_FAILED');
      expect(errors?.map((error) => error.path)).toEqual([field]);
    });

    it('or a cursor that no list has given', async () => {
      expectProblem(await client.get(`${LINEAGE}/x?cursor=x`), 400, 'CURSOR_INVALID');
    });

    it.each(['', '/a/b', '/x/walk/y'])('is the only other route, not %j', async (path) => {
      for (const method of ['GET', 'POST'])
        expectProblem(await client.send(method, LINEAGE + path), 404, 'ROUTE_NOT_FOUND');
    });

    it.each([
      ['POST', '/x'],
      ['POST', '/x/walk'],
      ['DELETE', '/edges'],
      ['PUT', '/edges'],
    ])('has no other method: %s %s', async (method, path) => {
      expectProblem(await client.send(method, LINEAGE + path), 405, 'METHOD_NOT_ALLOWED');
    });
  });
});

describe.each(['SQLITE', 'POSTGRES'] as const)('edges that %s keeps', (backend) => {
  it('outlive the process, and are there for others', async () => {
    const dpm = await startDpm(backend);
    try {
      const body = { source: 'run/1', edge_type: 'MADE', target: 'proposal' };
      const one = new HttpClient(dpm.service.url);
      const { text } = await one.post(`${LINEAGE}/edges`, body);
      const other = new HttpClient((await dpm.another()).url);
      await dpm.service.stop('SIGKILL');
      const again = await other.post(`${LINEAGE}/edges`, body);
      expect([again.status, again.text]).toEqual([200, text]);
      const { items } = bodyOf(await other.get(`${LINEAGE}/run%2F1`), 200) as Edges;
      expect(items).toEqual([JSON.parse(text)]);
    } finally {
      await dpm.end();
    }
  });
});
