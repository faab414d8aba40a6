import { endsWithin } from '@holdfast/core/deadline';
import { ReasonError } from '../../media.reasons.js';
import type { Bucket } from './bucket.js';
import { BucketAnswer, bucketFailure, codeIn } from './bucket-failure.js';

/** The smallest that S3 takes of a part but the last: as much of each upload is in memory. */
const PART_BYTES = 5 << 20;

/** Milliseconds until a server has put the parts together: S3 speaks of minutes. */
const COMPLETE_MS = 120_000;

/** Milliseconds that taking it back is waited for; it goes on behind. */
const UNDO_WAIT_MS = 2000;

/** Milliseconds to take back what was begun, whatever has become of the request. */
const UNDO_MS = 15_000;

/**
 * Uploads what comes in, of a length that nobody knows yet. The object is whole, or it is not there.
 * @throws MEDIA_FILES_FULL, MEDIA_FILES_UNAVAILABLE, what `content` throws, the reason of the signal
 */
export async function upload(
  bucket: Bucket,
  key: string,
  content: AsyncIterable<Uint8Array>,
  signal: AbortSignal,
): Promise<void> {
  const upload = new Upload(bucket, key, signal);
  try {
    for await (const part of partsOf(content)) await upload.add(part);
    await upload.complete();
  } catch (error) {
    await endsWithin(UNDO_WAIT_MS, upload.undo());
    throw error;
  }
}

class Upload {
  #first: Uint8Array<ArrayBuffer> | undefined;
  #id: string | undefined;
  readonly #tags: string[] = [];

  constructor(
    private readonly bucket: Bucket,
    private readonly key: string,
    private readonly signal: AbortSignal,
  ) {}

  /** The first part waits: where it is the only one, it is uploaded in one request. */
  async add(part: Uint8Array<ArrayBuffer>): Promise<void> {
    if (this.#id === undefined) {
      if (this.#first === undefined) {
        this.#first = part;
        return;
      }
      this.#id = await this.#begin();
      const first = this.#first;
      this.#first = undefined;
      await this.#put(this.#id, first);
    }
    await this.#put(this.#id, part);
  }

  async complete(): Promise<void> {
    const { key, signal } = this;
    if (this.#id === undefined) {
      const body = this.#first ?? new Uint8Array();
      await this.bucket.ask({ method: 'PUT', key, body, good: [200] }, signal);
      return;
    }
    const parts = this.#tags.map(
      (tag, index) => `<Part><PartNumber>${index + 1}</PartNumber><ETag>${tag}</ETag></Part>`,
    );
    const body = Buffer.from(
      `<CompleteMultipartUpload>${parts.join('')}</CompleteMultipartUpload>`,
    );
    const query = { uploadId: this.#id };
    // Not found: an earlier try may have completed it, and its answer was lost.
    const good = [200, 404];
    const answer = await this.bucket.ask(
      { method: 'POST', key, query, body, good, answerMs: COMPLETE_MS },
      signal,
    );
    if (answer.status === 404) await this.#assertThere();
    // S3 says 200 before it knows.
    else if (!answer.text.includes('<CompleteMultipartUploadResult'))
      throw bucketFailure(new BucketAnswer(answer.status, codeIn(answer.text)));
  }

  /** What cannot be taken back now is no object; a bucket's rule for incomplete uploads removes it. */
  async undo(): Promise<void> {
    const { key } = this;
    const signal = AbortSignal.timeout(UNDO_MS);
    const good = [200, 204, 404];
    try {
      if (this.#id !== undefined) {
        const query = { uploadId: this.#id };
        await this.bucket.ask({ method: 'DELETE', key, query, good }, signal);
      }
      await this.bucket.ask({ method: 'DELETE', key, good }, signal);
    } catch {
      // The failure of the upload is told.
    }
  }

  async #begin(): Promise<string> {
    const { key } = this;
    const query = { uploads: '' };
    const { text } = await this.bucket.ask(
      { method: 'POST', key, query, good: [200] },
      this.signal,
    );
    const id = /<UploadId>([^<]{1,1024})<\/UploadId>/.exec(text)?.[1];
    if (id === undefined) throw bucketFailure(new BucketAnswer(200, codeIn(text)));
    return id;
  }

  async #put(uploadId: string, body: Uint8Array<ArrayBuffer>): Promise<void> {
    const { key } = this;
    const query = { partNumber: String(this.#tags.length + 1), uploadId };
    const { headers } = await this.bucket.ask(
      { method: 'PUT', key, query, body, good: [200] },
      this.signal,
    );
    this.#tags.push(headers.get('etag') ?? '');
  }

  async #assertThere(): Promise<void> {
    const { key } = this;
    const answer = await this.bucket.ask({ method: 'HEAD', key, good: [200, 404] }, this.signal);
    if (answer.status === 200) return;
    const detail = 'the bucket: an upload is gone (404)';
    throw new ReasonError('MEDIA_FILES_UNAVAILABLE', { detail });
  }
}

/** All of PART_BYTES but the last, which may be the only one; none of what is empty. */
async function* partsOf(
  content: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  let part: Buffer<ArrayBuffer> | undefined;
  let filled = 0;
  for await (const chunk of content)
    for (let at = 0; at < chunk.length;) {
      // Most files are much smaller.
      if (!part || filled === part.length) part = grown(part, filled, chunk.length - at);
      const taken = chunk.subarray(at, at + part.length - filled);
      part.set(taken, filled);
      filled += taken.length;
      at += taken.length;
      if (filled < PART_BYTES) continue;
      yield part;
      part = undefined;
      filled = 0;
    }
  if (part) yield part.subarray(0, filled);
}

function grown(part: Buffer | undefined, filled: number, more: number): Buffer<ArrayBuffer> {
  const next = Buffer.alloc(Math.min(PART_BYTES, Math.max(2 * filled, filled + more)));
  if (part) next.set(part.subarray(0, filled));
  return next;
}
