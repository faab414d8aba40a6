import { S3Client } from '@bradenmacdonald/s3-lite-client';
import type { Secret } from '@holdfast/core/secret';

/** Where a bucket is, and what opens it. */
export interface BucketAccess {
  readonly endpoint: string;
  readonly bucket: string;
  readonly region: string | undefined;
  readonly accessKey: string;
  readonly secretKey: Secret;
}

/** Of a server that has none, this is what it takes. */
const DEFAULT_REGION = 'us-east-1';

/**
 * A client of S3, or of what speaks as it does.
 * @throws Error, whose message says what is wrong with the endpoint, and names no key
 */
export function s3Client(access: BucketAccess): S3Client {
  return new S3Client({
    endPoint: access.endpoint,
    region: access.region ?? DEFAULT_REGION,
    bucket: access.bucket,
    accessKey: access.accessKey,
    secretKey: access.secretKey.reveal(),
  });
}
