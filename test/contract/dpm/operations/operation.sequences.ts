import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  type AsyncOperation,
  type Ending,
  OPERATION_STATUSES,
  positionOf,
} from '../../../../src/stores/dpm/operations/operation.js';
import type { OperationRepository } from '../../../../src/stores/dpm/operations/operation.repository.js';
import { ReasonError } from '@holdfast/core/reasons';
import { anyDocument } from '../../any-document.js';
import { finished, pending, started } from './operation.drafts.js';
import { inOrder, OperationModel } from './operation.model.js';

const TYPES = ['type-1', 'type-2'];
const RUNS = ['run-1', 'run-2'];
const TIMES = ['2026-11-21T12:00:00.000Z', '2026-11-21T12:00:00.001Z', '2026-11-21T12:00:01.000Z'];
const BOUNDS = [
  '2026-11-21T12:00:00.000001Z',
  '2026-11-21T12:00:00.001000Z',
  '2026-11-21T12:00:01.000000Z',
];
const time = fc.constantFrom(...TIMES);

/** One call. Numbers choose among what exists when the call is made. */
const commands = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      call: fc.constant('create' as const),
      draft: fc.record({
        operationType: fc.constantFrom(...TYPES),
        correlationId: fc.nat(30).map((number) => `correlation-${number}`),
        rebalanceRunId: fc.option(fc.constantFrom(...RUNS)),
        createdAt: time,
      }),
    }),
  },
  {
    weight: 8,
    arbitrary: fc.record({
      call: fc.constant('move' as const),
      choice: fc.nat(),
      /** Mostly as the operation is; else as it was at first. */
      stale: fc.nat(4).map((number) => number === 0),
      at: time,
      ending: fc.oneof<fc.Arbitrary<Ending>[]>(
        fc.record({ result: anyDocument(2) }),
        fc.tuple(fc.string(), fc.string()).map(([code, message]) => ({ error: { code, message } })),
      ),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      call: fc.constant('list' as const),
      filter: fc.record(
        {
          operationType: fc.constantFrom(...TYPES),
          status: fc.constantFrom(...OPERATION_STATUSES),
          rebalanceRunId: fc.constantFrom(...RUNS),
          createdFrom: fc.constantFrom(...BOUNDS),
          createdTo: fc.constantFrom(...BOUNDS),
        },
        { requiredKeys: [] },
      ),
      limit: fc.integer({ min: 1, max: 10 }),
      after: fc.option(fc.nat()),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      call: fc.constant('purge' as const),
      before: time,
      limit: fc.integer({ min: 1, max: 3 }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      call: fc.constant('counts' as const),
      since: fc.subarray(TIMES).map((times) => times.toReversed()),
    }),
  },
);

type Command = typeof commands extends fc.Arbitrary<infer T> ? T : never;
type Seen = Record<'created' | 'taken' | 'moved' | 'refused' | 'purged', number>;

/** Whatever is called in whatever order, a store answers as a plain list of operations would. */
export function sequenceCases(empty: () => Promise<OperationRepository>): void {
  describe('any sequence of calls', () => {
    it('answers like the model', async () => {
      const seen: Seen = { created: 0, taken: 0, moved: 0, refused: 0, purged: 0 };
      await fc.assert(
        fc.asyncProperty(
          fc.array(commands, { minLength: 10, maxLength: 60, size: 'max' }),
          async (sequence) => {
            const [operations, model] = [await empty(), new OperationModel()];
            for (const command of sequence) await step(operations, model, command, seen);
            expect(await operations.list({}, 1000)).toStrictEqual(model.list({}, 1000));
            for (const operation of model.operations) {
              const { operationId, correlationId } = operation;
              expect(await operations.find(operationId)).toStrictEqual(operation);
              expect(await operations.findByCorrelationId(correlationId)).toStrictEqual(operation);
            }
          },
        ),
        { numRuns: 25 },
      );
      // The sequences are worth running only when they come by every outcome.
      expect(Object.entries(seen).filter(([, times]) => times === 0)).toEqual([]);
    });
  });
}

async function step(
  operations: OperationRepository,
  model: OperationModel,
  command: Command,
  seen: Seen,
): Promise<void> {
  switch (command.call) {
    case 'create': {
      const operation = pending(command.draft);
      const expected = model.create(operation);
      expect(await operations.create(operation)).toBe(expected);
      seen[expected ? 'created' : 'taken'] += 1;
      return;
    }
    case 'move': {
      const now = pick(model.operations, command.choice);
      if (!now) return;
      const before = command.stale ? asCreated(now) : now;
      const after = legal(before, command);
      if (!after) return;
      const expected = model.move(after, before.status);
      expect(await operations.move(after, before.status)).toBe(expected);
      seen[expected ? 'moved' : 'refused'] += 1;
      return;
    }
    case 'list': {
      const last = command.after === null ? undefined : pick(model.operations, command.after);
      const after = last && positionOf(last);
      expect(await operations.list(command.filter, command.limit, after)).toStrictEqual(
        model.list(command.filter, command.limit, after),
      );
      return;
    }
    case 'purge': {
      const { before, limit } = command;
      expect(await operations.countExpired(before)).toBe(model.expired(before).length);
      const expected = model.purge(before, limit);
      expect(await operations.purge(before, limit)).toBe(expected);
      seen.purged += expected;
      return;
    }
    case 'counts':
      expect(inOrder(await operations.counts(command.since))).toStrictEqual(
        model.counts(command.since),
      );
  }
}

/** The next step of an operation, unless the domain refuses it. */
function legal(
  before: AsyncOperation,
  { at, ending }: Extract<Command, { call: 'move' }>,
): AsyncOperation | undefined {
  try {
    return before.status === 'PENDING' ? started(before, at) : finished(before, ending, at);
  } catch (error) {
    if (error instanceof ReasonError) return undefined;
    throw error;
  }
}

function asCreated({ result: _, error: __, ...operation }: AsyncOperation): AsyncOperation {
  return { ...operation, status: 'PENDING', startedAt: null, finishedAt: null };
}

function pick<T>(things: readonly T[], choice: number): T | undefined {
  return things.length === 0 ? undefined : things[choice % things.length];
}
