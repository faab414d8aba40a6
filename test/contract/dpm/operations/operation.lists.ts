import { beforeEach, describe, expect, it } from '@jest/globals';
import {
  type AsyncOperation,
  type OperationSummary,
  positionOf,
} from '../../../../src/stores/dpm/operations/operation.js';
import type {
  OperationFilter,
  OperationRepository,
} from '../../../../src/stores/dpm/operations/operation.repository.js';
import type { Position } from '@holdfast/core/page';
import type { Current } from '../../contract.js';
import {
  type Draft,
  finished,
  newId,
  pending,
  started,
  storeFinished,
} from './operation.drafts.js';
import { selected } from './operation.model.js';

const [BEFORE, AT, AFTER] = [
  '2026-11-21T11:59:59.999Z',
  '2026-11-21T12:00:00.000Z',
  '2026-11-21T12:00:00.001Z',
] as const;
const TIMES = [BEFORE, AT, AFTER];

/** Which operations a list holds, in which order, and how its pages fit together. */
export function listCases(operations: Current<OperationRepository>): void {
  const created = async (draft: Draft = {}): Promise<AsyncOperation> => {
    const operation = pending(draft);
    await operations().create(operation);
    return operation;
  };
  const idsOf = (found: readonly OperationSummary[]) => found.map((each) => each.operationId);

  /** Follows the list to its end, `limit` at a time. */
  const walk = async (
    limit: number,
    filter: OperationFilter = {},
    between: () => Promise<unknown> = () => Promise.resolve(),
  ): Promise<readonly OperationSummary[]> => {
    const all: OperationSummary[] = [];
    let after: Position | undefined;
    for (let pages = 0; pages < 1000; pages += 1) {
      const page = await operations().list(filter, limit, after);
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
      const middle = await created({ createdAt: AT });
      const newest = await created({ createdAt: AFTER });
      const oldest = await storeFinished(
        operations(),
        { createdAt: BEFORE },
        { error: { code: 'c', message: 'm' } },
        '2026-11-22T00:00:00.000Z',
      );
      expect(await operations().list({}, 10)).toStrictEqual([newest, middle, oldest]);
    });

    it('is by the bytes of the identifier, greatest first, at equal times', async () => {
      const ids = [
        'b',
        'a',
        'B',
        'ab',
        'a-',
        'a_',
        '10',
        '9',
        'é',
        '~',
        '\u{1F600}',
        '\uFF5E',
        ' ',
      ];
      for (const operationId of ids) await created({ operationId });
      const expected = ids.toSorted((one, other) =>
        Buffer.compare(Buffer.from(other), Buffer.from(one)),
      );
      expect(idsOf(await operations().list({}, 100))).toEqual(expected);
      expect(idsOf(await walk(1))).toEqual(expected);
    });
  });

  describe('pages', () => {
    let stored: AsyncOperation[];
    beforeEach(async () => {
      stored = [];
      for (let index = 0; index < 23; index += 1) {
        stored.push(await created({ createdAt: TIMES[index % 3] ?? '' }));
      }
    });

    it.each([1, 2, 8, 22, 23, 24, 1000])('of %d hold every operation once', async (limit) => {
      expect(await walk(limit)).toStrictEqual(selected(stored));
    });

    it('start after any position, whether an operation is there or not', async () => {
      const inTheMiddle = await operations().list({}, 100, { createdAt: AT, id: 'zzz' });
      expect(inTheMiddle).toStrictEqual(
        selected(stored).filter(({ createdAt }) => createdAt <= AT),
      );
      const start: Position = { createdAt: '9999-12-31T23:59:59.999Z', id: '' };
      expect(await operations().list({}, 1, start)).toStrictEqual(selected(stored).slice(0, 1));
      const end: Position = { createdAt: '0001-01-01T00:00:00.000Z', id: '' };
      expect(await operations().list({}, 100, end)).toEqual([]);
    });

    it('keep to the filter', async () => {
      for (const [index, operation] of stored.entries()) {
        if (index % 4 !== 0) continue;
        stored[index] = started(operation);
        await operations().move(started(operation), 'PENDING');
      }
      const found = await walk(2, { status: 'RUNNING' });
      expect(found).toStrictEqual(selected(stored, { status: 'RUNNING' }));
      expect(found).toHaveLength(6);
    });

    it('neither repeat nor lose an operation while others are written between them', async () => {
      let turn = 0;
      const found = await walk(3, {}, async () => {
        turn += 1;
        if (turn > 10) return;
        for (const createdAt of TIMES) {
          await created({ createdAt, operationId: newId('aaa') });
          await created({ createdAt, operationId: newId('zzz') });
        }
      });
      expectEachOnce(found, stored);
    });

    it('neither repeat nor lose an operation while others are written at once', async () => {
      const writing = Promise.all(
        Array.from({ length: 40 }, (_, index) =>
          created({
            createdAt: TIMES[index % 3] ?? '',
            operationId: newId(index % 2 === 0 ? 'aaa' : 'zzz'),
          }),
        ),
      );
      const walks = await Promise.all([walk(2), walk(3), walk(7)]);
      const written = await writing;
      for (const found of walks) expectEachOnce(found, stored);
      expect(await walk(5)).toStrictEqual(selected([...stored, ...written]));
    });
  });

  describe('filters', () => {
    const values: Required<Record<keyof OperationFilter, readonly string[]>> = {
      operationType: ['type-1', 'type-2'],
      status: ['PENDING', 'FAILED'],
      rebalanceRunId: ['run-1', 'run-2'],
      createdFrom: ['2026-11-21T12:00:00.000000Z', '2026-11-21T12:00:00.000001Z'],
      createdTo: ['2026-11-21T12:00:00.001000Z', '2026-11-21T12:00:00.001001Z'],
    };
    const names = Object.keys(values) as (keyof OperationFilter)[];
    let stored: AsyncOperation[];

    beforeEach(async () => {
      stored = [];
      for (const createdAt of TIMES) {
        for (let index = 0; index < 8; index += 1) {
          const draft = {
            createdAt,
            operationType: `type-${(index % 2) + 1}`,
            rebalanceRunId: `run-${((index >> 1) % 2) + 1}`,
          };
          const error = { code: 'c', message: 'm' };
          stored.push(
            index < 4 ? await created(draft) : await storeFinished(operations(), draft, { error }),
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
          ) as OperationFilter;
          const expected = selected(stored, filter);
          expect({ filter, found: await operations().list(filter, 100) }).toStrictEqual({
            filter,
            found: expected,
          });
          sizes.add(expected.length);
        }
      }
      expect(sizes).toEqual(new Set([24, 16, 12, 8, 6, 4, 3, 2, 1]));
    });

    it.each<[string, OperationFilter, readonly string[]]>([
      ['from its very time', { createdFrom: '2026-11-21T12:00:00.001000Z' }, [AFTER]],
      ['not from a microsecond later', { createdFrom: '2026-11-21T12:00:00.001001Z' }, []],
      ['from a microsecond before', { createdFrom: '2026-11-21T12:00:00.000999Z' }, [AFTER]],
      ['not to its very time', { createdTo: '2026-11-21T11:59:59.999000Z' }, []],
      ['to a microsecond later', { createdTo: '2026-11-21T11:59:59.999001Z' }, [BEFORE]],
      [
        'in the microsecond of its time',
        { createdFrom: '2026-11-21T12:00:00.000000Z', createdTo: '2026-11-21T12:00:00.000001Z' },
        [AT],
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
    ])('select an operation created %s', async (_, filter, times) => {
      const found = await operations().list(filter, 100);
      expect([...new Set(found.map(({ createdAt }) => createdAt))].toSorted()).toEqual(times);
      expect(found).toHaveLength(times.length * 8);
    });

    it.each(['TYPE-1', 'type-1 ', 'type-', 'type-_', 'type%', '%', '', `' OR '1'='1`])(
      'match whole texts by every byte: %j',
      async (text) => {
        expect(await operations().list({ operationType: text }, 100)).toEqual([]);
        expect(await operations().list({ rebalanceRunId: text }, 100)).toEqual([]);
      },
    );

    it('follow the status of an operation', async () => {
      const before = await created();
      const step = started(before);
      await operations().move(step, 'PENDING');
      expect(await operations().list({ status: 'RUNNING' }, 100)).toStrictEqual([step]);
      await operations().move(finished(step), 'RUNNING');
      expect(await operations().list({ status: 'RUNNING' }, 100)).toEqual([]);
      const succeeded = await operations().list({ status: 'SUCCEEDED' }, 100);
      expect(idsOf(succeeded)).toEqual([before.operationId]);
    });
  });

  it('lists hold errors, and no results', async () => {
    const done = await storeFinished(operations(), {}, { result: { large: true } });
    const failed = await storeFinished(operations(), {}, { error: { code: 'c', message: 'm' } });
    const listed = await operations().list({}, 10);
    expect(listed).toStrictEqual(selected([done, failed]));
    expect(listed[1]).not.toHaveProperty('result');
    expect(listed[0]).toHaveProperty('error', { code: 'c', message: 'm' });
  });
}

/** Every operation that was there from the start is found once, and none is found twice. */
function expectEachOnce(
  found: readonly OperationSummary[],
  stored: readonly AsyncOperation[],
): void {
  const ids = found.map(({ operationId }) => operationId);
  expect(new Set(ids).size).toBe(ids.length);
  const initial = new Set(stored.map(({ operationId }) => operationId));
  expect(found.filter(({ operationId }) => initial.has(operationId))).toStrictEqual(
    selected(stored),
  );
}
