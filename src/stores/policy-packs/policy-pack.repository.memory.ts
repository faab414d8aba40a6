import { isWithin } from '@holdfast/core/instant';
import { newestFirst, type Position } from '@holdfast/core/page';
import { type PolicyPack, positionOf } from './policy-pack.js';
import {
  type PolicyPackFilter,
  PolicyPackRepository,
  type WriteOutcome,
} from './policy-pack.repository.js';

/** For development and tests: gone with the process. Packs are copied in and out. */
export class MemoryPolicyPackRepository extends PolicyPackRepository {
  readonly #packs = new Map<string, PolicyPack>();

  async create(pack: PolicyPack): Promise<WriteOutcome> {
    await Promise.resolve();
    requireCoherence(pack);
    if (this.#packs.has(pack.policyPackId)) return 'overtaken';
    return this.#store(pack);
  }

  async replace(pack: PolicyPack, tagBefore: string): Promise<WriteOutcome> {
    await Promise.resolve();
    const before = this.#packs.get(pack.policyPackId);
    if (before?.entityTag !== tagBefore) return 'overtaken';
    requireCoherence(pack);
    return this.#store({ ...pack, createdAt: before.createdAt });
  }

  async remove(policyPackId: string, entityTag: string): Promise<boolean> {
    await Promise.resolve();
    return (
      this.#packs.get(policyPackId)?.entityTag === entityTag && this.#packs.delete(policyPackId)
    );
  }

  async find(policyPackId: string): Promise<PolicyPack | null> {
    await Promise.resolve();
    return structuredClone(this.#packs.get(policyPackId) ?? null);
  }

  async list(
    filter: PolicyPackFilter,
    limit: number,
    after?: Position,
  ): Promise<readonly PolicyPack[]> {
    await Promise.resolve();
    return this.#select((pack) => matches(pack, filter))
      .filter((pack) => !after || newestFirst(after, positionOf(pack)) < 0)
      .sort((one, other) => newestFirst(positionOf(one), positionOf(other)))
      .slice(0, limit);
  }

  async applicable(portfolioId: string, tenantId: string | null): Promise<readonly PolicyPack[]> {
    await Promise.resolve();
    return this.#select(
      ({ appliesTo, targetId }) =>
        appliesTo === 'DEFAULT' ||
        targetId === (appliesTo === 'PORTFOLIO' ? portfolioId : tenantId),
    );
  }

  /** The unique indexes of the databases: one pack a target. */
  #store(pack: PolicyPack): WriteOutcome {
    const taken = this.#select(
      ({ appliesTo, targetId }) => appliesTo === pack.appliesTo && targetId === pack.targetId,
    ).some(({ policyPackId }) => policyPackId !== pack.policyPackId);
    if (taken) return 'target_taken';
    this.#packs.set(pack.policyPackId, structuredClone(pack));
    return 'stored';
  }

  #select(chosen: (pack: PolicyPack) => boolean): PolicyPack[] {
    return structuredClone([...this.#packs.values()].filter(chosen));
  }
}

/** The check of the databases: a target exactly where one belongs. */
function requireCoherence({ appliesTo, targetId }: PolicyPack): void {
  if ((appliesTo === 'DEFAULT') !== (targetId === null)) {
    throw new Error('the pack has a target that it should not have, or none');
  }
}

function matches(pack: PolicyPack, filter: PolicyPackFilter): boolean {
  return (
    (filter.appliesTo === undefined || pack.appliesTo === filter.appliesTo) &&
    (filter.targetId === undefined || pack.targetId === filter.targetId) &&
    isWithin(pack.createdAt, filter)
  );
}
