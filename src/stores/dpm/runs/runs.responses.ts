import { z } from 'zod';
import { lazySchema } from '@holdfast/nest/http/lazy-schema';
import { KEY_OUTCOMES, type KeyUse, type Run, RUN_STATUSES, type RunSummary } from './run.js';

const status = lazySchema(() => z.enum(RUN_STATUSES));
const time = lazySchema(() => z.iso.datetime().meta({ example: '2026-11-21T12:00:00.000Z' }));

export const RunSummaryBody = lazySchema(() =>
  z
    .strictObject({
      rebalance_run_id: z.string(),
      correlation_id: z.string(),
      request_hash: z.string(),
      portfolio_id: z.string(),
      status: status(),
      created_at: time(),
    })
    .meta({ id: 'RunSummary' }),
);

export const RunBody = lazySchema(() =>
  RunSummaryBody().extend({ result: z.unknown() }).meta({ id: 'Run' }),
);

export const RunPageBody = lazySchema(() =>
  z
    .strictObject({ items: z.array(RunSummaryBody()), next_cursor: z.string().nullable() })
    .meta({ id: 'RunPage' }),
);

export const ArtifactBody = lazySchema(() =>
  z
    .strictObject({
      artifact_version: z.literal('1'),
      rebalance_run_id: z.string(),
      correlation_id: z.string(),
      request_hash: z.string(),
      portfolio_id: z.string(),
      status: status(),
      created_at: time(),
      result: z.unknown(),
      evidence: z.strictObject({
        result_hash: z
          .string()
          .meta({ description: 'SHA-256 of the canonical result (RFC 8785).' }),
        artifact_hash: z
          .string()
          .meta({ description: 'SHA-256 of the canonical artifact without this field.' }),
      }),
    })
    .meta({ id: 'RunArtifact' }),
);

export const KeyUseBody = lazySchema(() =>
  z
    .strictObject({
      outcome: z.enum(KEY_OUTCOMES),
      body_hash: z.string().meta({ description: 'Equal for equal bodies; opaque otherwise.' }),
      rebalance_run_id: z.string().meta({ description: 'The run that the key names.' }),
      correlation_id: z.string().meta({ description: 'Of the body that was sent.' }),
      occurred_at: time(),
    })
    .meta({ id: 'IdempotencyKeyUse' }),
);

export const KeyHistoryBody = lazySchema(() =>
  z
    .strictObject({
      idempotency_key: z.string(),
      items: z.array(KeyUseBody()),
      next_cursor: z.string().nullable(),
    })
    .meta({ id: 'IdempotencyKeyHistory' }),
);

export function summaryBody(run: RunSummary): z.output<ReturnType<typeof RunSummaryBody>> {
  return {
    rebalance_run_id: run.rebalanceRunId,
    correlation_id: run.correlationId,
    request_hash: run.requestHash,
    portfolio_id: run.portfolioId,
    status: run.status,
    created_at: run.createdAt,
  };
}

export function runBody(run: Run): z.output<ReturnType<typeof RunBody>> {
  return { ...summaryBody(run), result: run.result };
}

export function keyUseBody(use: KeyUse): z.output<ReturnType<typeof KeyUseBody>> {
  return {
    outcome: use.outcome,
    body_hash: use.bodyHash,
    rebalance_run_id: use.rebalanceRunId,
    correlation_id: use.correlationId,
    occurred_at: use.occurredAt,
  };
}
