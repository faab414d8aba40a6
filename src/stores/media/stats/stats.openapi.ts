import '../media.reasons.js';
import type { OperationDescription } from '@holdfast/nest/http/operation';
import * as responses from './stats.responses.js';

const AT = '2026-11-21T12:00:00.000Z';
const COUNTS = { jobs: 120, done: 114, timeouts: 4, failed: 2, provider_errors: 2 };
const WINDOW = { window_minutes: 60, since: AT };

const overviewExample = {
  ...WINDOW,
  ...COUNTS,
  bytes_stored: 73400320,
  bytes_by_scope: { temp: 1048576, provider: 0, result: 71303168, template: 1048576 },
  bucket_seconds: 60,
  series: [{ at: AT, jobs: 2, done: 2, timeouts: 0, failed: 0, provider_errors: 0, p95_ms: 9120 }],
};

const slotsExample = {
  ...WINDOW,
  slots: [
    {
      slot_id: 'slot-001',
      display_name: 'Portraits',
      ...COUNTS,
      success_rate: 0.95,
      timeout_rate: 0.03333333333333333,
      p50_ms: 6400,
      p95_ms: 31250,
      last_success_at: AT,
      last_error_at: AT,
      last_error_reason: 'PROVIDER_TIMEOUT',
      stats_since: null,
    },
  ],
  failures: [
    {
      job_id: '6f1c2f0e-9a55-4f0e-8b0a-0c3f2b9f7d11',
      slot_id: 'slot-001',
      status: 'timeout',
      failure_reason: 'PROVIDER_TIMEOUT',
      started_at: AT,
      duration_ms: 48000,
    },
  ],
};

export const overview: OperationDescription = {
  summary: 'Get figures of all jobs',
  description:
    'Of the jobs that were started within the window, and by step for a chart. The 95th percentile is of all that have ended, however they did.',
  returns: {
    200: { description: 'The figures.', schema: responses.OverviewBody, example: overviewExample },
  },
};

export const slots: OperationDescription = {
  summary: 'Get figures by slot',
  description:
    'Of the jobs that were started within the window, and since the slot was reset; and the last twenty failures.',
  returns: {
    200: { description: 'The figures.', schema: responses.SlotsBody, example: slotsExample },
  },
};
