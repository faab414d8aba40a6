import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { SqlProposalRepository } from '../../../src/stores/advisory/proposal.repository.sql.js';
import { type OpenBackend, openBackend } from '../../support/backends.js';
import { creation, newKey } from './proposal.changes.js';

describe('two processes that create the same proposals on POSTGRES', () => {
  let opened: OpenBackend;
  beforeAll(async () => {
    opened = await openBackend('POSTGRES');
  });
  afterAll(() => opened.close());

  it('create each of them once, whatever the order of the keys', async () => {
    const { database } = opened;
    if (!database) throw new Error('the backend has no database');
    const [one, other] = [new SqlProposalRepository(database), new SqlProposalRepository(database)];
    for (let round = 0; round < 10; round += 1) {
      const requests = Array.from({ length: 60 }, () => ({ change: creation(), key: newKey() }));
      const outcomes = await Promise.all([
        ...requests.map(({ change, key }) => one.create(change, key)),
        ...requests.toReversed().map(({ change, key }) => other.create(change, key)),
      ]);
      const created = outcomes.filter(({ outcome }) => outcome === 'created');
      const replayed = outcomes.filter(({ outcome }) => outcome === 'replayed');
      expect([created.length, replayed.length]).toEqual([60, 60]);
    }
  });
});
