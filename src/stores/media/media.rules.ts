import type { GivenToStore } from '@holdfast/guard/store-declaration';
import { valuesOf } from '@holdfast/guard/values-of';
import { violation, type Violation } from '@holdfast/guard/violation';
import { isBucketEndpoint, isBucketName } from '../../object-storage/bucket-names.js';
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
    const missing = NEEDED_FOR_S3.filter((name) => !given.isGiven(name)).map((name) =>
      violation('MEDIA_FILES_S3_INCOMPLETE', name, 'is not set, but MEDIA_FILES is s3'),
    );
    return [...missing, ...impossible(given)];
  }
  const isAllowed =
    given.profile === 'LOCAL' || MEDIA_ROOT_DURABLE || given.isRefused('MEDIA_ROOT_DURABLE');
  const message =
    'is folder, but PRODUCTION needs s3, or a folder of which MEDIA_ROOT_DURABLE=true says that it lasts';
  return isAllowed
    ? []
    : [violation('PERSISTENCE_PROFILE_REQUIRES_MEDIA_FILES', 'MEDIA_FILES', message)];
}

/** What no bucket can be reached by; nothing of it is repeated, for a key may stand in it. */
function impossible(given: GivenToStore): readonly Violation[] {
  const { MEDIA_S3_BUCKET, MEDIA_S3_ENDPOINT, MEDIA_S3_REGION } = valuesOf(given, mediaVariables);
  const judged = [
    ['MEDIA_S3_ENDPOINT', MEDIA_S3_ENDPOINT, isBucketEndpoint, ENDPOINT],
    ['MEDIA_S3_BUCKET', MEDIA_S3_BUCKET, isBucketName, BUCKET],
    ['MEDIA_S3_REGION', MEDIA_S3_REGION, isRegion, REGION],
  ] as const;
  return judged.flatMap(([name, value, isPossible, message]) =>
    value === undefined || given.isRefused(name) || isPossible(value)
      ? []
      : [violation('MEDIA_FILES_S3_INVALID', name, message)],
  );
}

const ENDPOINT = 'is no address of S3: http:// or https://, a host, and no user, password, ? or #';
const BUCKET =
  'is no name of a bucket: 3 to 63 small letters, digits, hyphens and single dots, with a letter or digit at both ends, and no IP address';
const REGION = 'is no name of a region: letters, digits and hyphens';

function isRegion(text: string): boolean {
  return /^[A-Za-z0-9-]{1,64}$/.test(text);
}
