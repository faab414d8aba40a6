import '../media.reasons.js';
import type { OperationDescription } from '@holdfast/nest/http/operation';
import * as responses from './jobs.responses.js';

const ID = '6f1c2f0e-9a55-4f0e-8b0a-0c3f2b9f7d11';

export const jobExample = {
  id: ID,
  slot_id: 'slot-001',
  source: 'ingest',
  status: 'done',
  failure_reason: null,
  provider: 'echo',
  started_at: '2026-11-21T12:00:00.000Z',
  sync_deadline: '2026-11-21T12:00:48.000Z',
  completed_at: '2026-11-21T12:00:06.412Z',
  duration_ms: 6412,
  request_sha256: '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08',
  result_expires_at: '2026-11-24T12:00:00.000Z',
  result_url: `https://photos.example.com/public/results/${ID}`,
};

export const get: OperationDescription = {
  summary: 'Get a job',
  description: 'Pending until its photo is answered; then done with a result, timeout or failed.',
  returns: {
    200: { description: 'The job.', schema: responses.JobBody, example: jobExample },
  },
  errors: ['JOB_NOT_FOUND'],
};
