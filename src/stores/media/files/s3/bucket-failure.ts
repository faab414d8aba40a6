import { bucketFailureInWords } from '../../../../object-storage/failure-words.js';
import { ReasonError } from '../../media.reasons.js';

/** What servers say that have no room: Ceph, MinIO, and HTTP itself. */
const FULL = ['QuotaExceeded', 'XMinioStorageFull', 'InsufficientStorage'];
const INSUFFICIENT_STORAGE = 507;

/** What may be well the next time, as S3 says of it. */
const PASSING_STATUS = [408, 429, 500, 502, 503, 504];

/** An answer that is no good. */
export class BucketAnswer extends Error {
  override readonly name = 'BucketAnswer';

  constructor(
    readonly status: number,
    /** As the server names it; its own words may repeat what it was sent. */
    readonly code: string,
  ) {
    super(`${code} (${status})`);
  }

  get isFull(): boolean {
    return this.status === INSUFFICIENT_STORAGE || FULL.includes(this.code);
  }

  get isPassing(): boolean {
    return isPassing(this.status) && !this.isFull;
  }
}

export function isPassing(status: number): boolean {
  return PASSING_STATUS.includes(status);
}

/** A code of the server's, from its XML, where it has sent one that looks like one. */
export function codeIn(xml: string): string {
  return /<Code>([A-Za-z0-9]{1,64})<\/Code>/.exec(xml)?.[1] ?? 'NoCode';
}

/** What is told of it: codes alone. */
export function bucketFailure(cause: unknown): ReasonError {
  if (cause instanceof ReasonError) return cause;
  const said = cause instanceof BucketAnswer ? cause.message : bucketFailureInWords(cause);
  return cause instanceof BucketAnswer && cause.isFull
    ? new ReasonError('MEDIA_FILES_FULL', { detail: `the bucket is full: ${said}`, cause })
    : new ReasonError('MEDIA_FILES_UNAVAILABLE', { detail: `the bucket: ${said}`, cause });
}
