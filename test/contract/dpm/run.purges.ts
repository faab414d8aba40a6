import { describe, expect, it } from '@jest/globals';
import type { Run } from '../../../src/stores/dpm/runs/run.js';
import type { Current } from '../contract.js';
import { aDecision, aRun, keyOf, NOTHING, recordOf, type RunStore, useOf } from './run.records.js';
import { TIMES } from '../newest-first.js';

/** Runs are deleted with all that belongs to them, oldest first. */
export function purgeCases(store: Current<RunStore>): void {
  const recorded = async (draft: Partial<Run> = {}, key?: string): Promise<Run> => {
    const run = aRun(draft);
    await store().runs.record(run, key === undefined ? null : keyOf(key));
    return run;
  };
  const ids = async () => (await store().runs.list({}, 100)).map((run) => run.rebalanceRunId);

  describe('purge', () => {
    it('deletes a run with its key, its history and its decisions, and no other', async () => {
      const old = await recorded({ createdAt: TIMES[0] }, 'old');
      const kept = await recorded({ createdAt: TIMES[1] }, 'kept');
      await store().runs.record(aRun({ createdAt: TIMES[2] }), keyOf('old'));
      for (const run of [old, kept]) {
        await store().decisions.append(aDecision(run, 1));
        await store().decisions.append(aDecision(run, 2));
      }
      const before = await recordOf(store(), kept);
      expect(await store().runs.purge(TIMES[1], 10)).toBe(1);
      expect(await recordOf(store(), old)).toEqual(NOTHING);
      expect(await store().runs.findByKey('old')).toBeNull();
      expect(await store().runs.keyHistory('old')).toEqual([]);
      expect(await recordOf(store(), kept)).toEqual(before);
      expect(await store().decisions.list({}, 10)).toHaveLength(2);
      expect(await store().runs.keyHistory('kept')).toEqual([
        useOf(kept, keyOf('kept'), 'RECORDED'),
      ]);
    });

    it('frees every name of what it deletes', async () => {
      const old = await recorded({}, 'key');
      const decision = aDecision(old, 1);
      await store().decisions.append(decision);
      await store().runs.purge(TIMES[2], 10);
      expect(await store().runs.record(old, keyOf('key', 'another body'))).toEqual({
        outcome: 'recorded',
      });
      expect(await store().runs.keyHistory('key')).toHaveLength(1);
      expect(await store().decisions.ofRun(old.rebalanceRunId)).toEqual({
        runStatus: 'PENDING_REVIEW',
        decisions: [],
      });
      expect(await store().decisions.append(decision)).toBe(true);
    });

    it('keeps a run from the very instant', async () => {
      const run = await recorded({ createdAt: TIMES[1] });
      expect(await store().runs.purge(TIMES[1], 10)).toBe(0);
      expect(await ids()).toEqual([run.rebalanceRunId]);
      expect(await store().runs.purge(TIMES[2], 10)).toBe(1);
      expect(await ids()).toEqual([]);
    });

    it('deletes the oldest first, at most as many as it may', async () => {
      const stored: Run[] = [];
      for (const index of [1, 2, 0, 1, 0]) {
        stored.push(await recorded({ createdAt: TIMES[index] ?? '' }));
      }
      const [a, b, c, d, e] = stored.map(({ rebalanceRunId }) => rebalanceRunId);
      const end = '2027-01-01T00:00:00.000Z';
      expect(await store().runs.purge(end, 0)).toBe(0);
      expect(await store().runs.purge(end, 1)).toBe(1);
      expect(await ids()).toEqual([b, d, a, e]);
      expect(c).toBeDefined();
      expect(await store().runs.purge(end, 2)).toBe(2);
      expect(await ids()).toEqual([b, d]);
      expect(await store().runs.purge(end, 3)).toBe(2);
      expect(await store().runs.purge(end, 3)).toBe(0);
    });

    it('of runs of one time, deletes the least identifiers by bytes first', async () => {
      for (const rebalanceRunId of ['\u{1F600}', '\uFF5E', 'b', 'B'])
        await recorded({ rebalanceRunId });
      await store().runs.purge(TIMES[2], 2);
      expect(await ids()).toEqual(['\u{1F600}', '\uFF5E']);
      await store().runs.purge(TIMES[2], 1);
      expect(await ids()).toEqual(['\u{1F600}']);
    });

    it('finds nothing in an empty store', async () => {
      expect(await store().runs.purge(TIMES[2], 10)).toBe(0);
      expect(await store().runs.countExpired(TIMES[2])).toBe(0);
    });
  });
}
