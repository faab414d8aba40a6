import { afterAll, beforeAll, beforeEach, describe } from '@jest/globals';
import type { ProposalRepository } from '../../src/stores/advisory/proposal.repository.js';
import { atomicityCases } from './proposal.atomicity.js';
import { documentCases } from './proposal.documents.js';
import { listCases } from './proposal.lists.js';
import { raceCases } from './proposal.races.js';
import { readAndWriteCases } from './proposal.reads-and-writes.js';
import { sequenceCases } from './proposal.sequences.js';

/** An implementation of the port, with a place of its own to keep its data. */
export interface Subject {
  /** Forgets everything that was stored; the repository that is returned is the one to use. */
  empty(): Promise<ProposalRepository>;
  close(): Promise<void>;
}

/** Gives the cases the repository of the test that is running, which starts empty. */
export type Current = () => ProposalRepository;

/** Every case of the port `ProposalRepository`; every implementation passes all of them. */
export function proposalRepositoryContract(name: string, open: () => Promise<Subject>): void {
  describe(`ProposalRepository on ${name}`, () => {
    let subject: Subject | undefined;
    let proposals: ProposalRepository | undefined;

    const opened = (): Subject => {
      if (!subject) throw new Error('the subject is not open');
      return subject;
    };
    const current: Current = () => {
      if (!proposals) throw new Error('the repository is asked for outside a test');
      return proposals;
    };

    beforeAll(async () => {
      subject = await open();
    });
    beforeEach(async () => {
      proposals = await opened().empty();
    });
    afterAll(() => subject?.close());

    readAndWriteCases(current);
    raceCases(current);
    atomicityCases(current);
    listCases(current);
    documentCases(current);
    sequenceCases(() => opened().empty());
  });
}
