import { describe, expect, it } from '@jest/globals';
import type { OperationRepository } from '../../../../src/stores/dpm/operations/operation.repository.js';
import type { Current } from '../../contract.js';
import { pending, started, storeFinished } from './operation.drafts.js';
import { newId } from '../../new-id.js';
import { inOrder } from './operation.model.js';

const [BEFORE, AT, AFTER] = [
  '2026-11-21T11:59:59.999Z',
  '2026-11-21T12:00:00.000Z',
  '2026-11-21T12:00:00.001Z',
] as const;
const LATER = '2027-01-01T00:00:00.000Z';

/** What expires, and what is counted. */
export function retentionCases(operations: Current<OperationRepository>): void {
  const ended = async (at: string, operationId = newId('operation')) => {
    const { correlationId } = await storeFinished(
      operations(),
      { operationId, createdAt: '2020-01-01T00:00:00.000Z' },
      { result: null },
      at,
    );
    return { operationId, correlationId };
  };
  const left = async () =>
    (await operations().list({}, 1000)).map(({ operationId }) => operationId).toSorted();

  describe('purge', () => {
    it('takes what ended before the instant, and not what ended at it', async () => {
      await ended(BEFORE, 'before');
      await ended(AT, 'at');
      await ended(AFTER, 'after');
      expect(await operations().countExpired(AT)).toBe(1);
      expect(await operations().purge(AT, 10)).toBe(1);
      expect(await left()).toEqual(['after', 'at']);
      expect(await operations().countExpired(AT)).toBe(0);
      expect(await operations().purge(AT, 10)).toBe(0);
      expect(await operations().countExpired(LATER)).toBe(2);
    });

    it('leaves what has not ended, however old it is', async () => {
      const waiting = pending({ createdAt: '2000-01-01T00:00:00.000Z' });
      const working = pending({ createdAt: '2000-01-01T00:00:00.000Z' });
      await operations().create(waiting);
      await operations().create(working);
      await operations().move(started(working, '2000-01-01T00:00:00.000Z'), 'PENDING');
      await storeFinished(operations(), {}, { error: { code: 'c', message: 'm' } }, AT);
      expect(await operations().countExpired(LATER)).toBe(1);
      expect(await operations().purge(LATER, 10)).toBe(1);
      expect(await left()).toEqual([waiting.operationId, working.operationId]);
    });

    it('takes the oldest first, by identifier at equal times, and no more than the limit', async () => {
      await ended(AFTER, 'a');
      await ended(AT, 'c');
      await ended(AT, 'B');
      await ended(BEFORE, 'd');
      expect(await operations().countExpired(LATER)).toBe(4);
      expect(await operations().purge(LATER, 2)).toBe(2);
      expect(await left()).toEqual(['a', 'c']);
      expect(await operations().purge(LATER, 1)).toBe(1);
      expect(await left()).toEqual(['a']);
      expect(await operations().purge(LATER, 2)).toBe(1);
      expect(await left()).toEqual([]);
    });

    it('frees the identifiers', async () => {
      const { operationId, correlationId } = await ended(AT);
      expect(await operations().purge(LATER, 10)).toBe(1);
      expect(await operations().findByCorrelationId(correlationId)).toBeNull();
      expect(await operations().find(operationId)).toBeNull();
      const again = pending({ operationId, correlationId });
      expect(await operations().create(again)).toBe(true);
      expect(await operations().findByCorrelationId(correlationId)).toStrictEqual(again);
    });

    it('by many at once takes each once, while others write', async () => {
      for (let index = 0; index < 40; index += 1) await ended(index % 2 === 0 ? AT : AFTER);
      const [purged] = await Promise.all([
        Promise.all(Array.from({ length: 12 }, (_, index) => operations().purge(LATER, index + 1))),
        Promise.all(Array.from({ length: 12 }, () => ended('2028-01-01T00:00:00.000Z'))),
      ]);
      expect(purged.every((count, index) => count <= index + 1)).toBe(true);
      expect(purged.reduce((sum, count) => sum + count, 0)).toBe(40);
      expect(await operations().countExpired(LATER)).toBe(0);
      expect(await left()).toHaveLength(12);
    });
  });

  describe('counts', () => {
    it('are none in an empty store', async () => {
      expect(await operations().counts([])).toEqual([]);
      expect(await operations().counts([LATER])).toEqual([]);
    });

    it('are by status and by the first instant that an operation is not older than', async () => {
      const created = async (createdAt: string) => {
        const operation = pending({ createdAt });
        await operations().create(operation);
        return operation;
      };
      for (const at of [BEFORE, BEFORE, AT, AFTER]) await created(at);
      await operations().move(started(await created(BEFORE)), 'PENDING');
      await storeFinished(operations(), { createdAt: AT });
      await storeFinished(operations(), { createdAt: AFTER }, { error: { code: '', message: '' } });

      expect(inOrder(await operations().counts([AFTER, AT]))).toStrictEqual([
        { status: 'FAILED', age: 0, count: 1 },
        { status: 'PENDING', age: 0, count: 1 },
        { status: 'PENDING', age: 1, count: 1 },
        { status: 'PENDING', age: 2, count: 2 },
        { status: 'RUNNING', age: 2, count: 1 },
        { status: 'SUCCEEDED', age: 1, count: 1 },
      ]);
      expect(inOrder(await operations().counts([AT]))).toStrictEqual([
        { status: 'FAILED', age: 0, count: 1 },
        { status: 'PENDING', age: 0, count: 2 },
        { status: 'PENDING', age: 1, count: 2 },
        { status: 'RUNNING', age: 1, count: 1 },
        { status: 'SUCCEEDED', age: 0, count: 1 },
      ]);
      expect(inOrder(await operations().counts([]))).toStrictEqual([
        { status: 'FAILED', age: 0, count: 1 },
        { status: 'PENDING', age: 0, count: 4 },
        { status: 'RUNNING', age: 0, count: 1 },
        { status: 'SUCCEEDED', age: 0, count: 1 },
      ]);
    });
  });
}
