import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  type Direction,
  DIRECTIONS,
  type LineageEdge,
  positionOf,
} from '../../../../src/stores/dpm/lineage/edge.js';
import type { LineageRepository } from '../../../../src/stores/dpm/lineage/lineage.repository.js';
import type { JsonValue } from '@holdfast/core/json';
import { anyDocument } from '../../any-document.js';
import type { Current } from '../../contract.js';
import { AWKWARD_DOCUMENTS, AWKWARD_IDENTIFIERS } from '../awkward-values.js';
import { arrow, draw, edge } from './edge.drafts.js';

const CALLERS = 40;

/** Appending, and the edges of one entity. */
export function readAndWriteCases(lineage: Current<LineageRepository>): void {
  const appended = async (...parameters: Parameters<typeof edge>) => {
    const made = edge(...parameters);
    expect(await lineage().append(made)).toBeNull();
    return made;
  };
  const edgesOf = async (entityId: string) => ({
    outgoing: await lineage().edgesOf(entityId, 'outgoing', 1000),
    incoming: await lineage().edgesOf(entityId, 'incoming', 1000),
    both: await lineage().edgesOf(entityId, 'both', 1000),
  });
  const expectStored = async (...edges: readonly LineageEdge[]) => {
    for (const each of edges) {
      expect((await edgesOf(each.source)).outgoing).toContainEqual(each);
      expect((await edgesOf(each.target)).incoming).toContainEqual(each);
    }
  };

  describe('append', () => {
    it('stores an edge that is found from both its ends', async () => {
      const made = await appended('a', 'b', { metadata: { engine: '4.2' } });
      expect(await edgesOf('a')).toStrictEqual({ outgoing: [made], incoming: [], both: [made] });
      expect(await edgesOf('b')).toStrictEqual({ outgoing: [], incoming: [made], both: [made] });
      expect(await edgesOf('c')).toStrictEqual({ outgoing: [], incoming: [], both: [] });
    });

    it('gives the edge that was there before, and stores nothing', async () => {
      const first = await appended('a', 'b', { metadata: 'first' });
      const second = edge('a', 'b', { metadata: 'second', createdAt: '2027-01-01T00:00:00.000Z' });
      expect(await lineage().append(second)).toStrictEqual(first);
      expect(await lineage().append(first)).toStrictEqual(first);
      expect((await edgesOf('a')).both).toStrictEqual([first]);
    });

    it('takes another type, another way round and another end for other edges', async () => {
      const edges = [
        await appended('a', 'b'),
        await appended('a', 'b', { edgeType: 'Made' }),
        await appended('b', 'a'),
        await appended('a', 'B'),
        await appended('a', 'b ', { edgeType: 'made' }),
        await appended('a', 'a'),
      ];
      await expectStored(...edges);
      const { outgoing, incoming, both } = await edgesOf('a');
      expect(both).toStrictEqual(edges);
      for (const [direction, of] of Object.entries({ outgoing, incoming, both })) {
        for (const [at, each] of of.entries()) {
          const next = lineage().edgesOf('a', direction as Direction, 2, positionOf(each));
          expect(await next).toStrictEqual(of.slice(at + 1, at + 3));
        }
      }
    });

    it('keeps apart what looks the same when it is written in one text', async () => {
      const edges = [
        await appended('a', 'c', { edgeType: 'b' }),
        await appended('a b', 'c', { edgeType: '' }),
        await appended('', 'b c', { edgeType: 'a' }),
        await appended('a","b', 'c', { edgeType: 'x' }),
        await appended('a', 'c', { edgeType: 'b","x' }),
      ];
      await expectStored(...edges);
    });

    it('fails on an identifier that exists, and leaves nothing behind', async () => {
      const first = await appended('a', 'b', { edgeId: 'same' });
      const second = edge('c', 'd', { edgeId: 'same' });
      await expect(lineage().append(second)).rejects.toThrow();
      expect((await edgesOf('c')).both).toEqual([]);
      expect((await edgesOf('a')).both).toStrictEqual([first]);
      await appended('c', 'd');
    });

    it('by many at once stores one, and gives it to the others', async () => {
      const all = Array.from({ length: CALLERS }, (_, caller) =>
        edge('a', 'b', { metadata: caller }),
      );
      const found = await Promise.all(all.map((each) => lineage().append(each)));
      expect(found.filter((each) => each === null)).toHaveLength(1);
      const winner = all[found.indexOf(null)];
      expect(found.filter((each) => each !== null)).toStrictEqual(
        Array.from({ length: CALLERS - 1 }, () => winner),
      );
      expect((await edgesOf('a')).both).toStrictEqual([winner]);
    });

    it('by many at once stores all that differ', async () => {
      const all = Array.from({ length: CALLERS }, (_, caller) => edge('a', `b${caller}`));
      const found = await Promise.all(all.map((each) => lineage().append(each)));
      expect(found).toEqual(all.map(() => null));
      expect((await edgesOf('a')).outgoing).toStrictEqual(all);
    });
  });

  describe('the edges of an entity', () => {
    it('are oldest first, whatever was written last', async () => {
      const newest = await appended('a', 'b', { createdAt: '2026-11-21T12:00:00.001Z' });
      const oldest = await appended('c', 'a', { createdAt: '2026-11-21T11:59:59.999Z' });
      const middle = await appended('a', 'd');
      expect((await edgesOf('a')).both).toStrictEqual([oldest, middle, newest]);
      expect((await edgesOf('a')).outgoing).toStrictEqual([middle, newest]);
    });

    it('are by the bytes of the identifier at equal times', async () => {
      const ids = [
        'b',
        'a',
        'B',
        'ab',
        'a-',
        'a_',
        '10',
        '9',
        'é',
        '~',
        '\u{1F600}',
        '\uFF5E',
        ' ',
      ];
      for (const [index, edgeId] of ids.entries()) await appended('a', `b${index}`, { edgeId });
      const expected = ids.toSorted((one, other) =>
        Buffer.compare(Buffer.from(one), Buffer.from(other)),
      );
      const { outgoing } = await edgesOf('a');
      expect(outgoing.map(({ edgeId }) => edgeId)).toEqual(expected);
      expect((await lineage().walk('a', 'both', 1, 100)).map((each) => each.edge)).toStrictEqual(
        outgoing,
      );
    });

    it.each(DIRECTIONS)('%s: up to the limit, the oldest', async (direction) => {
      await draw(lineage(), 'a>b c>a a>a a>d e>a a>f');
      const { [direction]: all } = await edgesOf('a');
      expect(all).toHaveLength({ outgoing: 4, incoming: 3, both: 6 }[direction]);
      for (const limit of [1, 2, 3, 5, 6, 7]) {
        expect(await lineage().edgesOf('a', direction, limit)).toStrictEqual(all.slice(0, limit));
      }
    });

    it('hold a loop once', async () => {
      const loop = await appended('a', 'a');
      expect(await edgesOf('a')).toStrictEqual({
        outgoing: [loop],
        incoming: [loop],
        both: [loop],
      });
    });
  });

  describe('values', () => {
    it.each(AWKWARD_IDENTIFIERS)('finds and walks from %j', async (id) => {
      const out = await appended(id, 'z', { edgeId: id });
      const back = await appended('z', id, { edgeType: id });
      await appended('y', `${id}.`);
      expect(await edgesOf(id)).toStrictEqual({
        outgoing: [out],
        incoming: [back],
        both: [id > back.edgeId ? back : out, id > back.edgeId ? out : back],
      });
      expect(await lineage().walk(id, 'outgoing', 5, 10)).toStrictEqual([
        { depth: 1, edge: out },
        { depth: 2, edge: back },
      ]);
      expect(await lineage().append(edge('z', id, { edgeType: id }))).toStrictEqual(back);
    });

    it.each([...AWKWARD_IDENTIFIERS, ''])('finds nothing of %j', async (id) => {
      await draw(lineage(), 'a>b b>c');
      expect(await edgesOf(id)).toEqual({ outgoing: [], incoming: [], both: [] });
      for (const direction of DIRECTIONS) {
        expect(await lineage().walk(id, direction, 10, 100)).toEqual([]);
      }
    });

    const expectBack = async (metadata: JsonValue) => {
      const made = edge('a', edge('', '').edgeId, { metadata });
      expect(await lineage().append(made)).toBeNull();
      const found = [
        (await lineage().edgesOf(made.target, 'incoming', 1))[0],
        (await lineage().walk(made.target, 'both', 1, 1))[0]?.edge,
        await lineage().append(made),
      ];
      expect(found).toStrictEqual([made, made, made]);
      // `toStrictEqual` knows nothing of the order of names.
      for (const each of found) {
        expect(JSON.stringify(each?.metadata)).toBe(JSON.stringify(metadata));
      }
    };

    it.each(AWKWARD_DOCUMENTS)('brings back metadata: %s', async (_, metadata) => {
      await expectBack(metadata);
    });

    it('brings back metadata of 1 MiB', async () => {
      await expectBack('\u{1F600}'.repeat(256 * 1024));
    });

    it('brings back any metadata', async () => {
      await fc.assert(fc.asyncProperty(anyDocument(4), expectBack), { numRuns: 30 });
    });

    it.each([
      '1969-12-31T23:59:59.999Z',
      '0001-01-01T00:00:00.000Z',
      '2024-02-29T23:59:59.999Z',
      '9999-12-31T23:59:59.999Z',
    ])('brings back %s to the millisecond', async (createdAt) => {
      const made = await appended('a', 'b', { createdAt });
      expect((await edgesOf('a')).both).toStrictEqual([made]);
      expect(await lineage().walk('a', 'outgoing', 1, 1)).toStrictEqual([{ depth: 1, edge: made }]);
    });
  });

  describe('what is stored belongs to the store', () => {
    it('changing what was passed in or returned changes nothing', async () => {
      const made = await appended('a', 'b', { metadata: { deep: [{ deeper: 'kept' }] } });
      const kept = structuredClone(made);
      spoil(made);
      spoil(await edgesOf('a'));
      spoil(await lineage().walk('a', 'both', 3, 10));
      spoil(await lineage().append(edge('a', 'b')));
      expect((await edgesOf('a')).both).toStrictEqual([kept]);
      expect((await edgesOf('b')).both.map(arrow)).toEqual(['a>b']);
    });
  });
}

/** Changes everything that can be changed, at every depth. */
function spoil(value: unknown): void {
  if (typeof value !== 'object' || value === null) return;
  for (const [key, child] of Object.entries(value)) {
    spoil(child);
    Reflect.set(value, key, 'spoilt');
  }
}
