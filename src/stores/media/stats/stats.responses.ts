import { z } from 'zod';
import { lazySchema } from '@holdfast/nest/http/lazy-schema';
import type { Job } from '../jobs/job.js';
import type { JobCounts } from './stats.js';
import type { Overview, StatsOfSlot } from './stats.service.js';
import type { StatsSince } from './stats-reset.js';

const time = lazySchema(() => z.iso.datetime().meta({ example: '2026-11-21T12:00:00.000Z' }));
const milliseconds = lazySchema(() =>
  z.int().nullable().meta({ description: 'Milliseconds; null where no job has ended.' }),
);
const rate = lazySchema(() =>
  z.number().nullable().meta({ description: 'Of those that have ended; null where none has.' }),
);

const counts = lazySchema(() => ({
  jobs: z.int(),
  done: z.int(),
  timeouts: z.int(),
  failed: z.int(),
  provider_errors: z
    .int()
    .meta({ description: 'Of the failed ones, those for which a provider is to blame.' }),
}));

const window = lazySchema(() => ({ window_minutes: z.int(), since: time() }));

export const OverviewBody = lazySchema(() =>
  z
    .strictObject({
      ...window(),
      ...counts(),
      bytes_stored: z.int().meta({ description: 'Of all files that are there now.' }),
      bytes_by_scope: z.strictObject({
        temp: z.int(),
        provider: z.int(),
        result: z.int(),
        template: z.int(),
      }),
      bucket_seconds: z.int(),
      series: z
        .array(z.strictObject({ at: time(), ...counts(), p95_ms: milliseconds() }))
        .meta({ description: 'By step, oldest first; steps without jobs too.' }),
    })
    .meta({ id: 'MediaStatsOverview' }),
);

export const SlotsBody = lazySchema(() =>
  z
    .strictObject({
      ...window(),
      slots: z.array(
        z.strictObject({
          slot_id: z.string(),
          display_name: z.string(),
          ...counts(),
          success_rate: rate(),
          timeout_rate: rate(),
          p50_ms: milliseconds(),
          p95_ms: milliseconds(),
          last_success_at: time().nullable(),
          last_error_at: time().nullable(),
          last_error_reason: z.string().nullable(),
          stats_since: time().nullable().meta({ description: 'When it was last reset.' }),
        }),
      ),
      failures: z
        .array(
          z.strictObject({
            job_id: z.string(),
            slot_id: z.string(),
            status: z.enum(['timeout', 'failed']),
            failure_reason: z.string().nullable(),
            started_at: time(),
            duration_ms: z.int().nullable(),
          }),
        )
        .meta({ description: 'The last twenty, newest first, whenever they were.' }),
    })
    .meta({ id: 'MediaStatsBySlot' }),
);

export const StatsSinceBody = lazySchema(() =>
  z.strictObject({ slot_id: z.string(), stats_since: time() }).meta({ id: 'MediaStatsSince' }),
);

export function overviewBody(
  windowMinutes: number,
  overview: Overview,
): z.output<ReturnType<typeof OverviewBody>> {
  const { since, counts: all, bytes, bucketSeconds, series } = overview;
  return {
    window_minutes: windowMinutes,
    since,
    ...countsBody(all),
    bytes_stored: Object.values(bytes).reduce((sum, each) => sum + each, 0),
    bytes_by_scope: { ...bytes },
    bucket_seconds: bucketSeconds,
    series: series.map((bucket) => ({
      at: bucket.at,
      ...countsBody(bucket),
      p95_ms: bucket.p95Ms,
    })),
  };
}

export function slotStatsBody({ slot, figures, last, resetAt }: StatsOfSlot) {
  const { done, timeouts, failed, p50Ms, p95Ms } = figures;
  const ended = done + timeouts + failed;
  return {
    slot_id: slot.id,
    display_name: slot.displayName,
    ...countsBody(figures),
    success_rate: ended === 0 ? null : done / ended,
    timeout_rate: ended === 0 ? null : timeouts / ended,
    p50_ms: p50Ms,
    p95_ms: p95Ms,
    last_success_at: last.lastSuccessAt,
    last_error_at: last.lastErrorAt,
    last_error_reason: last.lastErrorReason,
    stats_since: resetAt,
  };
}

export function failureBody(job: Job) {
  return {
    job_id: job.id,
    slot_id: job.slotId,
    status: job.status,
    failure_reason: job.failureReason,
    started_at: job.startedAt,
    duration_ms: job.durationMs,
  };
}

export function statsSinceBody({ slotId, since }: StatsSince) {
  return { slot_id: slotId, stats_since: since };
}

function countsBody({ jobs, done, timeouts, failed, providerErrors }: JobCounts) {
  return { jobs, done, timeouts, failed, provider_errors: providerErrors };
}
