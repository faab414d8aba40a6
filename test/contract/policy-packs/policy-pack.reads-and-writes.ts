import { describe, expect, it } from '@jest/globals';
import type { PolicyPack } from '../../../src/stores/policy-packs/policy-pack.js';
import type { PolicyPackRepository } from '../../../src/stores/policy-packs/policy-pack.repository.js';
import type { Current } from '../contract.js';
import { changed, type Draft, FULL, newPack, NOON } from './policy-pack.changes.js';

const LATER = '2026-11-21T12:00:00.001Z';

/** One caller, one call after the other. */
export function readAndWriteCases(packs: Current<PolicyPackRepository>): void {
  const created = async (draft: Draft = {}): Promise<PolicyPack> => {
    const pack = newPack(draft);
    expect(await packs().create(pack)).toBe('stored');
    return pack;
  };
  const all = () => packs().list({}, 100);

  describe('an empty catalogue', () => {
    it('holds nothing', async () => {
      expect(await packs().find('pack')).toBeNull();
      expect(await all()).toEqual([]);
      expect(await packs().applicable('portfolio', 'tenant')).toEqual([]);
      expect(await packs().remove('pack', '1-0')).toBe(false);
      const pack = newPack();
      expect(await packs().replace(changed(pack), pack.entityTag)).toBe('overtaken');
      expect(await all()).toEqual([]);
    });
  });

  describe('create', () => {
    it.each<[string, Draft]>([
      ['a portfolio', { appliesTo: 'PORTFOLIO', targetId: 'portfolio-1', definition: FULL }],
      ['a tenant', { appliesTo: 'TENANT', targetId: 'tenant-1', version: '2026.11' }],
      ['everyone', { appliesTo: 'DEFAULT', targetId: null }],
    ])('stores a pack for %s as it was given', async (_, draft) => {
      const pack = await created(draft);
      expect(await packs().find(pack.policyPackId)).toEqual(pack);
      expect(await all()).toEqual([pack]);
    });

    it('leaves a pack alone that has the name', async () => {
      const first = await created();
      expect(await packs().create(newPack({ policyPackId: first.policyPackId }))).toBe('overtaken');
      expect(await packs().create(first)).toBe('overtaken');
      expect(await all()).toEqual([first]);
    });

    it.each<[string, Draft]>([
      ['portfolio', { appliesTo: 'PORTFOLIO', targetId: 'target' }],
      ['tenant', { appliesTo: 'TENANT', targetId: 'target' }],
      ['default', { appliesTo: 'DEFAULT', targetId: null }],
    ])('refuses a second pack for a %s', async (_, draft) => {
      const first = await created(draft);
      const second = newPack(draft);
      expect(await packs().create(second)).toBe('target_taken');
      expect(await packs().find(second.policyPackId)).toBeNull();
      expect(await all()).toEqual([first]);
    });

    it('judges the name before the target', async () => {
      const first = await created({ targetId: 'target' });
      const second = await created();
      const both = newPack({ policyPackId: second.policyPackId, targetId: 'target' });
      expect(await packs().create(both)).toBe('overtaken');
      expect(await all()).toEqual([second, first]);
    });

    it('tells targets apart by every byte, and portfolios from tenants', async () => {
      const targets = [
        'target',
        'TARGET',
        'target ',
        ' target',
        'targét',
        'target_',
        '%',
        'null',
        '',
      ];
      for (const targetId of targets) {
        await created({ appliesTo: 'PORTFOLIO', targetId });
        await created({ appliesTo: 'TENANT', targetId });
      }
      await created({ appliesTo: 'DEFAULT', targetId: null });
      expect(await all()).toHaveLength(targets.length * 2 + 1);
    });

    it('tells names apart by every byte', async () => {
      const names = ['pack', 'PACK', 'pack ', ' pack', 'pack\n', 'é', 'e\u0301', '\u{1F600}', '%'];
      for (const policyPackId of names) await created({ policyPackId });
      for (const name of names) {
        expect((await packs().find(name))?.policyPackId).toBe(name);
      }
      expect(await packs().find('pac')).toBeNull();
      expect(await packs().find('pack%')).toBeNull();
      expect(await packs().find('')).toBeNull();
    });

    it.each<[string, Draft]>([
      ['everyone with a target', { appliesTo: 'DEFAULT', targetId: 'target' }],
      ['everyone with an empty target', { appliesTo: 'DEFAULT', targetId: '' }],
      ['a tenant without a target', { appliesTo: 'TENANT', targetId: null }],
      ['a portfolio without a target', { appliesTo: 'PORTFOLIO', targetId: null }],
    ])('fails for %s and leaves nothing behind', async (_, draft) => {
      await expect(packs().create(newPack(draft))).rejects.toThrow();
      const first = await created();
      const { appliesTo = 'DEFAULT', targetId = null } = draft;
      const second = changed(first, { appliesTo, targetId, version: 'other' });
      await expect(packs().replace(second, first.entityTag)).rejects.toThrow();
      expect(await all()).toEqual([first]);
      expect(await packs().replace(changed(first), first.entityTag)).toBe('stored');
    });
  });

  describe('replace', () => {
    it('stores all of the next state but when the pack was created', async () => {
      const first = await created({ appliesTo: 'TENANT', targetId: 'tenant-1', definition: FULL });
      const second = changed(
        first,
        { appliesTo: 'DEFAULT', targetId: null, version: '2', definition: { tax_policy: {} } },
        LATER,
      );
      expect(second).toMatchObject({ revision: 2, createdAt: NOON, updatedAt: LATER });
      const given = { ...second, createdAt: LATER };
      expect(await packs().replace(given, first.entityTag)).toBe('stored');
      expect(await packs().find(first.policyPackId)).toEqual(second);
      expect(await all()).toEqual([second]);
    });

    it('changes no other pack, not even one with the same tag', async () => {
      const first = await created();
      const other = { ...newPack(), entityTag: first.entityTag };
      expect(await packs().create(other)).toBe('stored');
      const second = changed(first, { version: '2' });
      expect(await packs().replace(second, first.entityTag)).toBe('stored');
      expect(await packs().find(other.policyPackId)).toEqual(other);
    });

    it('only from the very state that the caller has seen', async () => {
      const first = await created();
      const second = changed(first, { version: '2' });
      await packs().replace(second, first.entityTag);
      const third = changed(second, { version: '3' });
      for (const tag of [first.entityTag, third.entityTag, '', '2', `${second.entityTag} `, '%']) {
        expect(await packs().replace(third, tag)).toBe('overtaken');
      }
      expect(await packs().find(first.policyPackId)).toEqual(second);
      expect(await packs().replace(third, second.entityTag)).toBe('stored');
    });

    it('not from the state of a pack that has since been made anew', async () => {
      const first = await created();
      await packs().remove(first.policyPackId, first.entityTag);
      const { policyPackId, targetId } = first;
      const anew = await created({ policyPackId, targetId });
      expect({ ...anew, entityTag: first.entityTag }).toEqual(first);
      expect(await packs().replace(changed(first), first.entityTag)).toBe('overtaken');
      expect(await packs().remove(policyPackId, first.entityTag)).toBe(false);
      expect(await all()).toEqual([anew]);
    });

    it.each<[string, Draft]>([
      ['portfolio', { appliesTo: 'PORTFOLIO', targetId: 'target' }],
      ['tenant', { appliesTo: 'TENANT', targetId: 'target' }],
      ['default', { appliesTo: 'DEFAULT', targetId: null }],
    ])('refuses the %s of another pack', async (_, draft) => {
      const holder = await created(draft);
      const first = await created();
      const { appliesTo, targetId } = holder;
      const second = changed(first, { appliesTo, targetId });
      expect(await packs().replace(second, first.entityTag)).toBe('target_taken');
      expect(await packs().replace(second, 'stale')).toBe('overtaken');
      expect(await packs().find(first.policyPackId)).toEqual(first);
      expect(await packs().find(holder.policyPackId)).toEqual(holder);
    });

    it('keeps a target, and takes one that has become free', async () => {
      const [one, other] = [await created({ targetId: 'a' }), await created({ targetId: 'b' })];
      const kept = changed(one, { version: '2' });
      expect(await packs().replace(kept, one.entityTag)).toBe('stored');
      const moved = changed(kept, { targetId: 'c' });
      expect(await packs().replace(moved, kept.entityTag)).toBe('stored');
      const followed = changed(other, { targetId: 'a' });
      expect(await packs().replace(followed, other.entityTag)).toBe('stored');
      expect(await packs().create(newPack({ targetId: 'b' }))).toBe('stored');
    });
  });

  describe('remove', () => {
    it('removes that pack and no other, once', async () => {
      const [one, other] = [await created({ targetId: 'a' }), await created()];
      expect(await packs().remove(one.policyPackId, one.entityTag)).toBe(true);
      expect(await packs().find(one.policyPackId)).toBeNull();
      expect(await all()).toEqual([other]);
      expect(await packs().remove(one.policyPackId, one.entityTag)).toBe(false);
      expect(await packs().create(newPack({ targetId: 'a' }))).toBe('stored');
    });

    it('only in the very state that the caller has seen', async () => {
      const [first, other] = [await created(), await created()];
      const second = changed(first);
      await packs().replace(second, first.entityTag);
      for (const tag of [first.entityTag, other.entityTag, '', '2', `${second.entityTag} `]) {
        expect(await packs().remove(first.policyPackId, tag)).toBe(false);
      }
      expect(await packs().find(first.policyPackId)).toEqual(second);
      expect(await packs().remove(first.policyPackId, second.entityTag)).toBe(true);
    });
  });

  describe('applicable', () => {
    it('are the packs of the portfolio, of the tenant and of everyone', async () => {
      const byDefault = await created({ appliesTo: 'DEFAULT', targetId: null });
      const [a, b] = [await created({ targetId: 'a' }), await created({ targetId: 'b' })];
      const tenantA = await created({ appliesTo: 'TENANT', targetId: 'a' });
      const tenantT = await created({ appliesTo: 'TENANT', targetId: 't' });
      const idsOf = async (portfolioId: string, tenantId: string | null) =>
        (await packs().applicable(portfolioId, tenantId))
          .map(({ policyPackId }) => policyPackId)
          .toSorted();
      const idOf = (...expected: readonly PolicyPack[]) =>
        expected.map(({ policyPackId }) => policyPackId).toSorted();
      expect(await idsOf('a', 't')).toEqual(idOf(byDefault, a, tenantT));
      expect(await idsOf('a', 'a')).toEqual(idOf(byDefault, a, tenantA));
      expect(await idsOf('b', null)).toEqual(idOf(byDefault, b));
      expect(await idsOf('t', null)).toEqual(idOf(byDefault));
      expect(await idsOf('t', 'b')).toEqual(idOf(byDefault));
      expect(await idsOf('A', 'T')).toEqual(idOf(byDefault));
      expect(await idsOf('', '')).toEqual(idOf(byDefault));
      await packs().remove(byDefault.policyPackId, byDefault.entityTag);
      expect(await idsOf('t', null)).toEqual([]);
    });

    it('come as they are stored', async () => {
      const pack = await created({ targetId: 'a', definition: FULL });
      expect(await packs().applicable('a', null)).toEqual([pack]);
    });
  });

  describe('what is stored belongs to the store', () => {
    it('changing what was passed in or returned changes nothing', async () => {
      const first = await created({ targetId: 'a', definition: structuredClone(FULL) });
      const { policyPackId } = first;
      const expected = structuredClone(first);
      spoil(first);
      expect(await packs().find(policyPackId)).toEqual(expected);
      spoil(await packs().find(policyPackId));
      spoil(await all());
      spoil(await packs().applicable('a', null));
      expect(await packs().find(policyPackId)).toEqual(expected);
      expect(await packs().applicable('a', null)).toEqual([expected]);

      const second = changed(expected, { definition: structuredClone(FULL), version: '2' });
      const copy = structuredClone(second);
      expect(await packs().replace(second, expected.entityTag)).toBe('stored');
      spoil(second);
      expect(await all()).toEqual([copy]);
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
