import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Backend } from '@holdfast/guard/store-declaration';
import { cleanup } from '../support/cleanup.js';
import { eventually } from '../support/eventually.js';
import { type MediaService, startMedia } from '../support/media/media-service.js';
import { INGEST_PASSWORD, openSlot } from '../support/media/open-slot.js';
import { type FormEntries, photoOf, sendPhoto, sha256Of } from '../support/media/photo.js';
import { jsonLines } from '../support/program.js';
import { bearer, JWT, tokenFor } from '../support/tokens.js';

const { later } = cleanup();
const BACKENDS: readonly Backend[] = ['SQLITE', 'POSTGRES'];

describe.each(BACKENDS)('photos over HTTP on %s', (backend) => {
  let media: MediaService;
  let url: string;
  let admin: Readonly<Record<string, string>>;

  beforeAll(async () => {
    media = await startMedia(backend, {
      ...JWT,
      INGEST_PASSWORD,
      INGEST_PARALLEL: '2',
      T_SYNC_RESPONSE_SECONDS: '10',
    });
    ({ url } = media.service);
    admin = bearer(await tokenFor('operator', 'media:admin media:read'));
    await openSlot(url, {}, 'slot-001', admin);
    await openSlot(url, { delay_ms: 15_000 }, 'slot-002', admin);
  });
  afterAll(() => media.end());

  const ingest = (entries: FormEntries, headers = {}, slot = 'slot-001') =>
    sendPhoto(`${url}/api/ingest/${slot}`, entries, headers);
  const withPassword = (photo: Uint8Array): FormEntries => [
    ['password', INGEST_PASSWORD],
    ['file', photo],
  ];
  const codeAt = async (path: string, init: RequestInit = {}) => {
    const answer = await fetch(url + path, init);
    return [answer.status, ((await answer.json()) as { readonly code: string }).code];
  };

  it('come back without a token, are public, and are told in the log without what is in them', async () => {
    const photo = photoOf(500_000);
    const answer = await ingest(withPassword(photo), { 'idempotency-key': `k-${backend}` });
    expect([answer.status, answer.code]).toEqual([200, undefined]);
    expect(answer.body.equals(photo)).toBe(true);
    const jobId = answer.headers.get('x-job-id') ?? '';
    const result = await fetch(`${url}/public/results/${jobId}`, {
      headers: { range: 'bytes=0-9' },
    });
    expect([result.status, result.headers.get('etag')]).toEqual([206, `"${sha256Of(photo)}"`]);
    expect(Buffer.from(await result.arrayBuffer()).equals(photo.subarray(0, 10))).toBe(true);
    const again = await ingest(withPassword(photo), { 'idempotency-key': `k-${backend}` });
    expect(again.headers.get('x-job-id')).toBe(jobId);
    await eventually(() => {
      const lines = jsonLines(media.service.output()) as readonly Record<string, unknown>[];
      const told = lines.filter(({ event }) => event === 'ingest.completed');
      expect(told).toEqual(
        expect.arrayContaining([
          expect.objectContaining({
            job_id: jobId,
            slot_id: 'slot-001',
            outcome: 'done',
            bytes: 500_000,
          }),
          expect.objectContaining({ outcome: 'repeated' }),
        ]),
      );
    });
    expect(media.service.output()).not.toContain(INGEST_PASSWORD);
    const [status, code] = await codeAt(`/public/results/${randomUUID()}`);
    expect([status, code]).toEqual([404, 'RESULT_NOT_FOUND']);
  });

  it('are refused with a code that says why', async () => {
    const refused = async (entries: FormEntries, slot?: string) => {
      const { status, code } = await ingest(entries, {}, slot);
      return [status, code];
    };
    const photo = photoOf(1000);
    expect(await refused([['password', 'no']])).toEqual([401, 'INGEST_PASSWORD_INVALID']);
    expect(await refused(withPassword(photo), 'slot-003')).toEqual([404, 'SLOT_NOT_FOUND']);
    expect(await refused([['password', INGEST_PASSWORD]])).toEqual([400, 'INVALID_REQUEST']);
    expect(await refused([['hash_hex', 'a'.repeat(64)], ...withPassword(photo)])).toEqual([
      400,
      'CHECKSUM_MISMATCH',
    ]);
    const large = photoOf(1024 * 1024 + 1);
    expect(await refused(withPassword(large))).toEqual([413, 'PAYLOAD_TOO_LARGE']);
    const text = Buffer.from('no image at all');
    expect(await refused(withPassword(text))).toEqual([415, 'MEDIA_TYPE_UNSUPPORTED']);
  });

  it('that take too long are answered at the deadline; as many as there are places are worked on', async () => {
    const begun = performance.now();
    const slow = [1, 2].map(() => ingest(withPassword(photoOf(1000)), {}, 'slot-002'));
    await eventually(async () => {
      const busy = await ingest(withPassword(photoOf(1000)));
      expect([busy.status, busy.code, busy.headers.get('retry-after')]).toEqual([
        429,
        'INGEST_BUSY',
        '2',
      ]);
    });
    for (const answer of await Promise.all(slow)) {
      expect([answer.status, answer.code]).toEqual([504, 'PROVIDER_TIMEOUT']);
      const job = await fetch(`${url}/api/jobs/${answer.headers.get('x-job-id')}`, {
        headers: admin,
      });
      expect(await job.json()).toMatchObject({
        status: 'timeout',
        failure_reason: 'PROVIDER_TIMEOUT',
      });
    }
    const seconds = (performance.now() - begun) / 1000;
    expect(seconds).toBeGreaterThan(9.9);
    expect(seconds).toBeLessThan(14);
    expect((await ingest(withPassword(photoOf(1000)))).status).toBe(200);
  });

  it('are tried with other settings by an administrator, and nothing of these is stored', async () => {
    const path = '/api/slots/slot-003/test-run';
    const photo = photoOf(1000);
    const entries: FormEntries = [
      ['provider', 'echo'],
      ['settings', '{"delay_ms":1}'],
      ['file', photo],
    ];
    const answer = await sendPhoto(url + path, entries, admin);
    expect([answer.status, answer.body.equals(photo)]).toEqual([200, true]);
    const job = await fetch(`${url}/api/jobs/${answer.headers.get('x-job-id')}`, {
      headers: admin,
    });
    expect(await job.json()).toMatchObject({ source: 'ui_test', status: 'done' });
    const slot = await fetch(`${url}/api/slots/slot-003`, { headers: admin });
    expect(await slot.json()).toMatchObject({ provider: null, version: 1 });
    const wrong = await sendPhoto(
      url + path,
      [...entries.slice(0, 1), ['settings', '{"width":-1}'], ['file', photo]],
      admin,
    );
    expect([wrong.status, wrong.code]).toEqual([422, 'VALIDATION_FAILED']);
    expect((await sendPhoto(url + path, entries)).status).toBe(401);
    const reader = bearer(await tokenFor('reader', 'media:read'));
    expect((await sendPhoto(url + path, entries, reader)).code).toBe('SCOPE_MISSING');
  });

  it('that have expired are gone, and are removed for a slot that is asked for', async () => {
    const answer = await ingest(withPassword(photoOf(1000)));
    const jobId = answer.headers.get('x-job-id') ?? '';
    await media.execute(
      `UPDATE media_object SET expires_at = '2020-01-01T00:00:00.000000Z' WHERE job_id = '${jobId}'`,
    );
    expect(await codeAt(`/public/results/${jobId}`)).toEqual([410, 'RESULT_EXPIRED']);
    const remove = async () => {
      const removed = await fetch(`${url}/api/slots/slot-001/cleanup`, {
        method: 'POST',
        headers: admin,
      });
      return [removed.status, await removed.json()];
    };
    expect(await remove()).toEqual([200, { removed: 1, bytes: 1000, is_complete: true }]);
    expect(await remove()).toEqual([200, { removed: 0, bytes: 0, is_complete: true }]);
    expect(await codeAt(`/public/results/${jobId}`)).toEqual([410, 'RESULT_EXPIRED']);
  });
});

