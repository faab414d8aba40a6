import { setTimeout as wait } from 'node:timers/promises';
import { type S3Client, S3Errors } from '@bradenmacdonald/s3-lite-client';
import { jittered } from '@holdfast/core/jitter';
import type { Settings } from '@holdfast/guard/settings';
import { valuesOf } from '@holdfast/guard/values-of';
import { ReasonError } from '../backup.reasons.js';
import { bucketFailureInWords } from '../../object-storage/failure-words.js';
import { isBucketEndpoint, isBucketName } from '../../object-storage/bucket-names.js';
import { s3Client } from '../../object-storage/s3-client.js';
import { backupVariables } from '../backup.variables.js';

/** A place of S3's, or of one that speaks as it does. */
export interface ObjectStorage {
  readonly client: S3Client;
  readonly bucket: string;
  /** Before the names of backups; empty, or it ends in a slash. */
  readonly prefix: string;
}

/** Undefined where backups stay in their folder. @throws BACKUP_STORAGE_INVALID */
export function objectStorage(settings: Settings, bucket?: string): ObjectStorage | undefined {
  const values = valuesOf(settings, backupVariables);
  const named = bucket ?? values.BACKUP_S3_BUCKET;
  if (named === undefined) return undefined;
  const { BACKUP_S3_ENDPOINT, BACKUP_S3_ACCESS_KEY, BACKUP_S3_SECRET_KEY } = values;
  const missing = Object.entries({ BACKUP_S3_ENDPOINT, BACKUP_S3_ACCESS_KEY, BACKUP_S3_SECRET_KEY })
    .filter(([, value]) => value === undefined)
    .map(([name]) => name);
  if (!BACKUP_S3_ENDPOINT || !BACKUP_S3_ACCESS_KEY || !BACKUP_S3_SECRET_KEY)
    throw new ReasonError('BACKUP_STORAGE_INVALID', { detail: `missing: ${missing.join(', ')}` });
  if (!isBucketEndpoint(BACKUP_S3_ENDPOINT))
    throw new ReasonError('BACKUP_STORAGE_INVALID', { detail: 'BACKUP_S3_ENDPOINT is no URL' });
  if (!isBucketName(named))
    throw new ReasonError('BACKUP_STORAGE_INVALID', {
      detail: 'BACKUP_S3_BUCKET is no name of a bucket',
    });
  const prefix = values.BACKUP_S3_PREFIX?.replaceAll(/^\/+|\/+$/g, '') ?? '';
  try {
    const client = s3Client({
      endpoint: BACKUP_S3_ENDPOINT,
      bucket: named,
      region: values.BACKUP_S3_REGION,
      accessKey: BACKUP_S3_ACCESS_KEY,
      secretKey: BACKUP_S3_SECRET_KEY,
    });
    return { client, bucket: named, prefix: prefix === '' ? '' : `${prefix}/` };
  } catch (cause) {
    throw new ReasonError('BACKUP_STORAGE_INVALID', { detail: (cause as Error).message, cause });
  }
}

/** @throws BACKUP_STORAGE_FAILED for what the server says, and for one that cannot be reached */
export async function asking<T>(what: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw storageFailure(what, error);
  }
}

export function storageFailure(what: string, cause: unknown): ReasonError {
  if (cause instanceof ReasonError) return cause;
  const detail = `${what}: ${bucketFailureInWords(cause)}`;
  return new ReasonError('BACKUP_STORAGE_FAILED', { detail, cause });
}

/** Milliseconds before a second try, and those after it. */
const PAUSES_MS = [500, 2000, 8000];

/**
 * As `asking`, again where nobody has answered, or a server that may do better later (429, 5xx).
 * @param retrying is told why, and how soon
 * @throws BACKUP_STORAGE_FAILED
 */
export async function askingAgain<T>(
  what: string,
  signal: AbortSignal,
  retrying: (why: string, milliseconds: number) => void,
  work: () => Promise<T>,
): Promise<T> {
  for (const pause of PAUSES_MS) {
    try {
      return await work();
    } catch (error) {
      if (!mayPass(error) || signal.aborted) throw storageFailure(what, error);
      const milliseconds = Math.round(jittered(pause));
      retrying(bucketFailureInWords(error), milliseconds);
      await wait(milliseconds, undefined, { signal });
    }
  }
  return asking(what, work);
}

function mayPass(error: unknown): boolean {
  if (error instanceof ReasonError) return false;
  if (!(error instanceof S3Errors.ServerError)) return true;
  return error.statusCode === 429 || error.statusCode >= 500;
}

/** Whether it is not there. */
export function isMissing(error: unknown): boolean {
  return error instanceof S3Errors.ServerError && error.statusCode === 404;
}
