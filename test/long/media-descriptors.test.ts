import { randomUUID } from 'node:crypto';
import { readdirSync, readlinkSync } from 'node:fs';
import { request } from 'node:http';
import { setTimeout as wait } from 'node:timers/promises';
import { expect, it } from '@jest/globals';
import { cleanup } from '../support/cleanup.js';
import { eventually } from '../support/eventually.js';
import { startMediaBucket } from '../support/media/bucket.js';
import { startMedia } from '../support/media/media-service.js';
import { INGEST_PASSWORD, openSlot } from '../support/media/open-slot.js';
import { photoOf, sendPhoto } from '../support/media/photo.js';
import { beginPhoto } from '../support/media/stream-photo.js';

const { later } = cleanup();

const REQUESTS = 500;
const AT_ONCE = 20;
const BYTES = 900_000;

/** What the descriptors of a process lead to, but for what Node keeps for itself and connections that stay open. */
function openIn(pid: number | undefined): readonly string[] {
  const folder = `/proc/${pid}/fd`;
  return readdirSync(folder).flatMap((name) => {
    try {
      return [readlinkSync(`${folder}/${name}`)];
    } catch {
      return [];
    }
  });
}

/** So many at a time. */
async function inTurns(requests: number, work: (turn: number) => Promise<void>): Promise<void> {
  let turn = 0;
  const worker = async () => {
    while (turn < requests) await work((turn += 1));
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
}

/** Asks for a result, and leaves: before the answer, at its head, or in the middle of it. */
function leaveResult(url: string, turn: number): Promise<void> {
  const headers = turn % 5 === 0 ? { range: 'bytes=1-800000' } : {};
  return new Promise((resolve) => {
    const asking = request(url, { headers, agent: false });
    asking
      .on('error', () => undefined)
      .on('close', () => {
        resolve();
      });
    asking.on('response', (answer) => {
      if (turn % 3 === 1) asking.destroy();
      else answer.once('data', () => asking.destroy());
    });
    asking.end();
    if (turn % 3 === 0) void wait(turn % 7).then(() => asking.destroy());
  });
}

/** Sends a photo, and leaves in the middle of it, or when all has been sent. */
function leavePhoto(url: string, turn: number): Promise<void> {
  return new Promise((resolve) => {
    const { sending, head, end } = beginPhoto({
      url,
      password: INGEST_PASSWORD,
      bytes: BYTES,
      headers: { connection: 'close', ...(turn % 2 === 0 && { 'idempotency-key': randomUUID() }) },
    });
    sending
      .on('error', () => undefined)
      .on('close', () => {
        resolve();
      });
    // Busy, or another answer before the end.
    sending.on('response', (answer) => {
      answer.resume();
      sending.destroy();
    });
    sending.write(head);
    const isWhole = turn % 4 === 0;
    sending.write(Buffer.alloc(isWhole ? BYTES - 4 : 300_000 + turn));
    if (isWhole) sending.end(end);
    void wait(5 + (turn % 60)).then(() => sending.destroy());
  });
}

it.each(['folder', 's3'])(
  `a service with a %s has no file open after ${REQUESTS} downloads and uploads whose clients left`,
  async (place) => {
    const bucket = place === 's3' ? await startMediaBucket() : undefined;
    if (bucket) later(() => bucket.server.stop());
    const media = await startMedia('SQLITE', {
      INGEST_PASSWORD,
      RATE_LIMIT_REQUESTS: '0',
      MEDIA_CLEANUP_INTERVAL_SECONDS: '0',
      ...bucket?.environment,
    });
    later(() => media.end());
    const { url, process: service } = media.service;
    await openSlot(url);
    const ingest = `${url}/api/ingest/slot-001`;
    const send = () =>
      sendPhoto(ingest, [
        ['password', INGEST_PASSWORD],
        ['file', photoOf(BYTES)],
      ]);
    const { headers } = await send();
    const result = `${url}/public/results/${headers.get('x-job-id')}`;
    const files = () =>
      openIn(service.pid).filter(
        (each) => each.includes('/files/') || each.includes('holdfast-media'),
      );
    const sockets = () => openIn(service.pid).filter((each) => each.startsWith('socket:')).length;
    const others = () => openIn(service.pid).filter((each) => !each.startsWith('socket:'));
    const leave = async (requests: number) => {
      await inTurns(requests, (turn) => leaveResult(result, turn));
      await inTurns(requests, (turn) => leavePhoto(ingest, turn));
      await eventually(() => {
        expect(files()).toEqual([]);
      });
    };
    // What is made for the first of them stays, as threads.
    await leave(3 * AT_ONCE);
    const before = { others: others(), sockets: sockets() };
    await leave(REQUESTS);
    await eventually(() => {
      expect([others().length, others().toSorted()]).toEqual([
        before.others.length,
        before.others.toSorted(),
      ]);
      // Connections to the bucket are kept for a while.
      expect(sockets()).toBeLessThanOrEqual(before.sockets + AT_ONCE);
    });
    // No place of a photo is lost with its client, either.
    expect((await send()).status).toBe(200);
  },
  300_000,
);
