import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  type PolicyPack,
  positionOf,
  type Scope,
} from '../../../src/stores/policy-packs/policy-pack.js';
import type {
  PolicyPackFilter,
  PolicyPackRepository,
} from '../../../src/stores/policy-packs/policy-pack.repository.js';
import { changed, newPack } from './policy-pack.changes.js';
import { CatalogueModel } from './policy-pack.model.js';

const TARGETS = ['a', 'b', 'c'];
const TIMES = ['2026-11-21T12:00:00.000Z', '2026-11-21T12:00:00.001Z', '2026-11-21T12:00:01.000Z'];
const BOUNDS = [
  '2026-11-21T12:00:00.000001Z',
  '2026-11-21T12:00:00.001000Z',
  '2026-11-21T12:00:01.000000Z',
];

const target = fc.oneof(
  fc.record({
    appliesTo: fc.constantFrom<Scope>('PORTFOLIO', 'TENANT'),
    targetId: fc.constantFrom(...TARGETS),
  }),
  fc.constant({ appliesTo: 'DEFAULT' as const, targetId: null }),
);

const content = {
  target,
  version: fc.string({ unit: 'grapheme' }).filter((text) => !text.includes('\0')),
  limit: fc.option(fc.double({ min: 0, max: 100, noNaN: true }).filter((n) => !Object.is(n, -0))),
};

/** One call. Numbers choose among what exists, or has existed, when the call is made. */
const commands = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      call: fc.constant('create' as const),
      policyPackId: fc.constantFrom('p1', 'p2', 'p3', 'P1', 'é'),
      createdAt: fc.constantFrom(...TIMES),
      ...content,
    }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      call: fc.constant('replace' as const),
      choice: fc.nat(),
      updatedAt: fc.constantFrom(...TIMES),
      ...content,
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ call: fc.constant('remove' as const), choice: fc.nat() }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      call: fc.constant('list' as const),
      filter: fc.record(
        {
          appliesTo: fc.constantFrom<Scope>('PORTFOLIO', 'TENANT', 'DEFAULT'),
          targetId: fc.constantFrom(...TARGETS),
          createdFrom: fc.constantFrom(...BOUNDS),
          createdTo: fc.constantFrom(...BOUNDS),
        },
        { requiredKeys: [] },
      ),
      limit: fc.integer({ min: 1, max: 4 }),
      after: fc.option(fc.nat()),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      call: fc.constant('applicable' as const),
      portfolioId: fc.constantFrom(...TARGETS),
      tenantId: fc.option(fc.constantFrom(...TARGETS)),
    }),
  },
);

type Command = typeof commands extends fc.Arbitrary<infer T> ? T : never;

/** Whatever is called in whatever order, a catalogue answers as a list of its packs would. */
export function sequenceCases(empty: () => Promise<PolicyPackRepository>): void {
  describe('any sequence of calls', () => {
    it('answers like the model', async () => {
      const seen = { stored: 0, overtaken: 0, target_taken: 0, removed: 0, absent: 0 };
      await fc.assert(
        fc.asyncProperty(
          fc.array(commands, { minLength: 10, maxLength: 60, size: 'max' }),
          async (sequence) => {
            const [packs, model] = [await empty(), new CatalogueModel()];
            /** Every state that was ever written. */
            const states: PolicyPack[] = [];
            for (const command of sequence) await step(packs, model, states, command, seen);
            expect(await packs.list({}, 1000)).toEqual(model.list({}, 1000));
            for (const { policyPackId } of states) {
              expect(await packs.find(policyPackId)).toEqual(model.find(policyPackId));
            }
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
  packs: PolicyPackRepository,
  model: CatalogueModel,
  states: PolicyPack[],
  command: Command,
  seen: Record<'stored' | 'overtaken' | 'target_taken' | 'removed' | 'absent', number>,
): Promise<void> {
  switch (command.call) {
    case 'create': {
      const { policyPackId, createdAt } = command;
      const pack = newPack({ policyPackId, createdAt, ...contentOf(command) });
      const expected = model.create(pack);
      expect(await packs.create(pack)).toBe(expected);
      if (expected === 'stored') states.push(pack);
      seen[expected] += 1;
      return;
    }
    case 'replace': {
      const before = pick(states, command.choice);
      if (!before) return;
      const pack = changed(before, contentOf(command), command.updatedAt);
      const expected = model.replace(pack, before.entityTag);
      expect(await packs.replace(pack, before.entityTag)).toBe(expected);
      if (expected === 'stored') states.push(pack);
      seen[expected] += 1;
      return;
    }
    case 'remove': {
      const before = pick(states, command.choice);
      if (!before) return;
      const expected = model.remove(before.policyPackId, before.entityTag);
      expect(await packs.remove(before.policyPackId, before.entityTag)).toBe(expected);
      seen[expected ? 'removed' : 'absent'] += 1;
      return;
    }
    case 'list': {
      const filter: PolicyPackFilter = command.filter;
      const last = command.after === null ? undefined : pick(states, command.after);
      const after = last && positionOf(last);
      expect(await packs.list(filter, command.limit, after)).toEqual(
        model.list(filter, command.limit, after),
      );
      return;
    }
    case 'applicable': {
      const { portfolioId, tenantId } = command;
      expect(new Set(await packs.applicable(portfolioId, tenantId))).toEqual(
        new Set(model.applicable(portfolioId, tenantId)),
      );
    }
  }
}

function contentOf({
  target: { appliesTo, targetId },
  version,
  limit,
}: Extract<Command, { call: 'create' | 'replace' }>) {
  const definition = limit === null ? {} : { turnover_policy: { max_turnover_pct: limit } };
  return { appliesTo, targetId, version, definition };
}

function pick<T>(things: readonly T[], choice: number): T | undefined {
  return things.length === 0 ? undefined : things[choice % things.length];
}
