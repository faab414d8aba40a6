import { expect } from '@jest/globals';
import { type Decision, positionOf } from '../../../src/stores/dpm/decisions/decision.js';
import type { DecisionFilter } from '../../../src/stores/dpm/decisions/decision.repository.js';
import type { Run } from '../../../src/stores/dpm/runs/run.js';
import type { Current } from '../contract.js';
import { newestFirstCases } from '../newest-first.js';
import { selectedDecisions } from './run.model.js';
import { aDecision, aRun, type RunStore } from './run.records.js';

/** Which decisions a list holds, of two runs that are decided in turn. */
export function decisionListCases(store: Current<RunStore>): void {
  let runs: readonly Run[];
  let made: number;
  let last: Promise<unknown>;

  /** The next decision, about the next run, once the one before is made: a run takes them in sequence. */
  const decided = (draft: Partial<Decision>): Promise<Decision> => {
    const next = last.then(() => decide(draft));
    last = next;
    return next;
  };
  const decide = async (draft: Partial<Decision>): Promise<Decision> => {
    const run = runs[made % runs.length] ?? aRun();
    const sequenceNo = Math.floor(made / runs.length) + 1;
    made += 1;
    const decision = aDecision(run, sequenceNo, draft);
    expect(await store().decisions.append(decision)).toBe(true);
    return decision;
  };
  newestFirstCases<Decision, Decision, DecisionFilter>({
    noun: 'decisions',
    prepare: async () => {
      runs = [aRun({ rebalanceRunId: 'run-1' }), aRun({ rebalanceRunId: 'run-2' })];
      made = 0;
      last = Promise.resolve();
      for (const run of runs) await store().runs.record(run, null);
    },
    write: ({ id, ...draft }) => decided(id === undefined ? draft : { ...draft, decisionId: id }),
    list: (filter, limit, after) => store().decisions.list(filter, limit, after),
    selected: selectedDecisions,
    positionOf,
    filters: {
      values: {
        rebalanceRunId: ['run-1', 'run-2'],
        action: ['APPROVE', 'REJECT'],
        actorId: ['actor-1', 'actor-2'],
        reasonCode: ['REASON_1', 'REASON_2'],
      },
      variants: 16,
      writeVariant: (variant, createdAt) =>
        decided({
          createdAt,
          action: variant < 8 ? 'APPROVE' : 'REJECT',
          actorId: `actor-${((variant >> 1) % 2) + 1}`,
          reasonCode: `REASON_${((variant >> 2) % 2) + 1}`,
        }),
      sizes: [0, 1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48],
      texts: ['rebalanceRunId', 'actorId', 'reasonCode'],
    },
  });
}
