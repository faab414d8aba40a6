import { beforeEach, describe, expect, it } from '@jest/globals';
import { type Decision, positionOf } from '../../../src/stores/dpm/decisions/decision.js';
import type { DecisionFilter } from '../../../src/stores/dpm/decisions/decision.repository.js';
import type { Run } from '../../../src/stores/dpm/runs/run.js';
import type { Current } from '../contract.js';
import { expectEachOnce, RANGES, walk } from './lists.js';
import { selectedDecisions } from './run.model.js';
import { aDecision, aRun, newId, type RunStore, TIMES } from './run.records.js';

/** Which decisions a list holds, in which order, and how its pages fit together. */
export function decisionListCases(store: Current<RunStore>): void {
  const made = new Map<string, number>();
  let runs: Run[];
  const prepare = async () => {
    runs = [aRun({ rebalanceRunId: 'run-1' }), aRun({ rebalanceRunId: 'run-2' })];
    for (const run of runs) await store().runs.record(run, null);
    made.clear();
  };

  /** The next decision about the run. */
  const decided = async (which: number, draft: Partial<Decision> = {}): Promise<Decision> => {
    const run = runs[which] ?? aRun();
    const sequenceNo = (made.get(run.rebalanceRunId) ?? 0) + 1;
    made.set(run.rebalanceRunId, sequenceNo);
    const decision = aDecision(run, sequenceNo, draft);
    expect(await store().decisions.append(decision)).toBe(true);
    return decision;
  };
  const pages = (limit: number, filter: DecisionFilter = {}, between?: () => Promise<unknown>) =>
    walk((after) => store().decisions.list(filter, limit, after), positionOf, limit, between);

  describe('order of decisions', () => {
    beforeEach(prepare);

    it('is newest first, whatever was made last', async () => {
      const middle = await decided(0, { createdAt: TIMES[1] });
      const newest = await decided(1, { createdAt: TIMES[2] });
      const oldest = await decided(0, { createdAt: TIMES[0] });
      expect(await store().decisions.list({}, 10)).toEqual([newest, middle, oldest]);
    });

    it('is by the bytes of the identifier, greatest first, at equal times', async () => {
      const ids = ['b', 'a', 'B', 'a-', 'a_', '10', '9', 'é', '~', ' ', '\uFF5E', '\u{1F600}'];
      for (const [index, decisionId] of ids.entries()) await decided(index % 2, { decisionId });
      const expected = ids.toSorted((one, other) =>
        Buffer.compare(Buffer.from(other), Buffer.from(one)),
      );
      const found = [await store().decisions.list({}, 100), await pages(1)];
      for (const each of found) expect(each.map(({ decisionId }) => decisionId)).toEqual(expected);
    });
  });

  describe('pages of decisions', () => {
    let stored: Decision[];
    beforeEach(async () => {
      await prepare();
      stored = [];
      for (let index = 0; index < 23; index += 1) {
        stored.push(await decided(index % 2, { createdAt: TIMES[index % 3] ?? '' }));
      }
    });

    it.each([1, 2, 5, 22, 23, 24, 1000])('of %d hold every decision once', async (limit) => {
      expect(await pages(limit)).toEqual(selectedDecisions(stored));
    });

    it('keep to the filter', async () => {
      const filter = { rebalanceRunId: 'run-2' };
      const found = await pages(2, filter);
      expect(found).toEqual(selectedDecisions(stored, filter));
      expect(found).toHaveLength(11);
    });

    it('start after any position, whether a decision is there or not', async () => {
      for (const after of [
        { createdAt: TIMES[1], id: 'zzz' },
        { createdAt: TIMES[1], id: '' },
        { createdAt: '9999-12-31T23:59:59.999Z', id: '' },
        { createdAt: '0001-01-01T00:00:00.000Z', id: '' },
      ]) {
        const found = await store().decisions.list({}, 100, after);
        expect(found).toEqual(selectedDecisions(stored, {}, after));
      }
    });

    it('neither repeat nor lose a decision while others are made between them', async () => {
      let turn = 0;
      const found = await pages(3, {}, async () => {
        turn += 1;
        if (turn > 10) return;
        for (const createdAt of TIMES) {
          await decided(0, { createdAt, decisionId: newId('aaa') });
          await decided(1, { createdAt, decisionId: newId('zzz') });
        }
      });
      expectEachOnce(found, selectedDecisions(stored), positionOf);
    });
  });

  describe('filters of decisions', () => {
    const values: Required<Record<keyof DecisionFilter, readonly string[]>> = {
      rebalanceRunId: ['run-1', 'run-2'],
      action: ['APPROVE', 'REJECT'],
      actorId: ['actor-1', 'actor-2'],
      reasonCode: ['REASON_1', 'REASON_2'],
      createdFrom: ['2026-11-21T12:00:00.000000Z', '2026-11-21T12:00:00.000001Z'],
      createdTo: ['2026-11-21T12:00:00.001000Z', '2026-11-21T12:00:00.001001Z'],
    };
    const names = Object.keys(values) as (keyof DecisionFilter)[];
    let stored: Decision[];
    beforeEach(async () => {
      await prepare();
      stored = [];
      for (const createdAt of TIMES) {
        for (let index = 0; index < 16; index += 1) {
          stored.push(
            await decided(index % 2, {
              createdAt,
              action: index < 8 ? 'APPROVE' : 'REJECT',
              actorId: `actor-${((index >> 1) % 2) + 1}`,
              reasonCode: `REASON_${((index >> 2) % 2) + 1}`,
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
          ) as DecisionFilter;
          const expected = selectedDecisions(stored, filter);
          const found = await store().decisions.list(filter, 100);
          expect({ filter, found }).toEqual({ filter, found: expected });
          sizes.add(expected.length);
        }
      }
      expect(Math.min(...sizes)).toBe(1);
      expect(Math.max(...sizes)).toBe(48);
    });

    it.each(RANGES)('select a decision made %s', async (_, filter, times) => {
      const found = await store().decisions.list(filter, 100);
      expect([...new Set(found.map(({ createdAt }) => createdAt))].toSorted()).toEqual(times);
      expect(found).toHaveLength(times.length * 16);
    });

    it.each(['unknown', 'RUN-1', 'run-1 ', 'run%', '%', '', `' OR '1'='1`])(
      'match whole texts by every byte: %j',
      async (text) => {
        for (const filter of [{ rebalanceRunId: text }, { actorId: text }, { reasonCode: text }]) {
          expect(await store().decisions.list(filter, 100)).toEqual([]);
        }
      },
    );
  });
}
