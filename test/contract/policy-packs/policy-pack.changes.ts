import {
  createPack,
  type PackContent,
  type PolicyPack,
  replacePack,
} from '../../../src/stores/policy-packs/policy-pack.js';
import type { PolicyDefinition } from '../../../src/stores/policy-packs/policy-definition.js';
import { newId } from '../new-id.js';

/** What a test says of a pack; the rest is filled in. */
export interface Draft extends Partial<PackContent> {
  readonly policyPackId?: string;
  readonly createdAt?: string;
}

export const NOON = '2026-11-21T12:00:00.000Z';

/** A new pack for a portfolio of its own, unless it is said otherwise. */
export function newPack({ policyPackId, createdAt, ...content }: Draft = {}): PolicyPack {
  return createPack(
    policyPackId ?? newId('pack'),
    {
      appliesTo: 'PORTFOLIO',
      targetId: content.appliesTo === 'DEFAULT' ? null : newId('portfolio'),
      version: '1',
      definition: {},
      ...content,
    },
    { at: createdAt ?? NOON, nonce: newId('nonce') },
  );
}

/** The next state of a pack: what the test says, and the rest as it was. */
export function changed(before: PolicyPack, content: Partial<PackContent> = {}, at = NOON) {
  return replacePack(before, { ...before, ...content }, { at, nonce: newId('nonce') });
}

/** A definition with everything in it. */
export const FULL: PolicyDefinition = {
  turnover_policy: { max_turnover_pct: 12.5 },
  tax_policy: { enabled: true, max_realized_capital_gains: 100000.01 },
  settlement_policy: {
    enabled: false,
    settlement_horizon_days: 3,
    max_overdraft_by_ccy: { USD: 1000, EUR: 0, CHF: 0.1 },
  },
  constraint_policy: {
    single_position_max_weight: 0.1,
    group_constraints: { 'sector:TECH': { max_weight: 0.25 }, 'a.b': { max_weight: 1 } },
  },
  workflow_policy: {
    enable_workflow_gates: true,
    workflow_requires_client_consent: false,
    client_consent_already_obtained: false,
  },
  idempotency_policy: { replay_enabled: true },
};
