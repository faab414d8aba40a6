import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { JsonValue } from '@holdfast/core/json';
import { anyDocument } from '../any-document.js';
import type { Current } from '../contract.js';
import {
  aDecision,
  aRun,
  AWKWARD_TEXTS,
  keyOf,
  NOTHING,
  recordOf,
  type RunStore,
  summaryOf,
  UNKNOWN,
  useOf,
} from './run.records.js';
import { newId } from '../new-id.js';
import { TIMES } from '../newest-first.js';

const DOCUMENTS: readonly (readonly [string, JsonValue])[] = [
  ['null', null],
  ['the text null', 'null'],
  ['false', false],
  ['zero', 0],
  ['an empty text', ''],
  ['a text that is JSON', '{"a":1}'],
  ['an empty array', []],
  ['an empty object', {}],
  ['nulls', { a: null, b: [null, { c: null }] }],
  ['numbers at the limits', [1e308, 5e-324, 2 ** 53, -(2 ** 53), 1e21, 0.1, 1 / 3]],
  ['names in their order', { z: 1, a: 2, Z: 3, '': 4, aa: 5, constructor: 6, length: 7 }],
  ['unicode', ['é', 'e\u0301', '\u{1F600}', '\uFFFF', '\u2028', '"\\/\b', `'`, ':key', '$1']],
  ['1 MiB of text', 'x'.repeat(1024 * 1024 - 2)],
  ['1 MiB of characters of four bytes', '\u{1F600}'.repeat(256 * 1024)],
];

