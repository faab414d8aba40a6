import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTcpServer, type AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Secret } from '@holdfast/core/secret';
import { s3Client } from '../../../src/object-storage/s3-client.js';
import { newFilePath } from '../../../src/stores/media/files/file-path.js';
import { FolderMediaFiles } from '../../../src/stores/media/files/folder/folder-media-files.js';
import { S3MediaFiles } from '../../../src/stores/media/files/s3/s3-media-files.js';
import { cleanup } from '../../support/cleanup.js';
import { incoming } from '../../support/media/content.js';

const { later, temporaryFolder } = cleanup();

const SECRET = 'wJalrXUtnFEMI-bPxRfiCYEXAMPLEKEY';
const PATIENCE = { answerMs: 800, pauseMs: 10 };
/** All tries of a request, the pauses between them, and taking back what was begun. */
const ALL_TRIES_MS = 10_000;

type Answer = (request: IncomingMessage, response: ServerResponse) => void | Promise<void>;

const said = (status: number, code: string) => (_: IncomingMessage, response: ServerResponse) => {
  response.writeHead(status, { 'content-type': 'application/xml' });
  response.end(`<Error><Code>${code}</Code><Message>you sent ${SECRET}</Message></Error>`);
};

describe('a bucket that misbehaves', () => {
  let server: Server;
  let answer: Answer;
  let asked: string[];
  let files: S3MediaFiles;

  beforeEach(async () => {
    asked = [];
    server = createServer((request, response) => {
      const url = new URL(request.url ?? '', 'http://bucket');
      const kind = ['uploads', 'uploadId', 'list-type'].filter((name) =>
        url.searchParams.has(name),
      );
      asked.push([request.method, ...kind].join(' '));
      void (async () => {
        await buffer(request).catch(() => undefined);
        await answer(request, response);
      })();
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    files = open((server.address() as AddressInfo).port);
  });

  afterEach(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });

  function open(port: number): S3MediaFiles {
    const client = s3Client({
      endpoint: `http://127.0.0.1:${port}`,
      bucket: 'media',
      region: undefined,
      accessKey: 'AKIDEXAMPLE',
      secretKey: new Secret(SECRET),
    });
    const spool = new FolderMediaFiles(temporaryFolder());
    return new S3MediaFiles(client, { spool, patience: PATIENCE });
  }

  const signal = new AbortController().signal;
  const every: readonly [string, (path: string) => Promise<unknown>][] = [
    ['store', (path) => files.store(path, incoming(10), { signal, durable: true })],
    ['store of parts', (path) => files.store(path, incoming(6 << 20), { signal, durable: true })],
    ['open', (path) => files.open(path)],
    ['withLocal', (path) => files.withLocal(path, () => Promise.resolve())],
    ['rename', (path) => files.rename(path, newFilePath('result'))],
    ['remove', (path) => files.remove(path)],
    ['list', () => files.list()[Symbol.asyncIterator]().next()],
    ['probe', () => files.probe(signal)],
  ];

  const fails = async (work: Promise<unknown>, code: string, message: RegExp): Promise<void> => {
    const begun = performance.now();
    const error: Error = await work.then(
      () => new Error('it did not fail'),
      (failure: unknown) => failure as Error,
    );
    expect(error).toMatchObject({ code });
    expect(error.message).toMatch(message);
    expect(error.message).not.toContain(SECRET);
    expect(error.message).not.toContain('X-Amz');
    expect(performance.now() - begun).toBeLessThan(ALL_TRIES_MS);
  };

  describe.each(every)('%s', (_name, work) => {
    it('says so when it is down', async () => {
      const free = createTcpServer();
      await new Promise<void>((resolve) => free.listen(0, '127.0.0.1', resolve));
      const { port } = free.address() as AddressInfo;
      await new Promise((resolve) => free.close(resolve));
      files = open(port);
      await fails(work(newFilePath('result')), 'MEDIA_FILES_UNAVAILABLE', /ECONNREFUSED/);
    });

    it('is bounded when it does not answer', async () => {
      answer = () => undefined;
      await fails(work(newFilePath('result')), 'MEDIA_FILES_UNAVAILABLE', /in time/);
    });

    it('is bounded when its answer never ends', async () => {
      answer = (_request, response) => {
        response.writeHead(500, { 'content-type': 'application/xml' });
        const dripping = setInterval(() => response.write('<'), 100);
        later(() => {
          clearInterval(dripping);
        });
      };
      await fails(work(newFilePath('result')), 'MEDIA_FILES_UNAVAILABLE', /in time|bucket/);
    });

    it('is tried again while it says SlowDown, and not for ever', async () => {
      answer = said(503, 'SlowDown');
      await fails(work(newFilePath('result')), 'MEDIA_FILES_UNAVAILABLE', /SlowDown \(503\)/);
      // What may have been begun is taken back by one or two requests more.
      expect(asked.length).toBeLessThanOrEqual(3 * 4);
      expect(asked.length).toBeGreaterThanOrEqual(4);
    });

    it('is not tried again when it is refused', async () => {
      answer = said(403, 'SignatureDoesNotMatch');
      await fails(
        work(newFilePath('result')),
        'MEDIA_FILES_UNAVAILABLE',
        /SignatureDoesNotMatch \(403\)/,
      );
      // One to undo what may have been begun.
      expect(asked.length).toBeLessThanOrEqual(2);
    });
  });

  it.each([
    [507, 'InsufficientStorage'],
    [507, 'XMinioStorageFull'],
    [403, 'QuotaExceeded'],
  ])('is full when it says so: %d %s', async (status, code) => {
    answer = said(status, code);
    const storing = files.store(newFilePath('result'), incoming(10), { signal, durable: true });
    await fails(storing, 'MEDIA_FILES_FULL', new RegExp(code));
  });

  it('is well after two times of SlowDown', async () => {
    let times = 0;
    answer = (request, response) => {
      if (++times <= 2) said(503, 'SlowDown')(request, response);
      else response.end();
    };
    await files.store(newFilePath('result'), incoming(10), { signal, durable: true });
    expect(asked).toEqual(['PUT', 'PUT', 'PUT']);
  });

  it('takes an upload of parts back when one of them fails', async () => {
    answer = (request, response) => {
      const { searchParams } = new URL(request.url ?? '', 'http://bucket');
      if (searchParams.has('uploads')) response.end('<R><UploadId>u1</UploadId></R>');
      else if (searchParams.get('partNumber') === '2') said(400, 'InvalidPart')(request, response);
      else response.writeHead(request.method === 'DELETE' ? 204 : 200, { etag: '"e"' }).end();
    };
    const storing = files.store(newFilePath('result'), incoming(12 << 20), {
      signal,
      durable: true,
    });
    await fails(storing, 'MEDIA_FILES_UNAVAILABLE', /InvalidPart/);
    expect(asked).toEqual([
      'POST uploads',
      'PUT uploadId',
      'PUT uploadId',
      'DELETE uploadId',
      'DELETE',
    ]);
  });

  it('does not take an error for success that comes with 200', async () => {
    answer = (request, response) => {
      const { searchParams } = new URL(request.url ?? '', 'http://bucket');
      if (searchParams.has('uploads')) response.end('<R><UploadId>u1</UploadId></R>');
      else if (request.method === 'POST') said(200, 'InternalError')(request, response);
      else response.writeHead(request.method === 'DELETE' ? 204 : 200, { etag: '"e"' }).end();
    };
    const storing = files.store(newFilePath('result'), incoming(6 << 20), {
      signal,
      durable: true,
    });
    await fails(storing, 'MEDIA_FILES_UNAVAILABLE', /InternalError/);
    expect(asked.slice(-2)).toEqual(['DELETE uploadId', 'DELETE']);

    answer = said(200, 'SlowDown');
    const renamed = files.rename(newFilePath('provider'), newFilePath('result'));
    await fails(renamed, 'MEDIA_FILES_UNAVAILABLE', /SlowDown/);
  });

  it('is given up at the signal, and what was begun is taken back', async () => {
    const given = new AbortController();
    const reason = new Error('given up');
    answer = (request, response) => {
      if (request.method === 'DELETE') response.writeHead(204).end();
      else given.abort(reason);
    };
    const storing = files.store(newFilePath('result'), incoming(10), {
      signal: given.signal,
      durable: true,
    });
    await expect(storing).rejects.toBe(reason);
    expect(asked).toEqual(['PUT', 'DELETE']);
  });

  it('tells a reader of a file that stops in the middle', async () => {
    answer = (_request, response) => {
      response.writeHead(200, { 'content-length': '1000' });
      response.write('a'.repeat(100));
    };
    const stream = await files.open(newFilePath('result'));
    await fails(
      buffer(stream ?? Readable.from([])),
      'MEDIA_FILES_UNAVAILABLE',
      /stopped answering/,
    );
  });

  it('tells a reader of a file that is cut short', async () => {
    answer = (_request, response) => {
      response.writeHead(200, { 'content-length': '1000' });
      response.write('a'.repeat(100), () => response.destroy());
    };
    const stream = await files.open(newFilePath('result'));
    await fails(buffer(stream ?? Readable.from([])), 'MEDIA_FILES_UNAVAILABLE', /bucket/);
  });

  it.each([
    ['says no size', { 'transfer-encoding': 'chunked' }, /NoSize/],
    ['says more than it gives', { 'content-range': 'bytes 0-9/1000' }, /CutShort/],
  ])('tells a reader of a range where it %s', async (_name, headers, message) => {
    answer = (_request, response) => {
      response.writeHead(206, headers).end('a'.repeat(5));
    };
    const reading = async () =>
      buffer((await files.open(newFilePath('result'), { start: 0, end: 9 })) ?? Readable.from([]));
    await fails(reading(), 'MEDIA_FILES_UNAVAILABLE', message);
  });

  it('does not follow the server elsewhere with what it signed', async () => {
    answer = (_request, response) => {
      response.writeHead(307, { location: 'http://127.0.0.1:1/' }).end();
    };
    await fails(files.open(newFilePath('result')).then(), 'MEDIA_FILES_UNAVAILABLE', /bucket/);
  });
});
