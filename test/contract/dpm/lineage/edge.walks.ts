import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { type Direction, DIRECTIONS } from '../../../../src/stores/dpm/lineage/edge.js';
import type { LineageRepository } from '../../../../src/stores/dpm/lineage/lineage.repository.js';
import type { Current } from '../../contract.js';
import { arrow, draw, edge } from './edge.drafts.js';
import { LineageModel } from './edge.model.js';

/** Edges with their depths, as text: `1 a>b, 2 b>c`. */
export function walkCases(
  lineage: Current<LineageRepository>,
  empty: () => Promise<LineageRepository>,
): void {
  const walk = async (from: string, direction: Direction, maxDepth = 10, limit = 1000) =>
    (await lineage().walk(from, direction, maxDepth, limit))
      .map((each) => `${each.depth} ${arrow(each.edge)}`)
      .join(', ');

  describe('a walk', () => {
    it.each<[string, string, string, Direction, string]>([
      ['along a path', 'a>b b>c c>d', 'a', 'outgoing', '1 a>b, 2 b>c, 3 c>d'],
      ['against a path', 'a>b b>c c>d', 'd', 'incoming', '1 c>d, 2 b>c, 3 a>b'],
      ['not against a path when it goes along', 'a>b b>c', 'c', 'outgoing', ''],
      ['not along a path when it goes against', 'a>b b>c', 'a', 'incoming', ''],
      ['both ways from the middle', 'a>b b>c c>d', 'b', 'both', '1 a>b, 1 b>c, 2 c>d'],
      ['both ways round a corner', 'a>b c>b c>d', 'a', 'both', '1 a>b, 2 c>b, 3 c>d'],
      ['round a circle', 'a>b b>c c>a', 'a', 'outgoing', '1 a>b, 2 b>c, 3 c>a'],
      ['round a circle against it', 'a>b b>c c>a', 'a', 'incoming', '1 c>a, 2 b>c, 3 a>b'],
      ['round a circle both ways', 'a>b b>c c>a', 'a', 'both', '1 a>b, 1 c>a, 2 b>c'],
      ['there and back', 'a>b b>a', 'a', 'outgoing', '1 a>b, 2 b>a'],
      ['there and back both ways', 'a>b b>a', 'a', 'both', '1 a>b, 1 b>a'],
      ['round a loop', 'a>a', 'a', 'outgoing', '1 a>a'],
      ['round a loop against it', 'a>a', 'a', 'incoming', '1 a>a'],
      ['round a loop on the way', 'a>b b>b b>c', 'a', 'both', '1 a>b, 2 b>b, 2 b>c'],
      [
        'by the shorter of two ways',
        'a>b b>c a>c c>d',
        'a',
        'outgoing',
        '1 a>b, 1 a>c, 2 b>c, 2 c>d',
      ],
      [
        'to a node that two ways lead to, once',
        'a>b a>c b>d c>d d>e',
        'a',
        'outgoing',
        '1 a>b, 1 a>c, 2 b>d, 2 c>d, 3 d>e',
      ],
      ['to nothing that does not hang together', 'a>b c>d', 'a', 'both', '1 a>b'],
      [
        'from a circle into another',
        'a>b b>a b>c c>d d>c',
        'a',
        'outgoing',
        '1 a>b, 2 b>a, 2 b>c, 3 c>d, 4 d>c',
      ],
      ['from nowhere', 'a>b', 'z', 'both', ''],
    ])('goes %s', async (_, picture, from, direction, expected) => {
      await draw(lineage(), picture);
      expect(await walk(from, direction)).toBe(expected);
    });

    it('takes every type of edge between two nodes', async () => {
      await lineage().append(edge('a', 'b', { edgeType: 'one' }));
      await lineage().append(edge('a', 'b', { edgeType: 'two' }));
      expect(await walk('a', 'outgoing')).toBe('1 a>b, 1 a>b');
      expect(await walk('b', 'both')).toBe('1 a>b, 1 a>b');
    });

    it('ends at its greatest depth', async () => {
      await draw(lineage(), 'a>b b>c c>d d>e');
      const path = ['1 a>b', '2 b>c', '3 c>d', '4 d>e'];
      for (const depth of [1, 2, 3, 4, 5, 10]) {
        const expected = path.slice(0, depth).join(', ');
        expect(await walk('a', 'outgoing', depth)).toBe(expected);
        expect(await walk('a', 'both', depth)).toBe(expected);
      }
    });

    it('is cut off at its limit, farthest and newest first', async () => {
      await draw(lineage(), 'b>c a>b a>d d>e');
      const all = ['1 a>b', '1 a>d', '2 b>c', '2 d>e'];
      for (const limit of [1, 2, 3, 4, 5]) {
        expect(await walk('a', 'outgoing', 10, limit)).toBe(all.slice(0, limit).join(', '));
      }
    });

    it('orders edges of one depth by time, then by identifier', async () => {
      const late = edge('a', 'late', { createdAt: '2026-11-21T12:00:00.001Z' });
      const later = edge('a', 'later', { createdAt: '2026-11-21T12:00:00.001Z' });
      const early = edge('a', 'early', { createdAt: '2026-11-21T11:59:59.999Z' });
      const far = edge('late', 'far', { createdAt: '2020-01-01T00:00:00.000Z' });
      for (const each of [later, late, early, far]) await lineage().append(each);
      expect(await lineage().walk('a', 'outgoing', 3, 10)).toStrictEqual([
        { depth: 1, edge: early },
        { depth: 1, edge: late },
        { depth: 1, edge: later },
        { depth: 2, edge: far },
      ]);
    });

    it('goes through layers that have more ways than could be counted', async () => {
      const layers = Array.from({ length: 10 }, (_, layer) =>
        Array.from({ length: 4 }, (__, node) => `${layer}.${node}`),
      );
      const edges = layers.flatMap((layer, index) =>
        layer.flatMap((source) => (layers[index + 1] ?? []).map((target) => edge(source, target))),
      );
      await Promise.all(edges.map((each) => lineage().append(each)));
      const found = await lineage().walk('0.0', 'outgoing', 10, 10_000);
      expect(found.map(({ depth }) => depth)).toEqual([
        ...Array.from({ length: 4 }, () => 1),
        ...Array.from({ length: 8 }, (_, index) =>
          Array.from({ length: 16 }, () => index + 2),
        ).flat(),
      ]);
      expect(new Set(found.map((each) => each.edge.edgeId)).size).toBe(132);
      expect(await lineage().walk('0.0', 'both', 10, 10_000)).toHaveLength(144);
    });

    it('through any graph gives every edge once, at its least depth', async () => {
      const node = fc.nat(7).map(String);
      const graph = fc.array(fc.tuple(node, node, fc.constantFrom('one', 'two')), {
        minLength: 1,
        maxLength: 24,
        size: 'max',
      });
      await fc.assert(
        fc.asyncProperty(
          graph,
          node,
          fc.constantFrom(...DIRECTIONS),
          fc.integer({ min: 1, max: 6 }),
          fc.integer({ min: 1, max: 30 }),
          async (arrows, start, direction, maxDepth, limit) => {
            const [stored, model] = [await empty(), new LineageModel()];
            for (const [source, target, edgeType] of arrows) {
              const each = edge(source, target, { edgeType });
              expect(await stored.append(each)).toStrictEqual(model.append(each));
            }
            expect(await stored.walk(start, direction, maxDepth, limit)).toStrictEqual(
              model.walk(start, direction, maxDepth, limit),
            );
          },
        ),
        { numRuns: 40 },
      );
    });
  });
}
