import type { Parameters } from '@holdfast/postgres/database/sql-database';
import { readTime, storedTime, type TimeColumn } from '@holdfast/core/instant';
import { readStoredJson } from '@holdfast/core/json';
import type { KeyOutcome, KeyUse, Run, RunStatus, RunSummary } from './run.js';

export const SUMMARY_COLUMNS = `r.rebalance_run_id, r.correlation_id, r.request_hash, r.portfolio_id,
  r.status, r.created_at`;

export const RUN_COLUMNS = `${SUMMARY_COLUMNS}, CAST(r.result AS text) AS result`;

export interface SummaryRow {
  readonly rebalance_run_id: string;
  readonly correlation_id: string;
  readonly request_hash: string;
  readonly portfolio_id: string;
  readonly status: RunStatus;
  readonly created_at: TimeColumn;
}

export interface RunRow extends SummaryRow {
  /** JSON text: read without the driver's own parsing. */
  readonly result: string;
}

export interface KeyUseRow {
  readonly idempotency_key: string;
  readonly outcome: KeyOutcome;
  readonly body_hash: string;
  readonly rebalance_run_id: string;
  readonly correlation_id: string;
  readonly occurred_at: TimeColumn;
}

export function summaryOf(row: SummaryRow): RunSummary {
  return {
    rebalanceRunId: row.rebalance_run_id,
    correlationId: row.correlation_id,
    requestHash: row.request_hash,
    portfolioId: row.portfolio_id,
    status: row.status,
    createdAt: readTime(row.created_at),
  };
}

export async function runOf(row: RunRow): Promise<Run> {
  return { ...summaryOf(row), result: await readStoredJson(row.result) };
}

export function keyUseOf(row: KeyUseRow): KeyUse {
  return {
    idempotencyKey: row.idempotency_key,
    outcome: row.outcome,
    bodyHash: row.body_hash,
    rebalanceRunId: row.rebalance_run_id,
    correlationId: row.correlation_id,
    occurredAt: readTime(row.occurred_at),
  };
}

export function runParameters(run: Run): Parameters {
  return { ...run, result: JSON.stringify(run.result), createdAt: storedTime(run.createdAt) };
}
