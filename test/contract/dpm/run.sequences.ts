import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { ACTIONS, type Decision } from '../../../src/stores/dpm/decisions/decision.js';
import { positionOf, type Run, RUN_STATUSES } from '../../../src/stores/dpm/runs/run.js';
import { anyDocument } from '../any-document.js';
import { RunModel, selectedDecisions, selectedRuns } from './run.model.js';
import { aDecision, aRun, keyOf, type RunStore, summaryOf } from './run.records.js';
import { TIMES } from '../newest-first.js';

const BOUNDS = ['2026-11-21T11:59:59.999001Z', '2026-11-21T12:00:00.000000Z'];
const instant = fc.constantFrom(...TIMES);

/** One call. Numbers choose among what exists when the call is made. */
const commands = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      call: fc.constant('record' as const),
      key: fc.option(fc.nat(4), { freq: 3 }),
      body: fc.nat(3).map((number) => Number(number === 0)),
      takenId: fc.option(fc.nat(), { freq: 6 }),
      takenCorrelation: fc.option(fc.nat(), { freq: 6 }),
      draft: fc.record({
        portfolioId: fc.constantFrom('portfolio-1', 'portfolio-2'),
        requestHash: fc.constantFrom('hash-1', 'hash-2'),
        status: fc.constantFrom(...RUN_STATUSES),
        createdAt: instant,
        result: anyDocument(2),
      }),
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      call: fc.constant('append' as const),
      choice: fc.nat(),
      /** Mostly the next number; else one that is taken or too great. */
      step: fc.constantFrom(1, 1, 1, 0, 2),
      draft: fc.record({
        action: fc.constantFrom(...ACTIONS),
        actorId: fc.constantFrom('actor-1', 'actor-2'),
        comment: fc.option(fc.string()),
        createdAt: instant,
      }),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      call: fc.constant('list' as const),
      filter: fc.record(
        {
          status: fc.constantFrom(...RUN_STATUSES),
          portfolioId: fc.constantFrom('portfolio-1', 'portfolio-2'),
          requestHash: fc.constantFrom('hash-1', 'hash-2'),
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
      before: instant,
      limit: fc.nat(3),
    }),
  },
);

type Command = typeof commands extends fc.Arbitrary<infer T> ? T : never;
type Seen = Record<string, number>;

/** Whatever is called in whatever order, a store answers as lists of all writes would. */
export function sequenceCases(empty: () => Promise<RunStore>): void {
  describe('any sequence of calls', () => {
    it('answers like the model', async () => {
      const seen: Seen = {
        recorded: 0,
        replayed: 0,
        conflict: 0,
        rebalance_run_id: 0,
        correlation_id: 0,
        appended: 0,
        refused: 0,
        purged: 0,
      };
      await fc.assert(
        fc.asyncProperty(
          fc.array(commands, { minLength: 10, maxLength: 60, size: 'max' }),
          async (sequence) => {
            const [store, model] = [await empty(), new RunModel()];
            for (const command of sequence) await step(store, model, command, seen);
            await compareAll(store, model);
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
  { runs, decisions }: RunStore,
  model: RunModel,
  command: Command,
  seen: Seen,
): Promise<void> {
  const count = (outcome: string, times = 1) => {
    seen[outcome] = (seen[outcome] ?? 0) + times;
  };
  switch (command.call) {
    case 'record': {
      const { rebalanceRunId, correlationId } = aRun();
      const run: Run = {
        rebalanceRunId: pick(model.runs, command.takenId)?.rebalanceRunId ?? rebalanceRunId,
        correlationId: pick(model.runs, command.takenCorrelation)?.correlationId ?? correlationId,
        ...command.draft,
      };
      const key = command.key === null ? null : keyOf(`key-${command.key}`, command.body);
      const expected = model.record(run, key);
      expect(await runs.record(run, key)).toEqual(expected);
      count(expected.outcome === 'exists' ? expected.field : expected.outcome);
      return;
    }
    case 'append': {
      const run = pick(model.runs, command.choice) ?? aRun();
      const made = model.workflow(run.rebalanceRunId)?.decisions.length ?? 0;
      const decision: Decision = aDecision(run, made + command.step, command.draft);
      const expected = model.append(decision);
      expect(await decisions.append(decision)).toBe(expected);
      count(expected ? 'appended' : 'refused');
      return;
    }
    case 'list': {
      const last = pick(model.runs, command.after);
      const after = last && positionOf(last);
      const expected = selectedRuns(model.runs, command.filter, after).slice(0, command.limit);
      const found = await runs.list(command.filter, command.limit, after);
      expect(found).toEqual(expected.map(summaryOf));
      return;
    }
    case 'purge': {
      const expected = model.purge(command.before, command.limit);
      expect(await runs.purge(command.before, command.limit)).toBe(expected);
      count('purged', expected);
    }
  }
}

async function compareAll({ runs, decisions }: RunStore, model: RunModel): Promise<void> {
  expect(await runs.list({}, 1000)).toEqual(selectedRuns(model.runs).map(summaryOf));
  expect(await decisions.list({}, 1000)).toEqual(selectedDecisions(model.decisions));
  for (const run of model.runs) {
    const id = run.rebalanceRunId;
    const found = await runs.find(id);
    expect(found).toEqual(run);
    expect(JSON.stringify(found?.result)).toBe(JSON.stringify(run.result));
    expect(await decisions.ofRun(id)).toEqual(model.workflow(id));
  }
  for (const key of Array.from({ length: 5 }, (_, index) => `key-${index}`)) {
    const history = model.history(key);
    expect(await runs.keyHistory(key)).toEqual(history);
    const id = history[0]?.rebalanceRunId;
    const named = model.runs.find(({ rebalanceRunId }) => rebalanceRunId === id);
    expect(await runs.findByKey(key)).toEqual(named ?? null);
    if (id !== undefined) expect(await runs.keyHistoryOfRun(id)).toEqual(history);
  }
  for (const hash of ['hash-1', 'hash-2']) {
    const [newest] = selectedRuns(model.runs, { requestHash: hash });
    expect(await runs.findByRequestHash(hash)).toEqual(newest ?? null);
  }
}

function pick<T>(things: readonly T[], choice: number | null): T | undefined {
  return choice === null || things.length === 0 ? undefined : things[choice % things.length];
}
