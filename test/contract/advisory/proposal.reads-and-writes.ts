import { describe, expect, it } from '@jest/globals';
import type { Proposal } from '../../../src/stores/advisory/proposal.js';
import {
  approval,
  creation,
  type Draft,
  keyOf,
  move,
  newKey,
  versionOn,
} from './proposal.changes.js';
import type { ProposalRepository } from '../../../src/stores/advisory/proposal.repository.js';
import type { Current } from '../contract.js';

const UNKNOWN_IDS = [
  'unknown',
  '',
  ' ',
  'constructor',
  '__proto__',
  'toString',
  `' OR '1'='1`,
  '%',
  ':proposalId',
  '$1',
  '\u{1F600}',
  'x'.repeat(10_000),
];

const AWKWARD_TEXTS: readonly (readonly [string, string])[] = [
  ['an empty text', ''],
  ['blanks only', ' \t\n '],
  ['blanks around', '  text  '],
  ['the word null', 'null'],
  ['a number', '0123.50'],
  ['a boolean', 'false'],
  ['SQL', `'); DROP TABLE proposal_records; --`],
  ['parameters of statements', ':proposalId $1 ? ?1 @name :...ids'],
  ['escapes', String.raw`\ \\ \n \x00 \u0041 %25 E'\''`],
  ['control characters', '\u0001\u0008\u000b\u001f\u007f\u0085'],
  ['several scripts and directions', 'Größe Ωμέγα \u05d0\u202e\u05d1 漢字 e\u0301 é'],
  ['characters beyond the basic plane', '\u{1F600}\u{10FFFF}\u{1F468}\u200D\u{1F469}'],
  ['a byte order mark and separators', '\uFEFF\u2028\u2029\uFFFD\uFFFF'],
  ['line endings', 'a\r\nb\rc\n'],
  ['60,000 characters', 'x'.repeat(60_000)],
  ['60,000 characters of four bytes', '\u{1F600}'.repeat(60_000)],
];

