import { describe, expect, it } from '@jest/globals';
import { KeyTakenError } from '../../../src/stores/kept-answers.js';
import type { ProposalRepository } from '../../../src/stores/advisory/proposal.repository.js';
import { answerTo } from '../../support/kept-answer.js';
import type { Current } from '../contract.js';
import { creation, move, newKey, versionOn } from './proposal.changes.js';

/** Changes with the answer that tells of them. */
export function keyCases(proposals: Current<ProposalRepository>): void {
  const created = async () => {
    const change = creation();
    await proposals().create(change, newKey());
    return change.proposal;
  };

  describe('a change under a key', () => {
    it('takes the key once, and writes nothing for the second', async () => {
      const [one, other] = [await created(), await created()];
      expect(await proposals().append(move(one, 'RISK_REVIEW'), answerTo('key'))).toBe(true);
      const second = proposals().append(versionOn(other, 'second'), answerTo('key'));
      await expect(second).rejects.toBeInstanceOf(KeyTakenError);
      expect(await proposals().events(other.proposalId)).toHaveLength(1);
      expect(await proposals().findVersion(other.proposalId, 2)).toBeNull();
      expect(await proposals().find(other.proposalId)).toMatchObject({ proposal: other });
    });

    it('that comes too late leaves the key free', async () => {
      const proposal = await created();
      const change = move(proposal, 'RISK_REVIEW');
      expect(await proposals().append(change)).toBe(true);
      expect(await proposals().append(change, answerTo('key'))).toBe(false);
      expect(await proposals().append(move(change.proposal, 'DRAFT'), answerTo('key'))).toBe(true);
    });

    it('that fails leaves the key free', async () => {
      const proposal = await created();
      const good = versionOn(proposal, 'second');
      const version = { ...good.version, versionNo: 1 };
      const bad = proposals().append({ ...good, version }, answerTo('key'));
      await expect(bad).rejects.not.toBeInstanceOf(KeyTakenError);
      expect(await proposals().append(good, answerTo('key'))).toBe(true);
    });

    it('of several at once, of as many proposals, one is written', async () => {
      const all = await Promise.all(Array.from({ length: 10 }, created));
      const outcomes = await Promise.allSettled(
        all.map((each) => proposals().append(move(each, 'RISK_REVIEW'), answerTo('key'))),
      );
      expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
      const states = await proposals().list({ state: 'RISK_REVIEW' }, 100);
      expect(states).toHaveLength(1);
    });
  });
}
