import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { Overtaken } from '@holdfast/postgres/database/assert-stored';
import { ReasonError } from './policy-packs.reasons.js';
import { KeyedQueue } from '../keyed-queue.js';
import { type Page, readPage, type Position } from '@holdfast/core/page';
import {
  type Act,
  createPack,
  type EffectivePolicies,
  effectivePolicies,
  type PackContent,
  type PolicyPack,
  type Preconditions,
  replacePack,
  requirePreconditions,
  hasContent,
  positionOf,
} from './policy-pack.js';
import {
  type PolicyPackFilter,
  PolicyPackRepository,
  type WriteOutcome,
} from './policy-pack.repository.js';
import { retryOnConflict } from '@holdfast/core/retry-on-conflict';

@Injectable()
export class PolicyPacksService {
  readonly #queue = new KeyedQueue();

  constructor(private readonly packs: PolicyPackRepository) {}

  /** @throws POLICY_PACK_NOT_FOUND */
  async get(policyPackId: string): Promise<PolicyPack> {
    return (await this.packs.find(policyPackId)) ?? notFound();
  }

  async list(filter: PolicyPackFilter, limit: number, after?: Position): Promise<Page<PolicyPack>> {
    return readPage(limit, after, (...page) => this.packs.list(filter, ...page), positionOf);
  }

  async effective(portfolioId: string, tenantId: string | null): Promise<EffectivePolicies> {
    return effectivePolicies(await this.packs.applicable(portfolioId, tenantId));
  }

  /**
   * Creates or replaces; a pack that says the same already is left alone.
   * @throws POLICY_PACK_CHANGED, POLICY_PACK_EXISTS, PRECONDITION_REQUIRED,
   * POLICY_PACK_TARGET_TAKEN, POLICY_DEFINITION_TOO_LARGE
   */
  async put(
    policyPackId: string,
    content: PackContent,
    preconditions: Preconditions,
  ): Promise<{ readonly pack: PolicyPack; readonly created: boolean }> {
    return this.#change(policyPackId, preconditions, async (before) => {
      if (before && hasContent(before, content)) return { pack: before, created: false };
      const pack = before
        ? replacePack(before, content, act())
        : createPack(policyPackId, content, act());
      const outcome = before
        ? await this.packs.replace(pack, before.entityTag)
        : await this.packs.create(pack);
      return isStored(outcome, content) ? { pack, created: before === null } : undefined;
    });
  }

  /** @throws POLICY_PACK_NOT_FOUND, POLICY_PACK_CHANGED, POLICY_PACK_EXISTS, PRECONDITION_REQUIRED */
  async remove(policyPackId: string, preconditions: Preconditions): Promise<void> {
    await this.#change(policyPackId, preconditions, async (before) => {
      const { entityTag } = before ?? notFound();
      return (await this.packs.remove(policyPackId, entityTag)) || undefined;
    });
  }

  /** Reads, judges and writes; judges anew when someone else wrote in between. */
  #change<T>(
    policyPackId: string,
    preconditions: Preconditions,
    write: (before: PolicyPack | null) => Promise<T | undefined>,
  ): Promise<T> {
    return this.#queue.run(policyPackId, () =>
      this.#changeInTurn(policyPackId, preconditions, write),
    );
  }

  async #changeInTurn<T>(
    policyPackId: string,
    preconditions: Preconditions,
    write: (before: PolicyPack | null) => Promise<T | undefined>,
  ): Promise<T> {
    const overtaken = new Overtaken();
    const attempt = async () => {
      const before = await this.packs.find(policyPackId);
      overtaken.meet(before?.entityTag ?? null);
      requirePreconditions(before, preconditions);
      return write(before);
    };
    const detail = 'other processes kept changing the pack';
    return retryOnConflict(attempt, () => new ReasonError('RECORD_CONTENDED', { detail }));
  }
}

/** @throws POLICY_PACK_TARGET_TAKEN, which tells nothing of the other pack */
function isStored(outcome: WriteOutcome, { appliesTo }: PackContent): boolean {
  if (outcome !== 'target_taken') return outcome === 'stored';
  const path = appliesTo === 'DEFAULT' ? 'applies_to' : 'target_id';
  throw new ReasonError('POLICY_PACK_TARGET_TAKEN', {
    errors: [{ path, message: 'is taken by another policy pack' }],
  });
}

function notFound(): never {
  throw new ReasonError('POLICY_PACK_NOT_FOUND');
}

function act(): Act {
  return { at: new Date().toISOString(), nonce: randomUUID() };
}
