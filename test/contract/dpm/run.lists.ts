import { positionOf, type Run, type RunSummary } from '../../../src/stores/dpm/runs/run.js';
import type { RunFilter } from '../../../src/stores/dpm/runs/run.repository.js';
import type { Current } from '../contract.js';
import { newestFirstCases } from '../newest-first.js';
import { selectedRuns } from './run.model.js';
import { aRun, type RunStore, summaryOf } from './run.records.js';

/** Which runs a list holds, without their results. */
export function listCases(store: Current<RunStore>): void {
  const recorded = async (draft: Partial<Run>): Promise<Run> => {
    const run = aRun(draft);
    await store().runs.record(run, null);
    return run;
  };
  newestFirstCases<Run, RunSummary, RunFilter>({
    noun: 'runs',
    write: ({ id, ...draft }) =>
      recorded(id === undefined ? draft : { ...draft, rebalanceRunId: id }),
    list: (filter, limit, after) => store().runs.list(filter, limit, after),
    selected: (runs, filter) => selectedRuns(runs, filter).map(summaryOf),
    positionOf,
    filters: {
      values: {
        status: ['READY', 'BLOCKED'],
        portfolioId: ['portfolio-1', 'portfolio-2'],
        requestHash: ['hash-1', 'hash-2'],
      },
      variants: 8,
      writeVariant: (variant, createdAt) =>
        recorded({
          createdAt,
          status: variant < 4 ? 'READY' : 'BLOCKED',
          portfolioId: `portfolio-${(variant % 2) + 1}`,
          requestHash: `hash-${((variant >> 1) % 2) + 1}`,
        }),
      sizes: [0, 1, 2, 3, 4, 6, 8, 12, 16, 24],
      texts: ['portfolioId', 'requestHash'],
    },
  });
}
