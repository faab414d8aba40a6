import type { Instant } from '@holdfast/core/instant';
import type { JsonValue } from '@holdfast/core/json';
import type { Position } from '@holdfast/core/page';

export const RUN_STATUSES = ['READY', 'PENDING_REVIEW', 'BLOCKED'] as const;

export type RunStatus = (typeof RUN_STATUSES)[number];

/** One discretionary rebalancing run, as it ended; never changed. */
export interface Run {
  readonly rebalanceRunId: string;
  readonly correlationId: string;
  /** The client's own hash of what it asked for; several runs may share it. */
  readonly requestHash: string;
  readonly portfolioId: string;
  readonly status: RunStatus;
  readonly result: JsonValue;
  readonly createdAt: Instant;
}

/** A run as a list shows it: a result may be large. */
export type RunSummary = Omit<Run, 'result'>;

export const KEY_OUTCOMES = ['RECORDED', 'REPLAYED', 'CONFLICT'] as const;

/** What came of one use of an idempotency key. */
export type KeyOutcome = (typeof KEY_OUTCOMES)[number];

/** One use of an idempotency key. */
export interface KeyUse {
  readonly idempotencyKey: string;
  readonly outcome: KeyOutcome;
  /** SHA-256 of the canonical body that was sent, in hexadecimal. */
  readonly bodyHash: string;
  /** The run that the key names. */
  readonly rebalanceRunId: string;
  /** Of the body that was sent. */
  readonly correlationId: string;
  readonly occurredAt: Instant;
}

/** Where a run stands in a list. */
export function positionOf({ createdAt, rebalanceRunId }: RunSummary): Position {
  return { createdAt, id: rebalanceRunId };
}
