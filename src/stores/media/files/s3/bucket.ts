import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { type S3Client, S3Errors, type S3Object } from '@bradenmacdonald/s3-lite-client';
import { withDeadline } from '@holdfast/core/deadline';
import { jittered } from '@holdfast/core/jitter';
import { ReasonError } from '../../media.reasons.js';
import { BucketAnswer, bucketFailure, codeIn, isPassing } from './bucket-failure.js';

/** What is sent is at most a part of an upload. */
const ANSWER_MS = 10_000;

/** Servers ask to be asked again (503 SlowDown); one that goes on so is down. */
const MOST_TRIES = 4;
const FIRST_PAUSE_MS = 200;
/** Nor is it tried again once that many times an answer's time have passed: it is silent rather than busy. */
const MOST_ANSWER_TIMES = 2;

/** Seconds for which a signed request is good: for clocks that differ, and no more. */
const SIGNED_SECONDS = 900;

/** Keys of an answer, as many as S3 gives. */
const PAGE = 1000;

/** More is no answer to anything that is asked here but for files themselves. */
const MOST_TEXT_BYTES = 1 << 20;

/** How long a bucket is waited for. */
export interface Patience {
  /** Milliseconds for an answer to begin, and for its next bytes. */
  readonly answerMs: number;
  /** Milliseconds before the second try; those before the others are longer. */
  readonly pauseMs: number;
}

export const PATIENCE: Patience = { answerMs: ANSWER_MS, pauseMs: FIRST_PAUSE_MS };

export interface BucketRequest {
  readonly method: 'GET' | 'HEAD' | 'PUT' | 'POST' | 'DELETE';
  readonly key: string;
  readonly query?: Readonly<Record<string, string>>;
  /** Signed with it. */
  readonly signed?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array<ArrayBuffer>;
  /** Milliseconds for its answer, where that takes longer than others. */
  readonly answerMs?: number;
  /** Statuses that are an answer; all others throw. */
  readonly good: readonly number[];
}

/** An answer whose body has not been read. */
export interface Opened {
  readonly response: Response;
  /** Ends the connection. */
  readonly abandon: AbortController;
}

/** Requests to a bucket: signed by the client, bounded in time, and made again where that may help. */
export class Bucket {
  constructor(
    private readonly client: S3Client,
    private readonly patience: Patience,
  ) {}

  get name(): string {
    return this.client.defaultBucket ?? '';
  }

  /** Whatever is left of the body is the caller's to read or to abandon. @throws as `ask` does */
  open(request: BucketRequest, signal?: AbortSignal): Promise<Opened> {
    const patience = this.#patienceFor(request);
    return again(patience, () => this.#try(request, patience.answerMs, signal), signal);
  }

  /**
   * @returns status, headers and text of the answer
   * @throws MEDIA_FILES_FULL, MEDIA_FILES_UNAVAILABLE, the reason of the signal
   */
  async ask(
    request: BucketRequest,
    signal?: AbortSignal,
  ): Promise<{ readonly status: number; readonly headers: Headers; readonly text: string }> {
    const { response, abandon } = await this.open(request, signal);
    const { status, headers } = response;
    return {
      status,
      headers,
      text: await this.#text(response, abandon, this.#patienceFor(request).answerMs, signal),
    };
  }

  /** Every object below a prefix, page by page. @throws MEDIA_FILES_UNAVAILABLE */
  async *list(prefix: string): AsyncGenerator<S3Object> {
    let token: string | undefined;
    do {
      const page = await again(this.patience, () =>
        withDeadline(this.patience.answerMs, this.#page(prefix, token), { late: noAnswer }),
      );
      yield* page.objects;
      ({ token } = page);
    } while (token !== undefined);
  }

  async #page(prefix: string, continuationToken?: string) {
    const listed = this.client.listObjectsGrouped({
      prefix,
      pageSize: PAGE,
      maxResults: PAGE,
      ...(continuationToken !== undefined && { continuationToken }),
    });
    const objects: S3Object[] = [];
    for (;;) {
      const next = await listed.next();
      if (next.done) return { objects, token: next.value };
      if (next.value.type === 'Object') objects.push(next.value);
    }
  }

  #patienceFor({ answerMs = this.patience.answerMs }: BucketRequest): Patience {
    return { ...this.patience, answerMs };
  }

