import { answer, defineReasons } from '@holdfast/core/reasons';
import '../stores.reasons.js';

/** What the media store refuses; 415 MEDIA_TYPE_UNSUPPORTED it has in common with others. */
export const reasons = defineReasons({
  PROVIDER_RATE_LIMITED: answer(
    429,
    'The provider of changed images takes no more for now.',
    'Send it again after Retry-After; if it lasts, raise the limit at the provider.',
  ),
  PROVIDER_FAILED: answer(
    502,
    'The provider has not given an image that can be used.',
    "Send it again; if it lasts, check the slot's settings and the provider's key.",
  ),
  PROVIDER_TIMEOUT: answer(
    504,
    'The provider has not answered in time; nothing of the photo is kept.',
    'Send it again; if it lasts, look at the provider, or raise sync_response_seconds.',
  ),
  MEDIA_FILES_UNAVAILABLE: answer(
    503,
    'The place of the files cannot be reached, or does not answer in time.',
    'Check the folder of MEDIA_ROOT, its mount and its rights, or the bucket of MEDIA_S3_BUCKET, its keys and the line to it.',
  ),
  MEDIA_FILES_FULL: answer(
    503,
    'The place of the files is full.',
    'Make room: `holdfast media cleanup` removes what has expired; or make the place larger.',
  ),
});

type Reasons = typeof reasons;

declare module '@holdfast/core/reasons' {
  interface ReasonCatalogue extends Reasons {}
}

export { ReasonError } from '@holdfast/core/reasons';
