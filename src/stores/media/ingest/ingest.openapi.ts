import { z } from 'zod';
import type { ReasonCode } from '@holdfast/core/reasons';
import type { OperationDescription, Returned } from '@holdfast/nest/http/operation';
import { PhotoForm, TestRunForm } from './ingest.requests.js';
import '../media.reasons.js';

const image: Returned = {
  description: 'The image itself: JPEG, PNG or WebP, as Content-Type says.',
  mediaType: 'image/*',
  schema: z.string().meta({ format: 'binary' }),
  example: '(the bytes of the image)',
  headers: {
    'X-Job-Id': 'The job, whose result is at /public/results/{job_id} until it expires.',
    'Cache-Control': 'no-store',
    'Idempotency-Replayed': '`true` where the job of an earlier request answers.',
  },
};

const errors: readonly ReasonCode[] = [
  'INVALID_REQUEST',
  'CHECKSUM_MISMATCH',
  'SLOT_NOT_FOUND',
  'IDEMPOTENCY_KEY_INVALID',
  'IDEMPOTENCY_KEY_CONFLICT',
  'RESULT_EXPIRED',
  'PAYLOAD_TOO_LARGE',
  'MEDIA_TYPE_UNSUPPORTED',
  'INGEST_BUSY',
  'PROVIDER_RATE_LIMITED',
  'PROVIDER_FAILED',
  'MEDIA_FILES_UNAVAILABLE',
  'MEDIA_FILES_FULL',
  'PROVIDER_TIMEOUT',
];

const idempotencyKey = {
  name: 'Idempotency-Key',
  description:
    'Under which the photo may be sent again: the same job answers, also while it is under way. With another photo or slot it is refused (409), once its result has expired, too (410); what has failed is worked on again.',
  required: false,
  example: 'a2b1c7e0-8f6d-4f0e-9a43-5a1d2c3b4e5f',
} as const;

export const ingest: OperationDescription = {
  summary: 'Sends a photo through a slot',
  description:
    'The answer is the changed image, within the seconds of sync_response_seconds. Errors of a job carry X-Job-Id, too.',
  returns: { 200: image },
  errors: [...errors, 'INGEST_PASSWORD_INVALID'],
  headers: [idempotencyKey],
  multipart: PhotoForm,
  example: { password: 'open-sesame-please', file: '(the bytes of the photo)' },
};

export const testRun: OperationDescription = {
  summary: 'Tries a slot with other settings',
  description: 'As ingest; nothing of it is stored but the job and its result.',
  returns: { 200: image },
  errors,
  headers: [idempotencyKey],
  multipart: TestRunForm,
  example: { settings: '{}', file: '(the bytes of the photo)' },
};
