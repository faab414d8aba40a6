import { z } from 'zod';
import { lazySchema } from '@holdfast/nest/http/lazy-schema';
import { keyAsSent } from '@holdfast/nest/http/idempotency-key';
import { DecisionBody, decisionBody } from '../decisions/decisions.responses.js';
import { WORKFLOW_STATUSES } from '../decisions/decision.js';
import type { LineageEdge } from '../lineage/edge.js';
import { OPERATION_STATUSES, type OperationSummary } from '../operations/operation.js';
import { ArtifactBody, KeyUseBody, keyUseBody, RunBody, runBody } from '../runs/runs.responses.js';
import type { SupportBundle } from './support-bundle.service.js';

const time = lazySchema(() => z.iso.datetime().meta({ example: '2026-11-21T12:00:00.000Z' }));

const EdgeBody = lazySchema(() =>
  z
    .strictObject({
      edge_id: z.string(),
      source: z.string(),
      edge_type: z.string(),
      target: z.string(),
      metadata: z.unknown(),
      created_at: time(),
    })
    .meta({ id: 'BundledEdge' }),
);

const OperationBody = lazySchema(() =>
  z
    .strictObject({
      operation_id: z.string(),
      operation_type: z.string(),
      status: z.enum(OPERATION_STATUSES),
      correlation_id: z.string(),
      rebalance_run_id: z.string().nullable(),
      created_at: time(),
      started_at: time().nullable(),
      finished_at: time().nullable(),
      error: z
        .strictObject({ code: z.string(), message: z.string() })
        .optional()
        .meta({ description: 'Of a FAILED operation.' }),
    })
    .meta({ id: 'BundledOperation' }),
);

const truncated = lazySchema(() =>
  z
    .boolean()
    .meta({ description: 'Whether there are more than these: their own list has them all.' }),
);

const BundledArtifactBody = lazySchema(() =>
  ArtifactBody().omit({ result: true }).meta({
    id: 'BundledArtifact',
    description: 'Without its result, which is that of the run.',
  }),
);

const excerpt = <Item extends z.ZodType>(item: Item) =>
  z.strictObject({
    items: z.array(item),
    truncated: truncated(),
  });

export const SupportBundleBody = lazySchema(() =>
  z
    .strictObject({
      run: RunBody(),
      artifact: BundledArtifactBody(),
      workflow: z.strictObject({
        workflow_status: z.enum(WORKFLOW_STATUSES),
        decisions: z.array(DecisionBody()),
        truncated: truncated(),
      }),
      lineage: excerpt(EdgeBody()),
      operations: excerpt(OperationBody()),
      idempotency: z.array(KeyUseBody().extend({ idempotency_key: z.string() })),
      idempotency_truncated: truncated(),
    })
    .meta({ id: 'SupportBundle' }),
);

export function supportBundleBody(
  bundle: SupportBundle,
): z.output<ReturnType<typeof SupportBundleBody>> {
  const { run, decisions, lineage, operations, keyHistory } = bundle;
  const { result: _, ...artifact } = bundle.artifact;
  return {
    run: runBody(run),
    artifact,
    workflow: {
      workflow_status: bundle.workflowStatus,
      decisions: decisions.items.map(decisionBody),
      truncated: decisions.truncated,
    },
    lineage: { ...lineage, items: lineage.items.map(edgeBody) },
    operations: { ...operations, items: operations.items.map(operationBody) },
    idempotency: keyHistory.items.map((use) => ({
      idempotency_key: keyAsSent(use.idempotencyKey),
      ...keyUseBody(use),
    })),
    idempotency_truncated: keyHistory.truncated,
  };
}

function edgeBody(edge: LineageEdge): z.output<ReturnType<typeof EdgeBody>> {
  return {
    edge_id: edge.edgeId,
    source: edge.source,
    edge_type: edge.edgeType,
    target: edge.target,
    metadata: edge.metadata,
    created_at: edge.createdAt,
  };
}

function operationBody(operation: OperationSummary): z.output<ReturnType<typeof OperationBody>> {
  return {
    operation_id: operation.operationId,
    operation_type: operation.operationType,
    status: operation.status,
    correlation_id: operation.correlationId,
    rebalance_run_id: operation.rebalanceRunId,
    created_at: operation.createdAt,
    started_at: operation.startedAt,
    finished_at: operation.finishedAt,
    ...(operation.error && { error: operation.error }),
  };
}
