import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync, utimesSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { createServer, type IncomingMessage, request as ask, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { freePort } from '@holdfast/testing/cluster';
import { eventually } from './eventually.js';
import type { Environment } from './program.js';
import { isSignedWith } from './s3-signature.js';

/** The one pair of keys that s3rver knows. */
const KEY = 'S3RVER';

/** How s3rver ends the name of the file that an object is in. */
const OBJECT = '._S3rver_object';

/** A server that speaks as S3 does. */
export interface S3Server {
  readonly bucket: string;
  readonly endpoint: string;
  /** Of both its keys: the id, and the secret one. */
  readonly key: string;
  readonly environment: Environment;
  /** Keys of the objects. */
  readonly objects: () => readonly string[];
  /** As if these were stored so many milliseconds ago; those that are not there are passed over. */
  readonly makeOld: (keys: readonly string[], ageMs: number) => void;
  readonly stop: () => Promise<void>;
}

/** s3rver, and before it what it does not do itself: to refuse whoever has not the secret. */
export async function startS3(bucket = 'backups'): Promise<S3Server> {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-s3-'));
  const port = await freePort();
  const server = spawn(
    process.execPath,
    [
      // Its tokens of further pages are made by DES.
      '--openssl-legacy-provider',
      'node_modules/s3rver/bin/s3rver.js',
      ...['--directory', folder, '--address', '127.0.0.1', '--port', String(port), '--silent'],
      ...['--no-vhost-buckets', '--configure-bucket', bucket],
    ],
    { stdio: ['ignore', 'ignore', 'inherit'] },
  );
  const ended = new Promise((resolve) => server.once('close', resolve));
  const front = createServer((request, response) => void passOn(port, request, response));
  front.listen(await freePort(), '127.0.0.1');
  await new Promise((resolve) => front.once('listening', resolve));
  const endpoint = `http://127.0.0.1:${(front.address() as AddressInfo).port}`;
  await eventually(async () => {
    await (await fetch(`http://127.0.0.1:${port}`)).arrayBuffer();
  });
  return {
    bucket,
    endpoint,
    key: KEY,
    environment: {
      BACKUP_S3_ENDPOINT: endpoint,
      BACKUP_S3_BUCKET: bucket,
      BACKUP_S3_PREFIX: 'nightly/here',
      BACKUP_S3_ACCESS_KEY: KEY,
      BACKUP_S3_SECRET_KEY: KEY,
    },
    objects: () =>
      readdirSync(join(folder, bucket), { recursive: true, encoding: 'utf8' })
        .filter((name) => name.endsWith(OBJECT))
        .map((name) => name.slice(0, -OBJECT.length))
        .toSorted(),
    makeOld: (keys, ageMs) => {
      const at = new Date(Date.now() - ageMs);
      for (const file of keys.map((key) => join(folder, bucket, `${key}${OBJECT}`)))
        if (existsSync(file)) utimesSync(file, at, at);
    },
    stop: async () => {
      front.close();
      front.closeAllConnections();
      server.kill('SIGKILL');
      await ended;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function passOn(
  port: number,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { method = '', url = '' } = request;
  const headers = request.headers as Record<string, string>;
  const body = await buffer(request).catch(() => null);
  // Its client was killed while it sent.
  if (!body) return;
  if (
    headers.authorization?.includes(`Credential=${KEY}/`) &&
    !isSignedWith(KEY, { method, url, headers, body })
  ) {
    response.writeHead(403, { 'content-type': 'application/xml' });
    response.end('<Error><Code>SignatureDoesNotMatch</Code><Message>no</Message></Error>');
    return;
  }
  // What s3rver does not know, and S3 does.
  if (headers['if-none-match'] === '*' && (await isThere(port, url))) {
    response.writeHead(412, { 'content-type': 'application/xml' });
    response.end('<Error><Code>PreconditionFailed</Code><Message>no</Message></Error>');
    return;
  }
  ask({ host: '127.0.0.1', port, method, path: url, headers }, (answer) => {
    response.writeHead(answer.statusCode ?? 500, answer.headers);
    answer.pipe(response);
    // A client that leaves in the middle is waited for by nobody.
    response.once('close', () => answer.destroy());
  })
    .once('error', () => response.destroy())
    .end(body);
}

/** Asked without a signature. */
async function isThere(port: number, url: string): Promise<boolean> {
  const path = url.split('?', 1)[0] ?? '';
  return (await fetch(`http://127.0.0.1:${port}${path}`, { method: 'HEAD' })).ok;
}
