import { expect, it } from '@jest/globals';
import { cleanup } from '../support/cleanup.js';
import { eventually } from '../support/eventually.js';
import { filesBelow } from '../support/media/files-below.js';
import { startMedia } from '../support/media/media-service.js';
import { INGEST_PASSWORD, openSlot } from '../support/media/open-slot.js';
import { photoOf, sendPhoto } from '../support/media/photo.js';
import { mountTmpfs } from '../support/tmpfs.js';

const { later } = cleanup();

it('a place that is read-only while it serves is told by a code and by readiness; results can be had', async () => {
  const disk = mountTmpfs(8);
  later(() => {
    disk.remove();
  });
  const root = `${disk.folder}/files`;
  const media = await startMedia('SQLITE', { INGEST_PASSWORD, MEDIA_ROOT: root });
  later(() => media.end());
  const { url } = media.service;
  await openSlot(url);
  const photo = photoOf(300_000);
  const send = () =>
    sendPhoto(`${url}/api/ingest/slot-001`, [
      ['password', INGEST_PASSWORD],
      ['file', photo],
    ]);
  const first = await send();
  expect(first.status).toBe(200);
  await eventually(async () => {
    expect((await fetch(`${url}/health/ready`)).status).toBe(200);
  });
  await eventually(() => {
    disk.makeReadOnly();
  });
  const refused = await send();
  expect([refused.status, refused.code]).toEqual([503, 'MEDIA_FILES_UNAVAILABLE']);
  const job = await fetch(`${url}/api/jobs/${refused.headers.get('x-job-id')}`);
  expect(await job.json()).toMatchObject({
    status: 'failed',
    failure_reason: 'MEDIA_FILES_UNAVAILABLE',
  });
  await eventually(async () => {
    const ready = await fetch(`${url}/health/ready`);
    expect([ready.status, await ready.json()]).toEqual([
      503,
      expect.objectContaining({
        checks: expect.objectContaining({
          media_files: expect.objectContaining({ code: 'MEDIA_FILES_UNAVAILABLE' }) as unknown,
        }) as unknown,
      }),
    ]);
  });
  const result = await fetch(`${url}/public/results/${first.headers.get('x-job-id')}`);
  expect(Buffer.from(await result.arrayBuffer()).equals(photo)).toBe(true);
  const before = filesBelow(root);
  disk.makeWritable();
  expect((await send()).status).toBe(200);
  await eventually(async () => {
    expect((await fetch(`${url}/health/ready`)).status).toBe(200);
  });
  await eventually(() => {
    expect(filesBelow(root)).toHaveLength(before.length + 1);
  });
});
