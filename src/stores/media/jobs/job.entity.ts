import {
  identifier,
  instant,
  integer,
  nullable,
  primary,
  text,
} from '@holdfast/postgres/entities/column';
import { defineEntity } from '@holdfast/postgres/entities/define-entity';
import type { JobSource, JobStatus } from './job.js';

export const JobEntity = defineEntity('job_history', {
  id: primary(identifier()),
  slotId: identifier(),
  source: text<JobSource>(),
  status: text<JobStatus>(),
  /** A reason code; null unless it failed. */
  failureReason: nullable(text()),
  provider: nullable(text()),
  startedAt: instant(),
  /** When the answer is late. */
  syncDeadline: instant(),
  completedAt: nullable(instant()),
  durationMs: nullable(integer()),
  /** SHA-256 of the photo, in hexadecimal; null until it has come in. */
  requestSha256: nullable(text()),
  resultMediaId: nullable(text()),
  resultExpiresAt: nullable(instant()),
});
