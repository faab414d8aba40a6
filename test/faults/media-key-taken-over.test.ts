import { randomUUID } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import Sqlite from 'better-sqlite3';
import pg from 'pg';
import { beforeEach, describe, expect, it } from '@jest/globals';
import type { Backend } from '@holdfast/guard/store-declaration';
import { SILENT_MS } from '../../src/stores/media/ingest/key-beats.js';
import { cleanup } from '../support/cleanup.js';
import { eventually } from '../support/eventually.js';
import { bodyOf, HttpClient } from '../support/http-client.js';
import { type MediaService, startMedia } from '../support/media/media-service.js';
import { INGEST_PASSWORD } from '../support/media/open-slot.js';
import { sendPhoto } from '../support/media/photo.js';
import { photo } from '../support/media/photos.js';
import { type ProviderServer, startProvider } from '../support/media/provider-server.js';

const { later } = cleanup();

const BACKENDS: readonly Backend[] = ['SQLITE', 'POSTGRES'];
/** Jobs in the order in which they were begun; those that ended before their time was over are early. */
const JOBS = `SELECT status, completed_at < sync_deadline AS early FROM job_history ORDER BY started_at`;

interface SeenJob {
  readonly status: string;
  readonly early: unknown;
}

async function jobsOf({
  environment,
}: MediaService): Promise<readonly (readonly [string, boolean])[]> {
  const rows = environment.DATABASE_URL
    ? await onPostgres(environment.DATABASE_URL)
    : onSqlite(environment.SQLITE_PATH);
  return rows.map(({ status, early }) => [status, Boolean(early)]);
}

async function onPostgres(connectionString: string): Promise<readonly SeenJob[]> {
  const client = new pg.Client({ connectionString });
  await client.connect();
  try {
    return (await client.query<SeenJob>(JOBS)).rows;
  } finally {
    await client.end();
  }
}

function onSqlite(path: string | undefined): readonly SeenJob[] {
  const file = new Sqlite(path, { readonly: true });
  try {
    return file.prepare(JOBS).all() as SeenJob[];
  } finally {
    file.close();
  }
}

describe.each(BACKENDS)('a photo that is sent again under its key, on %s', (backend) => {
  let provider: ProviderServer;
  let media: MediaService;
  let image: Buffer;

  beforeEach(async () => {
    image = await photo();
    provider = await startProvider();
    later(() => provider.stop());
    media = await startMedia(backend, {
      INGEST_PASSWORD,
      // Long after the process of the first is known to be gone.
      T_SYNC_RESPONSE_SECONDS: '60',
      GEMINI_BASE_URL: provider.url,
      GEMINI_API_KEY: 'a-key-of-gemini',
    });
    later(() => media.end());
    const slot = {
      version: 1,
      provider: 'gemini',
      is_active: true,
      settings_json: { prompt: 'A painting' },
    };
    const client = new HttpClient(media.service.url);
    bodyOf(await client.send('PUT', '/api/slots/slot-001', JSON.stringify(slot)), 200);
  });

  const asked = () => provider.asked.filter(({ method }) => method === 'POST').length;
  const isAsked = (times: number) =>
    eventually(() => {
      expect(asked()).toBe(times);
    });
  const answersAfter = (milliseconds: number) => {
    provider.answer = async (_, response) => {
      await wait(milliseconds);
      const inlineData = { data: image.toString('base64') };
      response.end(JSON.stringify({ candidates: [{ content: { parts: [{ inlineData }] } }] }));
    };
  };
  const send = async (url: string, key: string) => {
    const entries = [
      ['password', INGEST_PASSWORD],
      ['file', image],
    ] as const;
    const answer = await sendPhoto(`${url}/api/ingest/slot-001`, entries, {
      'idempotency-key': key,
    });
    return { status: answer.status, code: answer.code, job: answer.headers.get('x-job-id') };
  };

  it('is taken over once the process that had it is gone, long before its time is over', async () => {
    provider.answer = () => undefined;
    const key = randomUUID();
    const first = send(media.service.url, key).catch(() => undefined);
    await isAsked(1);
    const other = backend === 'POSTGRES' ? await media.another() : undefined;
    await media.service.stop('SIGKILL');
    expect(await first).toBeUndefined();
    const { url } = other ?? (await media.another());
    answersAfter(0);
    expect(await send(url, key)).toMatchObject({ status: 200 });
    expect(asked()).toBe(2);
    expect(await jobsOf(media)).toEqual([
      ['timeout', true],
      ['done', true],
    ]);
  }, 180_000);

  it('is worked on once, however long that takes', async () => {
    answersAfter(2 * SILENT_MS);
    const key = randomUUID();
    const other = await media.another();
    const first = send(media.service.url, key);
    await isAsked(1);
    const [one, two] = await Promise.all([first, send(other.url, key)]);
    expect(one).toMatchObject({ status: 200 });
    expect(two).toEqual(one);
    expect(asked()).toBe(1);
    expect(await jobsOf(media)).toEqual([['done', true]]);
  }, 180_000);

  it('is given up by a process that was stopped for too long, and done once', async () => {
    provider.answer = () => undefined;
    const key = randomUUID();
    const other = await media.another();
    const first = send(media.service.url, key);
    await isAsked(1);
    media.service.process.kill('SIGSTOP');
    answersAfter(0);
    const second = await send(other.url, key);
    expect(second).toMatchObject({ status: 200 });
    media.service.process.kill('SIGCONT');
    const late = await first;
    expect(late).toMatchObject({ status: 503, code: 'DATABASE_UNAVAILABLE' });
    expect(await send(media.service.url, key)).toEqual(second);
    expect(asked()).toBe(2);
    expect(await jobsOf(media)).toEqual([
      ['timeout', true],
      ['done', true],
    ]);
  }, 180_000);
});
