import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { expect, it } from '@jest/globals';
import { cleanup } from '../support/cleanup.js';
import { startMedia } from '../support/media/media-service.js';
import { INGEST_PASSWORD, openSlot } from '../support/media/open-slot.js';
import { JPEG_HEAD, photoOf, sendPhoto } from '../support/media/photo.js';
import { beginPhoto } from '../support/media/stream-photo.js';

const { later } = cleanup();

/** INGEST_PARALLEL, where nobody has set it. */
const PLACES = 30;
const BYTES = 1000;

it('thirty photos are taken in at once, and one more is told to come back', async () => {
  const media = await startMedia('SQLITE', { INGEST_PASSWORD });
  later(() => media.end());
  await openSlot(media.service.url);
  const url = `${media.service.url}/api/ingest/slot-001`;
  const begun = Array.from({ length: PLACES + 1 }, () => {
    const { sending, head, end } = beginPhoto({ url, password: INGEST_PASSWORD, bytes: BYTES });
    const photo = { sending, end, answer: undefined as IncomingMessage | undefined };
    const answered = (once(sending, 'response') as Promise<[IncomingMessage]>).then(([answer]) => {
      answer.resume();
      photo.answer = answer;
    });
    sending.write(head);
    return Object.assign(photo, { answered });
  });
  // All of them wait for the rest of their photos but the one that finds no place.
  await Promise.race(begun.map(({ answered }) => answered));
  const refused = begun.filter(({ answer }) => answer);
  expect(refused.map(({ answer }) => [answer?.statusCode, answer?.headers['retry-after']])).toEqual(
    [[429, '2']],
  );
  refused[0]?.sending.destroy();
  const taken = begun.filter(({ answer }) => !answer);
  for (const { sending, end } of taken) {
    // The photo's head has been sent with the fields.
    sending.write(Buffer.alloc(BYTES - JPEG_HEAD.length));
    sending.end(end);
  }
  await Promise.all(taken.map(({ answered }) => answered));
  expect(taken.map(({ answer }) => answer?.statusCode)).toEqual(
    Array.from({ length: PLACES }, () => 200),
  );
  const last = await sendPhoto(url, [
    ['password', INGEST_PASSWORD],
    ['file', photoOf(BYTES)],
  ]);
  expect(last.status).toBe(200);
});
