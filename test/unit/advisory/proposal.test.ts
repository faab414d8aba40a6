import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { ReasonError } from '@holdfast/core/reasons';
import {
  type Act,
  addVersion,
  createProposal,
  recordApproval,
  transition,
} from '../../../src/stores/advisory/proposal.changes.js';
import {
  APPROVAL_TYPES,
  APPROVALS,
  type ApprovalType,
  PROPOSAL_STATES,
  type ProposalState,
  TRANSITIONS,
} from '../../../src/stores/advisory/proposal.workflow.js';
import type { Proposal, ProposalChange } from '../../../src/stores/advisory/proposal.js';

/** The workflow as it was agreed, written down a second time. */
const ALLOWED = new Set([
  'DRAFT > RISK_REVIEW',
  'DRAFT > COMPLIANCE_REVIEW',
  'DRAFT > CANCELLED',
  'DRAFT > EXPIRED',
  'RISK_REVIEW > DRAFT',
  'RISK_REVIEW > COMPLIANCE_REVIEW',
  'RISK_REVIEW > REJECTED',
  'RISK_REVIEW > CANCELLED',
  'RISK_REVIEW > EXPIRED',
  'COMPLIANCE_REVIEW > DRAFT',
  'COMPLIANCE_REVIEW > AWAITING_CLIENT_CONSENT',
  'COMPLIANCE_REVIEW > REJECTED',
  'COMPLIANCE_REVIEW > CANCELLED',
  'COMPLIANCE_REVIEW > EXPIRED',
  'AWAITING_CLIENT_CONSENT > EXECUTION_READY',
  'AWAITING_CLIENT_CONSENT > REJECTED',
  'AWAITING_CLIENT_CONSENT > CANCELLED',
  'AWAITING_CLIENT_CONSENT > EXPIRED',
  'EXECUTION_READY > EXECUTED',
  'EXECUTION_READY > CANCELLED',
  'EXECUTION_READY > EXPIRED',
]);

const FINAL: readonly ProposalState[] = ['EXECUTED', 'REJECTED', 'CANCELLED', 'EXPIRED'];

const FIELDS = {
  proposalId: 'proposal-1',
  portfolioId: 'portfolio-1',
  mandateId: 'mandate-1',
  jurisdiction: null,
  title: '',
  advisorNotes: 'notes',
};
const CONTENT = { document: { trades: [] }, documentHash: 'hash' };
const CREATION: Act = {
  actorId: 'advisor-1',
  at: '2026-11-21T12:00:00.000Z',
  eventId: 'event-1',
};
const ACT: Act = {
  actorId: 'reviewer-1',
  at: '2026-11-22T08:30:00.500Z',
  eventId: 'event-2',
  reason: 'because',
};

const pairs = PROPOSAL_STATES.flatMap((from) =>
  PROPOSAL_STATES.map((to): [ProposalState, ProposalState] => [from, to]),
);

/** A proposal with some history behind it. */
function proposalIn(currentState: ProposalState): Proposal {
  const { proposal } = createProposal(FIELDS, CONTENT, CREATION);
  return { ...proposal, currentState, currentVersionNo: 3, revision: 7 };
}

/** The reason code of what the work throws. */
function refusal(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    if (error instanceof ReasonError) return error.code;
    throw error;
  }
  return 'nothing was thrown';
}

/** What holds between any write, its event, and the proposal before it. */
function expectConsistent(before: Proposal, change: ProposalChange, act: Act): void {
  const { proposal, event } = change;
  expect(proposal.revision).toBe(before.revision + 1);
  expect(proposal.updatedAt).toBe(act.at);
  expect(event).toMatchObject({
    eventId: act.eventId,
    proposalId: before.proposalId,
    sequenceNo: proposal.revision,
    fromState: before.currentState,
    toState: proposal.currentState,
    versionNo: proposal.currentVersionNo,
    actorId: act.actorId,
    occurredAt: act.at,
  });
  const { currentState, currentVersionNo, revision, updatedAt } = before;
  expect({ ...proposal, currentState, currentVersionNo, revision, updatedAt }).toEqual(before);
}

describe('createProposal', () => {
  it('starts in DRAFT with version 1 and a first event', () => {
    expect(createProposal(FIELDS, CONTENT, { ...CREATION, reason: 'asked for' })).toEqual({
      proposal: {
        ...FIELDS,
        createdBy: 'advisor-1',
        currentState: 'DRAFT',
        currentVersionNo: 1,
        revision: 1,
        createdAt: CREATION.at,
        updatedAt: CREATION.at,
      },
      version: {
        ...CONTENT,
        proposalId: 'proposal-1',
        versionNo: 1,
        createdBy: 'advisor-1',
        createdAt: CREATION.at,
      },
      event: {
        eventId: 'event-1',
        proposalId: 'proposal-1',
        sequenceNo: 1,
        eventType: 'CREATED',
        fromState: null,
        toState: 'DRAFT',
        versionNo: 1,
        actorId: 'advisor-1',
        reason: 'asked for',
        occurredAt: CREATION.at,
      },
    });
  });

  it('has no reason unless one is given', () => {
    expect(createProposal(FIELDS, CONTENT, CREATION).event.reason).toBeNull();
    expect(createProposal(FIELDS, CONTENT, { ...CREATION, reason: '' }).event.reason).toBe('');
  });
});

