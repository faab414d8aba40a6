import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { JsonValue } from '@holdfast/core/json';
import type { PolicyDefinition } from '../../../src/stores/policy-packs/policy-definition.js';
import type { PolicyPackRepository } from '../../../src/stores/policy-packs/policy-pack.repository.js';
import { anyDocument } from '../any-document.js';
import type { Current } from '../contract.js';
import { changed, FULL, newPack } from './policy-pack.changes.js';

/** What the store is given is not its to judge: any JSON must come back. */
const as = (json: JsonValue) => json as PolicyDefinition;

const group = (name: string) => ({
  constraint_policy: { group_constraints: { [name]: { max_weight: 0.5 } } },
});

const TEXTS: readonly (readonly [string, string])[] = [
  ['empty', ''],
  ['a blank', ' '],
  ['null', 'null'],
  ['quotes', `'"\`\\`],
  ['parameters', ':version $1 ? @p --'],
  ['unicode', 'é e\u0301 漢字 \u{1F600} \u{10FFFF} \uFEFF \u202e'],
  ['control characters', '\u0001\b\f\n\r\t\u001f\u007f\u2028'],
  ['very long', 'x'.repeat(256 * 1024)],
];

/** Definitions and texts come back as they were, with the names of objects in their order. */
export function definitionCases(packs: Current<PolicyPackRepository>): void {
  const expectBack = async (definition: PolicyDefinition) => {
    const first = newPack({ definition });
    expect(await packs().create(first)).toBe('stored');
    const second = changed(first, { definition, version: '2' });
    const found = [await packs().find(first.policyPackId)];
    expect(await packs().replace(second, first.entityTag)).toBe('stored');
    found.push(await packs().find(first.policyPackId));
    expect(found).toEqual([first, second]);
    for (const pack of found) {
      expect(JSON.stringify(pack?.definition)).toBe(JSON.stringify(definition));
    }
  };

  describe('definitions', () => {
    it.each<[string, PolicyDefinition]>([
      ['nothing', {}],
      ['everything', FULL],
      ['empty parts', { tax_policy: {}, constraint_policy: { group_constraints: {} } }],
      [
        'zero and false',
        { turnover_policy: { max_turnover_pct: 0 }, tax_policy: { enabled: false } },
      ],
      ['fractions', as([0.1, 1 / 3, 0.30000000000000004, 5e-324, 1.7976931348623157e308])],
      ['whole numbers', as([2 ** 53, 2 ** 53 - 1, 1e21, 1e22, 123456789012345680000])],
      ['names in their order', as({ z: 1, a: { y: 2, x: 3 }, Z: 4, '-1': 5 })],
      ['names that every object has', as({ constructor: 1, toString: 2, valueOf: { toJSON: 3 } })],
      ['awkward names', as({ '': 1, ' ': 2, '"': 3, 'a.b': 4, '\u{1F600}': 5 })],
      ['many groups', as(Object.fromEntries(Array.from({ length: 999 }, (_, n) => [`g${n}`, n])))],
    ])('bring back %s', async (_, definition) => {
      await expectBack(definition);
    });

    it.each(TEXTS.filter(([name]) => name !== 'very long'))(
      'bring back a name that is %s',
      async (_, text) => {
        await expectBack(group(text));
      },
    );

    it('bring back any JSON value', async () => {
      await fc.assert(
        fc.asyncProperty(anyDocument(4), async (document) => {
          await expectBack(as({ document }));
        }),
        { numRuns: 40 },
      );
    });
  });

  describe('texts', () => {
    it.each(TEXTS)('bring back a version that is %s', async (_, version) => {
      const pack = newPack({ version });
      await packs().create(pack);
      expect(await packs().find(pack.policyPackId)).toEqual(pack);
    });

    it.each(TEXTS.filter(([name]) => name !== 'very long'))(
      'find by a name and a target that are %s',
      async (_, text) => {
        const pack = newPack({ policyPackId: text, appliesTo: 'TENANT', targetId: text });
        await packs().create(pack);
        expect(await packs().find(text)).toEqual(pack);
        expect(await packs().list({ targetId: text }, 10)).toEqual([pack]);
        expect(await packs().applicable('portfolio', text)).toEqual([pack]);
        const next = changed(pack);
        expect(await packs().replace(next, pack.entityTag)).toBe('stored');
        expect(await packs().remove(text, next.entityTag)).toBe(true);
      },
    );
  });

  describe('times', () => {
    it.each(['0001-01-01T00:00:00.000Z', '1969-12-31T23:59:59.999Z', '9999-12-31T23:59:59.999Z'])(
      'come back to the millisecond: %s',
      async (createdAt) => {
        const pack = newPack({ createdAt });
        await packs().create(pack);
        const next = changed(pack, {}, '2024-02-29T23:59:59.001Z');
        await packs().replace(next, pack.entityTag);
        expect(await packs().find(pack.policyPackId)).toEqual(next);
        expect(next.createdAt).toBe(createdAt);
      },
    );
  });
}
