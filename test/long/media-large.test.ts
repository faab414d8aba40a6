import { expect, it } from '@jest/globals';
import { cleanup } from '../support/cleanup.js';
import { startMedia } from '../support/media/media-service.js';
import { residentBytes, streamPhoto } from '../support/media/stream-photo.js';

const { later } = cleanup();

const PASSWORD = 'a-long-enough-password';
const MIB = 1024 * 1024;
const LARGE_BYTES = 2000 * MIB;
const MOST_GROWTH_BYTES = 64 * MIB;

async function started() {
  const media = await startMedia('SQLITE', {
    INGEST_PASSWORD: PASSWORD,
    T_SYNC_RESPONSE_SECONDS: '60',
  });
  later(() => media.end());
  const { url, process } = media.service;
  const put = await fetch(`${url}/api/slots/slot-001`, {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ version: 1, provider: 'echo', is_active: true, size_limit_mb: 2048 }),
  });
  expect(put.status).toBe(200);
  return { url: `${url}/api/ingest/slot-001`, pid: process.pid };
}

it('a photo of 2 GB passes, and takes no memory', async () => {
  const { url, pid } = await started();
  // What is loaded for the first one stays.
  for (let turn = 0; turn < 3; turn += 1)
    expect(await streamPhoto({ url, password: PASSWORD, bytes: 20 * MIB })).toMatchObject({
      status: 200,
    });
  const before = residentBytes(pid);
  let most = before;
  const watching = setInterval(() => {
    most = Math.max(most, residentBytes(pid));
  }, 50);
  later(() => {
    clearInterval(watching);
  });
  const answer = await streamPhoto({ url, password: PASSWORD, bytes: LARGE_BYTES });
  expect(answer).toEqual({ status: 200, bytes: LARGE_BYTES });
  expect((most - before) / MIB).toBeLessThan(MOST_GROWTH_BYTES / MIB);
}, 200_000);

it('a photo may take longer to arrive than other requests may, up to its own bound', async () => {
  const { url } = await started();
  const begun = performance.now();
  const pieceBytes = 1024;
  const answer = await streamPhoto({
    url,
    password: PASSWORD,
    bytes: 40 * pieceBytes,
    pieceBytes,
    pauseMs: 1000,
  });
  expect(answer).toEqual({ status: 200, bytes: 40 * pieceBytes });
  expect(performance.now() - begun).toBeGreaterThan(39_000);
}, 120_000);