/** Every method, one caller at a time. */
export function readAndWriteCases(proposals: Current<ProposalRepository>): void {
  const created = async (draft: Draft = {}) => {
    const change = creation(draft);
    await proposals().create(change, newKey());
    return change;
  };

  describe('create', () => {
    it('stores the proposal with its first version and its event', async () => {
      const change = creation({
        mandateId: 'mandate-1',
        jurisdiction: 'CH',
        title: 'Rebalance',
        advisorNotes: 'quarterly',
        document: { trades: [{ isin: 'CH0012221716', quantity: 10 }] },
      });
      const { proposalId } = change.proposal;
      expect(await proposals().create(change, newKey())).toEqual({ outcome: 'created' });
      expect(await proposals().find(proposalId)).toEqual({
        proposal: change.proposal,
        version: change.version,
      });
      expect(await proposals().findVersion(proposalId, 1)).toEqual(change.version);
      expect(await proposals().events(proposalId)).toEqual([change.event]);
      expect(await proposals().approvals(proposalId)).toEqual([]);
      expect(await proposals().list({}, 10)).toEqual([change.proposal]);
    });

    it('replays the proposal of a key that was used for the same request', async () => {
      const first = creation();
      const again = creation();
      await proposals().create(first, keyOf('key', 'same'));
      expect(await proposals().create(again, keyOf('key', 'same'))).toEqual({
        outcome: 'replayed',
        proposal: first.proposal,
        version: first.version,
      });
      expect(await proposals().find(again.proposal.proposalId)).toBeNull();
      expect(await proposals().findVersion(again.proposal.proposalId, 1)).toBeNull();
      expect(await proposals().events(again.proposal.proposalId)).toEqual([]);
      expect(await proposals().events(first.proposal.proposalId)).toEqual([first.event]);
      expect(await proposals().list({}, 10)).toEqual([first.proposal]);
    });

    it('tells a conflict when the key was used for another request', async () => {
      const first = creation();
      const other = creation();
      await proposals().create(first, keyOf('key', 'one'));
      expect(await proposals().create(other, keyOf('key', 'other'))).toEqual({
        outcome: 'conflict',
      });
      expect(await proposals().find(other.proposal.proposalId)).toBeNull();
      expect(await proposals().events(other.proposal.proposalId)).toEqual([]);
      expect(await proposals().list({}, 10)).toEqual([first.proposal]);
      const replay = await proposals().create(creation(), keyOf('key', 'one'));
      expect(replay).toMatchObject({ outcome: 'replayed', proposal: first.proposal });
    });

    it('replays the proposal of the key, whatever others there are', async () => {
      const [older, first, newer] = ['older', 'first', 'newer'].map((document) =>
        creation({ document }),
      );
      if (!older || !first || !newer) throw new Error('three are made');
      await proposals().create(older, keyOf('older', 'same'));
      await proposals().create(first, keyOf('first', 'same'));
      await proposals().create(newer, keyOf('newer', 'same'));
      const second = versionOn(first.proposal, 'second');
      await proposals().append(second);
      expect(await proposals().create(creation(), keyOf('first', 'same'))).toEqual({
        outcome: 'replayed',
        proposal: second.proposal,
        version: first.version,
      });
    });

    it('replays the first version, and the proposal as it has become', async () => {
      const first = creation({ document: 'first' });
      await proposals().create(first, keyOf('key'));
      const second = versionOn(first.proposal, 'second');
      await proposals().append(second);
      expect(await proposals().create(creation(), keyOf('key'))).toEqual({
        outcome: 'replayed',
        proposal: second.proposal,
        version: first.version,
      });
    });

    it.each([
      ['upper and lower case', 'key', 'KEY'],
      ['a blank at the end', 'key', 'key '],
      ['composed and decomposed letters', 'é', 'e\u0301'],
      ['a name of every object', 'constructor', 'toString'],
      ['the prototype', '__proto__', 'prototype'],
      ['quotes', `'`, `''`],
      ['length only', 'x'.repeat(254), 'x'.repeat(255)],
    ])('tells keys apart by every byte: %s', async (_, one, other) => {
      expect(await proposals().create(creation(), keyOf(one))).toEqual({ outcome: 'created' });
      expect(await proposals().create(creation(), keyOf(other))).toEqual({ outcome: 'created' });
      const replays = await Promise.all(
        [one, other].map((key) => proposals().create(creation(), keyOf(key))),
      );
      expect(replays.map(({ outcome }) => outcome)).toEqual(['replayed', 'replayed']);
      expect(await proposals().list({}, 10)).toHaveLength(2);
    });
  });

  describe('append', () => {
    it('adds a version, which becomes the current one and leaves the others as they were', async () => {
      const first = await created({ document: 'first' });
      const { proposalId } = first.proposal;
      const second = versionOn(first.proposal, 'second', { actorId: 'advisor-2' });
      expect(await proposals().append(second)).toBe(true);
      const third = versionOn(second.proposal, null);
      expect(await proposals().append(third)).toBe(true);

      expect(await proposals().find(proposalId)).toEqual({
        proposal: third.proposal,
        version: third.version,
      });
      const versions = [1, 2, 3].map((number) => proposals().findVersion(proposalId, number));
      expect(await Promise.all(versions)).toEqual([first.version, second.version, third.version]);
      expect(await proposals().events(proposalId)).toEqual([
        first.event,
        second.event,
        third.event,
      ]);
    });

    it('records a transition without a new version', async () => {
      const { proposal, version, event } = await created();
      const moved = move(proposal, 'RISK_REVIEW', {
        actorId: 'risk-1',
        reason: 'ready',
        at: '2026-11-21T12:00:00.001Z',
      });
      expect(await proposals().append(moved)).toBe(true);
      expect(await proposals().find(proposal.proposalId)).toEqual({
        proposal: moved.proposal,
        version,
      });
      expect(await proposals().events(proposal.proposalId)).toEqual([event, moved.event]);
      expect(await proposals().approvals(proposal.proposalId)).toEqual([]);
    });

    it('records approvals and refusals in their order', async () => {
      const { proposal } = await created();
      const inRisk = move(proposal, 'RISK_REVIEW');
      const risk = approval(inRisk.proposal, 'RISK', { comment: 'fine', approvalId: 'z' });
      const refusal = approval(risk.proposal, 'COMPLIANCE', { approved: false, approvalId: 'a' });
      for (const change of [inRisk, risk, refusal]) {
        expect(await proposals().append(change)).toBe(true);
      }
      expect(await proposals().approvals(proposal.proposalId)).toEqual([
        risk.approval,
        refusal.approval,
      ]);
      const found = await proposals().find(proposal.proposalId);
      expect(found?.proposal).toEqual(refusal.proposal);
      expect(found?.proposal.currentState).toBe('REJECTED');
    });

    it('keeps a long history in order', async () => {
      const first = await created();
      const events = [first.event];
      let { proposal } = first;
      for (let count = 1; count <= 12; count += 1) {
        const change = versionOn(proposal, count);
        expect(await proposals().append(change)).toBe(true);
        events.push(change.event);
        ({ proposal } = change);
      }
      const { proposalId } = proposal;
      expect(await proposals().events(proposalId)).toEqual(events);
      expect(await proposals().events(proposalId, 5)).toEqual(events.slice(0, 5));
      expect(await proposals().events(proposalId, 5, 5)).toEqual(events.slice(5, 10));
      expect(await proposals().events(proposalId, 5, 13)).toEqual([]);
      expect((await proposals().find(proposal.proposalId))?.version.document).toBe(12);
    });

    it('stores nothing when the proposal is no longer at the revision before', async () => {
      const { proposal, version } = await created();
      const winner = move(proposal, 'RISK_REVIEW');
      const loser = versionOn(proposal, 'too late');
      expect(await proposals().append(winner)).toBe(true);
      expect(await proposals().append(loser)).toBe(false);
      expect(await proposals().append(winner)).toBe(false);
      expect(await proposals().find(proposal.proposalId)).toEqual({
        proposal: winner.proposal,
        version,
      });
      expect(await proposals().findVersion(proposal.proposalId, 2)).toBeNull();
      expect(await proposals().events(proposal.proposalId)).toHaveLength(2);
    });

    it('stores nothing when the proposal is not yet at the revision before', async () => {
      const { proposal, event } = await created();
      const skipped = versionOn(proposal, 'skipped');
      const early = move(skipped.proposal, 'RISK_REVIEW');
      expect(await proposals().append(early)).toBe(false);
      expect((await proposals().find(proposal.proposalId))?.proposal).toEqual(proposal);
      expect(await proposals().events(proposal.proposalId)).toEqual([event]);
    });

    it('stores nothing of a proposal that was never created', async () => {
      const { proposal } = creation();
      const change = versionOn(proposal, 'of nothing');
      expect(await proposals().append(change)).toBe(false);
      expect(await proposals().find(proposal.proposalId)).toBeNull();
      expect(await proposals().findVersion(proposal.proposalId, 2)).toBeNull();
      expect(await proposals().events(proposal.proposalId)).toEqual([]);
      expect(await proposals().list({}, 10)).toEqual([]);
    });

    it('changes state, version number, revision and time, and nothing else', async () => {
      const { proposal } = await created({ title: 'as created' });
      const change = move(proposal, 'RISK_REVIEW', { at: '2026-11-22T00:00:00.000Z' });
      const forged: Proposal = {
        ...change.proposal,
        portfolioId: 'other',
        mandateId: 'other',
        jurisdiction: 'other',
        title: 'other',
        advisorNotes: 'other',
        createdBy: 'other',
        createdAt: '2020-01-01T00:00:00.000Z',
      };
      expect(await proposals().append({ ...change, proposal: forged })).toBe(true);
      expect((await proposals().find(proposal.proposalId))?.proposal).toEqual(change.proposal);
      expect(await proposals().list({}, 10)).toEqual([change.proposal]);
    });

    it('leaves other proposals alone', async () => {
      const one = await created({ document: 'one' });
      const other = await created({ document: 'other' });
      await proposals().append(versionOn(one.proposal, 'changed'));
      expect(await proposals().find(other.proposal.proposalId)).toEqual({
        proposal: other.proposal,
        version: other.version,
      });
      expect(await proposals().events(other.proposal.proposalId)).toEqual([other.event]);
    });
  });

  describe('what is unknown', () => {
    it.each(UNKNOWN_IDS)('proposal %j', async (proposalId) => {
      await created();
      expect(await proposals().find(proposalId)).toBeNull();
      expect(await proposals().findVersion(proposalId, 1)).toBeNull();
      expect(await proposals().events(proposalId)).toEqual([]);
      expect(await proposals().approvals(proposalId)).toBeNull();
    });

    it.each([0, 2, -1, 2_147_483_647])('version %d', async (versionNo) => {
      const { proposal } = await created();
      expect(await proposals().findVersion(proposal.proposalId, versionNo)).toBeNull();
    });

    it('everything, in an empty store', async () => {
      expect(await proposals().list({}, 10)).toEqual([]);
    });

    it('an identifier in other letters', async () => {
      await created({ proposalId: 'Proposal' });
      expect(await proposals().find('proposal')).toBeNull();
      expect(await proposals().find('Proposal ')).toBeNull();
    });
  });

  describe('texts', () => {
    it('keeps an absent text apart from an empty one', async () => {
      const absent = await created({ title: null, advisorNotes: '', mandateId: null });
      const empty = await created({ title: '', advisorNotes: null, mandateId: '' });
      const found = await Promise.all(
        [absent, empty].map(({ proposal }) => proposals().find(proposal.proposalId)),
      );
      expect(found[0]?.proposal).toEqual(absent.proposal);
      expect(found[1]?.proposal).toEqual(empty.proposal);

      const silent = move(absent.proposal, 'RISK_REVIEW', { reason: null });
      const blank = move(empty.proposal, 'RISK_REVIEW', { reason: '' });
      const commented = approval(blank.proposal, 'RISK', { comment: '' });
      for (const change of [silent, blank, commented]) await proposals().append(change);
      expect((await proposals().events(silent.proposal.proposalId)).at(-1)?.reason).toBeNull();
      expect((await proposals().events(blank.proposal.proposalId))[1]?.reason).toBe('');
      expect((await proposals().approvals(blank.proposal.proposalId))?.[0]?.comment).toBe('');
    });

    it.each(AWKWARD_TEXTS)('brings back %s as it was given', async (_, text) => {
      const first = await created({
        mandateId: text,
        jurisdiction: text,
        title: text,
        advisorNotes: text,
        document: text,
      });
      const { proposalId } = first.proposal;
      const moved = move(first.proposal, 'RISK_REVIEW', { actorId: text, reason: text });
      const approved = approval(moved.proposal, 'RISK', { comment: text }, { actorId: text });
      for (const change of [moved, approved]) await proposals().append(change);

      expect(await proposals().find(proposalId)).toEqual({
        proposal: approved.proposal,
        version: first.version,
      });
      expect(await proposals().events(proposalId)).toEqual([
        first.event,
        moved.event,
        approved.event,
      ]);
      expect(await proposals().approvals(proposalId)).toEqual([approved.approval]);
      const { sequenceNo } = approved.approval;
      expect(await proposals().approvals(proposalId, 1, sequenceNo - 1)).toEqual([
        approved.approval,
      ]);
      expect(await proposals().approvals(proposalId, 1, sequenceNo)).toEqual([]);
      expect(await proposals().approvals('nobody', 1, sequenceNo)).toBeNull();
    });

    it.each(AWKWARD_TEXTS.filter(([, text]) => text.length <= 128))(
      'finds and filters by %s',
      async (_, text) => {
        const { proposal, event } = await created({
          proposalId: text,
          portfolioId: text,
          createdBy: text,
        });
        await created();
        expect((await proposals().find(text))?.proposal).toEqual(proposal);
        expect(await proposals().events(text)).toEqual([event]);
        expect(await proposals().list({ portfolioId: text, createdBy: text }, 10)).toEqual([
          proposal,
        ]);
      },
    );
  });

  describe('times', () => {
    it.each([
      '1970-01-01T00:00:00.000Z',
      '1969-12-31T23:59:59.999Z',
      '0001-01-01T00:00:00.000Z',
      '2024-02-29T23:59:59.999Z',
      '2026-03-29T01:30:00.001Z',
      '9999-12-31T23:59:59.999Z',
    ])('brings back %s to the millisecond', async (at) => {
      const change = await created({ createdAt: at });
      const moved = move(change.proposal, 'RISK_REVIEW', { at });
      const approved = approval(moved.proposal, 'RISK', {}, { at });
      for (const each of [moved, approved]) await proposals().append(each);
      const { proposalId } = change.proposal;
      expect(await proposals().find(proposalId)).toEqual({
        proposal: approved.proposal,
        version: change.version,
      });
      expect((await proposals().events(proposalId)).map(({ occurredAt }) => occurredAt)).toEqual([
        at,
        at,
        at,
      ]);
      expect((await proposals().approvals(proposalId))?.[0]?.occurredAt).toBe(at);
    });
  });
}
