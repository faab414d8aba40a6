import { describe, expect, it } from '@jest/globals';
import type { Current } from '../contract.js';
import { aDecision, aRun, keyOf, many, NOTHING, recordOf, type RunStore } from './run.records.js';
import { newId } from '../new-id.js';

/** Many callers at once. */
export function raceCases(store: Current<RunStore>): void {
  const outcomesOf = (outcomes: readonly { readonly outcome: string }[]) =>
    outcomes.map(({ outcome }) => outcome);

  describe('races', () => {
    it('record one run for one key and body, of 200', async () => {
      const sent = Array.from({ length: 200 }, () => aRun());
      const outcomes = await many(200, (index) =>
        store().runs.record(sent[index] ?? aRun(), keyOf('key')),
      );
      const winner = sent[outcomesOf(outcomes).indexOf('recorded')];
      expect(outcomes.filter(({ outcome }) => outcome === 'recorded')).toHaveLength(1);
      expect(outcomes.filter(({ outcome }) => outcome === 'replayed')).toEqual(
        Array.from({ length: 199 }, () => ({ outcome: 'replayed', run: winner })),
      );
      expect(await store().runs.list({}, 300)).toHaveLength(1);
      const history = await store().runs.keyHistory('key');
      expect(history.map(({ outcome }) => outcome)).toEqual([
        'RECORDED',
        ...Array.from({ length: 199 }, () => 'REPLAYED'),
      ]);
      expect(new Set(history.map(({ correlationId }) => correlationId)).size).toBe(200);
      expect(new Set(history.map(({ rebalanceRunId }) => rebalanceRunId)).size).toBe(1);
    });

    it('record one run for one key and two bodies', async () => {
      const outcomes = await many(50, (index) =>
        store().runs.record(aRun(), keyOf('key', index % 2)),
      );
      const winner = outcomesOf(outcomes).indexOf('recorded');
      expect(outcomesOf(outcomes)).toEqual(
        Array.from({ length: 50 }, (_, index) => {
          if (index === winner) return 'recorded';
          return index % 2 === winner % 2 ? 'replayed' : 'conflict';
        }),
      );
      expect(await store().runs.list({}, 100)).toHaveLength(1);
      expect(await store().runs.keyHistory('key')).toHaveLength(50);
    });

    it.each(['rebalanceRunId', 'correlationId'] as const)(
      'record one run for one %s, with keys and without',
      async (field) => {
        const sent = Array.from({ length: 60 }, (_, index) => ({
          run: aRun({ [field]: 'shared' }),
          key: index % 2 === 0 ? null : keyOf(newId('key')),
        }));
        const outcomes = await many(60, (index) => {
          const { run, key } = sent[index] ?? { run: aRun(), key: null };
          return store().runs.record(run, key);
        });
        const winner = outcomesOf(outcomes).indexOf('recorded');
        const name = field === 'correlationId' ? 'correlation_id' : 'rebalance_run_id';
        expect(outcomes).toEqual(
          sent.map((_, index) =>
            index === winner ? { outcome: 'recorded' } : { outcome: 'exists', field: name },
          ),
        );
        for (const [index, { key }] of sent.entries()) {
          if (key === null) continue;
          const found = await store().runs.findByKey(key.key);
          expect(found).toEqual(index === winner ? sent[winner]?.run : null);
        }
      },
    );

    it('record runs that take identifiers and correlation ids from each other crosswise', async () => {
      const outcomes = await many(60, (index) =>
        store().runs.record(
          aRun({ rebalanceRunId: `run-${index % 3}`, correlationId: `correlation-${index % 4}` }),
          index % 2 === 0 ? keyOf(`key-${index % 5}`, index) : null,
        ),
      );
      expect(outcomesOf(outcomes).filter((each) => each === 'recorded')).toHaveLength(3);
      expect(await store().runs.list({}, 100)).toHaveLength(3);
    });

    it('record every run that has its own names', async () => {
      const sent = Array.from({ length: 60 }, () => aRun());
      const outcomes = await many(60, (index) =>
        store().runs.record(sent[index] ?? aRun(), index % 2 === 0 ? keyOf(newId('key')) : null),
      );
      expect(outcomesOf(outcomes)).toEqual(sent.map(() => 'recorded'));
      expect(await store().runs.list({}, 100)).toHaveLength(60);
    });

    it('let one of many decisions of one number through', async () => {
      const run = aRun();
      await store().runs.record(run, null);
      for (const sequenceNo of [1, 2, 3]) {
        const sent = Array.from({ length: 20 }, () => aDecision(run, sequenceNo));
        const taken = await many(20, (index) =>
          store().decisions.append(sent[index] ?? aDecision(run, sequenceNo)),
        );
        expect(taken.filter(Boolean)).toHaveLength(1);
        const workflow = await store().decisions.ofRun(run.rebalanceRunId);
        expect(workflow?.decisions).toHaveLength(sequenceNo);
        expect(workflow?.decisions.at(-1)).toEqual(sent[taken.indexOf(true)]);
      }
    });

    it('purge, record, replay and decide side by side, and nothing is left half', async () => {
      const old = Array.from({ length: 60 }, (_, index) => ({
        run: aRun({ createdAt: '2020-01-01T00:00:00.000Z' }),
        key: keyOf(`key-${index}`),
      }));
      for (const { run, key } of old) await store().runs.record(run, key);
      const before = '2021-01-01T00:00:00.000Z';
      const purger = async () => {
        let purged = 0;
        for (let turn = 0; turn < 12; turn += 1) purged += await store().runs.purge(before, 7);
        return purged;
      };
      const [one, other, third, decided, again] = await Promise.all([
        purger(),
        purger(),
        purger(),
        many(120, (index) =>
          store().decisions.append(aDecision(old[index % 60]?.run ?? aRun(), 1 + (index >> 6))),
        ),
        many(120, (index) => {
          const { key } = old[(index * 7) % 60] ?? { key: keyOf('key') };
          return store().runs.record(aRun(), key);
        }),
      ]);
      expect(decided).toHaveLength(120);
      for (const { outcome } of again) expect(['recorded', 'replayed']).toContain(outcome);
      // A purge passes over runs that someone is at.
      const rest = await store().runs.purge(before, 100);
      expect(one + other + third + rest).toBe(60);
      for (const { run } of old) expect(await recordOf(store(), run)).toEqual(NOTHING);
      expect(await store().decisions.list({}, 1000)).toEqual([]);
      const left = await store().runs.list({}, 1000);
      expect(left).toHaveLength(again.filter(({ outcome }) => outcome === 'recorded').length);
      for (const { rebalanceRunId } of left) {
        const [use, ...others] = await store().runs.keyHistoryOfRun(rebalanceRunId);
        expect(use?.outcome).toBe('RECORDED');
        expect(others.every(({ outcome }) => outcome === 'REPLAYED')).toBe(true);
      }
    });

    it('record anew under names that are purged meanwhile', async () => {
      const before = '2021-01-01T00:00:00.000Z';
      for (let turn = 0; turn < 5; turn += 1) {
        const names = { rebalanceRunId: newId('run'), correlationId: newId('correlation') };
        const first = aRun({ ...names, createdAt: '2020-01-01T00:00:00.000Z' });
        await store().runs.record(first, keyOf('key'));
        await Promise.all([
          store().runs.purge(before, 10),
          many(10, () => store().runs.record(aRun(names), null)),
          many(10, () => store().runs.record(aRun(names), keyOf('key'))),
        ]);
        await store().runs.purge(before, 10);
        expect(await store().runs.countExpired(before)).toBe(0);
        await store().runs.purge('9999-12-31T23:59:59.999Z', 100);
        expect(await store().runs.keyHistory('key')).toEqual([]);
      }
    });
  });
}
