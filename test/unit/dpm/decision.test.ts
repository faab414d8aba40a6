import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { ReasonError } from '@holdfast/core/reasons';
import {
  type Action,
  ACTIONS,
  decide,
  type Decision,
  DECISIONS,
  type NewDecision,
  positionOf,
  type Workflow,
  WORKFLOW_STATUSES,
  workflowStatusOf,
} from '../../../src/stores/dpm/decisions/decision.js';
import type { RunStatus } from '../../../src/stores/dpm/runs/run.js';

/** The workflow as it was agreed, written down a second time. */
const ALLOWED = new Map([
  ['PENDING_REVIEW APPROVE', 'APPROVED'],
  ['PENDING_REVIEW REJECT', 'REJECTED'],
  ['PENDING_REVIEW REQUEST_CHANGES', 'PENDING_REVIEW'],
  ['APPROVED REQUEST_CHANGES', 'PENDING_REVIEW'],
  ['REJECTED REQUEST_CHANGES', 'PENDING_REVIEW'],
]);

const NEW: NewDecision = {
  decisionId: 'decision-1',
  rebalanceRunId: 'run-1',
  action: 'APPROVE',
  reasonCode: 'REASON',
  comment: null,
  actorId: 'actor-1',
  createdAt: '2026-11-21T12:00:00.000Z',
};

function workflowOf(runStatus: RunStatus, ...actions: readonly Action[]): Workflow {
  const decisions = actions.map((action, index): Decision => ({
    ...NEW,
    action,
    sequenceNo: index + 1,
  }));
  return { runStatus, decisions };
}

function codeOf(act: () => unknown): string {
  try {
    act();
  } catch (error) {
    if (error instanceof ReasonError) return error.code;
    throw error;
  }
  return 'nothing was thrown';
}

const REACHED = {
  PENDING_REVIEW: workflowOf('PENDING_REVIEW'),
  APPROVED: workflowOf('PENDING_REVIEW', 'APPROVE'),
  REJECTED: workflowOf('PENDING_REVIEW', 'REJECT'),
} as const;

describe('the workflow', () => {
  it('allows what was agreed, and nothing else', () => {
    const table = WORKFLOW_STATUSES.flatMap((status) =>
      ACTIONS.flatMap((action) => {
        const next = DECISIONS[status][action];
        return next ? [[`${status} ${action}`, next] as const] : [];
      }),
    );
    expect(new Map(table)).toEqual(ALLOWED);
  });

  it.each([
    ['READY', [], 'NOT_REQUIRED'],
    ['BLOCKED', [], 'NOT_REQUIRED'],
    ['READY', ['APPROVE'], 'NOT_REQUIRED'],
    ['PENDING_REVIEW', [], 'PENDING_REVIEW'],
    ['PENDING_REVIEW', ['APPROVE'], 'APPROVED'],
    ['PENDING_REVIEW', ['REJECT'], 'REJECTED'],
    ['PENDING_REVIEW', ['REQUEST_CHANGES'], 'PENDING_REVIEW'],
    ['PENDING_REVIEW', ['REQUEST_CHANGES', 'APPROVE'], 'APPROVED'],
    ['PENDING_REVIEW', ['APPROVE', 'REQUEST_CHANGES'], 'PENDING_REVIEW'],
    ['PENDING_REVIEW', ['REJECT', 'REQUEST_CHANGES', 'APPROVE'], 'APPROVED'],
    ['PENDING_REVIEW', ['APPROVE', 'REJECT'], 'APPROVED'],
  ] as const)('of a %s run after %j is %s', (runStatus, actions, expected) => {
    expect(workflowStatusOf(workflowOf(runStatus, ...actions))).toBe(expected);
  });
});

describe('decide', () => {
  for (const [status, before] of Object.entries(REACHED)) {
    it.each(ACTIONS)(`${status} and %s`, (action) => {
      const next = ALLOWED.get(`${status} ${action}`);
      if (next === undefined) {
        expect(codeOf(() => decide(before, { ...NEW, action }))).toBe('DECISION_NOT_ALLOWED');
        return;
      }
      expect(decide(before, { ...NEW, action })).toEqual({
        decision: { ...NEW, action, sequenceNo: before.decisions.length + 1 },
        workflowStatus: next,
      });
    });
  }

  it.each(['READY', 'BLOCKED'] as const)('is not for a %s run, whatever is expected', (status) => {
    const before = workflowOf(status);
    expect(codeOf(() => decide(before, NEW))).toBe('WORKFLOW_NOT_REQUIRED');
    expect(codeOf(() => decide(before, NEW, 'PENDING_REVIEW'))).toBe('WORKFLOW_NOT_REQUIRED');
    expect(codeOf(() => decide(before, NEW, 'NOT_REQUIRED'))).toBe('WORKFLOW_NOT_REQUIRED');
  });

  it('keeps to the expected status before it looks at the action', () => {
    const action = 'REQUEST_CHANGES';
    for (const [status, before] of Object.entries(REACHED)) {
      for (const expected of WORKFLOW_STATUSES) {
        const act = () => decide(before, { ...NEW, action }, expected);
        if (expected === status) expect(act().workflowStatus).toBe('PENDING_REVIEW');
        else expect(codeOf(act)).toBe('WORKFLOW_STATUS_CONFLICT');
      }
    }
    expect(codeOf(() => decide(REACHED.APPROVED, NEW, 'PENDING_REVIEW'))).toBe(
      'WORKFLOW_STATUS_CONFLICT',
    );
  });

  it('says what is the case', () => {
    expect(() => decide(REACHED.APPROVED, NEW, 'REJECTED')).toThrow(
      'the workflow is APPROVED, not REJECTED',
    );
    expect(() => decide(REACHED.APPROVED, NEW)).toThrow(
      'APPROVE is not allowed while the workflow is APPROVED',
    );
    expect(() => decide(workflowOf('BLOCKED'), NEW)).toThrow('the run is BLOCKED');
  });

  it('after any decisions tells the status that the decisions make', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...ACTIONS), { maxLength: 20 }), (actions) => {
        let before = workflowOf('PENDING_REVIEW');
        for (const action of actions) {
          try {
            const { decision, workflowStatus } = decide(before, { ...NEW, action });
            expect(decision.sequenceNo).toBe(before.decisions.length + 1);
            before = { ...before, decisions: [...before.decisions, decision] };
            expect(workflowStatusOf(before)).toBe(workflowStatus);
          } catch (error) {
            if (!(error instanceof ReasonError)) throw error;
          }
        }
      }),
    );
  });
});

it('a decision stands in lists by its time and its identifier', () => {
  expect(positionOf({ ...NEW, sequenceNo: 1 })).toEqual({
    createdAt: NEW.createdAt,
    id: 'decision-1',
  });
});

describe('a run with as many decisions as it can have', () => {
  it('takes no more', () => {
    const actions = Array.from({ length: 1000 }, (): Action => 'REQUEST_CHANGES');
    const full = workflowOf('PENDING_REVIEW', ...actions);
    expect(codeOf(() => decide(full, NEW))).toBe('DECISION_LIMIT_REACHED');
    const last = workflowOf('PENDING_REVIEW', ...actions.slice(1));
    expect(decide(last, NEW).decision.sequenceNo).toBe(1000);
  });
});
