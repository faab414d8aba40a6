import {
  type Decision,
  positionOf as positionOfDecision,
  type Workflow,
} from '../../../src/stores/dpm/decisions/decision.js';
import type { DecisionFilter } from '../../../src/stores/dpm/decisions/decision.repository.js';
import { type KeyUse, positionOf, type Run } from '../../../src/stores/dpm/runs/run.js';
import type {
  IdempotencyKey,
  RecordOutcome,
  RunCount,
  RunFilter,
} from '../../../src/stores/dpm/runs/run.repository.js';
import type { Position } from '@holdfast/core/page';
import { isCreatedWithin, newestFirst } from '../list-model.js';
import { useOf } from './run.records.js';

/** What a store of runs is, in as few words as possible: lists of what was written. */
export class RunModel {
  runs: Run[] = [];
  uses: KeyUse[] = [];
  decisions: Decision[] = [];

  record(run: Run, key: IdempotencyKey | null): RecordOutcome {
    const [first] = key ? this.history(key.key) : [];
    if (key && first) {
      const named = this.runs.find(({ rebalanceRunId }) => rebalanceRunId === first.rebalanceRunId);
      if (!named) throw new Error('the model has lost a run');
      const same = first.bodyHash === key.bodyHash;
      this.uses.push(useOf(run, key, same ? 'REPLAYED' : 'CONFLICT', named));
      return same ? { outcome: 'replayed', run: named } : { outcome: 'conflict' };
    }
    const taken = (field: 'rebalanceRunId' | 'correlationId') =>
      this.runs.some((other) => other[field] === run[field]);
    if (taken('rebalanceRunId')) return { outcome: 'exists', field: 'rebalance_run_id' };
    if (taken('correlationId')) return { outcome: 'exists', field: 'correlation_id' };
    this.runs.push(run);
    if (key) this.uses.push(useOf(run, key, 'RECORDED'));
    return { outcome: 'recorded' };
  }

  history(key: string): readonly KeyUse[] {
    return this.uses.filter(({ idempotencyKey }) => idempotencyKey === key);
  }

  append(decision: Decision): boolean {
    const workflow = this.workflow(decision.rebalanceRunId);
    if (workflow?.decisions.length !== decision.sequenceNo - 1) return false;
    this.decisions.push(decision);
    return true;
  }

  workflow(id: string): Workflow | null {
    const run = this.runs.find(({ rebalanceRunId }) => rebalanceRunId === id);
    const decisions = this.decisions.filter(({ rebalanceRunId }) => rebalanceRunId === id);
    return run ? { runStatus: run.status, decisions } : null;
  }

  purge(before: string, limit: number): number {
    const oldest = selectedRuns(this.runs)
      .filter(({ createdAt }) => Date.parse(createdAt) < Date.parse(before))
      .toReversed()
      .slice(0, limit)
      .map(({ rebalanceRunId }) => rebalanceRunId);
    const stays = ({ rebalanceRunId }: { rebalanceRunId: string }) =>
      !oldest.includes(rebalanceRunId);
    this.runs = this.runs.filter(stays);
    this.uses = this.uses.filter(stays);
    this.decisions = this.decisions.filter(stays);
    return oldest.length;
  }

  counts(since: readonly string[]): readonly RunCount[] {
    const all = this.runs.map(({ status, createdAt }) => ({
      status,
      age: since.filter((instant) => Date.parse(createdAt) < Date.parse(instant)).length,
    }));
    const distinct = new Map(all.map((each) => [JSON.stringify(each), each]));
    return [...distinct].map(([text, each]) => ({
      ...each,
      count: all.filter((other) => JSON.stringify(other) === text).length,
    }));
  }
}

/** The runs that fit the filter, in the order of `RunRepository.list`. */
export function selectedRuns(
  runs: readonly Run[],
  filter: RunFilter = {},
  after?: Position,
): readonly Run[] {
  const { status, portfolioId, requestHash } = filter;
  return runs
    .filter((run) => status === undefined || run.status === status)
    .filter((run) => portfolioId === undefined || run.portfolioId === portfolioId)
    .filter((run) => requestHash === undefined || run.requestHash === requestHash)
    .filter(({ createdAt }) => isCreatedWithin(createdAt, filter))
    .filter((run) => !after || newestFirst(after, positionOf(run)) < 0)
    .toSorted((one, other) => newestFirst(positionOf(one), positionOf(other)));
}

/** Likewise, of `DecisionRepository.list`. */
export function selectedDecisions(
  decisions: readonly Decision[],
  filter: DecisionFilter = {},
  after?: Position,
): readonly Decision[] {
  const { rebalanceRunId, action, actorId, reasonCode } = filter;
  return decisions
    .filter((each) => rebalanceRunId === undefined || each.rebalanceRunId === rebalanceRunId)
    .filter((each) => action === undefined || each.action === action)
    .filter((each) => actorId === undefined || each.actorId === actorId)
    .filter((each) => reasonCode === undefined || each.reasonCode === reasonCode)
    .filter(({ createdAt }) => isCreatedWithin(createdAt, filter))
    .filter((each) => !after || newestFirst(after, positionOfDecision(each)) < 0)
    .toSorted((one, other) => newestFirst(positionOfDecision(one), positionOfDecision(other)));
}
