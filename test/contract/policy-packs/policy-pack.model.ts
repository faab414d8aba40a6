import { type PolicyPack, positionOf } from '../../../src/stores/policy-packs/policy-pack.js';
import type {
  PolicyPackFilter,
  WriteOutcome,
} from '../../../src/stores/policy-packs/policy-pack.repository.js';
import type { Position } from '@holdfast/core/page';
import { isCreatedWithin, newestFirst } from '../list-model.js';

/** What a catalogue is, in as few words as possible: the packs that are there. */
export class CatalogueModel {
  packs: readonly PolicyPack[] = [];

  create(pack: PolicyPack): WriteOutcome {
    if (this.find(pack.policyPackId)) return 'overtaken';
    if (this.holder(pack)) return 'target_taken';
    this.packs = [...this.packs, pack];
    return 'stored';
  }

  replace(pack: PolicyPack, tagBefore: string): WriteOutcome {
    if (this.find(pack.policyPackId)?.entityTag !== tagBefore) return 'overtaken';
    if (this.holder(pack)) return 'target_taken';
    this.packs = [...this.others(pack), pack];
    return 'stored';
  }

  remove(policyPackId: string, entityTag: string): boolean {
    const found = this.find(policyPackId);
    if (found?.entityTag !== entityTag) return false;
    this.packs = this.others(found);
    return true;
  }

  find(policyPackId: string): PolicyPack | null {
    return this.packs.find((pack) => pack.policyPackId === policyPackId) ?? null;
  }

  list(filter: PolicyPackFilter, limit: number, after?: Position): readonly PolicyPack[] {
    return selected(this.packs, filter)
      .filter((pack) => !after || newestFirst(after, positionOf(pack)) < 0)
      .slice(0, limit);
  }

  applicable(portfolioId: string, tenantId: string | null): readonly PolicyPack[] {
    const keys = ['DEFAULT null', `PORTFOLIO ${portfolioId}`, `TENANT ${tenantId}`];
    return this.packs.filter((pack) => keys.includes(targetOf(pack)));
  }

  private holder(pack: PolicyPack): PolicyPack | undefined {
    return this.others(pack).find((other) => targetOf(other) === targetOf(pack));
  }

  private others({ policyPackId }: PolicyPack): readonly PolicyPack[] {
    return this.packs.filter((pack) => pack.policyPackId !== policyPackId);
  }
}

function targetOf({ appliesTo, targetId }: PolicyPack): string {
  return `${appliesTo} ${targetId}`;
}

/** The packs that fit the filter, in the order of `PolicyPackRepository.list`. */
export function selected(
  packs: readonly PolicyPack[],
  filter: PolicyPackFilter = {},
): readonly PolicyPack[] {
  const { appliesTo, targetId } = filter;
  return packs
    .filter((pack) => appliesTo === undefined || pack.appliesTo === appliesTo)
    .filter((pack) => targetId === undefined || pack.targetId === targetId)
    .filter(({ createdAt }) => isCreatedWithin(createdAt, filter))
    .toSorted((one, other) => newestFirst(positionOf(one), positionOf(other)));
}