  async #try(
    { method, key, query, signed, headers, body, good }: BucketRequest,
    answerMs: number,
    signal?: AbortSignal,
  ): Promise<Opened> {
    const url = await this.client.getPresignedUrl(method as 'GET', key, {
      expirySeconds: SIGNED_SECONDS,
      ...(query && { parameters: { ...query } }),
      ...(signed && { extraHeaders: { ...signed } }),
    });
    const abandon = new AbortController();
    const leave = () => {
      abandon.abort();
    };
    signal?.addEventListener('abort', leave, { once: true });
    const timer = setTimeout(() => {
      abandon.abort(noAnswer());
    }, answerMs);
    try {
      const response = await fetch(url, {
        method,
        redirect: 'error',
        headers: { ...signed, ...headers, ...(body && { 'content-md5': md5(body) }) },
        signal: abandon.signal,
        ...(body && { body }),
      });
      if (good.includes(response.status)) return { response, abandon };
      const text = method === 'HEAD' ? '' : await this.#text(response, abandon, answerMs, signal);
      throw new BucketAnswer(response.status, codeIn(text));
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener('abort', leave);
    }
  }

  /** The body of an answer that is short. */
  async #text(
    response: Response,
    abandon: AbortController,
    answerMs: number,
    signal?: AbortSignal,
  ): Promise<string> {
    const leave = () => {
      abandon.abort();
    };
    signal?.addEventListener('abort', leave, { once: true });
    const timer = setTimeout(() => {
      abandon.abort(noAnswer());
    }, answerMs);
    try {
      const chunks: Uint8Array[] = [];
      let bytes = 0;
      for await (const chunk of (response.body ?? []) as AsyncIterable<Uint8Array>) {
        bytes += chunk.length;
        if (bytes > MOST_TEXT_BYTES) throw new BucketAnswer(response.status, 'AnswerTooLong');
        chunks.push(chunk);
      }
      return Buffer.concat(chunks).toString('utf8');
    } catch (error) {
      signal?.throwIfAborted();
      throw bucketFailure(error);
    } finally {
      abandon.abort();
      clearTimeout(timer);
      signal?.removeEventListener('abort', leave);
    }
  }
}

/** @throws MEDIA_FILES_FULL, MEDIA_FILES_UNAVAILABLE, the reason of the signal */
async function again<T>(
  { answerMs, pauseMs }: Patience,
  work: () => Promise<T>,
  signal?: AbortSignal,
): Promise<T> {
  const latest = performance.now() + MOST_ANSWER_TIMES * answerMs;
  for (let tries = 1; ; tries++) {
    signal?.throwIfAborted();
    try {
      return await work();
    } catch (error) {
      signal?.throwIfAborted();
      const isLast = tries === MOST_TRIES || performance.now() > latest;
      if (isLast || !mayPass(error)) throw bucketFailure(error);
    }
    await pause(pauseMs * 2 ** tries, signal);
  }
}

/** A line that breaks may be there again; what the server refuses, it refuses again. */
function mayPass(error: unknown): boolean {
  if (error instanceof S3Errors.ServerError) return isPassing(error.statusCode);
  return !(error instanceof BucketAnswer) || error.isPassing;
}

async function pause(milliseconds: number, signal?: AbortSignal): Promise<void> {
  try {
    await sleep(jittered(milliseconds), undefined, signal && { signal });
  } catch (error) {
    signal?.throwIfAborted();
    throw error;
  }
}

function md5(body: Uint8Array): string {
  return createHash('md5').update(body).digest('base64');
}

function noAnswer(): ReasonError {
  const detail = 'the bucket does not answer in time';
  return new ReasonError('MEDIA_FILES_UNAVAILABLE', { detail });
}
