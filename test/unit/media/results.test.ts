import { randomUUID } from 'node:crypto';
import { truncate } from 'node:fs/promises';
import { once } from 'node:events';
import { connect } from 'node:net';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { holdsIfRange, readRange } from '../../../src/stores/media/results/byte-range.js';
import { PROBLEM_TYPE } from '@holdfast/nest/http/problem';
import { newFilePath } from '../../../src/stores/media/files/file-path.js';
import { type MediaApplication, startMedia } from '../../support/media/application.js';
import { photoOf, sha256Of } from '../../support/media/photo.js';

describe('a range', () => {
  it.each([
    ['bytes=0-0', 10, { start: 0, end: 0 }],
    ['bytes=2-', 10, { start: 2, end: 9 }],
    ['bytes=2-99', 10, { start: 2, end: 9 }],
    ['bytes=2-99999999999999999999', 10, { start: 2, end: 9 }],
    [`bytes=2-${'9'.repeat(400)}`, 10, { start: 2, end: 9 }],
    ['bytes=-3', 10, { start: 7, end: 9 }],
    ['bytes=-99999999999999999999', 10, { start: 0, end: 9 }],
    ['bytes=99999999999999999999-', 10, 'unsatisfiable'],
    ['bytes=-30', 10, { start: 0, end: 9 }],
    ['BYTES= 1-2 ', 10, { start: 1, end: 2 }],
    ['bytes=10-', 10, 'unsatisfiable'],
    ['bytes=-0', 10, 'unsatisfiable'],
    ['bytes=5-2', 10, null],
    ['bytes=0-1,4-5', 10, null],
    ['bytes=-', 10, null],
    ['items=0-1', 10, null],
    [undefined, 10, null],
  ] as const)('%s of %i bytes', (header, bytes, expected) => {
    expect(readRange(header, bytes)).toEqual(expected);
  });

  it('holds under the tag of what is there', () => {
    expect([holdsIfRange(undefined, '"a"'), holdsIfRange('"a"', '"a"')]).toEqual([true, true]);
    for (const other of ['"b"', 'W/"a"', 'Sat, 01 Jan 2028 00:00:00 GMT'])
      expect(holdsIfRange(other, '"a"')).toBe(false);
  });
});

