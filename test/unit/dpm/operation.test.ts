import { describe, expect, it } from '@jest/globals';
import { ReasonError } from '@holdfast/core/reasons';
import {
  type AsyncOperation,
  createOperation,
  type Ending,
  finishOperation,
  MOVES,
  OPERATION_STATUSES,
  type OperationStatus,
  positionOf,
  startOperation,
} from '../../../src/stores/dpm/operations/operation.js';

const CREATED = '2026-11-21T12:00:00.000Z';
const STARTED = '2026-11-21T12:00:01.000Z';
const FINISHED = '2026-11-21T12:00:02.000Z';
const FIELDS = {
  operationId: 'operation-1',
  operationType: 'type-1',
  correlationId: 'correlation-1',
  rebalanceRunId: 'run-1',
};
const ERROR = { code: 'CODE', message: 'message' };

/** The moves as they were agreed, written down a second time. */
const ALLOWED = new Set(['PENDING > RUNNING', 'RUNNING > SUCCEEDED', 'RUNNING > FAILED']);

const STEPS: readonly (readonly [OperationStatus, (before: AsyncOperation) => AsyncOperation])[] = [
  ['RUNNING', (before) => startOperation(before, FINISHED)],
  ['SUCCEEDED', (before) => finishOperation(before, { result: 1 }, FINISHED)],
  ['FAILED', (before) => finishOperation(before, { error: ERROR }, FINISHED)],
];

function operationIn(status: OperationStatus): AsyncOperation {
  const operation = createOperation(FIELDS, CREATED);
  return status === 'PENDING' ? operation : { ...operation, status, startedAt: STARTED };
}

describe('createOperation', () => {
  it('is PENDING, and neither started nor finished', () => {
    expect(createOperation(FIELDS, CREATED)).toStrictEqual({
      ...FIELDS,
      status: 'PENDING',
      createdAt: CREATED,
      startedAt: null,
      finishedAt: null,
    });
  });
});

describe('startOperation', () => {
  it('is RUNNING since then, and leaves what was before as it was', () => {
    const before = operationIn('PENDING');
    expect(startOperation(before, STARTED)).toStrictEqual({
      ...before,
      status: 'RUNNING',
      startedAt: STARTED,
    });
    expect(before).toStrictEqual(operationIn('PENDING'));
  });
});

describe('finishOperation', () => {
  it.each<[OperationStatus, Ending]>([
    ['SUCCEEDED', { result: { deep: [1] } }],
    ['SUCCEEDED', { result: null }],
    ['SUCCEEDED', { result: false }],
    ['SUCCEEDED', { result: { error: ERROR } }],
    ['FAILED', { error: ERROR }],
  ])('is %s by %j', (status, ending) => {
    const before = operationIn('RUNNING');
    expect(finishOperation(before, ending, FINISHED)).toStrictEqual({
      ...before,
      status,
      finishedAt: FINISHED,
      ...ending,
    });
    expect(before).toStrictEqual(operationIn('RUNNING'));
  });
});

describe('the moves', () => {
  const pairs = OPERATION_STATUSES.flatMap((from) =>
    STEPS.map(([to, step]) => ({ from, to, step })),
  );

  it('are those that were agreed', () => {
    const table = OPERATION_STATUSES.flatMap((from) => MOVES[from].map((to) => `${from} > ${to}`));
    expect(new Set(table)).toEqual(ALLOWED);
  });

  it.each(pairs)('from $from to $to', ({ from, to, step }) => {
    const work = () => step(operationIn(from));
    if (ALLOWED.has(`${from} > ${to}`)) {
      expect(work().status).toBe(to);
      return;
    }
    expect(work).toThrow(
      new ReasonError('OPERATION_MOVE_NOT_ALLOWED', { detail: `from ${from} to ${to}` }),
    );
  });
});

describe('positionOf', () => {
  it('is when it was created, and its identifier', () => {
    expect(positionOf(operationIn('RUNNING'))).toStrictEqual({
      createdAt: CREATED,
      id: 'operation-1',
    });
  });
});
