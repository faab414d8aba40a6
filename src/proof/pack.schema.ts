import { z } from 'zod';

const text = z.string();
const time = z.iso.datetime();
const verdict = z.enum(['go', 'no-go']);
const sha256 = z.string().regex(/^sha256:[0-9a-f]{64}$/);

/** `proof.json` as it is read again; `docs/proof.schema.json` is made of it. */
export const PackDocument = z
  .strictObject({
    format: z.literal('holdfast-proof/1'),
    verdict: verdict.describe('go only when every step is go'),
    generated_at: time,
    expires_at: time,
    environment: text.nullable(),
    profile: z.enum(['PRODUCTION', 'LOCAL']),
    strict: z.boolean(),
    instances: z.int().min(1).describe('processes that the connection budget was judged for'),
    url: text,
    node: text,
    ci: z
      .strictObject({
        provider: text.nullable(),
        run_url: text.nullable(),
        run_id: text.nullable(),
        repository: text.nullable(),
        commit: text.nullable(),
        branch: text.nullable(),
        actor: text.nullable(),
      })
      .nullable(),
    binding: z
      .strictObject({
        version: text,
        commit: text.nullable(),
        configuration: sha256.describe('of the effective configuration without its secrets'),
        migrations: sha256.describe('of the names and checksums of the migrations of the build'),
        databases: z.array(
          z.strictObject({
            name: text,
            database: text.nullable(),
            system_identifier: text
              .nullable()
              .describe('of the PostgreSQL cluster; null where it could not be read'),
          }),
        ),
      })
      .describe('what the pack is a proof about'),
    steps: z
      .array(
        z.strictObject({
          name: text,
          command: text.describe('what was run or asked, with the variables that were changed'),
          started_at: time,
          ended_at: time,
          exit_code: z.int().nullable().describe('null for a request, and for a killed program'),
          http_status: z.int().nullable(),
          expected: text,
          got: text,
          code: text.nullable().describe('a reason code of the catalogue'),
          output: text.describe('masked, and cut when it is long'),
          verdict,
        }),
      )
      .min(1),
    digest: sha256.describe(
      'of the canonical JSON (RFC 8785) of everything else but the signature',
    ),
    signature: z
      .string()
      .regex(/^hmac-sha256:[0-9a-f]{64}$/)
      .nullable()
      .describe('HMAC of the digest by PROOF_KEY'),
  })
  .meta({ title: 'Holdfast proof pack' });

export type PackDocument = z.infer<typeof PackDocument>;
