import { z } from 'zod';
import { lazySchema } from '@holdfast/nest/http/lazy-schema';
import { type AsyncOperation, OPERATION_STATUSES, type OperationSummary } from './operation.js';

const time = lazySchema(() => z.iso.datetime().meta({ example: '2026-11-21T12:00:00.000Z' }));

export const OperationSummaryBody = lazySchema(() =>
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
        .meta({ description: 'Only when FAILED.' }),
    })
    .meta({ id: 'AsyncOperationSummary' }),
);

export const OperationBody = lazySchema(() =>
  OperationSummaryBody()
    .extend({
      result: z
        .unknown()
        .optional()
        .meta({ description: 'Only when SUCCEEDED; null is a result.' }),
    })
    .meta({ id: 'AsyncOperation' }),
);

export const OperationPageBody = lazySchema(() =>
  z
    .strictObject({ items: z.array(OperationSummaryBody()), next_cursor: z.string().nullable() })
    .meta({ id: 'AsyncOperationPage' }),
);

export function summaryBody(
  operation: OperationSummary,
): z.output<ReturnType<typeof OperationSummaryBody>> {
  const { error } = operation;
  return {
    operation_id: operation.operationId,
    operation_type: operation.operationType,
    status: operation.status,
    correlation_id: operation.correlationId,
    rebalance_run_id: operation.rebalanceRunId,
    created_at: operation.createdAt,
    started_at: operation.startedAt,
    finished_at: operation.finishedAt,
    ...(error && { error: { code: error.code, message: error.message } }),
  };
}

export function operationBody(
  operation: AsyncOperation,
): z.output<ReturnType<typeof OperationBody>> {
  const { result } = operation;
  return { ...summaryBody(operation), ...(result !== undefined && { result }) };
}
