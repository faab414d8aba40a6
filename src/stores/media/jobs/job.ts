import type { Instant } from '@holdfast/core/instant';
import type { RecordOf } from '@holdfast/postgres/entities/define-entity';
import { RESULT_TTL_HOURS } from '../media.variables.js';
import '../media.reasons.js';
import type { JobEntity } from './job.entity.js';

export const JOB_SOURCES = ['ingest', 'ui_test'] as const;

/** Who asked for it. */
export type JobSource = (typeof JOB_SOURCES)[number];

export const JOB_STATUSES = ['pending', 'done', 'timeout', 'failed'] as const;

/** Goes forward only: from `pending` to one of the others. */
export type JobStatus = (typeof JOB_STATUSES)[number];

/** One photo that a slot was given, and what became of it. */
export type Job = RecordOf<typeof JobEntity>;

/** Of a job that nobody has ended. */
export const OVERDUE_REASON = 'PROVIDER_TIMEOUT';

/** Milliseconds; none where the clocks of two instances differ. */
export function durationOf({ startedAt }: Job, completedAt: Instant): number {
  return Math.max(0, Date.parse(completedAt) - Date.parse(startedAt));
}

const HOUR_MS = 3_600_000;

/** No job that was started before it has a result: whoever looks for results need not look further back. */
export function earliestWithResult(now: Instant): Instant {
  return new Date(Date.parse(now) - RESULT_TTL_HOURS.most * HOUR_MS).toISOString();
}
