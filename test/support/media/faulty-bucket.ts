import { createServer, type IncomingMessage, request as ask, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { setTimeout as wait } from 'node:timers/promises';
import { startS3 } from '../s3.js';

/** How much later than it might a slow bucket answers. */
const SLOW_MS = 400;

/**
 * What a bucket does to requests: nothing, refuse them (503 SlowDown), take its time, never answer, break off in the
 * middle of an answer, close every connection.
 */
export type BucketFault = 'none' | 'refuses' | 'slow' | 'silent' | 'cuts' | 'down';

/** A bucket behind a line that fails as it is told to. */
export interface FaultyBucket {
  readonly environment: Readonly<Record<string, string>>;
  /** Keys of the objects. */
  readonly objects: () => readonly string[];
  fail(fault: BucketFault): void;
  stop(): Promise<void>;
}

export async function startFaultyBucket(): Promise<FaultyBucket> {
  const bucket = await startS3('photos');
  let fault: BucketFault = 'none';
  const line = createServer((request, response) => {
    if (fault === 'down') request.socket.destroy();
    else if (fault === 'refuses') {
      response.writeHead(503, { 'content-type': 'application/xml' });
      response.end('<Error><Code>SlowDown</Code><Message>later</Message></Error>');
    } else if (fault !== 'silent') void passOn(bucket.endpoint, request, response, fault);
  });
  await new Promise<void>((resolve) => line.listen(0, '127.0.0.1', resolve));
  const { port } = line.address() as AddressInfo;
  return {
    environment: {
      MEDIA_FILES: 's3',
      MEDIA_S3_ENDPOINT: `http://127.0.0.1:${port}`,
      MEDIA_S3_BUCKET: bucket.bucket,
      MEDIA_S3_ACCESS_KEY_ID: bucket.key,
      MEDIA_S3_SECRET_ACCESS_KEY: bucket.key,
    },
    objects: bucket.objects,
    fail: (next) => {
      fault = next;
    },
    stop: async () => {
      line.close();
      line.closeAllConnections();
      await bucket.stop();
    },
  };
}

async function passOn(
  endpoint: string,
  request: IncomingMessage,
  response: ServerResponse,
  fault: BucketFault,
): Promise<void> {
  const { method, url, headers } = request;
  const body = await buffer(request);
  if (fault === 'slow') await wait(SLOW_MS);
  const passed = ask(`${endpoint}${url}`, { method, headers }, (answer) => {
    response.writeHead(answer.statusCode ?? 500, answer.headers);
    if (fault !== 'cuts') {
      answer.pipe(response);
      return;
    }
    answer.once('data', (first: Buffer) => {
      response.write(first.subarray(0, first.length >> 1), () => response.destroy());
    });
  });
  passed.on('error', () => response.destroy());
  passed.end(body);
}
