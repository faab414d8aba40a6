import { Injectable } from '@nestjs/common';
import { isWithin } from '@holdfast/core/instant';
import type { KeptAnswer } from '../../kept-answers.js';
import { MemoryKeptAnswers } from '../../kept-answers.memory.js';
import { ALL, newestFirst, type Position } from '@holdfast/core/page';
import { itemsAfter } from '../../sequence-number.js';
import { RunMemory } from '../runs/run.memory.js';
import { type Review, type Decision, positionOf, type Workflow } from './decision.js';
import { type DecisionFilter, DecisionRepository } from './decision.repository.js';

/** For development and tests: gone with the process. */
@Injectable()
export class MemoryDecisionRepository extends DecisionRepository {
  constructor(
    private readonly memory: RunMemory,
    private readonly answers: MemoryKeptAnswers,
  ) {
    super();
  }

  async append(decision: Decision, answer?: KeptAnswer): Promise<boolean> {
    await Promise.resolve();
    const { entries, decisionIds } = this.memory;
    const entry = entries.get(decision.rebalanceRunId);
    if (entry?.decisions.length !== decision.sequenceNo - 1) return false;
    if (decisionIds.has(decision.decisionId)) throw new Error('the identifier exists');
    this.answers.refuseTaken(answer);
    decisionIds.add(decision.decisionId);
    entry.decisions.push({ ...decision });
    this.answers.set(answer);
    return true;
  }

  async reviewOf(rebalanceRunId: string): Promise<Review | null> {
    await Promise.resolve();
    const entry = this.memory.entries.get(rebalanceRunId);
    if (!entry) return null;
    const decisions = entry.decisions.map(({ action }) => ({ action }));
    return { runStatus: entry.run.status, decisions };
  }

  async ofRun(rebalanceRunId: string, limit = ALL, after = 0): Promise<Workflow | null> {
    await Promise.resolve();
    const entry = this.memory.entries.get(rebalanceRunId);
    if (!entry) return null;
    const decisions = structuredClone(itemsAfter(entry.decisions, limit, after));
    return { runStatus: entry.run.status, decisions };
  }

  async list(
    filter: DecisionFilter,
    limit: number,
    after?: Position,
  ): Promise<readonly Decision[]> {
    await Promise.resolve();
    return [...this.memory.entries.values()]
      .flatMap(({ decisions }) => decisions)
      .filter((decision) => matches(decision, filter))
      .filter((decision) => !after || newestFirst(after, positionOf(decision)) < 0)
      .sort((one, other) => newestFirst(positionOf(one), positionOf(other)))
      .slice(0, limit)
      .map((decision) => ({ ...decision }));
  }
}

function matches(decision: Decision, filter: DecisionFilter): boolean {
  return (
    (filter.rebalanceRunId === undefined || decision.rebalanceRunId === filter.rebalanceRunId) &&
    (filter.action === undefined || decision.action === filter.action) &&
    (filter.actorId === undefined || decision.actorId === filter.actorId) &&
    (filter.reasonCode === undefined || decision.reasonCode === filter.reasonCode) &&
    isWithin(decision.createdAt, filter)
  );
}
