import type { RecordOf } from '@holdfast/postgres/entities/define-entity';
import type { JobEntity } from './job.entity.js';

export const JOB_SOURCES = ['ingest', 'ui_test'] as const;

/** Who asked for it. */
export type JobSource = (typeof JOB_SOURCES)[number];

export const JOB_STATUSES = ['pending', 'done', 'timeout', 'failed'] as const;

/** Goes forward only: from `pending` to one of the others. */
export type JobStatus = (typeof JOB_STATUSES)[number];

/** One photo that a slot was given, and what became of it. */
export type Job = RecordOf<typeof JobEntity>;
