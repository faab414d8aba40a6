import { z } from 'zod';
import { type EffectivePolicies, type PolicyPack, SCOPES } from './policy-pack.js';
import { Definition } from './policy-packs.requests.js';

const time = z.iso.datetime().meta({ example: '2026-11-21T12:00:00.000Z' });

export const PolicyPackBody = z
  .strictObject({
    policy_pack_id: z.string(),
    applies_to: z.enum(SCOPES),
    target_id: z.string().nullable(),
    version: z.string(),
    definition: Definition,
    revision: z.int(),
    created_at: time,
    updated_at: time,
  })
  .meta({ id: 'PolicyPack' });

export const PolicyPackPageBody = z
  .strictObject({ items: z.array(PolicyPackBody), next_cursor: z.string().nullable() })
  .meta({ id: 'PolicyPackPage' });

export const EffectiveBody = z
  .strictObject({
    portfolio_id: z.string(),
    tenant_id: z.string().nullable(),
    policies: Definition,
    sources: z
      .array(
        z.strictObject({
          policy_pack_id: z.string(),
          applies_to: z.enum(SCOPES),
          target_id: z.string().nullable(),
          version: z.string(),
          revision: z.int(),
        }),
      )
      .meta({ description: 'Highest precedence first.' }),
    field_sources: z.record(z.string(), z.string()).meta({
      description:
        'policy_pack_id by dotted path; a dot or a backslash inside a name has a backslash before it.',
    }),
  })
  .meta({ id: 'EffectivePolicies' });

export function packBody(pack: PolicyPack): z.output<typeof PolicyPackBody> {
  return {
    policy_pack_id: pack.policyPackId,
    applies_to: pack.appliesTo,
    target_id: pack.targetId,
    version: pack.version,
    definition: pack.definition,
    revision: pack.revision,
    created_at: pack.createdAt,
    updated_at: pack.updatedAt,
  };
}

export function effectiveBody(
  portfolioId: string,
  tenantId: string | null,
  { policies, sources, fieldSources }: EffectivePolicies,
): z.output<typeof EffectiveBody> {
  return {
    portfolio_id: portfolioId,
    tenant_id: tenantId,
    policies,
    sources: sources.map((pack) => ({
      policy_pack_id: pack.policyPackId,
      applies_to: pack.appliesTo,
      target_id: pack.targetId,
      version: pack.version,
      revision: pack.revision,
    })),
    field_sources: Object.fromEntries(fieldSources),
  };
}
