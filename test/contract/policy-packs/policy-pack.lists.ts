import { expect, it } from '@jest/globals';
import { type PolicyPack, positionOf } from '../../../src/stores/policy-packs/policy-pack.js';
import type {
  PolicyPackFilter,
  PolicyPackRepository,
} from '../../../src/stores/policy-packs/policy-pack.repository.js';
import type { Current } from '../contract.js';
import { newestFirstCases, TIMES } from '../newest-first.js';
import { changed, type Draft, newPack } from './policy-pack.changes.js';
import { selected } from './policy-pack.model.js';

/** Which packs a list holds, whatever they apply to. */
export function listCases(packs: Current<PolicyPackRepository>): void {
  const created = async (draft: Draft): Promise<PolicyPack> => {
    const pack = newPack(draft);
    expect(await packs().create(pack)).toBe('stored');
    return pack;
  };
  const replaced = async (before: PolicyPack, content: Draft): Promise<PolicyPack> => {
    const next = changed(before, content, '2026-11-22T00:00:00.000Z');
    expect(await packs().replace(next, before.entityTag)).toBe('stored');
    return next;
  };
  newestFirstCases<PolicyPack, PolicyPack, PolicyPackFilter>({
    noun: 'packs',
    write: ({ id, ...draft }) => created(id === undefined ? draft : { ...draft, policyPackId: id }),
    change: (pack) => replaced(pack, { version: '2' }),
    list: (filter, limit, after) => packs().list(filter, limit, after),
    selected,
    positionOf,
    filters: {
      values: { appliesTo: ['PORTFOLIO', 'TENANT'], targetId: ['target-0', 'target-1'] },
      variants: 4,
      // There is one pack for a target.
      writeVariant: (variant, createdAt) => {
        const appliesTo = variant < 2 ? 'PORTFOLIO' : 'TENANT';
        const own = variant % 2 === 0 ? '' : `-${appliesTo}`;
        const targetId = `target-${TIMES.findIndex((time) => time === createdAt)}${own}`;
        return created({ appliesTo, targetId, createdAt });
      },
      sizes: [0, 1, 2, 4, 6, 8, 12],
      texts: ['targetId'],
    },
  });

  it('lists find the one pack that is for everyone', async () => {
    const everyone = await created({ appliesTo: 'DEFAULT', targetId: null });
    await created({ appliesTo: 'TENANT', targetId: 'target' });
    expect(await packs().list({ appliesTo: 'DEFAULT' }, 10)).toEqual([everyone]);
    expect(await packs().list({ appliesTo: 'DEFAULT', targetId: '' }, 10)).toEqual([]);
  });

  it('lists follow a pack to its new target', async () => {
    const before = await created({ appliesTo: 'TENANT', targetId: 'here' });
    const next = await replaced(before, { appliesTo: 'PORTFOLIO', targetId: 'there' });
    expect(await packs().list({ targetId: 'there' }, 10)).toEqual([next]);
    expect(await packs().list({ appliesTo: 'TENANT', targetId: 'here' }, 1)).toEqual([]);
  });

  it('lists neither repeat nor lose a pack while all of them change', async () => {
    const stored = [];
    for (let index = 0; index < 23; index += 1) stored.push(await created({}));
    const changing = Promise.all(stored.map((pack) => replaced(pack, { version: '2' })));
    const found = [];
    for (let page = await packs().list({}, 3); page.length > 0;) {
      found.push(...page);
      const last = page.at(-1);
      page = last ? await packs().list({}, 3, positionOf(last)) : [];
    }
    await changing;
    const idsOf = (some: readonly PolicyPack[]) => some.map(({ policyPackId }) => policyPackId);
    expect(idsOf(found)).toEqual(idsOf(selected(stored)));
  });
}