/** Every method of the runs, one caller at a time. */
export function readAndWriteCases(store: Current<RunStore>): void {
  const runs = () => store().runs;

  describe('record', () => {
    it('stores a run without a key', async () => {
      const run = aRun();
      expect(await runs().record(run, null)).toEqual({ outcome: 'recorded' });
      expect(await recordOf(store(), run)).toEqual({
        found: run,
        byCorrelation: run,
        history: [],
        workflow: { runStatus: run.status, decisions: [] },
        listed: [summaryOf(run)],
        decided: [],
      });
    });

    it('stores a run under a key', async () => {
      const [run, key] = [aRun(), keyOf('key')];
      expect(await runs().record(run, key)).toEqual({ outcome: 'recorded' });
      expect(await runs().findByKey('key')).toEqual(run);
      const history = [useOf(run, key, 'RECORDED')];
      expect(await runs().keyHistory('key')).toEqual(history);
      expect(await runs().keyHistoryOfRun(run.rebalanceRunId)).toEqual(history);
    });

    it('answers the run of a key that is used again for the same body', async () => {
      const [first, again, key] = [aRun(), aRun({ createdAt: TIMES[2] }), keyOf('key')];
      await runs().record(first, key);
      expect(await runs().record(again, key)).toEqual({ outcome: 'replayed', run: first });
      expect(await recordOf(store(), again)).toEqual(NOTHING);
      expect(await runs().findByKey('key')).toEqual(first);
      expect(await runs().keyHistory('key')).toEqual([
        useOf(first, key, 'RECORDED'),
        useOf(again, key, 'REPLAYED', first),
      ]);
    });

    it('refuses a key that is used for another body, and keeps that it was', async () => {
      const [first, other] = [aRun(), aRun({ createdAt: TIMES[0] })];
      await runs().record(first, keyOf('key', 1));
      expect(await runs().record(other, keyOf('key', 2))).toEqual({ outcome: 'conflict' });
      expect(await recordOf(store(), other)).toEqual(NOTHING);
      expect(await runs().findByKey('key')).toEqual(first);
      expect(await runs().keyHistory('key')).toEqual([
        useOf(first, keyOf('key', 1), 'RECORDED'),
        useOf(other, keyOf('key', 2), 'CONFLICT', first),
      ]);
    });

    it('keeps the uses of a key in their order, whatever their times', async () => {
      const first = aRun();
      const sent = Array.from({ length: 12 }, (_, index) =>
        aRun({ createdAt: TIMES[(index * 2) % 3] ?? '' }),
      );
      await runs().record(first, keyOf('key', 0));
      for (const [index, run] of sent.entries()) await runs().record(run, keyOf('key', index % 2));
      expect(await runs().keyHistory('key')).toEqual([
        useOf(first, keyOf('key', 0), 'RECORDED'),
        ...sent.map((run, index) =>
          useOf(run, keyOf('key', index % 2), index % 2 === 0 ? 'REPLAYED' : 'CONFLICT', first),
        ),
      ]);
      const uses = await runs().keyHistory('key');
      expect(await runs().keyHistory('key', 5)).toEqual(uses.slice(0, 5));
      expect(await runs().keyHistory('key', 5, 10)).toEqual(uses.slice(10));
      expect(await runs().keyHistoryOfRun(first.rebalanceRunId, 5)).toEqual(uses.slice(0, 5));
    });

    it('judges the key before the identifiers', async () => {
      const [first, other, key] = [aRun(), aRun(), keyOf('key')];
      await runs().record(first, key);
      await runs().record(other, null);
      expect(await runs().record(other, key)).toEqual({ outcome: 'replayed', run: first });
      expect(await runs().record(other, keyOf('key', 2))).toEqual({ outcome: 'conflict' });
    });

    it.each([true, false])('refuses an identifier that is taken (key: %s)', async (keyed) => {
      const first = aRun();
      await runs().record(first, keyOf('first'));
      const other = aRun({ rebalanceRunId: first.rebalanceRunId, result: 'other' });
      const outcome = await runs().record(other, keyed ? keyOf('key') : null);
      expect(outcome).toEqual({ outcome: 'exists', field: 'rebalance_run_id' });
      expect(await runs().find(first.rebalanceRunId)).toEqual(first);
      expect(await runs().findByCorrelationId(other.correlationId)).toBeNull();
      expect(await runs().findByKey('key')).toBeNull();
      expect(await runs().findByKey('first')).toEqual(first);
    });

    it.each([true, false])('refuses a correlation id that is taken (key: %s)', async (keyed) => {
      const first = aRun();
      await runs().record(first, null);
      const other = aRun({ correlationId: first.correlationId, result: 'other' });
      const outcome = await runs().record(other, keyed ? keyOf('key') : null);
      expect(outcome).toEqual({ outcome: 'exists', field: 'correlation_id' });
      expect(await runs().findByCorrelationId(first.correlationId)).toEqual(first);
      expect(await runs().find(other.rebalanceRunId)).toBeNull();
      expect(await runs().findByKey('key')).toBeNull();
    });

    it('names the identifier when both are taken, by one run or by two', async () => {
      const [first, second] = [aRun(), aRun()];
      await runs().record(first, null);
      await runs().record(second, null);
      const { rebalanceRunId } = first;
      const taken = { outcome: 'exists', field: 'rebalance_run_id' };
      for (const { correlationId } of [first, second]) {
        expect(await runs().record(aRun({ rebalanceRunId, correlationId }), null)).toEqual(taken);
      }
    });

    it('leaves a key free that came with a run that was refused', async () => {
      const [first, next, key] = [aRun(), aRun(), keyOf('key')];
      await runs().record(first, null);
      await runs().record({ ...aRun(), correlationId: first.correlationId }, key);
      await runs().record({ ...aRun(), rebalanceRunId: first.rebalanceRunId }, key);
      expect(await runs().keyHistory('key')).toEqual([]);
      expect(await runs().record(next, keyOf('key', 'another body'))).toEqual({
        outcome: 'recorded',
      });
      expect(await runs().keyHistory('key')).toEqual([
        useOf(next, keyOf('key', 'another body'), 'RECORDED'),
      ]);
      expect(await runs().findByKey('key')).toEqual(next);
    });

    it('tells keys apart by every byte', async () => {
      const keys = ['key', 'KEY', 'key ', ' key', 'kéy', 'ke\u0301y', 'k', 'key%', ''];
      const stored = keys.map(() => aRun());
      for (const [index, key] of keys.entries()) {
        const outcome = await runs().record(stored[index] ?? aRun(), keyOf(key));
        expect(outcome).toEqual({ outcome: 'recorded' });
      }
      for (const [index, key] of keys.entries()) {
        expect(await runs().findByKey(key)).toEqual(stored[index]);
        expect(await runs().keyHistory(key)).toHaveLength(1);
      }
    });

    it('tells identifiers apart by every byte', async () => {
      const ids = ['id', 'ID', 'id ', 'íd', 'i\u0301d', '', '\u{1F600}', '\uFF5E'];
      const stored = ids.map((id) => aRun({ rebalanceRunId: id, correlationId: id }));
      for (const run of stored) {
        expect(await runs().record(run, null)).toEqual({ outcome: 'recorded' });
      }
      for (const run of stored) {
        expect(await runs().find(run.rebalanceRunId)).toEqual(run);
        expect(await runs().findByCorrelationId(run.correlationId)).toEqual(run);
      }
    });
  });

  describe('what was never stored', () => {
    it.each(UNKNOWN)('is not found: %j', async (text) => {
      const run = aRun();
      await runs().record(run, keyOf('key'));
      expect(await runs().find(text)).toBeNull();
      expect(await runs().findByCorrelationId(text)).toBeNull();
      expect(await runs().findByRequestHash(text)).toBeNull();
      expect(await runs().findByKey(text)).toBeNull();
      expect(await runs().keyHistory(text)).toEqual([]);
      expect(await runs().keyHistoryOfRun(text)).toEqual([]);
    });

    it('each question knows its own kind of identifier only', async () => {
      const run = aRun({ requestHash: 'h' });
      await runs().record(run, keyOf('key'));
      for (const other of [run.correlationId, 'h', 'key', run.portfolioId]) {
        expect(await runs().find(other)).toBeNull();
        expect(await runs().keyHistoryOfRun(other)).toEqual([]);
      }
      for (const other of [run.rebalanceRunId, 'h', 'key']) {
        expect(await runs().findByCorrelationId(other)).toBeNull();
      }
      for (const other of [run.rebalanceRunId, run.correlationId, 'h']) {
        expect(await runs().findByKey(other)).toBeNull();
        expect(await runs().keyHistory(other)).toEqual([]);
      }
      for (const other of [run.rebalanceRunId, run.correlationId, 'key']) {
        expect(await runs().findByRequestHash(other)).toBeNull();
      }
    });
  });

  describe('findByRequestHash', () => {
    it('gives the newest, whatever was written last', async () => {
      const newest = aRun({ createdAt: TIMES[2], result: { newest: true } });
      for (const run of [aRun({ createdAt: TIMES[1] }), newest, aRun({ createdAt: TIMES[0] })]) {
        await runs().record(run, null);
      }
      await runs().record(aRun({ createdAt: '2027-01-01T00:00:00.000Z', requestHash: 'x' }), null);
      expect(await runs().findByRequestHash('hash-1')).toEqual(newest);
    });

    it('gives the greatest identifier by bytes at equal times', async () => {
      const greatest = aRun({ rebalanceRunId: '\u{1F600}' });
      for (const run of [
        aRun({ rebalanceRunId: 'a' }),
        greatest,
        aRun({ rebalanceRunId: '\uFF5E' }),
      ])
        await runs().record(run, null);
      expect(await runs().findByRequestHash('hash-1')).toEqual(greatest);
    });
  });

  describe('what is stored comes back as it was', () => {
    const expectBack = async (result: JsonValue) => {
      const [run, key] = [aRun({ result, requestHash: newId('hash') }), keyOf(newId('key'))];
      await runs().record(run, key);
      const replay = await runs().record(aRun(), key);
      const found = [
        await runs().find(run.rebalanceRunId),
        await runs().findByCorrelationId(run.correlationId),
        await runs().findByRequestHash(run.requestHash),
        await runs().findByKey(key.key),
        replay.outcome === 'replayed' ? replay.run : null,
      ];
      // `toEqual` knows nothing of the order of names.
      const text = JSON.stringify(result);
      expect(found.map((each) => JSON.stringify(each?.result))).toEqual(found.map(() => text));
      expect(found).toEqual(found.map(() => run));
    };

    it.each(DOCUMENTS)('a result that is %s', async (_, result) => {
      await expectBack(result);
    });

    it('any result', async () => {
      await fc.assert(fc.asyncProperty(anyDocument(4), expectBack), { numRuns: 40 });
    });

    it.each(AWKWARD_TEXTS)('texts that are %s', async (_, text) => {
      const run = aRun({
        rebalanceRunId: text,
        correlationId: text,
        requestHash: text,
        portfolioId: text,
      });
      const key = { key: text, bodyHash: text };
      await runs().record(run, key);
      const decision = aDecision(run, 1, {
        decisionId: text,
        reasonCode: text,
        actorId: text,
        comment: text,
      });
      expect(await store().decisions.append(decision)).toBe(true);
      expect(await recordOf(store(), run)).toEqual({
        found: run,
        byCorrelation: run,
        history: [useOf(run, key, 'RECORDED')],
        workflow: { runStatus: run.status, decisions: [decision] },
        listed: [summaryOf(run)],
        decided: [decision],
      });
      expect(await runs().findByKey(text)).toEqual(run);
      expect(await runs().findByRequestHash(text)).toEqual(run);
      expect(await runs().list({ requestHash: text, portfolioId: text }, 2)).toHaveLength(1);
      expect(
        await store().decisions.list({ reasonCode: text, actorId: text, rebalanceRunId: text }, 2),
      ).toEqual([decision]);
    });

    it.each([
      '0001-01-01T00:00:00.000Z',
      '1969-12-31T23:59:59.999Z',
      '2024-02-29T12:34:56.789Z',
      '2026-03-29T01:30:00.001Z',
      '9999-12-31T23:59:59.999Z',
    ])('the time %s', async (createdAt) => {
      const [run, key] = [aRun({ createdAt }), keyOf('key')];
      await runs().record(run, key);
      await store().decisions.append(aDecision(run, 1, { createdAt }));
      const { found, history, decided } = await recordOf(store(), run);
      expect([found?.createdAt, history[0]?.occurredAt, decided[0]?.createdAt]).toEqual([
        createdAt,
        createdAt,
        createdAt,
      ]);
    });

    it.each(['READY', 'PENDING_REVIEW', 'BLOCKED'] as const)('the status %s', async (status) => {
      const run = aRun({ status });
      await runs().record(run, null);
      expect((await runs().find(run.rebalanceRunId))?.status).toBe(status);
    });
  });
}
