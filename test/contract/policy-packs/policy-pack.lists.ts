import { beforeEach, describe, expect, it } from '@jest/globals';
import type { Position } from '@holdfast/core/page';
import { type PolicyPack, positionOf } from '../../../src/stores/policy-packs/policy-pack.js';
import type {
  PolicyPackFilter,
  PolicyPackRepository,
} from '../../../src/stores/policy-packs/policy-pack.repository.js';
import type { Current } from '../contract.js';
import { changed, type Draft, newId, newPack } from './policy-pack.changes.js';
import { selected } from './policy-pack.model.js';

const TIMES = ['2026-11-21T11:59:59.999Z', '2026-11-21T12:00:00.000Z', '2026-11-21T12:00:00.001Z'];

/** Which packs a list holds, in which order, and how its pages fit together. */
export function listCases(packs: Current<PolicyPackRepository>): void {
  const created = async (draft: Draft = {}): Promise<PolicyPack> => {
    const pack = newPack(draft);
    expect(await packs().create(pack)).toBe('stored');
    return pack;
  };
  const idsOf = (found: readonly PolicyPack[]) => found.map(({ policyPackId }) => policyPackId);

  /** Follows the list to its end, `limit` at a time. */
  const walk = async (
    limit: number,
    filter: PolicyPackFilter = {},
    between: () => Promise<unknown> = () => Promise.resolve(),
  ): Promise<readonly PolicyPack[]> => {
    const all: PolicyPack[] = [];
    let after: Position | undefined;
    for (let pages = 0; pages < 1000; pages += 1) {
      const page = await packs().list(filter, limit, after);
      expect(page.length).toBeLessThanOrEqual(limit);
      all.push(...page);
      const last = page.at(-1);
      if (!last) return all;
      after = positionOf(last);
      await between();
    }
    throw new Error('the list does not end');
  };

  describe('order', () => {
    it('is newest first by creation, whatever was written last', async () => {
      const middle = await created({ createdAt: TIMES[1] ?? '' });
      const newest = await created({ createdAt: TIMES[2] ?? '' });
      const oldest = await created({ createdAt: TIMES[0] ?? '' });
      const next = changed(oldest, { version: '2' }, '2026-11-22T00:00:00.000Z');
      await packs().replace(next, oldest.entityTag);
      expect(await packs().list({}, 10)).toEqual([newest, middle, next]);
    });

    it('is by the bytes of the name, greatest first, at equal times', async () => {
      const ids = [
        'b',
        'a',
        'B',
        'ab',
        'a-',
        'a_',
        'A',
        '10',
        '9',
        'é',
        '~',
        '\uFF5E',
        '\u{1F600}',
      ];
      for (const policyPackId of ids) await created({ policyPackId });
      const expected = ids.toSorted((one, other) =>
        Buffer.compare(Buffer.from(other), Buffer.from(one)),
      );
      expect(idsOf(await packs().list({}, 100))).toEqual(expected);
      expect(idsOf(await walk(1))).toEqual(expected);
    });
  });

  describe('pages', () => {
    let stored: PolicyPack[];
    beforeEach(async () => {
      stored = [];
      for (let index = 0; index < 23; index += 1) {
        stored.push(await created({ createdAt: TIMES[index % 3] ?? '' }));
      }
    });

    it.each([1, 2, 5, 22, 23, 24, 1000])('of %d hold every pack once', async (limit) => {
      expect(await walk(limit)).toEqual(selected(stored));
    });

    it('start after any position, whether a pack is there or not', async () => {
      const nowhere: Position = { createdAt: TIMES[1] ?? '', id: 'zzz' };
      expect(await packs().list({}, 100, nowhere)).toEqual(
        selected(stored).filter(({ createdAt }) => createdAt <= (TIMES[1] ?? '')),
      );
      const before: Position = { createdAt: '9999-12-31T23:59:59.999Z', id: '' };
      expect(await packs().list({}, 1, before)).toEqual(selected(stored).slice(0, 1));
      const behind: Position = { createdAt: '0001-01-01T00:00:00.000Z', id: '' };
      expect(await packs().list({}, 100, behind)).toEqual([]);
    });

    it('neither repeat nor lose a pack while others come between them', async () => {
      let turn = 0;
      const found = await walk(3, {}, async () => {
        turn += 1;
        if (turn > 8) return;
        for (const createdAt of TIMES) {
          await created({ createdAt, policyPackId: newId('aaa') });
          await created({ createdAt, policyPackId: newId('zzz') });
        }
      });
      expectEachOnce(found, stored);
    });

    it('neither repeat nor lose a pack while others come and change at once', async () => {
      const writing = Promise.all(
        Array.from({ length: 30 }, (_, index) =>
          created({
            createdAt: TIMES[index % 3] ?? '',
            policyPackId: newId(index % 2 === 0 ? 'aaa' : 'zzz'),
          }),
        ),
      );
      const changing = Promise.all(
        stored.map((pack) => packs().replace(changed(pack, { version: '2' }), pack.entityTag)),
      );
      const walks = await Promise.all([walk(2), walk(3), walk(7)]);
      const written = await writing;
      expect(await changing).toEqual(stored.map(() => 'stored'));
      for (const found of walks) expectEachOnce(found, stored);
      expect(idsOf(await walk(5))).toEqual(idsOf(selected([...stored, ...written])));
    });
  });

  describe('filters', () => {
    const values: Required<Record<keyof PolicyPackFilter, readonly string[]>> = {
      appliesTo: ['PORTFOLIO', 'TENANT'],
      targetId: ['target-0', 'target-1'],
      createdFrom: ['2026-11-21T12:00:00.000000Z', '2026-11-21T12:00:00.000001Z'],
      createdTo: ['2026-11-21T12:00:00.001000Z', '2026-11-21T12:00:00.001001Z'],
    };
    const names = Object.keys(values) as (keyof PolicyPackFilter)[];
    let stored: PolicyPack[];

    beforeEach(async () => {
      stored = [await created({ appliesTo: 'DEFAULT', targetId: null })];
      for (const [index, createdAt] of TIMES.entries()) {
        for (const appliesTo of ['PORTFOLIO', 'TENANT'] as const) {
          for (const targetId of [`target-${index}`, `target-${index}-${appliesTo}`]) {
            stored.push(await created({ appliesTo, targetId, createdAt }));
          }
        }
      }
    });

    it('alone and combined select what fits all of them', async () => {
      const sizes = new Set<number>();
      for (let mask = 0; mask < 2 ** names.length; mask += 1) {
        const chosen = names.filter((_, index) => (mask >> index) % 2 === 1);
        for (const variants of [0, 1, 2, 3]) {
          const filter = Object.fromEntries(
            chosen.map((name, index) => [name, values[name][(variants >> (index % 2)) % 2]]),
          ) as PolicyPackFilter;
          const expected = selected(stored, filter);
          expect({ filter, found: await packs().list(filter, 100) }).toEqual({
            filter,
            found: expected,
          });
          sizes.add(expected.length);
        }
      }
      expect([...sizes].toSorted((one, other) => one - other)).toEqual([0, 1, 2, 4, 5, 6, 9, 13]);
    });

    it('for everyone find the one default pack', async () => {
      expect(await packs().list({ appliesTo: 'DEFAULT' }, 10)).toEqual([stored[0]]);
      expect(await packs().list({ appliesTo: 'DEFAULT', targetId: '' }, 10)).toEqual([]);
    });

    it.each<[string, PolicyPackFilter, readonly (string | undefined)[]]>([
      ['from its very time', { createdFrom: '2026-11-21T12:00:00.001000Z' }, [TIMES[2]]],
      ['not from a microsecond later', { createdFrom: '2026-11-21T12:00:00.001001Z' }, []],
      ['from a microsecond before', { createdFrom: '2026-11-21T12:00:00.000999Z' }, [TIMES[2]]],
      ['not to its very time', { createdTo: '2026-11-21T11:59:59.999000Z' }, []],
      ['to a microsecond later', { createdTo: '2026-11-21T11:59:59.999001Z' }, [TIMES[0]]],
      [
        'in the microsecond of its time',
        { createdFrom: '2026-11-21T12:00:00.000000Z', createdTo: '2026-11-21T12:00:00.000001Z' },
        [TIMES[1]],
      ],
      [
        'in no time at all',
        { createdFrom: '2026-11-21T12:00:00.000000Z', createdTo: '2026-11-21T12:00:00.000000Z' },
        [],
      ],
      [
        'in all of time',
        { createdFrom: '0001-01-01T00:00:00.000000Z', createdTo: '9999-12-31T23:59:59.999999Z' },
        TIMES,
      ],
    ])('select a pack created %s', async (_, filter, times) => {
      const found = await packs().list(filter, 100);
      expect([...new Set(found.map(({ createdAt }) => createdAt))].toSorted()).toEqual(times);
    });

    it.each(['target', 'TARGET-0', 'target-0 ', 'target-%', 'target-_', '', `' OR '1'='1`])(
      'match whole texts by every byte: %j',
      async (targetId) => {
        expect(await packs().list({ targetId }, 100)).toEqual([]);
      },
    );

    it('follow a pack to its new target', async () => {
      const [before] = await packs().list({ appliesTo: 'TENANT', targetId: 'target-0' }, 1);
      if (!before) throw new Error('no pack is stored');
      const next = changed(before, { appliesTo: 'PORTFOLIO', targetId: 'elsewhere' });
      await packs().replace(next, before.entityTag);
      expect(await packs().list({ targetId: 'elsewhere' }, 10)).toEqual([next]);
      expect(await packs().list({ appliesTo: 'TENANT', targetId: 'target-0' }, 1)).toEqual([]);
    });

    it('apply to every page', async () => {
      const filter: PolicyPackFilter = { appliesTo: 'TENANT' };
      expect(await walk(2, filter)).toEqual(selected(stored, filter));
    });
  });
}

/** Every pack that was there from the start is found once, and none is found twice. */
function expectEachOnce(found: readonly PolicyPack[], stored: readonly PolicyPack[]): void {
  const ids = found.map(({ policyPackId }) => policyPackId);
  expect(new Set(ids).size).toBe(ids.length);
  const initial = selected(stored).map(({ policyPackId }) => policyPackId);
  expect(ids.filter((id) => initial.includes(id))).toEqual(initial);
}
