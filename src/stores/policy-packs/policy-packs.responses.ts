import { z } from 'zod';
import { lazySchema } from '@holdfast/nest/http/lazy-schema';
import { type EffectivePolicies, type PolicyPack, SCOPES } from './policy-pack.js';
import { Definition } from './policy-packs.requests.js';

const time = lazySchema(() => z.iso.datetime().meta({ example: '2026-11-21T12:00:00.000Z' }));

export const PolicyPackBody = lazySchema(() =>
  z
    .strictObject({
      policy_pack_id: z.string(),
      applies_to: z.enum(SCOPES),
      target_id: z.string().nullable(),
      version: z.string(),
      definition: Definition,
      revision: z.int(),
      created_at: time(),
      updated_at: time(),
    })
    .meta({ id: 'PolicyPack' }),
);

export const PolicyPackPageBody = lazySchema(() =>
  z
    .strictObject({ items: z.array(PolicyPackBody()), next_cursor: z.string().nullable() })
    .meta({ id: 'PolicyPackPage' }),
);

/** Three packs of short names, and long names of packs, make more than an answer may have. */
const FIELD_SOURCES_BYTES = 1536 * 1024;

export const EffectiveBody = lazySchema(() =>
  z
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
      field_sources_truncated: z.boolean().meta({
        description:
          'Whether there are more than these 1.5 MiB: the packs themselves say the rest.',
      }),
    })
    .meta({ id: 'EffectivePolicies' }),
);

export function packBody(pack: PolicyPack): z.output<ReturnType<typeof PolicyPackBody>> {
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
): z.output<ReturnType<typeof EffectiveBody>> {
  const fields = fieldsWithin(fieldSources);
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
    field_sources: Object.fromEntries(fields),
    field_sources_truncated: fields.length < fieldSources.size,
  };
}

function fieldsWithin(
  sources: ReadonlyMap<string, string>,
): readonly (readonly [string, string])[] {
  const fields: (readonly [string, string])[] = [];
  let bytes = 0;
  for (const field of sources) {
    bytes += Buffer.byteLength(JSON.stringify(field));
    if (bytes > FIELD_SOURCES_BYTES) break;
    fields.push(field);
  }
  return fields;
}