describe('transition', () => {
  it.each(pairs.filter(([from, to]) => ALLOWED.has(`${from} > ${to}`)))(
    'goes from %s to %s',
    (from, to) => {
      const before = proposalIn(from);
      const change = transition(before, to, ACT);
      expectConsistent(before, change, ACT);
      expect(change.event).toMatchObject({ eventType: 'STATE_CHANGED', reason: 'because' });
      expect(change.proposal).toMatchObject({ currentState: to, currentVersionNo: 3 });
      expect(Object.keys(change).toSorted()).toEqual(['event', 'proposal']);
      expect(before).toEqual(proposalIn(from));
    },
  );

  it.each(pairs.filter(([from, to]) => !ALLOWED.has(`${from} > ${to}`)))(
    'does not go from %s to %s',
    (from, to) => {
      expect(refusal(() => transition(proposalIn(from), to, ACT))).toBe('TRANSITION_NOT_ALLOWED');
    },
  );
});

describe('the table of transitions', () => {
  it('is the workflow that was agreed', () => {
    const table = PROPOSAL_STATES.flatMap((from) =>
      TRANSITIONS[from].map((to) => `${from} > ${to}`),
    );
    expect(table.toSorted()).toEqual([...ALLOWED].toSorted());
  });

  it('ends in the final states, and in no other', () => {
    expect(PROPOSAL_STATES.filter((state) => TRANSITIONS[state].length === 0)).toEqual(FINAL);
  });

  it('reaches every state from DRAFT, and EXECUTED only with the consent of the client', () => {
    expect(reachable('DRAFT')).toEqual(new Set(PROPOSAL_STATES));
    const without = reachable('DRAFT', ['AWAITING_CLIENT_CONSENT']);
    expect(without.has('EXECUTION_READY')).toBe(false);
    expect(without.has('EXECUTED')).toBe(false);
  });

  it('lets every proposal that is open be cancelled or expire', () => {
    for (const state of PROPOSAL_STATES.filter((each) => !FINAL.includes(each))) {
      expect(TRANSITIONS[state]).toEqual(expect.arrayContaining(['CANCELLED', 'EXPIRED']));
    }
  });
});

describe('addVersion', () => {
  const open: readonly ProposalState[] = ['DRAFT', 'RISK_REVIEW', 'COMPLIANCE_REVIEW'];

  it.each(open)('adds the next version in %s', (state) => {
    const before = proposalIn(state);
    const change = addVersion(before, { document: null, documentHash: 'other' }, ACT);
    expectConsistent(before, change, ACT);
    expect(change.proposal).toMatchObject({ currentState: state, currentVersionNo: 4 });
    expect(change.event).toMatchObject({ eventType: 'VERSION_ADDED', reason: 'because' });
    expect(change.version).toEqual({
      proposalId: 'proposal-1',
      versionNo: 4,
      document: null,
      documentHash: 'other',
      createdBy: 'reviewer-1',
      createdAt: ACT.at,
    });
    expect(change).not.toHaveProperty('approval');
    expect(before).toEqual(proposalIn(state));
  });

  it.each(PROPOSAL_STATES.filter((state) => !open.includes(state)))('adds none in %s', (state) => {
    expect(refusal(() => addVersion(proposalIn(state), CONTENT, ACT))).toBe('VERSION_NOT_ALLOWED');
  });
});

