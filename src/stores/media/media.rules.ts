import type { GivenToStore } from '@holdfast/guard/store-declaration';
import { valuesOf } from '@holdfast/guard/values-of';
import { violation, type Violation } from '@holdfast/guard/violation';
import './media.reasons.js';
import { mediaVariables } from './media.variables.js';

/** Without which no bucket is reached. */
const NEEDED_FOR_S3 = [
  'MEDIA_S3_ENDPOINT',
  'MEDIA_S3_BUCKET',
  'MEDIA_S3_ACCESS_KEY_ID',
  'MEDIA_S3_SECRET_ACCESS_KEY',
] as const;

/** Where the files may be: a folder is as ephemeral as a database in a file. */
export function judgeMediaFiles(given: GivenToStore): readonly Violation[] {
  if (given.isRefused('MEDIA_FILES')) return [];
  const { MEDIA_FILES, MEDIA_ROOT_DURABLE } = valuesOf(given, mediaVariables);
  if (MEDIA_FILES === 's3') {
    return NEEDED_FOR_S3.filter((name) => !given.isGiven(name)).map((name) =>
      violation('MEDIA_FILES_S3_INCOMPLETE', name, 'is not set, but MEDIA_FILES is s3'),
    );
  }
  const isAllowed =
    given.profile === 'LOCAL' || MEDIA_ROOT_DURABLE || given.isRefused('MEDIA_ROOT_DURABLE');
  const message =
    'is folder, but PRODUCTION needs s3, or a folder of which MEDIA_ROOT_DURABLE=true says that it lasts';
  return isAllowed
    ? []
    : [violation('PERSISTENCE_PROFILE_REQUIRES_MEDIA_FILES', 'MEDIA_FILES', message)];
}
