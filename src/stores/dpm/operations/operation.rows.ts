import type { Parameters } from '@holdfast/postgres/database/sql-database';
import { readTime, storedTime, type TimeColumn } from '@holdfast/core/instant';
import { readStoredJson } from '@holdfast/core/json';
import type {
  AsyncOperation,
  OperationError,
  OperationStatus,
  OperationSummary,
} from './operation.js';

export interface SummaryRow {
  readonly operation_id: string;
  readonly operation_type: string;
  readonly status: OperationStatus;
  readonly correlation_id: string;
  readonly rebalance_run_id: string | null;
  readonly created_at: TimeColumn;
  readonly started_at: TimeColumn | null;
  readonly finished_at: TimeColumn | null;
  /** JSON text: read without the driver's own parsing. */
  readonly error: string | null;
}

export interface OperationRow extends SummaryRow {
  /** JSON text; the null of SQL is no result, that of JSON is one. */
  readonly result: string | null;
}

export const SUMMARY_COLUMNS = `operation_id, operation_type, status, correlation_id,
  rebalance_run_id, created_at, started_at, finished_at, CAST(error AS text) AS error`;

export const OPERATION_COLUMNS = `${SUMMARY_COLUMNS}, CAST(result AS text) AS result`;

export function summaryOf(row: SummaryRow): OperationSummary {
  return {
    operationId: row.operation_id,
    operationType: row.operation_type,
    status: row.status,
    correlationId: row.correlation_id,
    rebalanceRunId: row.rebalance_run_id,
    createdAt: readTime(row.created_at),
    startedAt: row.started_at && readTime(row.started_at),
    finishedAt: row.finished_at && readTime(row.finished_at),
    ...(row.error !== null && { error: JSON.parse(row.error) as OperationError }),
  };
}

export async function operationOf(row: OperationRow): Promise<AsyncOperation> {
  return {
    ...summaryOf(row),
    ...(row.result !== null && { result: await readStoredJson(row.result) }),
  };
}

export function operationParameters(operation: AsyncOperation): Parameters {
  const { createdAt, startedAt, finishedAt, result, error, ...fields } = operation;
  return {
    ...fields,
    createdAt: storedTime(createdAt),
    startedAt: startedAt && storedTime(startedAt),
    finishedAt: finishedAt && storedTime(finishedAt),
    result: result === undefined ? null : JSON.stringify(result),
    error: error ? JSON.stringify(error) : null,
  };
}
