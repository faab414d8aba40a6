import { beforeEach, describe, expect, it } from '@jest/globals';
import type { Proposal, ProposalChange } from '../../../src/stores/advisory/proposal.js';
import { MemoryProposalRepository } from '../../../src/stores/advisory/proposal.repository.memory.js';
import { hashJson, type JsonValue } from '@holdfast/core/json';
import { MemoryKeptAnswers } from '../../../src/stores/kept-answers.memory.js';
import { ProposalsService } from '../../../src/stores/advisory/proposals.service.js';

const UUID = /^[\da-f]{8}-[\da-f]{4}-4[\da-f]{3}-[\da-f]{4}-[\da-f]{12}$/;
const HASH = /^[\da-f]{64}$/;
const REQUEST = {
  portfolioId: 'portfolio',
  mandateId: null,
  jurisdiction: null,
  title: 'Short bonds',
  advisorNotes: null,
  createdBy: 'advisor',
  document: { a: 1, b: 2 },
};

const contentOf = (document: JsonValue) => ({ document, documentHash: hashJson(document) });

/** Others write in between, so that this many writes fail. */
class Contended extends MemoryProposalRepository {
  failures = 0;
  reads = 0;

  /** By as many revisions the others are ahead. */
  private ahead = 0;

  override async find(proposalId: string) {
    this.reads += 1;
    const found = await super.find(proposalId);
    return found && { ...found, proposal: this.revised(found.proposal, this.ahead) };
  }

  override async append(change: ProposalChange) {
    if (this.failures === 0) {
      return super.append({ ...change, proposal: this.revised(change.proposal, -this.ahead) });
    }
    this.failures -= 1;
    this.ahead += 1;
    return false;
  }

  private revised(proposal: Proposal, by: number): Proposal {
    return { ...proposal, revision: proposal.revision + by };
  }
}

let repository: Contended;
let service: ProposalsService;
beforeEach(() => {
  repository = new Contended(new MemoryKeptAnswers());
  service = new ProposalsService(repository, { variables: { ALLOW_SELF_APPROVAL: false } });
});

/** The identifier of a new proposal. */
const aProposal = async (): Promise<string> =>
  (await service.create(REQUEST, 'key')).proposal.proposalId;

const review = (proposalId: string, reason: string | null = null) =>
  service.transition(proposalId, {
    toState: 'RISK_REVIEW',
    expectedState: 'DRAFT',
    actorId: 'advisor',
    isProven: false,
    reason,
  });

const approveRisk = (proposalId: string) =>
  service.recordApproval(proposalId, {
    approvalType: 'RISK',
    approved: true,
    expectedState: 'RISK_REVIEW',
    actorId: 'risk',
    isProven: false,
    comment: 'fine',
  });

describe('create', () => {
  it('makes identifiers and answers what is stored', async () => {
    const { proposal, version, replayed } = await service.create(REQUEST, 'key');
    expect(replayed).toBe(false);
    expect(proposal).toMatchObject({ title: 'Short bonds', createdBy: 'advisor' });
    expect(proposal.proposalId).toMatch(UUID);
    expect(version).toMatchObject({ document: { a: 1, b: 2 }, createdBy: 'advisor' });
    expect(version.documentHash).toMatch(HASH);
    expect(await service.get(proposal.proposalId)).toEqual({ proposal, version });
    const [event] = (await service.events(proposal.proposalId, 10)).items;
    expect(event).toMatchObject({ actorId: 'advisor', reason: null });
    expect(event?.eventId).toMatch(UUID);
  });

  it('answers the first proposal as it was created when a key comes again', async () => {
    const first = await service.create(REQUEST, 'key');
    await review(first.proposal.proposalId);
    const again = await service.create({ ...REQUEST, document: { b: 2, a: 1 } }, 'key');
    expect(again).toEqual({ ...first, replayed: true });
  });

  it.each([
    ['title', { title: 'Long bonds' }],
    ['author', { createdBy: 'another' }],
    ['document', { document: { a: 1 } }],
  ])('refuses a key that comes again with another %s', async (_, other) => {
    await service.create(REQUEST, 'key');
    await expect(service.create({ ...REQUEST, ...other }, 'key')).rejects.toMatchObject({
      code: 'IDEMPOTENCY_KEY_CONFLICT',
    });
  });
});

