import { describe, expect, it } from '@jest/globals';
import type { Proposal } from '../../../src/stores/advisory/proposal.js';
import { approval, creation, keyOf, move, newKey, versionOn } from './proposal.changes.js';
import type { ProposalRepository } from '../../../src/stores/advisory/proposal.repository.js';
import type { Current } from '../contract.js';

/** A write that fails, and callers that change what they have been given. */
export function atomicityCases(proposals: Current<ProposalRepository>): void {
  const created = async (document: string) => {
    const change = creation({ document });
    await proposals().create(change, newKey());
    return change;
  };
  /** All that the port tells of a proposal. */
  const recordOf = async (proposalId: string) => ({
    found: await proposals().find(proposalId),
    versions: [
      await proposals().findVersion(proposalId, 1),
      await proposals().findVersion(proposalId, 2),
    ],
    events: await proposals().events(proposalId),
    approvals: await proposals().approvals(proposalId),
    listed: (await proposals().list({}, 100)).filter((each) => each.proposalId === proposalId),
  });

  describe('a write that fails leaves nothing behind', () => {
    it('append of a version whose number exists', async () => {
      const { proposal } = await created('first');
      const before = await recordOf(proposal.proposalId);
      const change = versionOn(proposal, 'second');
      const version = { ...change.version, versionNo: 1 };
      await expect(proposals().append({ ...change, version })).rejects.toThrow();
      expect(await recordOf(proposal.proposalId)).toEqual(before);
      expect(await proposals().append(change)).toBe(true);
    });

    it('append of an event whose identifier exists', async () => {
      const other = await created('other');
      const { proposal } = await created('first');
      const before = await recordOf(proposal.proposalId);
      const change = versionOn(proposal, 'second', { eventId: other.event.eventId });
      await expect(proposals().append(change)).rejects.toThrow();
      expect(await recordOf(proposal.proposalId)).toEqual(before);
      expect(await recordOf(other.proposal.proposalId)).toMatchObject({ events: [other.event] });
      expect(await proposals().append(versionOn(proposal, 'second'))).toBe(true);
    });

    it('append of an approval whose identifier exists', async () => {
      const [one, other] = [await created('one'), await created('other')];
      const inRisk = async (before: Proposal) => {
        const change = move(before, 'RISK_REVIEW');
        await proposals().append(change);
        return change.proposal;
      };
      const [first, second] = [await inRisk(one.proposal), await inRisk(other.proposal)];
      const given = approval(first, 'RISK', { approvalId: 'approval' });
      expect(await proposals().append(given)).toBe(true);
      const before = await recordOf(second.proposalId);
      const again = approval(second, 'RISK', { approvalId: 'approval' });
      await expect(proposals().append(again)).rejects.toThrow();
      expect(await recordOf(second.proposalId)).toEqual(before);
      expect(await proposals().approvals(first.proposalId)).toEqual([given.approval]);
    });

    it('create of a proposal whose identifier exists', async () => {
      const first = await created('first');
      const before = await recordOf(first.proposal.proposalId);
      const again = creation({ proposalId: first.proposal.proposalId, document: 'again' });
      await expect(proposals().create(again, keyOf('key', 'again'))).rejects.toThrow();
      expect(await recordOf(first.proposal.proposalId)).toEqual(before);
      const next = await proposals().create(creation(), keyOf('key', 'next'));
      expect(next).toEqual({ outcome: 'created' });
    });

    it('create with an event whose identifier exists', async () => {
      const first = await created('first');
      const other = creation({ eventId: first.event.eventId });
      await expect(proposals().create(other, keyOf('key', 'other'))).rejects.toThrow();
      expect(await recordOf(other.proposal.proposalId)).toEqual({
        found: null,
        versions: [null, null],
        events: [],
        approvals: null,
        listed: [],
      });
      const next = await proposals().create(creation(), keyOf('key', 'next'));
      expect(next).toEqual({ outcome: 'created' });
    });

    it('and takes no other write down with it', async () => {
      const first = await created('first');
      const good = Array.from({ length: 10 }, () => creation());
      const bad = Array.from({ length: 10 }, () => creation({ eventId: first.event.eventId }));
      const settled = await Promise.allSettled(
        good.flatMap((change, index) => [
          proposals().create(change, newKey()),
          proposals().create(bad[index] ?? change, newKey()),
        ]),
      );
      expect(settled.map(({ status }) => status)).toEqual(
        good.flatMap(() => ['fulfilled', 'rejected']),
      );
      const stored = (await proposals().list({}, 100)).map(({ proposalId }) => proposalId);
      expect(stored.toSorted()).toEqual(
        [first, ...good].map(({ proposal }) => proposal.proposalId).toSorted(),
      );
    });
  });

  describe('what is stored belongs to the store', () => {
    it('changing what was passed in changes nothing', async () => {
      const change = creation({ document: { trades: [{ isin: 'a' }] } });
      const key = keyOf('key');
      const { proposalId } = change.proposal;
      const expected = structuredClone(change);
      await proposals().create(change, key);
      spoil(change);
      spoil(key);
      expect(await proposals().find(proposalId)).toEqual({
        proposal: expected.proposal,
        version: expected.version,
      });
      expect(await proposals().events(proposalId)).toEqual([expected.event]);
      const replay = await proposals().create(creation(), keyOf('key'));
      expect(replay).toMatchObject({ outcome: 'replayed', proposal: expected.proposal });

      const moved = move(expected.proposal, 'RISK_REVIEW');
      const approved = approval(moved.proposal, 'RISK', { comment: 'fine' });
      const drafted = move(approved.proposal, 'DRAFT');
      const second = versionOn(drafted.proposal, { deep: [{ deeper: ['b'] }] });
      const changes = [moved, approved, drafted, second];
      const copies = structuredClone(changes);
      for (const each of changes) await proposals().append(each);
      spoil(changes);
      expect(await proposals().find(proposalId)).toEqual({
        proposal: copies[3]?.proposal,
        version: copies[3]?.version,
      });
      expect(await proposals().approvals(proposalId)).toEqual([copies[1]?.approval]);
      expect((await proposals().events(proposalId)).slice(1)).toEqual(
        copies.map(({ event }) => event),
      );
    });

    it('changing what was returned changes nothing', async () => {
      const first = creation({ document: { trades: [{ isin: 'a' }] } });
      await proposals().create(first, keyOf('key'));
      const { proposalId } = first.proposal;
      const moved = move(first.proposal, 'RISK_REVIEW');
      await proposals().append(moved);
      await proposals().append(approval(moved.proposal, 'RISK', { comment: 'fine' }));
      const before = structuredClone(await recordOf(proposalId));
      spoil(await recordOf(proposalId));
      spoil(await proposals().list({}, 100));
      spoil(await proposals().create(creation(), keyOf('key')));
      expect(await recordOf(proposalId)).toEqual(before);
      expect(await proposals().list({}, 100)).toEqual(before.listed);
    });
  });
}

/** Changes everything that can be changed, at every depth. */
function spoil(value: unknown): void {
  if (typeof value !== 'object' || value === null) return;
  for (const [key, child] of Object.entries(value)) {
    spoil(child);
    Reflect.set(value, key, 'spoilt');
  }
  Reflect.set(value, 'spoilt', 'spoilt');
}
