import {
  EXIT,
  answer,
  configuration,
  defineReasons,
  toldOnce,
  unauthenticated,
} from '@holdfast/core/reasons';
import '../stores.reasons.js';

/** What the media store refuses; 409 STATE_CONFLICT and 415 MEDIA_TYPE_UNSUPPORTED it has in common with others. */
export const reasons = defineReasons({
  PERSISTENCE_PROFILE_REQUIRES_MEDIA_FILES: configuration(
    'The PRODUCTION profile does not keep files of the media store in a folder of one machine.',
    'Set MEDIA_FILES=s3 and its bucket; or, where MEDIA_ROOT is a volume that outlives the machine and that all instances have, MEDIA_ROOT_DURABLE=true.',
  ),
  MEDIA_FILES_S3_INCOMPLETE: configuration(
    'Files of the media store are to be in a bucket, and not all is said that is needed to reach it.',
    'Set MEDIA_S3_ENDPOINT, MEDIA_S3_BUCKET, MEDIA_S3_ACCESS_KEY_ID and MEDIA_S3_SECRET_ACCESS_KEY, or MEDIA_FILES=folder.',
  ),
  MEDIA_FILES_S3_INVALID: configuration(
    'No bucket can be reached by what is said of it.',
    'Correct the variable as the message says; the console of the storage shows the name of the bucket and its endpoint.',
  ),
  INVALID_REQUEST: answer(
    400,
    'The upload cannot be read.',
    'Send multipart/form-data with the fields password and file, as `detail` says.',
  ),
  CHECKSUM_MISMATCH: answer(
    400,
    'The photo that has arrived has another SHA-256 than hash_hex.',
    'Send it again; if it lasts, something on the way changes it, or the sum is of another file.',
  ),
  INGEST_PASSWORD_INVALID: unauthenticated(
    'Form realm="ingest", field="password"',
    'The password of those who send photos is missing or wrong.',
    'Send the field password before the file; PUT /api/settings gives a new one.',
  ),
  SLOT_NOT_FOUND: answer(
    404,
    'There is no such slot, or it is turned off.',
    'Check slot_id; GET /api/slots lists them, and is_active says which take photos in.',
  ),
  JOB_NOT_FOUND: answer(404, 'There is no such job.', 'Check job_id.'),
  RESULT_NOT_FOUND: answer(
    404,
    'The job has no result.',
    'Check job_id; GET /api/jobs/{job_id} says how it ended.',
  ),
  TEMPLATE_LIMIT_REACHED: answer(
    409,
    'The slot has as many template images as a driver can be given.',
    'Delete one of them: GET /api/slots/{slot_id} lists them.',
  ),
  TEMPLATE_NOT_FOUND: answer(404, 'There is no such template image.', 'Check its identifier.'),
  PROVIDER_KEY_REQUIRES_SECRET_KEY: answer(
    409,
    "A provider's key would be stored in the open: there is no key to encrypt it with.",
    'Give the service HOLDFAST_SECRET_KEY_FILE, the same on all instances, as `holdfast secret generate-key` makes it; or give the key by its variable.',
  ),
  RESULT_EXPIRED: answer(
    410,
    'The result has expired, and is gone.',
    'Send the photo again; result_ttl_hours says for how long results stay.',
  ),
  PAYLOAD_TOO_LARGE: answer(
    413,
    'The photo is larger than the slot takes.',
    'Send a smaller one; size_limit_mb of the slot and INGEST_HARD_LIMIT_MB say how large it may be.',
  ),
  INGEST_BUSY: toldOnce(
    429,
    'The instance works on as many photos as it may at once.',
    'Send it again after Retry-After; INGEST_PARALLEL says how many there may be.',
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
  PROVIDER_KEY_UNREADABLE: answer(
    503,
    "The provider's key that is stored cannot be decrypted by this instance.",
    'Give it HOLDFAST_SECRET_KEY_FILE with the key that it was encrypted with, or store the provider key anew with PUT /api/settings.',
  ),
  MEDIA_FILES_UNAVAILABLE: answer(
    503,
    'The place of the files cannot be reached, or does not answer in time.',
    'Check the folder of MEDIA_ROOT, its mount and its rights, or the bucket of MEDIA_S3_BUCKET, its keys and the line to it.',
  ),
  MEDIA_FILES_NOT_SHARED: {
    meaning: 'The place of the files is not the one of this database.',
    fix: "Give all instances of a database the same MEDIA_ROOT, a volume that all have, or the same bucket, and each database a place of its own: `holdfast check --connect` says which of the two it is. Where this database's old place is gone for good, write the name that it says into the file that it says. Where the place is another database's, and that one is gone for good, remove that file.",
    exit: EXIT.failed,
  },
  MEDIA_FILES_FULL: answer(
    503,
    'The place of the files is full.',
    'Make room: `holdfast media cleanup` removes what has expired; or make the place larger.',
  ),
  PROVIDER_TIMEOUT: answer(
    504,
    'The provider has not answered in time; nothing of the photo is kept.',
    'Send it again; if it lasts, look at the provider, or raise sync_response_seconds.',
  ),
});

type Reasons = typeof reasons;

declare module '@holdfast/core/reasons' {
  interface ReasonCatalogue extends Reasons {}
}

export { ReasonError } from '@holdfast/core/reasons';
