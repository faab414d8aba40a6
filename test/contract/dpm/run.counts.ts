import { beforeEach, describe, expect, it } from '@jest/globals';
import { type Run, RUN_STATUSES } from '../../../src/stores/dpm/runs/run.js';
import type { RunCount } from '../../../src/stores/dpm/runs/run.repository.js';
import type { Current } from '../contract.js';
import { RunModel } from './run.model.js';
import { aRun, type RunStore } from './run.records.js';
import { TIMES } from '../newest-first.js';

const sorted = (counts: readonly RunCount[]) =>
  counts.toSorted((one, other) => JSON.stringify(one).localeCompare(JSON.stringify(other)));

export function countCases(store: Current<RunStore>): void {
  const model = new RunModel();
  const recorded = async (draft: Partial<Run>) => {
    const run = aRun(draft);
    await store().runs.record(run, null);
    model.record(run, null);
  };

  describe('counts', () => {
    beforeEach(() => {
      model.runs = [];
    });

    it('is empty without runs', async () => {
      expect(await store().runs.counts([TIMES[2]])).toEqual([]);
    });

    it('puts a run of the very instant into the younger age', async () => {
      for (const createdAt of TIMES) await recorded({ createdAt });
      const counts = await store().runs.counts([TIMES[2], TIMES[1]]);
      expect(sorted(counts)).toStrictEqual(
        [0, 1, 2].map((age) => ({ status: 'PENDING_REVIEW', age, count: 1 })),
      );
    });

    it('counts all in one age when no instant is given', async () => {
      for (const createdAt of TIMES) await recorded({ createdAt });
      expect(await store().runs.counts([])).toStrictEqual([
        { status: 'PENDING_REVIEW', age: 0, count: 3 },
      ]);
    });

    it('counts by status and age, with no entry where there is none', async () => {
      for (let index = 0; index < 40; index += 1) {
        await recorded({
          status: RUN_STATUSES[index % 3] ?? 'READY',
          createdAt: new Date(Date.parse(TIMES[1]) + (index % 7)).toISOString(),
        });
      }
      const since = [5, 3, 2, 0].map((later) =>
        new Date(Date.parse(TIMES[1]) + later).toISOString(),
      );
      expect(sorted(await store().runs.counts(since))).toStrictEqual(sorted(model.counts(since)));
      expect(await store().runs.counts(['0001-01-01T00:00:00.000Z'])).toHaveLength(3);
    });
  });

  describe('countExpired', () => {
    it('counts what is from before the instant, and not from the instant', async () => {
      for (const createdAt of TIMES) await recorded({ createdAt });
      const { runs } = store();
      expect(await runs.countExpired(TIMES[0])).toBe(0);
      expect(await runs.countExpired(TIMES[1])).toBe(1);
      expect(await runs.countExpired(TIMES[2])).toBe(2);
      expect(await runs.countExpired('9999-12-31T23:59:59.999Z')).toBe(3);
    });
  });
}
