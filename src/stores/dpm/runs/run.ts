import type { Position } from '@holdfast/core/page';
import type { RecordOf } from '@holdfast/postgres/entities/define-entity';
import type { KeyUseEntity } from './key-use.entity.js';
import type { RunEntity } from './run.entity.js';

export const RUN_STATUSES = ['READY', 'PENDING_REVIEW', 'BLOCKED'] as const;

export type RunStatus = (typeof RUN_STATUSES)[number];

/** One discretionary rebalancing run, as it ended; never changed. */
export type Run = Omit<RecordOf<typeof RunEntity>, 'decisionsCount'>;

/** A run as a list shows it: a result may be large. */
export type RunSummary = Omit<Run, 'result'>;

export const KEY_OUTCOMES = ['RECORDED', 'REPLAYED', 'CONFLICT'] as const;

/** What came of one use of an idempotency key. */
export type KeyOutcome = (typeof KEY_OUTCOMES)[number];

/** One use of an idempotency key. */
export interface KeyUse extends Omit<RecordOf<typeof KeyUseEntity>, 'useNo'> {
  /** The run that the key names. */
  readonly rebalanceRunId: string;
}

/** Where a run stands in a list. */
export function positionOf({ createdAt, rebalanceRunId }: RunSummary): Position {
  return { createdAt, id: rebalanceRunId };
}
