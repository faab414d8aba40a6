import { describe, expect, it } from '@jest/globals';
import type { ProposalChange } from '../../../src/stores/advisory/proposal.js';
import { approval, creation, keyOf, move, newKey, versionOn } from './proposal.changes.js';
import type { ProposalRepository } from '../../../src/stores/advisory/proposal.repository.js';
import type { Current } from '../contract.js';

const CALLERS = 50;

/** Many callers at once. */
export function raceCases(proposals: Current<ProposalRepository>): void {
  describe('races', () => {
    it('creates one proposal for one key and request', async () => {
      const changes = Array.from({ length: CALLERS }, () => creation());
      const outcomes = await Promise.all(
        changes.map((change) => proposals().create(change, keyOf('key'))),
      );
      const winner = changes[outcomes.findIndex(({ outcome }) => outcome === 'created')];
      expect(outcomes.filter(({ outcome }) => outcome === 'created')).toHaveLength(1);
      const replayed = outcomes.filter(({ outcome }) => outcome === 'replayed');
      expect(replayed).toEqual(
        Array.from({ length: CALLERS - 1 }, () => ({
          outcome: 'replayed',
          proposal: winner?.proposal,
          version: winner?.version,
        })),
      );
      expect(await proposals().list({}, CALLERS)).toEqual([winner?.proposal]);
      expect(await proposals().events(winner?.proposal.proposalId ?? '')).toEqual([winner?.event]);
    });

    it('creates one proposal for one key and two requests', async () => {
      const requests = Array.from({ length: CALLERS }, (_, index) => index % 2);
      const outcomes = await Promise.all(
        requests.map((request) => proposals().create(creation(), keyOf('key', request))),
      );
      const winner = outcomes.findIndex(({ outcome }) => outcome === 'created');
      expect(outcomes.map(({ outcome }) => outcome)).toEqual(
        requests.map((request, index) => {
          if (index === winner) return 'created';
          return request === requests[winner] ? 'replayed' : 'conflict';
        }),
      );
      expect(await proposals().list({}, CALLERS)).toHaveLength(1);
    });

    it('creates every proposal that has a key of its own', async () => {
      const changes = Array.from({ length: CALLERS }, () => creation());
      const outcomes = await Promise.all(
        changes.map((change) => proposals().create(change, newKey())),
      );
      expect(outcomes).toEqual(changes.map(() => ({ outcome: 'created' })));
      const ids = (await proposals().list({}, CALLERS + 1)).map(({ proposalId }) => proposalId);
      expect(ids.toSorted()).toEqual(changes.map(({ proposal }) => proposal.proposalId));
    });

    it.each<[string, (before: ProposalChange['proposal'], caller: number) => ProposalChange]>([
      ['versions', (before, caller) => versionOn(before, caller)],
      ['transitions', (before) => move(before, 'COMPLIANCE_REVIEW')],
      ['approvals', (before) => approval(before, 'RISK')],
      [
        'different writes',
        (before, caller) =>
          [versionOn(before, caller), move(before, 'CANCELLED'), approval(before, 'RISK')][
            caller % 3
          ] ?? move(before, 'EXPIRED'),
      ],
    ])('lets one of many %s on one revision through', async (_, write) => {
      const first = creation();
      await proposals().create(first, newKey());
      const inRisk = move(first.proposal, 'RISK_REVIEW');
      await proposals().append(inRisk);
      const changes = Array.from({ length: 20 }, (__, caller) => write(inRisk.proposal, caller));
      const taken = await Promise.all(changes.map((change) => proposals().append(change)));
      expect(taken.filter(Boolean)).toHaveLength(1);

      const winner = changes[taken.indexOf(true)];
      const { proposalId } = first.proposal;
      expect(await proposals().find(proposalId)).toEqual({
        proposal: winner?.proposal,
        version: winner?.version ?? first.version,
      });
      expect(await proposals().events(proposalId)).toEqual([
        first.event,
        inRisk.event,
        winner?.event,
      ]);
      expect(await proposals().findVersion(proposalId, 2)).toEqual(winner?.version ?? null);
      expect(await proposals().approvals(proposalId)).toEqual(
        winner?.approval ? [winner.approval] : [],
      );
    });

    it('takes writes to different proposals side by side', async () => {
      const firsts = Array.from({ length: 20 }, () => creation());
      await Promise.all(firsts.map((first) => proposals().create(first, newKey())));
      const changes = firsts.map(({ proposal }) => versionOn(proposal, proposal.proposalId));
      const taken = await Promise.all(changes.map((change) => proposals().append(change)));
      expect(taken).toEqual(changes.map(() => true));
      const found = await Promise.all(
        changes.map(({ proposal }) => proposals().find(proposal.proposalId)),
      );
      expect(found).toEqual(changes.map(({ proposal, version }) => ({ proposal, version })));
    });

    it('never shows a write without its event and its version', async () => {
      const first = creation({ document: 1 });
      await proposals().create(first, newKey());
      const { proposalId } = first.proposal;
      const writes = 25;
      const writer = async () => {
        let { proposal } = first;
        for (let document = 2; document <= writes; document += 1) {
          const change = versionOn(proposal, document);
          expect(await proposals().append(change)).toBe(true);
          ({ proposal } = change);
        }
      };
      const reader = async () => {
        for (let reads = 0; reads < writes; reads += 1) {
          const before = await proposals().events(proposalId);
          const found = await proposals().find(proposalId);
          const after = await proposals().events(proposalId);
          const revision = found?.proposal.revision ?? 0;
          expect(found?.version.versionNo).toBe(found?.proposal.currentVersionNo);
          expect(found?.version.document).toBe(revision);
          expect(before.length).toBeLessThanOrEqual(revision);
          expect(after.length).toBeGreaterThanOrEqual(revision);
        }
      };
      await Promise.all([writer(), reader(), reader()]);
      expect(await proposals().events(proposalId)).toHaveLength(writes);
    });
  });
}
