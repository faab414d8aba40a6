import { describe, expect, it } from '@jest/globals';
import type { Run } from '../../../src/stores/dpm/runs/run.js';
import type { Current } from '../contract.js';
import { aDecision, aRun, recordOf, type RunStore, UNKNOWN } from './run.records.js';

/** Appending decisions and reading those of a run, one caller at a time. */
export function decisionCases(store: Current<RunStore>): void {
  const recorded = async (draft: Partial<Run> = {}): Promise<Run> => {
    const run = aRun(draft);
    await store().runs.record(run, null);
    return run;
  };

  describe('append', () => {
    it('stores decisions one after the other', async () => {
      const run = await recorded();
      const decisions = [
        aDecision(run, 1, { action: 'REJECT', comment: 'no', reasonCode: 'A', actorId: 'a' }),
        aDecision(run, 2, { action: 'REQUEST_CHANGES', comment: null, reasonCode: 'B' }),
        aDecision(run, 3, { action: 'APPROVE', comment: '', actorId: 'c' }),
      ];
      for (const decision of decisions) expect(await store().decisions.append(decision)).toBe(true);
      expect(await store().decisions.ofRun(run.rebalanceRunId)).toStrictEqual({
        runStatus: 'PENDING_REVIEW',
        decisions,
      });
      expect(await store().runs.find(run.rebalanceRunId)).toStrictEqual(run);
    });

    it('keeps the order of making, whatever the times and the identifiers', async () => {
      const run = await recorded();
      const decisions = Array.from({ length: 12 }, (_, index) =>
        aDecision(run, index + 1, {
          decisionId: `${(index * 7) % 12}`,
          createdAt: `2026-11-21T12:00:${String(59 - index)}.000Z`,
        }),
      );
      for (const decision of decisions) await store().decisions.append(decision);
      const { rebalanceRunId: id } = run;
      const of = (...part: number[]) => store().decisions.ofRun(id, ...part);
      expect((await of())?.decisions).toEqual(decisions);
      expect((await of(5))?.decisions).toEqual(decisions.slice(0, 5));
      expect((await of(5, 10))?.decisions).toEqual(decisions.slice(10));
      expect((await of(5, 12))?.decisions).toEqual([]);
      expect(await store().decisions.reviewOf(id)).toEqual({
        runStatus: run.status,
        decisions: decisions.map(({ action }) => ({ action })),
      });
    });

    it.each([0, 1, 3, 4, -1])('refuses number %d after one decision', async (sequenceNo) => {
      const run = await recorded();
      await store().decisions.append(aDecision(run, 1));
      const before = await recordOf(store(), run);
      expect(await store().decisions.append(aDecision(run, sequenceNo))).toBe(false);
      expect(await recordOf(store(), run)).toEqual(before);
      expect(await store().decisions.append(aDecision(run, 2))).toBe(true);
    });

    it('refuses a decision about an unknown run', async () => {
      expect(await store().decisions.append(aDecision(aRun(), 1))).toBe(false);
      expect(await store().decisions.list({}, 10)).toEqual([]);
    });

    it('numbers each run by itself', async () => {
      const [one, other] = [await recorded(), await recorded()];
      const decisions = [aDecision(one, 1), aDecision(other, 1), aDecision(one, 2)];
      for (const decision of decisions) expect(await store().decisions.append(decision)).toBe(true);
      expect((await store().decisions.ofRun(one.rebalanceRunId))?.decisions).toEqual([
        decisions[0],
        decisions[2],
      ]);
      expect((await store().decisions.ofRun(other.rebalanceRunId))?.decisions).toEqual([
        decisions[1],
      ]);
    });

    it('tells a comment that is null from an empty one, and keeps a long one', async () => {
      const run = await recorded();
      const comments = [null, '', 'x'.repeat(65_536), '\u{1F600}'.repeat(32_768)];
      for (const [index, comment] of comments.entries()) {
        await store().decisions.append(aDecision(run, index + 1, { comment }));
      }
      const workflow = await store().decisions.ofRun(run.rebalanceRunId);
      expect(workflow?.decisions.map(({ comment }) => comment)).toEqual(comments);
    });
  });

  describe('ofRun', () => {
    it.each(['READY', 'PENDING_REVIEW', 'BLOCKED'] as const)(
      'tells the status of a run without decisions: %s',
      async (status) => {
        const run = await recorded({ status });
        expect(await store().decisions.ofRun(run.rebalanceRunId)).toStrictEqual({
          runStatus: status,
          decisions: [],
        });
      },
    );

    it.each(UNKNOWN)('is null for the unknown run %j', async (id) => {
      const run = await recorded();
      await store().decisions.append(aDecision(run, 1));
      expect(await store().decisions.ofRun(id)).toBeNull();
      expect(await store().decisions.reviewOf(id)).toBeNull();
      expect(await store().decisions.ofRun(run.correlationId)).toBeNull();
    });
  });
}
