import { describe, expect, it } from '@jest/globals';
import type { PolicyPack } from '../../../src/stores/policy-packs/policy-pack.js';
import type {
  PolicyPackRepository,
  WriteOutcome,
} from '../../../src/stores/policy-packs/policy-pack.repository.js';
import type { Current } from '../contract.js';
import { changed, type Draft, newPack } from './policy-pack.changes.js';
import { newId } from '../new-id.js';

const CALLERS = 40;

/** Many callers at once. */
export function raceCases(packs: Current<PolicyPackRepository>): void {
  const create = async (drafts: readonly Draft[]): Promise<readonly PolicyPack[]> => {
    const created = drafts.map((draft) => newPack(draft));
    const outcomes = await Promise.all(created.map((pack) => packs().create(pack)));
    expect(outcomes).toEqual(created.map(() => 'stored'));
    return created;
  };
  const callers = <T>(each: (caller: number) => T) =>
    Array.from({ length: CALLERS }, (_, caller) => each(caller));
  const all = () => packs().list({}, 1000);

  describe('races', () => {
    it('create one pack of one name', async () => {
      const given = callers(() => newPack({ policyPackId: 'pack' }));
      const outcomes = await Promise.all(given.map((pack) => packs().create(pack)));
      expect(await all()).toEqual([winner(given, outcomes, 'overtaken')]);
    });

    it.each<[string, Draft]>([
      ['portfolio', { appliesTo: 'PORTFOLIO', targetId: 'target' }],
      ['tenant', { appliesTo: 'TENANT', targetId: 'target' }],
      ['default', { appliesTo: 'DEFAULT', targetId: null }],
    ])('create one pack for one %s', async (_, draft) => {
      const given = callers(() => newPack(draft));
      const outcomes = await Promise.all(given.map((pack) => packs().create(pack)));
      expect(await all()).toEqual([winner(given, outcomes, 'target_taken')]);
    });

    it('replace one state once', async () => {
      const [first] = await create([{}]);
      if (!first) throw new Error('nothing was created');
      const given = callers((caller) => changed(first, { version: String(caller) }));
      const outcomes = await Promise.all(
        given.map((pack) => packs().replace(pack, first.entityTag)),
      );
      expect(await all()).toEqual([winner(given, outcomes, 'overtaken')]);
    });

    it('remove or replace one state once', async () => {
      const [first] = await create([{}]);
      if (!first) throw new Error('nothing was created');
      const next = changed(first, { version: '2' });
      const outcomes = await Promise.all(
        callers(async (caller) =>
          caller % 2 === 0
            ? packs().remove(first.policyPackId, first.entityTag)
            : (await packs().replace(next, first.entityTag)) === 'stored',
        ),
      );
      expect(outcomes.filter(Boolean)).toHaveLength(1);
      expect(await all()).toEqual(outcomes.indexOf(true) % 2 === 0 ? [] : [next]);
    });

    it('let one of many packs move to a free target', async () => {
      for (let round = 0; round < 5; round += 1) {
        const before = await create(callers(() => ({})));
        const targetId = newId('target');
        const given = before.map((pack) => changed(pack, { targetId }));
        const outcomes = await Promise.all(
          given.map((pack, caller) => packs().replace(pack, before[caller]?.entityTag ?? '')),
        );
        const moved = winner(given, outcomes, 'target_taken');
        expect(await packs().list({ targetId }, 10)).toEqual([moved]);
      }
    });

    it('let creators and movers meet at a free target', async () => {
      const before = await create(callers(() => ({})));
      const given = before.map((pack, caller) =>
        caller % 2 === 0 ? newPack({ targetId: 'target' }) : changed(pack, { targetId: 'target' }),
      );
      const outcomes = await Promise.all(
        given.map((pack, caller) =>
          caller % 2 === 0
            ? packs().create(pack)
            : packs().replace(pack, before[caller]?.entityTag ?? ''),
        ),
      );
      const taken = winner(given, outcomes, 'target_taken');
      expect(await packs().list({ targetId: 'target' }, 10)).toEqual([taken]);
    });

    it('never wait for each other in a circle when packs swap their targets', async () => {
      const before = await create(callers((caller) => ({ targetId: `target-${caller}` })));
      for (let round = 0; round < 5; round += 1) {
        const outcomes = await Promise.all(
          before.map((pack, caller) => {
            const targetId = `target-${(caller + 1 + round) % CALLERS}`;
            return packs().replace(changed(pack, { targetId }), pack.entityTag);
          }),
        );
        expect(outcomes).toEqual(before.map(() => 'target_taken'));
      }
      const stored = await all();
      expect(new Set(stored)).toEqual(new Set(before));
    });

    it('keep one pack a target while packs move about, come and go', async () => {
      const targets = 6;
      await Promise.all(
        callers(async (caller) => {
          let pack = newPack({ targetId: `target-${caller % targets}` });
          let isThere = (await packs().create(pack)) === 'stored';
          for (let step = 1; step < 8; step += 1) {
            const targetId = `target-${(caller * 5 + step * 7) % targets}`;
            const next = changed(pack, { targetId });
            const outcome = isThere
              ? await packs().replace(next, pack.entityTag)
              : await packs().create(next);
            // A create may be told to look again: the pack that was in its way has gone since.
            const possible = ['stored', 'target_taken', ...(isThere ? [] : ['overtaken'])];
            expect(possible).toContain(outcome);
            if (outcome === 'stored') [pack, isThere] = [next, true];
            if (isThere && step % 3 === 0) {
              expect(await packs().remove(pack.policyPackId, pack.entityTag)).toBe(true);
              isThere = false;
            }
          }
        }),
      );
      const held = (await all()).map(({ targetId }) => targetId);
      expect(new Set(held).size).toBe(held.length);
      expect(held.length).toBeGreaterThan(0);
    });

    it('never show half of a write', async () => {
      const [first] = await create([{ targetId: 'a', version: '1' }]);
      if (!first) throw new Error('nothing was created');
      const writer = async () => {
        let pack = first;
        for (let revision = 2; revision <= 25; revision += 1) {
          const next = changed(pack, {
            targetId: revision % 2 === 0 ? 'b' : 'a',
            version: String(revision),
            definition: { turnover_policy: { max_turnover_pct: revision } },
          });
          expect(await packs().replace(next, pack.entityTag)).toBe('stored');
          pack = next;
        }
      };
      const reader = async () => {
        let seen = 1;
        while (seen < 25) {
          const found = await packs().find(first.policyPackId);
          const revision = found?.revision ?? 0;
          expect(found?.version).toBe(String(revision));
          expect(found?.targetId).toBe(revision % 2 === 0 ? 'b' : 'a');
          expect(found?.definition.turnover_policy?.max_turnover_pct ?? 1).toBe(revision);
          expect(await packs().list({}, 10)).toHaveLength(1);
          expect(revision).toBeGreaterThanOrEqual(seen);
          seen = revision;
        }
      };
      await Promise.all([writer(), reader(), reader()]);
    });
  });
}

/** The only pack that was stored; all others met the same fate. */
function winner(
  given: readonly PolicyPack[],
  outcomes: readonly WriteOutcome[],
  fate: WriteOutcome,
): PolicyPack | undefined {
  const first = outcomes.indexOf('stored');
  expect(outcomes).toEqual(given.map((_, index) => (index === first ? 'stored' : fate)));
  expect(first).toBeGreaterThanOrEqual(0);
  return given[first];
}