describe('recordApproval', () => {
  const rules: readonly (readonly [ApprovalType, ProposalState, ProposalState])[] = [
    ['RISK', 'RISK_REVIEW', 'COMPLIANCE_REVIEW'],
    ['COMPLIANCE', 'COMPLIANCE_REVIEW', 'AWAITING_CLIENT_CONSENT'],
    ['CLIENT_CONSENT', 'AWAITING_CLIENT_CONSENT', 'EXECUTION_READY'],
  ];
  const elsewhere = APPROVAL_TYPES.flatMap((type) =>
    PROPOSAL_STATES.filter((state) => !rules.some(([t, s]) => t === type && s === state)).map(
      (state): [ApprovalType, ProposalState] => [type, state],
    ),
  );
  const given = (approvalType: ApprovalType, approved: boolean, comment: string | null = 'ok') => ({
    approvalId: 'approval-1',
    approvalType,
    approved,
    comment,
  });

  it('has a rule for every type', () => {
    expect(rules.map(([type]) => type)).toEqual([...APPROVAL_TYPES]);
  });

  it.each(rules)('%s, given in %s, leads to %s', (type, state, leadsTo) => {
    const before = proposalIn(state);
    const change = recordApproval(before, given(type, true), ACT);
    expectConsistent(before, change, ACT);
    expect(change.proposal).toMatchObject({ currentState: leadsTo, currentVersionNo: 3 });
    expect(change.approval).toEqual({
      approvalId: 'approval-1',
      proposalId: 'proposal-1',
      sequenceNo: change.event.sequenceNo,
      approvalType: type,
      approved: true,
      versionNo: 3,
      actorId: 'reviewer-1',
      comment: 'ok',
      occurredAt: ACT.at,
    });
    expect(change).not.toHaveProperty('version');
    expect(before).toEqual(proposalIn(state));
  });

  it.each(rules)('%s, refused in %s, leads to REJECTED', (type, state) => {
    const before = proposalIn(state);
    const change = recordApproval(before, given(type, false), ACT);
    expectConsistent(before, change, ACT);
    expect(change.proposal.currentState).toBe('REJECTED');
    expect(change.approval).toMatchObject({ approvalType: type, approved: false });
  });

  it.each(elsewhere)('%s does not belong to %s', (type, state) => {
    for (const approved of [true, false]) {
      expect(refusal(() => recordApproval(proposalIn(state), given(type, approved), ACT))).toBe(
        'APPROVAL_NOT_ALLOWED',
      );
    }
  });

  it('moves a proposal only where a transition may', () => {
    for (const type of APPROVAL_TYPES) {
      const rule = APPROVALS[type];
      expect(TRANSITIONS[rule.in]).toEqual(expect.arrayContaining([rule.leadsTo, 'REJECTED']));
    }
  });

  it.each(['comment', '', null])('tells its comment %j in the event as the reason', (comment) => {
    const change = recordApproval(proposalIn('RISK_REVIEW'), given('RISK', true, comment), ACT);
    expect(change.event).toMatchObject({ eventType: 'APPROVAL_RECORDED', reason: comment });
    expect(change.approval.comment).toBe(comment);
  });
});

describe('any history', () => {
  const steps = fc.array(
    fc.oneof(
      fc.record({ kind: fc.constant('version' as const) }),
      fc.record({
        kind: fc.constant('move' as const),
        // Mostly on and on: a history that is cancelled at once has little to tell.
        to: fc.oneof(
          {
            weight: 19,
            arbitrary: fc.constantFrom(
              ...PROPOSAL_STATES.filter((state) => state === 'EXECUTED' || !FINAL.includes(state)),
            ),
          },
          { weight: 1, arbitrary: fc.constantFrom(...FINAL) },
        ),
      }),
      fc.record({
        kind: fc.constant('approval' as const),
        type: fc.constantFrom(...APPROVAL_TYPES),
        approved: fc.nat(9).map((number) => number > 0),
      }),
    ),
    { minLength: 20, maxLength: 60, size: 'max' },
  );

  it('has events that follow one another without a gap', () => {
    const reached = new Set<ProposalState>();
    fc.assert(
      fc.property(steps, (history) => {
        const changes: ProposalChange[] = [createProposal(FIELDS, CONTENT, CREATION)];
        for (const [index, step] of history.entries()) {
          const before = changes.at(-1)?.proposal ?? proposalIn('DRAFT');
          const act: Act = { ...ACT, eventId: `event-${index + 2}` };
          try {
            const change = apply(before, step, act);
            expectConsistent(before, change, act);
            changes.push(change);
          } catch (error) {
            if (!(error instanceof ReasonError)) throw error;
          }
        }
        const events = changes.map(({ event }) => event);
        expect(events.map(({ sequenceNo }) => sequenceNo)).toEqual(events.map((_, at) => at + 1));
        expect(events.map(({ fromState }) => fromState)).toEqual([
          null,
          ...events.slice(0, -1).map(({ toState }) => toState),
        ]);
        const versions = changes.flatMap(({ version }) => (version ? [version.versionNo] : []));
        expect(versions).toEqual(versions.map((_, at) => at + 1));
        expect(changes.at(-1)?.proposal.currentVersionNo).toBe(versions.length);
        for (const { toState } of events) reached.add(toState);
      }),
      { numRuns: 300 },
    );
    expect(reached).toEqual(new Set(PROPOSAL_STATES));
  });

  type Step = typeof steps extends fc.Arbitrary<(infer T)[]> ? T : never;

  function apply(before: Proposal, step: Step, act: Act): ProposalChange {
    switch (step.kind) {
      case 'version':
        return addVersion(before, CONTENT, act);
      case 'move':
        return transition(before, step.to, act);
      case 'approval': {
        const { type: approvalType, approved } = step;
        const approval = { approvalId: act.eventId, approvalType, approved, comment: null };
        return recordApproval(before, approval, act);
      }
    }
  }
});

/** The states that a proposal can come to, without going through some. */
function reachable(
  from: ProposalState,
  closed: readonly ProposalState[] = [],
): ReadonlySet<ProposalState> {
  const found = new Set<ProposalState>([from]);
  for (const state of found) {
    for (const to of TRANSITIONS[state]) if (!closed.includes(to)) found.add(to);
  }
  return found;
}
