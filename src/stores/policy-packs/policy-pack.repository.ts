import type { CreatedRange } from '@holdfast/core/instant';
import type { Position } from '@holdfast/core/page';
import type { PolicyPack, Scope } from './policy-pack.js';

export type WriteOutcome =
  | 'stored'
  /** What is there is not, or is no longer, what the caller took it to be: look again. */
  | 'overtaken'
  /** Another pack has the target. */
  | 'target_taken';

export interface PolicyPackFilter extends CreatedRange {
  readonly appliesTo?: Scope;
  readonly targetId?: string;
}

/** The port of the catalogue. Every method is atomic; what a write acknowledges is durable. */
export abstract class PolicyPackRepository {
  /** Stores a pack whose identifier and whose target are free. */
  abstract create(pack: PolicyPack): Promise<WriteOutcome>;

  /** Stores the next state of a pack that still has that tag, and whose target no other pack has. */
  abstract replace(pack: PolicyPack, tagBefore: string): Promise<WriteOutcome>;

  /** @returns false, and nothing is removed, when there is no such pack with that tag */
  abstract remove(policyPackId: string, entityTag: string): Promise<boolean>;

  abstract find(policyPackId: string): Promise<PolicyPack | null>;

  /** Newest first, then by identifier, both descending. */
  abstract list(
    filter: PolicyPackFilter,
    limit: number,
    after?: Position,
  ): Promise<readonly PolicyPack[]>;

  /** The packs of the portfolio, of the tenant and of everyone, at one instant, in any order. */
  abstract applicable(portfolioId: string, tenantId: string | null): Promise<readonly PolicyPack[]>;
}
