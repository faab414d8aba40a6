import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { DIRECTIONS } from '../../../../src/stores/dpm/lineage/edge.js';
import type { LineageRepository } from '../../../../src/stores/dpm/lineage/lineage.repository.js';
import { anyDocument } from '../../any-document.js';
import { edge } from './edge.drafts.js';
import { LineageModel } from './edge.model.js';

const TIMES = ['2026-11-21T12:00:00.000Z', '2026-11-21T12:00:00.001Z', '2026-11-21T12:00:01.000Z'];
const node = fc.constantFrom('a', 'b', 'c', 'd', 'é', '\u{1F600}');
const direction = fc.constantFrom(...DIRECTIONS);
const limit = fc.integer({ min: 1, max: 12 });

/** One call. */
const commands = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      call: fc.constant('append' as const),
      source: node,
      target: node,
      edgeType: fc.constantFrom('one', 'two'),
      metadata: anyDocument(2),
      createdAt: fc.constantFrom(...TIMES),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ call: fc.constant('edges' as const), node, direction, limit }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      call: fc.constant('walk' as const),
      node,
      direction,
      maxDepth: fc.integer({ min: 1, max: 5 }),
      limit,
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      call: fc.constant('purge' as const),
      before: fc.constantFrom(...TIMES),
      limit: fc.integer({ min: 1, max: 3 }),
    }),
  },
);

type Command = typeof commands extends fc.Arbitrary<infer T> ? T : never;
type Seen = Record<'appended' | 'found' | 'listed' | 'walked' | 'purged', number>;

/** Whatever is called in whatever order, a store answers as a plain list of edges would. */
export function sequenceCases(empty: () => Promise<LineageRepository>): void {
  describe('any sequence of calls', () => {
    it('answers like the model', async () => {
      const seen: Seen = { appended: 0, found: 0, listed: 0, walked: 0, purged: 0 };
      await fc.assert(
        fc.asyncProperty(
          fc.array(commands, { minLength: 10, maxLength: 60, size: 'max' }),
          async (sequence) => {
            const [lineage, model] = [await empty(), new LineageModel()];
            for (const command of sequence) await step(lineage, model, command, seen);
          },
        ),
        { numRuns: 25 },
      );
      // The sequences are worth running only when they come by every outcome.
      expect(Object.entries(seen).filter(([, times]) => times === 0)).toEqual([]);
    });
  });
}

async function step(
  lineage: LineageRepository,
  model: LineageModel,
  command: Command,
  seen: Seen,
): Promise<void> {
  switch (command.call) {
    case 'append': {
      const { source, target, edgeType, metadata, createdAt } = command;
      const made = edge(source, target, { edgeType, metadata, createdAt });
      const expected = model.append(made);
      expect(await lineage.append(made)).toStrictEqual(expected);
      seen[expected ? 'found' : 'appended'] += 1;
      return;
    }
    case 'edges': {
      const expected = model.edgesOf(command.node, command.direction, command.limit);
      expect(await lineage.edgesOf(command.node, command.direction, command.limit)).toStrictEqual(
        expected,
      );
      seen.listed += expected.length;
      return;
    }
    case 'walk': {
      const { node: start, direction: way, maxDepth, limit: most } = command;
      const expected = model.walk(start, way, maxDepth, most);
      expect(await lineage.walk(start, way, maxDepth, most)).toStrictEqual(expected);
      seen.walked += expected.length;
      return;
    }
    case 'purge': {
      const { before, limit: most } = command;
      expect(await lineage.countExpired(before)).toBe(model.expired(before).length);
      const expected = model.purge(before, most);
      expect(await lineage.purge(before, most)).toBe(expected);
      seen.purged += expected;
    }
  }
}