describe('a result', () => {
  const bytes = photoOf(100_000);
  const tag = `"${sha256Of(bytes)}"`;
  let media: MediaApplication;
  let jobId: string;

  async function stored(expiresInMs: number, content = bytes): Promise<string> {
    const id = randomUUID();
    const path = newFilePath('result');
    const { signal } = new AbortController();
    await media.files.store(path, one(content), { signal, durable: false });
    media.memory.objects.set(id, {
      id: randomUUID(),
      jobId: id,
      slotId: 'slot-001',
      scope: 'result',
      path,
      contentType: 'image/jpeg',
      bytes: content.length,
      sha256: sha256Of(content),
      expiresAt: new Date(Date.now() + expiresInMs).toISOString(),
      cleanedAt: null,
    });
    return id;
  }

  const pathOf = (id: string) =>
    [...media.memory.objects.values()].find((each) => each.jobId === id)?.path ?? '';
  const cut = (id: string, left: number) => truncate(join(media.root, pathOf(id)), left);

  const get = (headers: Record<string, string> = {}, method = 'GET', id = jobId) =>
    fetch(`${media.url}/public/results/${id}`, { method, headers });

  beforeAll(async () => {
    media = await startMedia();
    jobId = await stored(3_600_000);
  });
  afterAll(() => media.close());

  it('is given inline, to be kept until it ends, and runs nothing', async () => {
    const answer = await get();
    expect(answer.status).toBe(200);
    expect(Object.fromEntries(answer.headers)).toMatchObject({
      etag: tag,
      'content-type': 'image/jpeg',
      'content-length': String(bytes.length),
      'accept-ranges': 'bytes',
      'content-disposition': `inline; filename="${jobId}.jpg"`,
      'x-content-type-options': 'nosniff',
      'cross-origin-resource-policy': 'cross-origin',
    });
    expect(answer.headers.get('content-security-policy')).toMatch(/^sandbox;/);
    const [, age] = /^public, max-age=(\d+)$/.exec(answer.headers.get('cache-control') ?? '') ?? [];
    expect(Number(age)).toBeGreaterThan(3500);
    expect(Number(age)).toBeLessThanOrEqual(3600);
    expect(Buffer.from(await answer.arrayBuffer()).equals(bytes)).toBe(true);
  });

  it('tells HEAD the same without its bytes', async () => {
    const answer = await get({ range: 'bytes=0-9' }, 'HEAD');
    expect([answer.status, answer.headers.get('content-length')]).toEqual([
      200,
      String(bytes.length),
    ]);
    expect((await answer.arrayBuffer()).byteLength).toBe(0);
  });

  it('is not sent to who has it', async () => {
    const answer = await get({ 'if-none-match': `"x", W/${tag}` });
    expect([answer.status, answer.headers.get('etag')]).toEqual([304, tag]);
    expect((await get({ 'if-none-match': '"x"' })).status).toBe(200);
  });

  it('is given in ranges', async () => {
    const answer = await get({ range: 'bytes=10-19' });
    expect([answer.status, answer.headers.get('content-range')]).toEqual([
      206,
      `bytes 10-19/${bytes.length}`,
    ]);
    expect(Buffer.from(await answer.arrayBuffer()).equals(bytes.subarray(10, 20))).toBe(true);
    const last = await get({ range: 'bytes=-5', 'if-range': tag });
    expect(Buffer.from(await last.arrayBuffer()).equals(bytes.subarray(-5))).toBe(true);
    const other = await get({ range: 'bytes=-5', 'if-range': '"another"' });
    expect([other.status, (await other.arrayBuffer()).byteLength]).toEqual([200, bytes.length]);
    const beyond = await get({ range: `bytes=${bytes.length}-` });
    expect([beyond.status, beyond.headers.get('content-range')]).toEqual([
      416,
      `bytes */${bytes.length}`,
    ]);
  });

  it('is gone the moment it ends, also for who has asked a moment before', async () => {
    const id = await stored(700);
    expect((await get({}, 'GET', id)).status).toBe(200);
    const { expiresAt } =
      [...media.memory.objects.values()].find((each) => each.jobId === id) ?? {};
    await new Promise((done) => setTimeout(done, Date.parse(expiresAt ?? '') - Date.now() + 1));
    const answer = await get({}, 'GET', id);
    expect([answer.status, await answer.json()]).toMatchObject([410, { code: 'RESULT_EXPIRED' }]);
  });

  it('that there is not is told so', async () => {
    const answer = await get({}, 'GET', randomUUID());
    expect([answer.status, await answer.json()]).toMatchObject([404, { code: 'RESULT_NOT_FOUND' }]);
    expect(answer.headers.get('cache-control')).toBe('no-store');
    expect((await get({}, 'HEAD', randomUUID())).status).toBe(404);
  });

  it('whose file is lost is told so, and not half served', async () => {
    const id = await stored(60_000);
    await media.files.remove(pathOf(id));
    const answer = await get({}, 'GET', id);
    expect([answer.status, await answer.json()]).toMatchObject([
      503,
      { code: 'MEDIA_FILES_UNAVAILABLE' },
    ]);
    const head = await get({}, 'HEAD', id);
    const told = ({ status, headers }: Response) => [
      status,
      ...['content-type', 'cache-control', 'retry-after', 'etag'].map((name) => headers.get(name)),
    ];
    expect(told(head)).toEqual(told(answer));
    expect(told(head)).toEqual([503, PROBLEM_TYPE, 'no-store', '1', null]);
  });

  it.each([0, 1000, bytes.length - 1, bytes.length + 1])(
    'whose file has %i bytes, other than its row says, is not served at all',
    async (left) => {
      const id = await stored(60_000);
      await cut(id, left);
      const every: readonly Record<string, string>[] = [
        {},
        { range: 'bytes=0-9' },
        { range: 'bytes=2000-2999' },
        { range: `bytes=${bytes.length - 1}-` },
      ];
      for (const headers of every) {
        const answer = await get(headers, 'GET', id);
        expect([answer.status, answer.headers.get('content-range')]).toEqual([503, null]);
        expect(await answer.json()).toMatchObject({ code: 'MEDIA_FILES_UNAVAILABLE' });
      }
      expect((await get({}, 'HEAD', id)).status).toBe(503);
    },
  );

  it('that becomes shorter while it is sent ends with its connection', async () => {
    const large = photoOf(64 << 20);
    const id = await stored(60_000, large);
    const { hostname, port } = new URL(media.url);
    const socket = connect(Number(port), hostname);
    const request = `GET /public/results/${id} HTTP/1.1\r\nhost: media\r\n`;
    socket.write(`${request}\r\n${request}connection: close\r\n\r\n`);
    const [head] = (await once(socket, 'data')) as [Buffer];
    socket.pause();
    await cut(id, 1000);
    const all = Buffer.concat([head, await buffer(socket)]).toString('latin1');
    expect(all.length).toBeLessThan(large.length);
    // Nor is the second request answered where the rest of the first answer would be.
    expect(all.match(/HTTP\/1\.1 \d+ /g)).toEqual(['HTTP/1.1 200 ']);
  });
});

// eslint-disable-next-line @typescript-eslint/require-await -- an answer comes in over time.
async function* one(content: Uint8Array): AsyncGenerator<Uint8Array> {
  yield content;
}
