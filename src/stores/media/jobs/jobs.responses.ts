import { z } from 'zod';
import type { Instant } from '@holdfast/core/instant';
import { lazySchema } from '@holdfast/nest/http/lazy-schema';
import { type Job, JOB_SOURCES, JOB_STATUSES } from './job.js';

const time = lazySchema(() => z.iso.datetime().meta({ example: '2026-11-21T12:00:00.000Z' }));

export const JobBody = lazySchema(() =>
  z
    .strictObject({
      id: z.string(),
      slot_id: z.string(),
      source: z.enum(JOB_SOURCES),
      status: z.enum(JOB_STATUSES),
      failure_reason: z.string().nullable().meta({ description: 'A reason code.' }),
      provider: z.string().nullable(),
      started_at: time(),
      sync_deadline: time(),
      completed_at: time().nullable(),
      duration_ms: z.int().nullable(),
      request_sha256: z.string().nullable(),
      result_expires_at: time().nullable(),
      result_url: z
        .string()
        .nullable()
        .meta({ description: 'Where the result can be had; null without one, or once expired.' }),
    })
    .meta({ id: 'MediaJob' }),
);

/**
 * @param baseUrl without a slash at its end; empty for a path
 * @param now from which on a result has expired
 */
export function jobBody(
  job: Job,
  baseUrl: string,
  now: Instant,
): z.output<ReturnType<typeof JobBody>> {
  const hasResult = job.resultExpiresAt !== null && job.resultExpiresAt > now;
  return {
    id: job.id,
    slot_id: job.slotId,
    source: job.source,
    status: job.status,
    failure_reason: job.failureReason,
    provider: job.provider,
    started_at: job.startedAt,
    sync_deadline: job.syncDeadline,
    completed_at: job.completedAt,
    duration_ms: job.durationMs,
    request_sha256: job.requestSha256,
    result_expires_at: job.resultExpiresAt,
    result_url: hasResult ? `${baseUrl}/public/results/${encodeURIComponent(job.id)}` : null,
  };
}