describe('a place of the files that cannot be used', () => {
  it.each([
    ['is no folder', { MEDIA_ROOT: '/dev/null/files' }],
    [
      'is a bucket that nobody answers for',
      {
        MEDIA_FILES: 's3',
        MEDIA_S3_ENDPOINT: 'http://127.0.0.1:1',
        MEDIA_S3_BUCKET: 'photos',
        MEDIA_S3_ACCESS_KEY_ID: 'k',
        MEDIA_S3_SECRET_ACCESS_KEY: 's',
      },
    ],
  ])('because it %s is told by a code, and nothing is left', async (_, environment) => {
    const media = await startMedia('SQLITE', { INGEST_PASSWORD, ...environment });
    later(() => media.end());
    const { url } = media.service;
    await openSlot(url);
    const answer = await sendPhoto(`${url}/api/ingest/slot-001`, [
      ['password', INGEST_PASSWORD],
      ['file', photoOf(1000)],
    ]);
    expect([answer.status, answer.code]).toEqual([503, 'MEDIA_FILES_UNAVAILABLE']);
    const job = await fetch(`${url}/api/jobs/${answer.headers.get('x-job-id')}`);
    expect(await job.json()).toMatchObject({
      status: 'failed',
      failure_reason: 'MEDIA_FILES_UNAVAILABLE',
    });
  });
});
