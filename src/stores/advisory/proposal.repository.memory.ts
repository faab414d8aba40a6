import { Injectable } from '@nestjs/common';
import { isWithin } from '@holdfast/core/instant';
import type { KeptAnswer } from '../kept-answers.js';
import { MemoryKeptAnswers } from '../kept-answers.memory.js';
import { ALL, newestFirst, type Position } from '@holdfast/core/page';
import { itemsAfter } from '../sequence-number.js';
import {
  type Approval,
  positionOf,
  type Proposal,
  type ProposalChange,
  type ProposalVersion,
  type WorkflowEvent,
} from './proposal.js';
import {
  type CreateOutcome,
  type IdempotencyKey,
  type ProposalFilter,
  ProposalRepository,
  type ProposalWithVersion,
} from './proposal.repository.js';

interface Entry {
  proposal: Proposal;
  readonly versions: ProposalVersion[];
  readonly events: WorkflowEvent[];
  readonly approvals: Approval[];
}

/** For development and tests: gone with the process. Documents are copied in and out. */
@Injectable()
export class MemoryProposalRepository extends ProposalRepository {
  readonly #entries = new Map<string, Entry>();
  readonly #identifiers = new Set<string>();
  readonly #keys = new Map<string, IdempotencyKey & { readonly proposalId: string }>();

  constructor(private readonly answers: MemoryKeptAnswers) {
    super();
  }

  async create(
    change: ProposalChange & { readonly version: ProposalVersion },
    key: IdempotencyKey,
  ): Promise<CreateOutcome> {
    await Promise.resolve();
    const taken = this.#keys.get(key.key);
    if (taken) {
      if (taken.requestHash !== key.requestHash) return { outcome: 'conflict' };
      const entry = this.#entry(taken.proposalId);
      const version = entry?.versions[0];
      if (!entry || !version) throw new TypeError('an idempotency key without its proposal');
      return structuredClone({ outcome: 'replayed', proposal: entry.proposal, version });
    }
    const { proposal, event, version } = structuredClone(change);
    if (this.#entries.has(proposal.proposalId)) throw new Error('the proposal exists');
    this.#claim(event.eventId);
    const entry = { proposal, versions: [version], events: [event], approvals: [] };
    this.#entries.set(proposal.proposalId, entry);
    this.#keys.set(key.key, { ...key, proposalId: proposal.proposalId });
    return { outcome: 'created' };
  }

  async append(change: ProposalChange, answer?: KeptAnswer): Promise<boolean> {
    await Promise.resolve();
    const { proposal, event, version, approval } = structuredClone(change);
    const entry = this.#entry(proposal.proposalId);
    if (entry?.proposal.revision !== proposal.revision - 1) return false;
    if (version && entry.versions.some(({ versionNo }) => versionNo === version.versionNo)) {
      throw new Error('the version exists');
    }
    this.answers.refuseTaken(answer);
    this.#claim(event.eventId, ...(approval ? [approval.approvalId] : []));
    this.answers.set(answer);
    const { currentState, currentVersionNo, revision, updatedAt } = proposal;
    entry.proposal = { ...entry.proposal, currentState, currentVersionNo, revision, updatedAt };
    entry.events.push(event);
    if (version) entry.versions.push(version);
    if (approval) entry.approvals.push(approval);
    return true;
  }

  async find(proposalId: string): Promise<ProposalWithVersion | null> {
    await Promise.resolve();
    const entry = this.#entry(proposalId);
    const version = entry?.versions.at(-1);
    return entry && version ? structuredClone({ proposal: entry.proposal, version }) : null;
  }

  async list(
    filter: ProposalFilter,
    limit: number,
    after?: Position,
  ): Promise<readonly Proposal[]> {
    await Promise.resolve();
    return [...this.#entries.values()]
      .map(({ proposal }) => proposal)
      .filter((proposal) => matches(proposal, filter))
      .filter((proposal) => !after || newestFirst(after, positionOf(proposal)) < 0)
      .sort((one, other) => newestFirst(positionOf(one), positionOf(other)))
      .slice(0, limit)
      .map((proposal) => ({ ...proposal }));
  }

  async findVersion(proposalId: string, versionNo: number): Promise<ProposalVersion | null> {
    await Promise.resolve();
    return structuredClone(this.#entry(proposalId)?.versions[versionNo - 1] ?? null);
  }

  async events(proposalId: string, limit = ALL, after = 0): Promise<readonly WorkflowEvent[]> {
    await Promise.resolve();
    return structuredClone(itemsAfter(this.#entry(proposalId)?.events ?? [], limit, after));
  }

  async approvals(proposalId: string, limit = ALL, after = 0): Promise<readonly Approval[] | null> {
    await Promise.resolve();
    const approvals = this.#entry(proposalId)?.approvals;
    return approvals ? structuredClone(itemsAfter(approvals, limit, after)) : null;
  }

  /** The unique indexes of the databases: all identifiers are taken, or none. */
  #claim(...identifiers: readonly string[]): void {
    if (identifiers.some((id) => this.#identifiers.has(id)))
      throw new Error('the identifier exists');
    for (const id of identifiers) this.#identifiers.add(id);
  }

  #entry(proposalId: string): Entry | undefined {
    return this.#entries.get(proposalId);
  }
}

function matches(proposal: Proposal, filter: ProposalFilter): boolean {
  return (
    (filter.portfolioId === undefined || proposal.portfolioId === filter.portfolioId) &&
    (filter.state === undefined || proposal.currentState === filter.state) &&
    (filter.createdBy === undefined || proposal.createdBy === filter.createdBy) &&
    isWithin(proposal.createdAt, filter)
  );
}
