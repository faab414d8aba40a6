import { beforeEach, describe, expect, it } from '@jest/globals';
import { positionOf, type Proposal } from '../../../src/stores/advisory/proposal.js';
import type { ProposalFilter } from '../../../src/stores/advisory/proposal.repository.js';
import type { Position } from '@holdfast/core/page';
import { creation, type Draft, move, newId, newKey } from './proposal.changes.js';
import { selected } from './proposal.model.js';
import type { ProposalRepository } from '../../../src/stores/advisory/proposal.repository.js';
import type { Current } from '../contract.js';

const TIMES = ['2026-11-21T11:59:59.999Z', '2026-11-21T12:00:00.000Z', '2026-11-21T12:00:00.001Z'];

/** Which proposals a list holds, in which order, and how its pages fit together. */
export function listCases(proposals: Current<ProposalRepository>): void {
  const created = async (draft: Draft = {}): Promise<Proposal> => {
    const { proposal, ...rest } = creation(draft);
    await proposals().create({ proposal, ...rest }, newKey());
    return proposal;
  };
  const idsOf = (found: readonly Proposal[]) => found.map(({ proposalId }) => proposalId);

  /** Follows the list to its end, `limit` at a time. */
  const walk = async (
    limit: number,
    filter: ProposalFilter = {},
    between: () => Promise<unknown> = () => Promise.resolve(),
  ): Promise<readonly Proposal[]> => {
    const all: Proposal[] = [];
    let after: Position | undefined;
    for (let pages = 0; pages < 1000; pages += 1) {
      const page = await proposals().list(filter, limit, after);
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
    it('is newest first, whatever was written last', async () => {
      const [middle, newest, oldest] = [
        await created({ createdAt: TIMES[1] ?? '' }),
        await created({ createdAt: TIMES[2] ?? '' }),
        await created({ createdAt: TIMES[0] ?? '' }),
      ];
      const change = move(oldest, 'CANCELLED', { at: '2026-11-22T00:00:00.000Z' });
      await proposals().append(change);
      expect(await proposals().list({}, 10)).toEqual([newest, middle, change.proposal]);
    });

    it('is by identifier, greatest first, at equal times', async () => {
      const ids = ['b', 'a', 'B', 'ab', 'a-', 'a_', 'A', '10', '9', 'é', 'z', '~', '\uFF5E', ' '];
      for (const proposalId of ids) await created({ proposalId });
      expect(idsOf(await proposals().list({}, 100))).toEqual(
        ids.toSorted((one, other) => Buffer.compare(Buffer.from(other), Buffer.from(one))),
      );
    });

    it('is by the bytes of the identifier beyond the basic plane', async () => {
      // In UTF-16 the first is less than the second; in UTF-8 it is greater.
      await created({ proposalId: '\u{1F600}' });
      await created({ proposalId: '\uFF5E' });
      expect(idsOf(await proposals().list({}, 10))).toEqual(['\u{1F600}', '\uFF5E']);
      expect(idsOf(await walk(1))).toEqual(['\u{1F600}', '\uFF5E']);
    });
  });

  describe('pages', () => {
    let stored: Proposal[];
    beforeEach(async () => {
      stored = [];
      for (let index = 0; index < 23; index += 1) {
        stored.push(await created({ createdAt: TIMES[index % 3] ?? '' }));
      }
    });

    it.each([1, 2, 5, 8, 22, 23, 24, 1000])('of %d hold every proposal once', async (limit) => {
      expect(await walk(limit)).toEqual(selected(stored));
    });

    it('start after any position, whether a proposal is there or not', async () => {
      const [newest] = selected(stored);
      const nowhere: Position = { createdAt: TIMES[1] ?? '', id: 'zzz' };
      const inTheMiddle = await proposals().list({}, 100, nowhere);
      expect(inTheMiddle).toEqual(
        selected(stored).filter(({ createdAt }) => createdAt <= (TIMES[1] ?? '')),
      );
      const before: Position = { createdAt: '9999-12-31T23:59:59.999Z', id: '' };
      expect((await proposals().list({}, 1, before))[0]).toEqual(newest);
      const behind: Position = { createdAt: '0001-01-01T00:00:00.000Z', id: '' };
      expect(await proposals().list({}, 100, behind)).toEqual([]);
    });

    it('keep to the filter', async () => {
      for (const [index, proposal] of stored.entries()) {
        if (index % 4 !== 0) continue;
        stored[index] = move(proposal, 'CANCELLED').proposal;
        await proposals().append(move(proposal, 'CANCELLED'));
      }
      const filter: ProposalFilter = { state: 'CANCELLED' };
      const ids = idsOf(await walk(2, filter));
      expect(ids).toEqual(idsOf(selected(stored, filter)));
      expect(ids).toHaveLength(6);
    });

    it('neither repeat nor lose a proposal while others are written between them', async () => {
      let turn = 0;
      const found = await walk(3, {}, async () => {
        turn += 1;
        if (turn > 10) return;
        for (const createdAt of TIMES) {
          await created({ createdAt, proposalId: newId('aaa') });
          await created({ createdAt, proposalId: newId('zzz') });
        }
      });
      expectEachOnce(found, stored);
    });

    it('neither repeat nor lose a proposal while others are written at once', async () => {
      const writing = Promise.all(
        Array.from({ length: 40 }, (_, index) =>
          created({
            createdAt: TIMES[index % 3] ?? '',
            proposalId: newId(index % 2 === 0 ? 'aaa' : 'zzz'),
          }),
        ),
      );
      const walks = await Promise.all([walk(2), walk(3), walk(7)]);
      const written = await writing;
      for (const found of walks) expectEachOnce(found, stored);
      expect(await walk(5)).toEqual(selected([...stored, ...written]));
    });
  });

  describe('filters', () => {
    const values: Required<Record<keyof ProposalFilter, readonly string[]>> = {
      portfolioId: ['portfolio-1', 'portfolio-2'],
      state: ['DRAFT', 'CANCELLED'],
      createdBy: ['advisor-1', 'advisor-2'],
      createdFrom: ['2026-11-21T12:00:00.000000Z', '2026-11-21T12:00:00.000001Z'],
      createdTo: ['2026-11-21T12:00:00.001000Z', '2026-11-21T12:00:00.001001Z'],
    };
    const names = Object.keys(values) as (keyof ProposalFilter)[];
    let stored: Proposal[];

    beforeEach(async () => {
      stored = [];
      for (const createdAt of TIMES) {
        for (let index = 0; index < 8; index += 1) {
          const proposal = await created({
            createdAt,
            portfolioId: `portfolio-${(index % 2) + 1}`,
            createdBy: `advisor-${((index >> 1) % 2) + 1}`,
          });
          if (index < 4) stored.push(proposal);
          else {
            const change = move(proposal, 'CANCELLED');
            await proposals().append(change);
            stored.push(change.proposal);
          }
        }
      }
    });

    it('alone and combined select what fits all of them', async () => {
      const sizes = new Set<number>();
      for (let mask = 0; mask < 2 ** names.length; mask += 1) {
        const chosen = names.filter((_, index) => (mask >> index) % 2 === 1);
        for (const variant of [0, 1]) {
          const filter = Object.fromEntries(
            chosen.map((name) => [name, values[name][variant]]),
          ) as ProposalFilter;
          const expected = selected(stored, filter);
          expect({ filter, found: await proposals().list(filter, 100) }).toEqual({
            filter,
            found: expected,
          });
          sizes.add(expected.length);
        }
      }
      expect(sizes).toEqual(new Set([24, 16, 12, 8, 6, 4, 3, 2, 1]));
    });

    it.each<[string, ProposalFilter, readonly (string | undefined)[]]>([
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
        'between bounds in the wrong order',
        { createdFrom: '2026-11-21T12:00:00.001000Z', createdTo: '2026-11-21T12:00:00.000000Z' },
        [],
      ],
      [
        'in all of time',
        { createdFrom: '0001-01-01T00:00:00.000000Z', createdTo: '9999-12-31T23:59:59.999999Z' },
        TIMES,
      ],
    ])('select a proposal created %s', async (_, filter, times) => {
      const found = await proposals().list(filter, 100);
      expect([...new Set(found.map(({ createdAt }) => createdAt))].toSorted()).toEqual(times);
      expect(found).toHaveLength(times.length * 8);
    });

    it.each([
      'unknown',
      'PORTFOLIO-1',
      'portfolio-1 ',
      'portfolio-',
      'portfolio-_',
      'portfolio%',
      '%',
      '',
      `' OR '1'='1`,
    ])('match whole texts by every byte: %j', async (text) => {
      expect(await proposals().list({ portfolioId: text }, 100)).toEqual([]);
      expect(await proposals().list({ createdBy: text }, 100)).toEqual([]);
    });

    it('follow the state of a proposal', async () => {
      const [proposal] = selected(stored, { state: 'DRAFT' });
      if (!proposal) throw new Error('no draft is stored');
      const change = move(proposal, 'RISK_REVIEW');
      await proposals().append(change);
      expect(await proposals().list({ state: 'RISK_REVIEW' }, 100)).toEqual([change.proposal]);
      const drafts = idsOf(await proposals().list({ state: 'DRAFT' }, 100));
      expect(drafts).toHaveLength(11);
      expect(drafts).not.toContain(proposal.proposalId);
    });
  });
}

/** Every proposal that was there from the start is found once, and none is found twice. */
function expectEachOnce(found: readonly Proposal[], stored: readonly Proposal[]): void {
  const ids = found.map(({ proposalId }) => proposalId);
  expect(new Set(ids).size).toBe(ids.length);
  const initial = new Set(stored.map(({ proposalId }) => proposalId));
  expect(found.filter(({ proposalId }) => initial.has(proposalId))).toEqual(selected(stored));
}
