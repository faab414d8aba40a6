import { z } from 'zod';
import { identifier, IDENTIFIER_LENGTH, listFields } from '@holdfast/nest/http/fields';
import type { PolicyDefinition } from './policy-definition.js';
import { SCOPES } from './policy-pack.js';

const amount = () => z.number().min(0);
const weight = () => z.number().min(0).max(1);
const flag = () => z.boolean().exactOptional();

const currency = z
  .string()
  .regex(/^[A-Z]{3}$/, 'is not three capital letters, as in ISO 4217')
  .meta({ description: 'A currency as in ISO 4217.' });

/**
 * More than a definition of 64 KiB has room for. Judging a name and what is wrong with it costs 5 to
 * 10 microseconds: those of a mebibyte would hold everybody up.
 */
const MOST_NAMES = 3200;

function named<Name extends z.ZodType<string, string>, Value extends z.ZodType>(
  name: Name,
  value: Value,
) {
  return z.preprocess(
    (given, context) => {
      if (typeof given !== 'object' || given === null) return given;
      if (Object.keys(given).length <= MOST_NAMES) return given;
      context.addIssue({ code: 'custom', message: `has more than ${MOST_NAMES} names` });
      return z.NEVER;
    },
    z.record(name, value),
  );
}

const group = z.string().min(1).max(IDENTIFIER_LENGTH);

export const Definition = z
  .strictObject({
    turnover_policy: z
      .strictObject({ max_turnover_pct: z.number().min(0).max(100).exactOptional() })
      .exactOptional(),
    tax_policy: z
      .strictObject({ enabled: flag(), max_realized_capital_gains: amount().exactOptional() })
      .exactOptional(),
    settlement_policy: z
      .strictObject({
        enabled: flag(),
        settlement_horizon_days: z.int().min(0).max(10).exactOptional(),
        max_overdraft_by_ccy: named(currency, amount()).exactOptional(),
      })
      .exactOptional(),
    constraint_policy: z
      .strictObject({
        single_position_max_weight: weight().exactOptional(),
        group_constraints: named(group, z.strictObject({ max_weight: weight() })).exactOptional(),
      })
      .exactOptional(),
    workflow_policy: z
      .strictObject({
        enable_workflow_gates: flag(),
        workflow_requires_client_consent: flag(),
        client_consent_already_obtained: flag(),
      })
      .exactOptional(),
    idempotency_policy: z.strictObject({ replay_enabled: flag() }).exactOptional(),
  })
  .meta({ id: 'PolicyDefinition' }) satisfies z.ZodType<PolicyDefinition>;

export const PutPolicyPack = z
  .strictObject({
    applies_to: z.enum(SCOPES),
    target_id: identifier('The portfolio or the tenant; absent for DEFAULT.').nullish(),
    version: z.string().min(1).max(64).meta({ description: "The author's own label." }),
    definition: Definition,
  })
  .superRefine(({ applies_to, target_id = null }, context) => {
    if ((applies_to === 'DEFAULT') === (target_id === null)) return;
    const message = applies_to === 'DEFAULT' ? 'DEFAULT has no target' : `${applies_to} needs one`;
    context.addIssue({ code: 'custom', path: ['target_id'], message });
  })
  .meta({ id: 'PutPolicyPackRequest' });

export const ListPolicyPacks = z.strictObject({
  applies_to: z.enum(SCOPES).optional(),
  target_id: identifier('The portfolio or the tenant.').optional(),
  ...listFields,
});

export const PolicyPackPath = z.strictObject({ policy_pack_id: identifier("The pack's name.") });

export const EffectiveQuery = z.strictObject({
  portfolio_id: identifier('Portfolio to decide for.'),
  tenant_id: identifier('Tenant that the portfolio belongs to.').optional(),
});
