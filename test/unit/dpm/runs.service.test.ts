import { describe, expect, it } from '@jest/globals';
import { MemoryKeptAnswers } from '../../../src/stores/kept-answers.memory.js';
import { DecisionsService } from '../../../src/stores/dpm/decisions/decisions.service.js';
import { type DecisionRepository } from '../../../src/stores/dpm/decisions/decision.repository.js';
import { MemoryDecisionRepository } from '../../../src/stores/dpm/decisions/decision.repository.memory.js';
import type { Review, Decision } from '../../../src/stores/dpm/decisions/decision.js';
import { RunMemory } from '../../../src/stores/dpm/runs/run.memory.js';
import { MemoryRunRepository } from '../../../src/stores/dpm/runs/run.repository.memory.js';
import { type RecordRequest, RunsService } from '../../../src/stores/dpm/runs/runs.service.js';
import { aDecision, aRun } from '../../contract/dpm/run.records.js';

const REQUEST: RecordRequest = {
  correlationId: 'correlation',
  requestHash: 'hash',
  portfolioId: 'portfolio',
  status: 'READY',
  result: { a: 1, b: [2] },
};

describe('what counts as the same body', () => {
  const outcome = async (again: RecordRequest, first = REQUEST) => {
    const service = new RunsService(new MemoryRunRepository(new RunMemory()));
    await service.record(first, 'key');
    return service.record(again, 'key').then(
      ({ replayed }) => (replayed ? 'replayed' : 'recorded'),
      (error: unknown) => (error as { code: string }).code,
    );
  };

  it('is one with the same values, whatever the order of names', async () => {
    expect(await outcome(structuredClone(REQUEST))).toBe('replayed');
    expect(await outcome({ ...REQUEST, result: { b: [2], a: 1 } })).toBe('replayed');
    const named = { ...REQUEST, rebalanceRunId: 'run' };
    expect(await outcome(named, named)).toBe('replayed');
  });

  it.each<[string, Partial<RecordRequest>]>([
    ['an identifier that was not sent', { rebalanceRunId: 'run' }],
    ['another correlation id', { correlationId: 'other' }],
    ['another request hash', { requestHash: 'other' }],
    ['another portfolio', { portfolioId: 'other' }],
    ['another status', { status: 'BLOCKED' }],
    ['another result', { result: { a: 1, b: [3] } }],
    ['a result in another order', { result: { a: 1, b: [2, 2] } }],
  ])('is not one with %s', async (_, change) => {
    expect(await outcome({ ...REQUEST, ...change })).toBe('IDEMPOTENCY_KEY_CONFLICT');
  });
});

describe('deciding against others', () => {
  const RUN = aRun({ rebalanceRunId: 'run' });
  const REQUEST_CHANGES = {
    action: 'REQUEST_CHANGES',
    reasonCode: 'R',
    comment: null,
    actorId: 'a',
  } as const;

  /** Someone else decides just before each of the first `times` writes. */
  class Contended extends MemoryDecisionRepository {
    reads = 0;
    constructor(
      memory: RunMemory,
      private readonly other: Decision['action'],
      private times: number,
    ) {
      super(memory, new MemoryKeptAnswers());
    }

    override async append(decision: Decision): Promise<boolean> {
      if (this.times > 0) {
        this.times -= 1;
        await super.append(aDecision(RUN, decision.sequenceNo, { action: this.other }));
      }
      return super.append(decision);
    }

    override reviewOf(id: string): Promise<Review | null> {
      this.reads += 1;
      return super.reviewOf(id);
    }
  }

  const contended = async (other: Decision['action'], times: number) => {
    const memory = new RunMemory();
    await new MemoryRunRepository(memory).record(RUN, null);
    const repository: DecisionRepository & { reads: number } = new Contended(memory, other, times);
    return { repository, service: new DecisionsService(repository) };
  };

  it('reads again and decides on top of the others', async () => {
    const { repository, service } = await contended('REQUEST_CHANGES', 3);
    const { decision, workflowStatus } = await service.decide('run', {
      ...REQUEST_CHANGES,
      action: 'APPROVE',
    });
    expect([decision.sequenceNo, workflowStatus, repository.reads]).toEqual([4, 'APPROVED', 4]);
    expect((await service.ofRun('run', 10)).items.at(-1)).toEqual(decision);
  });

  it('is refused when the other decision forbids it', async () => {
    const { service } = await contended('APPROVE', 1);
    const decided = service.decide('run', { ...REQUEST_CHANGES, action: 'REJECT' });
    await expect(decided).rejects.toMatchObject({ code: 'DECISION_NOT_ALLOWED' });
    expect((await service.ofRun('run', 10)).items).toHaveLength(1);
  });

  it('is refused when the status is no longer the expected one', async () => {
    const { service } = await contended('APPROVE', 1);
    const decided = service.decide('run', { ...REQUEST_CHANGES, expectedStatus: 'PENDING_REVIEW' });
    await expect(decided).rejects.toMatchObject({ code: 'WORKFLOW_STATUS_CONFLICT' });
  });

  it('gives up when others never stop', async () => {
    const { repository, service } = await contended('REQUEST_CHANGES', 1000);
    const decided = service.decide('run', REQUEST_CHANGES);
    await expect(decided).rejects.toMatchObject({
      code: 'RECORD_CONTENDED',
      message: 'other processes kept deciding about the run',
    });
    expect(repository.reads).toBe(20);
  });
});
