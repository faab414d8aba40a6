import { readdirSync } from 'node:fs';
import { expect, it } from '@jest/globals';
import { cleanup } from '../support/cleanup.js';
import { eventually } from '../support/eventually.js';
import { startMedia } from '../support/media/media-service.js';
import { INGEST_PASSWORD, openSlot } from '../support/media/open-slot.js';
import { photoOf, sendPhoto } from '../support/media/photo.js';
import { mountTmpfs } from '../support/tmpfs.js';

const { later } = cleanup();

it('a full disk is told by a code, results that are there can be had, and nothing half is left', async () => {
  const disk = mountTmpfs(8);
  later(() => {
    disk.remove();
  });
  const media = await startMedia('SQLITE', { INGEST_PASSWORD, MEDIA_ROOT: `${disk.folder}/files` });
  later(() => media.end());
  const { url } = media.service;
  await openSlot(url);
  const photo = photoOf(900_000);
  const send = () =>
    sendPhoto(`${url}/api/ingest/slot-001`, [
      ['password', INGEST_PASSWORD],
      ['file', photo],
    ]);
  const first = await send();
  expect(first.status).toBe(200);
  disk.fill();
  const refused = await send();
  expect([refused.status, refused.code]).toEqual([503, 'MEDIA_FILES_FULL']);
  const result = await fetch(`${url}/public/results/${first.headers.get('x-job-id')}`);
  expect(Buffer.from(await result.arrayBuffer()).equals(photo)).toBe(true);
  const files = () =>
    readdirSync(`${disk.folder}/files`, { recursive: true, withFileTypes: true }).filter((entry) =>
      entry.isFile(),
    );
  await eventually(() => {
    expect(files().filter(({ parentPath }) => !parentPath.endsWith('0000-00-00'))).toHaveLength(1);
  });
  disk.free();
  expect((await send()).status).toBe(200);
});