describe('a proposal that is not there', () => {
  it.each([
    ['get', () => service.get('none')],
    ['version', () => service.version('none', 1)],
    ['events', () => service.events('none', 10)],
    ['approvals', () => service.approvals('none', 10)],
    ['addVersion', () => service.addVersion('none', { createdBy: 'a', content: contentOf(1) })],
    ['transition', () => review('none')],
    ['recordApproval', () => approveRisk('none')],
  ])('is not found by %s', async (_, ask) => {
    await expect(ask()).rejects.toMatchObject({ code: 'PROPOSAL_NOT_FOUND' });
  });
});

describe('reading', () => {
  it('gives each version, and tells a missing version from a missing proposal', async () => {
    const id = await aProposal();
    const { version } = await service.addVersion(id, {
      createdBy: 'advisor',
      content: contentOf([2]),
    });
    expect(await service.version(id, 2)).toEqual(version);
    expect((await service.version(id, 1)).document).toEqual({ a: 1, b: 2 });
    await expect(service.version(id, 3)).rejects.toMatchObject({
      code: 'PROPOSAL_VERSION_NOT_FOUND',
    });
  });

  it('gives no approvals where there are none yet', async () => {
    expect((await service.approvals(await aProposal(), 10)).items).toEqual([]);
  });

  it('names the next page only when there is one', async () => {
    for (const key of ['1', '2', '3']) await service.create(REQUEST, key);
    const first = await service.list({}, 2);
    expect([first.items.length, first.next]).toEqual([2, first.items[1]]);
    const { createdAt = '', proposalId = '' } = first.next ?? {};
    const second = await service.list({}, 2, { createdAt, id: proposalId });
    expect([second.items.length, second.next]).toEqual([1, null]);
    const all = await service.list({}, 3);
    expect([all.items.length, all.next]).toEqual([3, null]);
  });
});

describe('an expectation', () => {
  it('of the version is judged before a version is added', async () => {
    const id = await aProposal();
    const add = (expectedVersionNo: number) =>
      service.addVersion(id, {
        createdBy: 'advisor',
        content: contentOf([expectedVersionNo]),
        expectedVersionNo,
      });
    await expect(add(2)).rejects.toMatchObject({
      code: 'STATE_CONFLICT',
      message: 'the proposal is at version 1, not 2',
    });
    expect((await add(1)).version).toMatchObject({ versionNo: 2, createdBy: 'advisor' });
  });

  it('of the state is judged before a transition', async () => {
    const id = await aProposal();
    const { proposal, event } = await review(id, 'ready');
    expect(proposal.currentState).toBe('RISK_REVIEW');
    expect(event).toMatchObject({ actorId: 'advisor', reason: 'ready' });
    await expect(review(id)).rejects.toMatchObject({
      code: 'STATE_CONFLICT',
      message: 'the proposal is RISK_REVIEW, not DRAFT',
    });
  });

  it('of the state is judged before an approval', async () => {
    const id = await aProposal();
    await expect(approveRisk(id)).rejects.toMatchObject({
      code: 'STATE_CONFLICT',
      message: 'the proposal is DRAFT, not RISK_REVIEW',
    });
    await review(id);
    const { proposal, approval } = await approveRisk(id);
    expect(proposal.currentState).toBe('COMPLIANCE_REVIEW');
    expect(approval).toMatchObject({
      approvalType: 'RISK',
      approved: true,
      actorId: 'risk',
      comment: 'fine',
    });
    expect(approval.approvalId).toMatch(UUID);
    expect((await service.approvals(id, 10)).items).toEqual([approval]);
  });
});

describe('someone who is faster', () => {
  it('makes the service read and decide again', async () => {
    const id = await aProposal();
    repository.failures = 3;
    const { proposal } = await review(id);
    expect([proposal.currentState, repository.reads]).toEqual(['RISK_REVIEW', 4]);
  });

  it('and never stops leads to a conflict after twenty attempts', async () => {
    const id = await aProposal();
    repository.failures = Infinity;
    await expect(review(id)).rejects.toMatchObject({
      code: 'RECORD_CONTENDED',
      message: 'other processes kept changing the proposal',
    });
    expect(repository.reads).toBe(20);
    expect((await service.events(id, 10)).items).toHaveLength(1);
  });
});
