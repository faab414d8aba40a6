import { answer, defineReasons, unavailable } from '@holdfast/core/reasons';
import '../stores.reasons.js';

/** What the media store refuses. */
export const reasons = defineReasons({
  MEDIA_TYPE_UNSUPPORTED: answer(
    415,
    'The file is no image that is taken: its content is neither JPEG, nor PNG, nor WebP, or it is too large a picture.',
    'Send a JPEG, PNG or WebP; the name and the type that are sent with it do not count.',
  ),
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
  MEDIA_FILES_UNAVAILABLE: unavailable(
    'The place of the files cannot be reached, or does not answer in time.',
    'Check the folder of MEDIA_ROOT, its mount and its rights, or the bucket of MEDIA_S3_BUCKET, its keys and the line to it.',
  ),
  MEDIA_FILES_FULL: unavailable(
    'The place of the files is full.',
    'Make room: `holdfast media cleanup` removes what has expired; or make the place larger.',
  ),
});

type Reasons = typeof reasons;

declare module '@holdfast/core/reasons' {
  interface ReasonCatalogue extends Reasons {}
}

export { ReasonError } from '@holdfast/core/reasons';
