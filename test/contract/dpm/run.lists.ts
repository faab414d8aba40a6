import { beforeEach, describe, expect, it } from '@jest/globals';
import { positionOf, type Run, RUN_STATUSES } from '../../../src/stores/dpm/runs/run.js';
import type { RunFilter } from '../../../src/stores/dpm/runs/run.repository.js';
import type { Position } from '@holdfast/core/page';
import type { Current } from '../contract.js';
import { selectedRuns } from './run.model.js';
import { aRun, newId, type RunStore, summaryOf, TIMES } from './run.records.js';
import { expectEachOnce, RANGES, walk } from './lists.js';

/** Which runs a list holds, in which order, and how its pages fit together. */
export function listCases(store: Current<RunStore>): void {
  const runs = () => store().runs;
  const recorded = async (draft: Partial<Run> = {}): Promise<Run> => {
    const run = aRun(draft);
    await runs().record(run, null);
    return run;
  };
  const summaries = (stored: readonly Run[], filter: RunFilter = {}, after?: Position) =>
    selectedRuns(stored, filter, after).map(summaryOf);
  const pages = (limit: number, filter: RunFilter = {}, between?: () => Promise<unknown>) =>
    walk((after) => runs().list(filter, limit, after), positionOf, limit, between);

  describe('order of runs', () => {
    it('is newest first, whatever was written last, without results', async () => {
      const stored = [];
      for (const index of [1, 2, 0] as const)
        stored.push(await recorded({ createdAt: TIMES[index] }));
      const [middle, newest, oldest] = stored;
      const expected = [newest, middle, oldest].map((run) => run && summaryOf(run));
      expect(await runs().list({}, 10)).toStrictEqual(expected);
    });

    it('is by the bytes of the identifier, greatest first, at equal times', async () => {
      const ids = ['b', 'a', 'B', 'a-', 'a_', '10', '9', 'é', '~', ' ', '\uFF5E', '\u{1F600}'];
      for (const rebalanceRunId of ids) await recorded({ rebalanceRunId });
      const expected = ids.toSorted((one, other) =>
        Buffer.compare(Buffer.from(other), Buffer.from(one)),
      );
      const found = [await runs().list({}, 100), await pages(1)];
      for (const each of found) {
        expect(each.map(({ rebalanceRunId }) => rebalanceRunId)).toEqual(expected);
      }
    });
  });

  describe('pages of runs', () => {
    let stored: Run[];
    beforeEach(async () => {
      stored = [];
      for (let index = 0; index < 23; index += 1) {
        const status = RUN_STATUSES[index % 2] ?? 'READY';
        stored.push(await recorded({ createdAt: TIMES[index % 3] ?? '', status }));
      }
    });

    it.each([1, 2, 5, 22, 23, 24, 1000])('of %d hold every run once', async (limit) => {
      expect(await pages(limit)).toEqual(summaries(stored));
    });

    it('keep to the filter', async () => {
      const found = await pages(2, { status: 'READY' });
      expect(found).toEqual(summaries(stored, { status: 'READY' }));
      expect(found).toHaveLength(12);
    });

    it('start after any position, whether a run is there or not', async () => {
      for (const after of [
        { createdAt: TIMES[1], id: 'zzz' },
        { createdAt: TIMES[1], id: '' },
        { createdAt: '9999-12-31T23:59:59.999Z', id: '' },
        { createdAt: '0001-01-01T00:00:00.000Z', id: '' },
      ]) {
        expect(await runs().list({}, 100, after)).toEqual(summaries(stored, {}, after));
      }
    });

    it('neither repeat nor lose a run while others are recorded between them', async () => {
      let turn = 0;
      const found = await pages(3, {}, async () => {
        turn += 1;
        if (turn > 10) return;
        for (const createdAt of TIMES) {
          await recorded({ createdAt, rebalanceRunId: newId('aaa') });
          await recorded({ createdAt, rebalanceRunId: newId('zzz') });
        }
      });
      expectEachOnce(found, summaries(stored), positionOf);
    });

    it('neither repeat nor lose a run while others are recorded at once', async () => {
      const writing = Promise.all(
        Array.from({ length: 40 }, (_, index) =>
          recorded({
            createdAt: TIMES[index % 3] ?? '',
            rebalanceRunId: newId(index % 2 === 0 ? 'aaa' : 'zzz'),
          }),
        ),
      );
      const walks = await Promise.all([pages(2), pages(3), pages(7)]);
      const written = await writing;
      for (const found of walks) expectEachOnce(found, summaries(stored), positionOf);
      expect(await pages(5)).toEqual(summaries([...stored, ...written]));
    });
  });

  describe('filters of runs', () => {
    const values: Required<Record<keyof RunFilter, readonly string[]>> = {
      status: ['READY', 'BLOCKED'],
      portfolioId: ['portfolio-1', 'portfolio-2'],
      requestHash: ['hash-1', 'hash-2'],
      createdFrom: ['2026-11-21T12:00:00.000000Z', '2026-11-21T12:00:00.000001Z'],
      createdTo: ['2026-11-21T12:00:00.001000Z', '2026-11-21T12:00:00.001001Z'],
    };
    const names = Object.keys(values) as (keyof RunFilter)[];
    let stored: Run[];
    beforeEach(async () => {
      stored = [];
      for (const createdAt of TIMES) {
        for (let index = 0; index < 8; index += 1) {
          stored.push(
            await recorded({
              createdAt,
              status: index < 4 ? 'READY' : 'BLOCKED',
              portfolioId: `portfolio-${(index % 2) + 1}`,
              requestHash: `hash-${((index >> 1) % 2) + 1}`,
            }),
          );
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
          ) as RunFilter;
          const expected = summaries(stored, filter);
          const found = await runs().list(filter, 100);
          expect({ filter, found }).toEqual({ filter, found: expected });
          sizes.add(expected.length);
        }
      }
      expect(sizes).toEqual(new Set([24, 16, 12, 8, 6, 4, 3, 2, 1]));
    });

    it.each(RANGES)('select a run created %s', async (_, filter, times) => {
      const found = await runs().list(filter, 100);
      expect([...new Set(found.map(({ createdAt }) => createdAt))].toSorted()).toEqual(times);
      expect(found).toHaveLength(times.length * 8);
    });

    it.each(['unknown', 'PORTFOLIO-1', 'portfolio-1 ', 'portfolio%', '%', '', `' OR '1'='1`])(
      'match whole texts by every byte: %j',
      async (text) => {
        expect(await runs().list({ portfolioId: text }, 100)).toEqual([]);
        expect(await runs().list({ requestHash: text }, 100)).toEqual([]);
      },
    );
  });
}
