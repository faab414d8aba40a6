import { buffer } from 'node:stream/consumers';
import type { S3Client } from '@bradenmacdonald/s3-lite-client';
import { ReasonError } from '../../media.reasons.js';
import { assertFileOrPartPath, assertFilePath, newFilePath } from '../file-path.js';
import {
  type ByteRange,
  type FileContent,
  type FoundFile,
  type LocalWork,
  MediaFiles,
  type Room,
  type StoreOptions,
} from '../media-files.js';
import { isListed } from '../place-identity.js';
import { roundTrip } from '../round-trip.js';
import { untilAborted } from '../until-aborted.js';
import { answerSize } from './answer-size.js';
import { Bucket, PATIENCE, type Patience } from './bucket.js';
import { BucketAnswer, bucketFailure, codeIn } from './bucket-failure.js';
import { BucketReadable } from './bucket-readable.js';
import { upload } from './upload.js';

/** What lives for one request, on the machine that works on it, and is read in place. */
const SPOOLED = 'temp/';

/** What all replicas have to find. */
const SHARED = ['provider', 'result', 'template'] as const;

/** What servers say of a condition that they do not know. */
const NOT_IMPLEMENTED = 501;

/** Milliseconds for a whole file between bucket and folder, however slowly it comes: 2 GiB at 3.5 MB/s. */
const TRANSFER_MS = 600_000;

interface Options {
  /** The files of requests that are under way. */
  readonly spool: MediaFiles;
  readonly patience?: Patience;
}

/** The files in a bucket of S3, or of what speaks as it does; temporary ones in a folder of this machine. */
export class S3MediaFiles extends MediaFiles {
  readonly #bucket: Bucket;
  readonly #spool: MediaFiles;
  readonly #patience: Patience;

  constructor(client: S3Client, { spool, patience = PATIENCE }: Options) {
    super();
    this.#bucket = new Bucket(client, patience);
    this.#spool = spool;
    this.#patience = patience;
  }

  /** What the bucket has taken is durable. */
  async store(
    path: string,
    content: AsyncIterable<Uint8Array>,
    options: StoreOptions,
  ): Promise<void> {
    assertFilePath(path);
    if (isSpooled(path)) return this.#spool.store(path, content, options);
    const { signal } = options;
    if (options.unlessThere) return this.#storeUnlessThere(path, content, signal);
    await upload(this.#bucket, path, untilAborted(content, signal), signal);
  }

  async open(path: string, range?: ByteRange): Promise<FileContent | null> {
    assertFilePath(path);
    if (isSpooled(path)) return this.#spool.open(path, range);
    const opened = await this.#bucket.open({
      method: 'GET',
      key: path,
      good: range ? [206, 404, 416] : [200, 404],
      headers: {
        // What is packed on its way has another size.
        'accept-encoding': 'identity',
        ...(range && { range: `bytes=${range.start}-${range.end}` }),
      },
    });
    const { response, abandon } = opened;
    try {
      if (response.status !== 404)
        return new BucketReadable(opened, this.#patience.answerMs, answerSize(response, range));
    } catch (error) {
      abandon.abort();
      throw bucketFailure(error);
    }
    abandon.abort();
    return null;
  }

  async withLocal<T>(path: string, work: LocalWork<T>): Promise<T> {
    assertFilePath(path);
    if (isSpooled(path)) return this.#spool.withLocal(path, work);
    const content = await this.open(path);
    if (!content) throw missing();
    const local = newFilePath('temp');
    const signal = AbortSignal.timeout(TRANSFER_MS);
    await this.#spool.store(local, content as AsyncIterable<Uint8Array>, {
      signal,
      durable: false,
    });
    try {
      return await this.#spool.withLocal(local, work);
    } finally {
      await this.#spool.remove(local);
    }
  }

  async rename(from: string, to: string): Promise<void> {
    assertFilePath(from);
    assertFilePath(to);
    if (isSpooled(from) && isSpooled(to)) return this.#spool.rename(from, to);
    if (isSpooled(from) || isSpooled(to)) {
      const content = await this.open(from);
      if (!content) throw missing();
      const signal = AbortSignal.timeout(TRANSFER_MS);
      await this.store(to, content as AsyncIterable<Uint8Array>, { signal, durable: true });
    } else await this.#copy(from, to);
    await this.remove(from);
  }

  async remove(path: string): Promise<void> {
    assertFileOrPartPath(path);
    if (isSpooled(path)) return this.#spool.remove(path);
    await this.#bucket.ask({ method: 'DELETE', key: path, good: [200, 204, 404] });
  }

  async *list(): AsyncGenerator<FoundFile> {
    yield* this.#spool.list();
    for (const scope of SHARED)
      for await (const { key, size, lastModified } of this.#bucket.list(`${scope}/`))
        if (isListed(key)) yield { path: key, bytes: size, modifiedAt: lastModified };
  }

  /** A bucket does not say how much room it has; without the folder no request can be taken either. */
  async probe(signal: AbortSignal): Promise<Room> {
    await Promise.all([this.#spool.probe(signal), roundTrip(this, 'result', signal)]);
    return {};
  }

  /** Of several that store it at once, the first has done so. */
  async #storeUnlessThere(
    key: string,
    content: AsyncIterable<Uint8Array>,
    signal: AbortSignal,
  ): Promise<void> {
    const found = await this.#bucket.ask({ method: 'HEAD', key, good: [200, 404] }, signal);
    if (found.status === 200) return;
    const body = Buffer.from(await buffer(untilAborted(content, signal)));
    const put = { method: 'PUT', key, body } as const;
    const signed = { 'if-none-match': '*' };
    const { status } = await this.#bucket.ask({ ...put, signed, good: [200, 412, 501] }, signal);
    if (status === NOT_IMPLEMENTED) await this.#bucket.ask({ ...put, good: [200] }, signal);
  }

  async #copy(from: string, to: string): Promise<void> {
    const { status, text } = await this.#bucket.ask({
      method: 'PUT',
      key: to,
      signed: { 'x-amz-copy-source': `${this.#bucket.name}/${from}` },
      good: [200, 404],
    });
    if (status === 404) throw missing();
    // S3 says 200 before it knows.
    if (!text.includes('<CopyObjectResult'))
      throw bucketFailure(new BucketAnswer(status, codeIn(text)));
  }
}

function isSpooled(path: string): boolean {
  return path.startsWith(SPOOLED);
}

function missing(): ReasonError {
  return new ReasonError('MEDIA_FILES_UNAVAILABLE', { detail: 'a file is missing' });
}
