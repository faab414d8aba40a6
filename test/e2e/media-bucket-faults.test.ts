import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { eventually } from '../support/eventually.js';
import {
  type BucketFault,
  type FaultyBucket,
  startFaultyBucket,
} from '../support/media/faulty-bucket.js';
import { type MediaService, startMedia } from '../support/media/media-service.js';
import { INGEST_PASSWORD, openSlot } from '../support/media/open-slot.js';
import { photoOf, sendPhoto } from '../support/media/photo.js';

describe('a bucket that fails while the service runs', () => {
  let bucket: FaultyBucket;
  let media: MediaService;
  let url: string;
  let resultPath: string;
  const photo = photoOf(300_000);

  const send = () =>
    sendPhoto(`${url}/api/ingest/slot-001`, [
      ['password', INGEST_PASSWORD],
      ['file', photo],
    ]);
  const ready = async () => {
    const answer = await fetch(`${url}/health/ready`);
    const { checks } = (await answer.json()) as {
      readonly checks: Readonly<Record<string, { readonly code?: string }>>;
    };
    return [answer.status, checks.media_files?.code];
  };
  const failureOf = async (jobId: string | null) =>
    (await (await fetch(`${url}/api/jobs/${jobId}`)).json()) as object;

  beforeAll(async () => {
    bucket = await startFaultyBucket();
    media = await startMedia('SQLITE', {
      ...bucket.environment,
      INGEST_PASSWORD,
      T_SYNC_RESPONSE_SECONDS: '10',
    });
    ({ url } = media.service);
    await openSlot(url);
    const first = await send();
    expect([first.status, first.body.equals(photo)]).toEqual([200, true]);
    resultPath = `/public/results/${first.headers.get('x-job-id')}`;
  });
  afterAll(async () => {
    await media.end();
    await bucket.stop();
  });

  it.each<readonly [BucketFault, number, string, object]>([
    [
      'refuses',
      503,
      'MEDIA_FILES_UNAVAILABLE',
      { status: 'failed', failure_reason: 'MEDIA_FILES_UNAVAILABLE' },
    ],
    [
      'down',
      503,
      'MEDIA_FILES_UNAVAILABLE',
      { status: 'failed', failure_reason: 'MEDIA_FILES_UNAVAILABLE' },
    ],
    ['silent', 504, 'PROVIDER_TIMEOUT', { status: 'timeout', failure_reason: 'PROVIDER_TIMEOUT' }],
  ])(
    'because it %s: a coded answer, not ready, nothing half, and well again',
    async (fault, status, code, job) => {
      const objects = bucket.objects();
      bucket.fail(fault);
      const answer = await send();
      expect([answer.status, answer.code]).toEqual([status, code]);
      expect(await failureOf(answer.headers.get('x-job-id'))).toMatchObject(job);
      await eventually(async () => {
        expect(await ready()).toEqual([503, 'MEDIA_FILES_UNAVAILABLE']);
      });
      const result = await fetch(url + resultPath);
      expect([result.status, await result.json()]).toEqual([
        503,
        expect.objectContaining({ code: 'MEDIA_FILES_UNAVAILABLE' }),
      ]);
      bucket.fail('none');
      await eventually(async () => {
        expect(await ready()).toEqual([200, undefined]);
      });
      await eventually(() => {
        expect(results(bucket)).toEqual(results({ objects: () => objects }));
      });
      const again = await send();
      expect([again.status, again.body.equals(photo)]).toEqual([200, true]);
    },
  );

  it('because it is slow: photos and results are whole, only later, and it is ready', async () => {
    bucket.fail('slow');
    const [answer, result] = await Promise.all([send(), fetch(url + resultPath)]);
    expect([answer.status, answer.body.equals(photo)]).toEqual([200, true]);
    expect(Buffer.from(await result.arrayBuffer()).equals(photo)).toBe(true);
    expect(await ready()).toEqual([200, undefined]);
    bucket.fail('none');
  });

  it('in the middle of a result: nobody takes half of it for the whole', async () => {
    bucket.fail('cuts');
    const cut = await fetch(url + resultPath);
    expect([cut.status, cut.headers.get('content-length')]).toEqual([200, '300000']);
    await expect(cut.arrayBuffer()).rejects.toThrow();
    bucket.fail('none');
    const whole = await fetch(url + resultPath);
    expect(Buffer.from(await whole.arrayBuffer()).equals(photo)).toBe(true);
  });
});

/** Objects but for those that a probe may have just made. */
function results({ objects }: Pick<FaultyBucket, 'objects'>): readonly string[] {
  return objects().filter((key) => key.startsWith('result/'));
}
