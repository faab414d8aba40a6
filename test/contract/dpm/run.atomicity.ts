import { describe, expect, it } from '@jest/globals';
import type { Current } from '../contract.js';
import { aDecision, aRun, keyOf, many, recordOf, type RunStore, spoil } from './run.records.js';

/** A write that fails, and callers that change what they have been given. */
export function atomicityCases(store: Current<RunStore>): void {
  describe('a decision whose identifier exists', () => {
    it('leaves nothing behind', async () => {
      const [one, other] = [aRun(), aRun()];
      for (const run of [one, other]) await store().runs.record(run, null);
      const first = aDecision(one, 1);
      await store().decisions.append(first);
      const before = [await recordOf(store(), one), await recordOf(store(), other)];
      const again = aDecision(other, 1, { decisionId: first.decisionId });
      await expect(store().decisions.append(again)).rejects.toThrow();
      expect([await recordOf(store(), one), await recordOf(store(), other)]).toEqual(before);
      expect(await store().decisions.append(aDecision(other, 1))).toBe(true);
    });

    it('takes no other write down with it', async () => {
      const runs = Array.from({ length: 10 }, () => aRun());
      const first = aRun();
      for (const run of [first, ...runs]) await store().runs.record(run, null);
      const { decisionId } = aDecision(first, 1);
      await store().decisions.append(aDecision(first, 1, { decisionId }));
      const settled = await many(20, (index) => {
        const run = runs[index >> 1] ?? first;
        const draft = index % 2 === 0 ? {} : { decisionId };
        return store()
          .decisions.append(aDecision(run, 1, draft))
          .catch(() => 'failed');
      });
      // The second of a pair is told that the first was faster, or fails when it was faster itself.
      for (const [index, outcome] of settled.entries()) {
        if (index % 2 === 0) expect(outcome).toBe(true);
        else expect(['failed', false]).toContain(outcome);
      }
      for (const run of runs) {
        expect((await store().decisions.ofRun(run.rebalanceRunId))?.decisions).toHaveLength(1);
      }
    });
  });

  describe('what is stored belongs to the store', () => {
    it('changing what was passed in changes nothing', async () => {
      const run = aRun({ result: { trades: [{ isin: 'a' }] } });
      const [copy, key] = [structuredClone(run), keyOf('key')];
      await store().runs.record(run, key);
      const decision = aDecision(copy, 1, { comment: 'fine' });
      const decisionCopy = structuredClone(decision);
      await store().decisions.append(decision);
      spoil(run);
      spoil(key);
      spoil(decision);
      const { found, workflow, decided } = await recordOf(store(), copy);
      expect(found).toStrictEqual(copy);
      expect(workflow?.decisions).toStrictEqual([decisionCopy]);
      expect(decided).toStrictEqual([decisionCopy]);
      const replay = await store().runs.record(aRun(), keyOf('key'));
      expect(replay).toStrictEqual({ outcome: 'replayed', run: copy });
    });

    it('changing what was returned changes nothing', async () => {
      const run = aRun({ result: { trades: [{ isin: 'a' }] } });
      await store().runs.record(run, keyOf('key'));
      await store().decisions.append(aDecision(run, 1));
      await store().runs.record(aRun(), keyOf('key'));
      const before = structuredClone(await recordOf(store(), run));
      spoil(await recordOf(store(), run));
      spoil(await store().runs.findByKey('key'));
      spoil(await store().runs.findByRequestHash('hash-1'));
      spoil(await store().runs.list({}, 10));
      spoil(await store().runs.keyHistory('key'));
      spoil(await store().decisions.list({}, 10));
      expect(await recordOf(store(), run)).toEqual(before);
      spoil(await store().runs.record(aRun(), keyOf('key')));
      expect(await store().runs.find(run.rebalanceRunId)).toEqual(run);
    });
  });
}
