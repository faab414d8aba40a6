import { describe, expect, it } from '@jest/globals';
import type { CreatedRange } from '@holdfast/core/instant';
import type { Position } from '@holdfast/core/page';
import { positionOf, type SampleThing } from '../../../src/stores/sample-things/sample-thing.js';
import type { SampleThingRepository } from '../../../src/stores/sample-things/sample-thing.repository.js';
import type { Current } from '../contract.js';
import { isCreatedWithin, newestFirst } from '../list-model.js';

const NOON = '2026-11-21T12:00:00.000Z';

/** What every backend promises. */
export function sampleThingCases(records: Current<SampleThingRepository>): void {
  const one = (changes: Partial<SampleThing> = {}): SampleThing => ({
    sampleThingId: 'one',
    text: 'text',
    createdAt: NOON,
    ...changes,
  });
  const all = () => records().list({}, 100);

  describe('an empty store', () => {
    it('holds nothing', async () => {
      expect(await records().find('one')).toBeNull();
      expect(await all()).toEqual([]);
    });
  });

  describe('create', () => {
    it.each(['text', '', ' ', '"\\\'', 'ä\u{1F600}', 'line\nline'])(
      'stores %j as it was given',
      async (text) => {
        const record = one({ text });
        expect(await records().create(record)).toEqual({ outcome: 'created', record });
        expect(await records().find('one')).toEqual(record);
        expect(await all()).toEqual([record]);
      },
    );

    it('answers the same once more as it is there, and stores nothing', async () => {
      await records().create(one());
      const later = one({ createdAt: '2026-11-21T12:00:00.001Z' });
      expect(await records().create(later)).toEqual({ outcome: 'replayed', record: one() });
      expect(await all()).toEqual([one()]);
    });

    it('leaves another one alone that has the identifier', async () => {
      await records().create(one());
      const outcome = await records().create(one({ text: 'other' }));
      expect(outcome).toEqual({ outcome: 'conflict', record: one() });
      expect(await all()).toEqual([one()]);
    });

    it('stores once what many create at once', async () => {
      const texts = Array.from({ length: 8 }, (_, index) => `text ${index % 2}`);
      const made = await Promise.all(texts.map((text) => records().create(one({ text }))));
      const [record] = await all();
      if (!record) throw new Error('nothing is stored');
      expect(made.map((each) => each.record)).toEqual(texts.map(() => record));
      const outcomes = made.map(({ outcome }) => outcome).toSorted();
      const four = (outcome: string) => Array.from({ length: 4 }, () => outcome);
      expect(outcomes).toEqual([...four('conflict'), 'created', ...four('replayed').slice(1)]);
    });

    it('tells identifiers apart by every byte', async () => {
      const identifiers = ['one', 'ONE', 'one ', ' one', 'é', 'e\u0301', '\u{1F600}', '%'];
      for (const sampleThingId of identifiers) await records().create(one({ sampleThingId }));
      for (const sampleThingId of identifiers) {
        expect(await records().find(sampleThingId)).toEqual(one({ sampleThingId }));
      }
      expect(await records().find('on')).toBeNull();
      expect(await records().find('on%')).toBeNull();
    });
  });

  describe('list', () => {
    const times = [NOON, '2026-11-21T12:00:00.001Z', '2026-11-22T00:00:00.000Z'];
    const stored = ['a', 'B', 'é', '\uFFFD', '\u{1F600}'].flatMap((sampleThingId, index) =>
      times.map((createdAt) =>
        one({ sampleThingId: `${sampleThingId}-${createdAt}`, createdAt, text: `${index}` }),
      ),
    );
    const fill = async () => {
      for (const record of stored) await records().create(record);
    };
    const expected = (range: CreatedRange) =>
      stored
        .filter(({ createdAt }) => isCreatedWithin(createdAt, range))
        .toSorted((a, b) => newestFirst(positionOf(a), positionOf(b)));

    it.each<CreatedRange>([
      {},
      { createdFrom: '2026-11-21T12:00:00.001000Z' },
      { createdFrom: '2026-11-21T12:00:00.001001Z' },
      { createdTo: '2026-11-21T12:00:00.001000Z' },
      { createdTo: '2026-11-21T12:00:00.001001Z' },
      { createdFrom: '2026-11-21T12:00:00.000000Z', createdTo: '2026-11-22T00:00:00.000000Z' },
    ])('gives %j newest first, whole and page by page', async (range) => {
      await fill();
      expect(await records().list(range, 100)).toEqual(expected(range));
      const paged: SampleThing[] = [];
      let after: Position | undefined;
      for (;;) {
        const page = await records().list(range, 2, after);
        paged.push(...page);
        const last = page.at(-1);
        if (!last || page.length < 2) break;
        after = positionOf(last);
      }
      expect(paged).toEqual(expected(range));
    });
  });
}
