import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { AsyncOperation } from '../../../../src/stores/dpm/operations/operation.js';
import type { OperationRepository } from '../../../../src/stores/dpm/operations/operation.repository.js';
import type { JsonValue } from '@holdfast/core/json';
import { anyDocument } from '../../any-document.js';
import type { Current } from '../../contract.js';
import { AWKWARD_DOCUMENTS, AWKWARD_IDENTIFIERS, AWKWARD_TEXTS } from '../awkward-values.js';
import {
  type Draft,
  finished,
  pending,
  started,
  storeFinished,
  withoutResult,
} from './operation.drafts.js';

/** Every method, one caller at a time. */
export function readAndWriteCases(operations: Current<OperationRepository>): void {
  const created = async (draft: Draft = {}) => {
    const operation = pending(draft);
    expect(await operations().create(operation)).toBe(true);
    return operation;
  };
  const running = async (draft: Draft = {}) => {
    const operation = started(await created(draft));
    expect(await operations().move(operation, 'PENDING')).toBe(true);
    return operation;
  };
  /** By both ways that lead to one operation, and by the list. */
  const expectFound = async (operation: AsyncOperation) => {
    expect(await operations().find(operation.operationId)).toStrictEqual(operation);
    expect(await operations().findByCorrelationId(operation.correlationId)).toStrictEqual(
      operation,
    );
    expect(await operations().list({}, 100)).toContainEqual(withoutResult(operation));
  };

  describe('create', () => {
    it('stores an operation that is found by both its identifiers', async () => {
      const bare = await created();
      const full = await created({ rebalanceRunId: 'run', operationType: 'type-2' });
      await expectFound(bare);
      await expectFound(full);
    });

    it('stores nothing under a correlation id that is taken', async () => {
      const first = await created({ correlationId: 'taken' });
      const second = pending({ correlationId: 'taken', operationType: 'other' });
      expect(await operations().create(second)).toBe(false);
      expect(await operations().find(second.operationId)).toBeNull();
      expect(await operations().list({}, 10)).toStrictEqual([first]);
      expect(await operations().findByCorrelationId('taken')).toStrictEqual(first);
    });

    it('keeps a correlation id taken when the operation has moved on', async () => {
      const { correlationId } = await storeFinished(operations());
      expect(await operations().create(pending({ correlationId }))).toBe(false);
    });

    it.each([
      ['upper and lower case', 'key', 'KEY'],
      ['a blank at the end', 'key', 'key '],
      ['composed and decomposed letters', 'é', 'e\u0301'],
      ['length only', 'x'.repeat(127), 'x'.repeat(128)],
    ])('tells correlation ids apart by every byte: %s', async (_, one, other) => {
      const operation = await created({ correlationId: one });
      expect(await operations().findByCorrelationId(other)).toBeNull();
      await created({ correlationId: other });
      expect(await operations().findByCorrelationId(one)).toStrictEqual(operation);
    });

    it('fails on an identifier that exists, and leaves nothing behind', async () => {
      const first = await created({ operationId: 'same', correlationId: 'one' });
      const second = pending({ operationId: 'same', correlationId: 'other' });
      await expect(operations().create(second)).rejects.toThrow();
      expect(await operations().findByCorrelationId('other')).toBeNull();
      expect(await operations().list({}, 10)).toStrictEqual([first]);
      await created({ correlationId: 'other' });
    });

    it('judges the correlation id before the identifier', async () => {
      const first = await created();
      expect(await operations().create(first)).toBe(false);
      expect(await operations().list({}, 10)).toStrictEqual([first]);
    });
  });

  describe('move', () => {
    it('stores each step of an operation', async () => {
      const before = await created({ rebalanceRunId: 'run' });
      const running = started(before, '2026-11-21T12:00:01.001Z');
      expect(await operations().move(running, 'PENDING')).toBe(true);
      await expectFound(running);
      const ending = { result: { done: [1] } };
      const after = finished(running, ending, '2026-11-21T12:00:02.002Z');
      expect(await operations().move(after, 'RUNNING')).toBe(true);
      await expectFound(after);
    });

    it('stores an error in place of a result', async () => {
      const after = finished(await running(), { error: { code: 'CODE', message: '' } });
      expect(await operations().move(after, 'RUNNING')).toBe(true);
      await expectFound(after);
      expect(await operations().find(after.operationId)).not.toHaveProperty('result');
    });

    it('keeps a result that is null apart from none', async () => {
      const [none, nothing] = [await running(), await running()];
      const after = finished(nothing, { result: null });
      expect(await operations().move(after, 'RUNNING')).toBe(true);
      expect(await operations().find(none.operationId)).not.toHaveProperty('result');
      expect(await operations().find(after.operationId)).toHaveProperty('result', null);
    });

    it('stores nothing when the status is another', async () => {
      const before = await created();
      const step = started(before);
      const after = finished(step, { result: 'late' });
      expect(await operations().move(after, 'RUNNING')).toBe(false);
      await expectFound(before);
      expect(await operations().move(step, 'PENDING')).toBe(true);
      expect(await operations().move(started(before, '2027-01-01T00:00:00.000Z'), 'PENDING')).toBe(
        false,
      );
      await expectFound(step);
      expect(await operations().move(after, 'RUNNING')).toBe(true);
      const other = finished(step, { error: { code: 'OTHER', message: 'other' } });
      expect(await operations().move(other, 'RUNNING')).toBe(false);
      await expectFound(after);
    });

    it('stores nothing of an operation that was never created', async () => {
      const operation = started(pending());
      expect(await operations().move(operation, 'PENDING')).toBe(false);
      expect(await operations().find(operation.operationId)).toBeNull();
      expect(await operations().findByCorrelationId(operation.correlationId)).toBeNull();
      expect(await operations().list({}, 10)).toEqual([]);
    });

    it('changes status, times and ending, and nothing else', async () => {
      const before = await created({ rebalanceRunId: 'run' });
      const step = started(before);
      const forged: AsyncOperation = {
        ...step,
        operationType: 'forged',
        correlationId: 'forged',
        rebalanceRunId: null,
        createdAt: '2020-01-01T00:00:00.000Z',
      };
      expect(await operations().move(forged, 'PENDING')).toBe(true);
      await expectFound(step);
      expect(await operations().findByCorrelationId('forged')).toBeNull();
    });

    it('leaves other operations alone', async () => {
      const [one, other] = [await created(), await created()];
      await operations().move(started(one), 'PENDING');
      await expectFound(other);
    });
  });

  describe('what is unknown', () => {
    it.each([...AWKWARD_IDENTIFIERS, ''])('%j', async (id) => {
      await created();
      expect(await operations().find(id)).toBeNull();
      expect(await operations().findByCorrelationId(id)).toBeNull();
      expect(await operations().list({ operationType: id }, 10)).toEqual([]);
      expect(await operations().list({ rebalanceRunId: id }, 10)).toEqual([]);
    });

    it('one identifier is not the other', async () => {
      const { operationId, correlationId } = await created();
      expect(await operations().find(correlationId)).toBeNull();
      expect(await operations().findByCorrelationId(operationId)).toBeNull();
    });
  });

  describe('values', () => {
    it.each(AWKWARD_IDENTIFIERS)('finds and filters by %j', async (id) => {
      const operation = await created({
        operationId: id,
        operationType: id,
        correlationId: id,
        rebalanceRunId: id,
      });
      await created({ operationType: `${id}.`, rebalanceRunId: `${id}.` });
      expect(await operations().find(id)).toStrictEqual(operation);
      expect(await operations().findByCorrelationId(id)).toStrictEqual(operation);
      expect(await operations().list({ operationType: id }, 10)).toStrictEqual([operation]);
      expect(await operations().list({ rebalanceRunId: id }, 10)).toStrictEqual([operation]);
    });

    it('keeps no run apart from one without a name', async () => {
      const absent = await created({ rebalanceRunId: null });
      const empty = await created({ rebalanceRunId: '' });
      await expectFound(absent);
      await expectFound(empty);
      expect(await operations().list({ rebalanceRunId: '' }, 10)).toStrictEqual([empty]);
    });

    it.each(AWKWARD_TEXTS.map((text) => [text.slice(0, 40), text] as const))(
      'brings back %j in an error',
      async (_, text) => {
        await expectFound(
          await storeFinished(operations(), {}, { error: { code: text, message: text } }),
        );
      },
    );

    const expectBack = async (result: JsonValue) => {
      const after = await storeFinished(operations(), {}, { result });
      const found = await operations().find(after.operationId);
      expect(found).toStrictEqual(after);
      // `toStrictEqual` knows nothing of the order of names.
      expect(JSON.stringify(found?.result)).toBe(JSON.stringify(result));
    };

    it.each(AWKWARD_DOCUMENTS)('brings back a result: %s', async (_, result) => {
      await expectBack(result);
    });

    it('brings back a result of 1 MiB', async () => {
      await expectBack('\u{1F600}'.repeat(256 * 1024));
    });

    it('brings back any result', async () => {
      await fc.assert(fc.asyncProperty(anyDocument(4), expectBack), { numRuns: 40 });
    });

    it.each([
      '1970-01-01T00:00:00.000Z',
      '1969-12-31T23:59:59.999Z',
      '0001-01-01T00:00:00.000Z',
      '2024-02-29T23:59:59.999Z',
      '2026-03-29T01:30:00.001Z',
      '9999-12-31T23:59:59.999Z',
    ])('brings back %s to the millisecond', async (at) => {
      await expectFound(await storeFinished(operations(), { createdAt: at }, { result: null }, at));
    });
  });

  describe('what is stored belongs to the store', () => {
    it('changing what was passed in or returned changes nothing', async () => {
      const result = { deep: [{ deeper: 'kept' }] };
      const given = await storeFinished(operations(), {}, { result });
      const error = { code: 'kept', message: 'kept' };
      const failed = await storeFinished(operations(), {}, { error });
      const kept = structuredClone([given, failed]);
      const spoilAll = async () => {
        spoil(await operations().find(given.operationId));
        spoil(await operations().findByCorrelationId(failed.correlationId));
        spoil(await operations().list({}, 10));
        spoil([given, failed]);
      };
      const ids = kept.map(({ operationId }) => operationId);
      await spoilAll();
      const found = await Promise.all(ids.map((id) => operations().find(id)));
      expect(found).toStrictEqual(kept);
      const listed = await operations().list({}, 10);
      expect(listed).toStrictEqual(kept.toReversed().map(withoutResult));
    });

    it('changing an operation between its steps changes nothing', async () => {
      const before = pending();
      const kept = structuredClone(before);
      await operations().create(before);
      spoil(before);
      await expectFound(kept);
    });
  });
}

/** Changes everything that can be changed, at every depth. */
function spoil(value: unknown): void {
  if (typeof value !== 'object' || value === null) return;
  for (const [key, child] of Object.entries(value)) {
    spoil(child);
    Reflect.set(value, key, 'spoilt');
  }
}
