import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { truncate } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { ImageInput } from '../../../src/stores/media/drivers/driver.js';
import { newFilePath } from '../../../src/stores/media/files/file-path.js';
import { ReasonError } from '../../../src/stores/media/media.reasons.js';
import { MemoryTemplateRepository } from '../../../src/stores/media/templates/template.repository.memory.js';
import { eventually } from '../../support/eventually.js';
import { type MediaApplication, PASSWORD, startMedia } from '../../support/media/application.js';
import {
  type FormEntries,
  JPEG_HEAD,
  photoOf,
  sendPhoto,
  sha256Of,
} from '../../support/media/photo.js';
import { bomb } from '../../support/media/photos.js';
import { beginPhoto } from '../../support/media/stream-photo.js';

/** Images by their first bytes, whose head says that they are none. */
const UNSOUND = {
  'the first bytes of a PNG': bomb(10, 10).subarray(0, 8),
  'a PNG of 20000 x 20000': bomb(20_000, 20_000),
  'a JPEG whose head breaks off': JPEG_HEAD.subarray(0, -10),
};

let media: MediaApplication;

beforeEach(async () => {
  media = await startMedia({ INGEST_PARALLEL: '2' });
});
afterEach(() => media.close());

const ingest = (entries: FormEntries, headers = {}, signal?: AbortSignal) =>
  sendPhoto(`${media.url}/api/ingest/slot-001`, entries, headers, signal);
const jobs = () => [...media.memory.jobs.values()];
const live = () => media.memory.live().map(({ scope }) => scope);

describe('a photo', () => {
  it('comes back as the image, and is a public result; nothing else is left', async () => {
    const photo = photoOf(300_000);
    const answer = await ingest([
      ['password', PASSWORD],
      ['hash_hex', sha256Of(photo).toUpperCase()],
      ['file', photo],
    ]);
    expect([answer.status, answer.code]).toEqual([200, undefined]);
    expect(answer.body.equals(photo)).toBe(true);
    expect(answer.headers.get('cache-control')).toBe('no-store');
    expect(answer.headers.get('content-type')).toBe('image/jpeg');
    const [job] = jobs();
    expect(answer.headers.get('x-job-id')).toBe(job?.id);
    expect(job).toMatchObject({
      status: 'done',
      source: 'ingest',
      provider: 'test',
      requestSha256: sha256Of(photo),
    });
    expect(live()).toEqual(['result']);
    expect(await media.fileNames()).toHaveLength(1);
    const result = await fetch(`${media.url}/public/results/${job?.id}`);
    expect(Buffer.from(await result.arrayBuffer()).equals(photo)).toBe(true);
    const { text } = await media.metrics.expose();
    expect(text).toContain('holdfast_media_ingest_total{slot="slot-001",outcome="done"} 1');
    expect(text).toContain('holdfast_media_ingest_duration_seconds_bucket{le="48"} 1');
  });

  it('may be sent as fileToUpload, before its password', async () => {
    const photo = photoOf(5000);
    const answer = await ingest([
      ['fileToUpload', photo],
      ['comment', 'hello'],
      ['password', PASSWORD],
    ]);
    expect(answer.status).toBe(200);
    expect(answer.body.equals(photo)).toBe(true);
  });

  it('is changed by the driver, which gets its slot’s settings; the answer is judged anew', async () => {
    const [photo, changed] = [photoOf(5000), photoOf(9000)];
    media.driver.answer = async ({ image, publish }) => {
      await expect(publish(image)).rejects.toThrow(/PUBLIC_MEDIA_BASE_URL/);
      return { bytes: one(changed), contentType: 'text/plain' };
    };
    const answer = await ingest([
      ['password', PASSWORD],
      ['file', photo],
    ]);
    expect([answer.status, answer.headers.get('content-type')]).toEqual([200, 'image/jpeg']);
    expect(answer.body.equals(changed)).toBe(true);
    expect(await media.fileNames()).toHaveLength(1);
  });
});

describe('a template whose file is damaged', () => {
  it.each([
    ['reads it', (image: ImageInput) => sizeOf(image.read())],
    ['takes it in place', (image: ImageInput) => image.withLocal(() => Promise.resolve(0))],
  ])('is given to no provider, which %s', async (_name, read) => {
    const path = newFilePath('template');
    const signal = AbortSignal.timeout(60_000);
    await media.files.store(path, one(photoOf(5000)), { signal, durable: false });
    const template = {
      id: randomUUID(),
      slotId: 'slot-001',
      mediaKind: 'style',
      mediaObjectId: randomUUID(),
      createdAt: new Date().toISOString(),
      updatedAt: new Date().toISOString(),
    };
    const object = {
      id: template.mediaObjectId,
      jobId: null,
      slotId: 'slot-001',
      scope: 'template' as const,
      path,
      contentType: 'image/jpeg',
      bytes: 5000,
      sha256: '',
      expiresAt: null,
      cleanedAt: null,
    };
    await new MemoryTemplateRepository(media.memory).add({ template, object });
    media.driver.answer = async ({ image, templates }) => {
      for (const each of templates) await read(each);
      return { bytes: image.read(), contentType: image.contentType, isInput: true };
    };
    const sent = () =>
      ingest([
        ['password', PASSWORD],
        ['file', photoOf(100)],
      ]);
    expect((await sent()).status).toBe(200);
    await truncate(join(media.root, path), 1000);
    const refused = await sent();
    expect([refused.status, refused.code]).toEqual([503, 'MEDIA_FILES_UNAVAILABLE']);
  });
});

async function sizeOf(content: AsyncIterable<Uint8Array>): Promise<number> {
  let bytes = 0;
  for await (const chunk of content) bytes += chunk.length;
  return bytes;
}

describe('what is refused', () => {
  it.each<[string, FormEntries, number, string]>([
    [
      'a wrong password',
      [
        ['password', 'x'],
        ['file', photoOf(100)],
      ],
      401,
      'INGEST_PASSWORD_INVALID',
    ],
    [
      'a wrong password behind',
      [
        ['file', photoOf(100)],
        ['password', 'x'],
      ],
      401,
      'INGEST_PASSWORD_INVALID',
    ],
    ['no password', [['file', photoOf(100)]], 401, 'INGEST_PASSWORD_INVALID'],
    ['no file', [['password', PASSWORD]], 400, 'INVALID_REQUEST'],
    [
      'two files',
      [
        ['password', PASSWORD],
        ['file', photoOf(100)],
        ['file', photoOf(100)],
      ],
      400,
      'INVALID_REQUEST',
    ],
    [
      'a file of another name',
      [
        ['password', PASSWORD],
        ['other', photoOf(100)],
      ],
      400,
      'INVALID_REQUEST',
    ],
    [
      'a field twice',
      [
        ['password', PASSWORD],
        ['password', PASSWORD],
        ['file', photoOf(100)],
      ],
      400,
      'INVALID_REQUEST',
    ],
    [
      'a long field',
      [
        ['x', 'y'.repeat(70_000)],
        ['password', PASSWORD],
      ],
      400,
      'INVALID_REQUEST',
    ],
    [
      'many fields',
      [...Array.from({ length: 20 }, (_, at) => [`f${at}`, 'y'] as const)],
      400,
      'INVALID_REQUEST',
    ],
    [
      'no checksum',
      [
        ['password', PASSWORD],
        ['hash_hex', 'zz'],
        ['file', photoOf(100)],
      ],
      400,
      'INVALID_REQUEST',
    ],
    [
      'another checksum',
      [
        ['password', PASSWORD],
        ['file', photoOf(100)],
        ['hash_hex', 'a'.repeat(64)],
      ],
      400,
      'CHECKSUM_MISMATCH',
    ],
    [
      'no image',
      [
        ['password', PASSWORD],
        ['file', Buffer.from('%PDF-1.7 and so on')],
      ],
      415,
      'MEDIA_TYPE_UNSUPPORTED',
    ],
    [
      'a file of no bytes',
      [
        ['password', PASSWORD],
        ['file', Buffer.alloc(0)],
      ],
      415,
      'MEDIA_TYPE_UNSUPPORTED',
    ],
    [
      'a large photo',
      [
        ['password', PASSWORD],
        ['file', photoOf(1024 * 1024 + 1)],
      ],
      413,
      'PAYLOAD_TOO_LARGE',
    ],
    [
      'a larger one',
      [
        ['password', PASSWORD],
        ['file', photoOf(3 * 1024 * 1024)],
      ],
      413,
      'PAYLOAD_TOO_LARGE',
    ],
    ...Object.entries(UNSOUND).map<[string, FormEntries, number, string]>(([name, file]) => [
      name,
      [
        ['password', PASSWORD],
        ['file', file],
      ],
      415,
      'MEDIA_TYPE_UNSUPPORTED',
    ]),
  ])('%s', async (_, entries, status, code) => {
    const answer = await ingest(entries);
    expect([answer.status, answer.code]).toEqual([status, code]);
    expect(answer.headers.get('www-authenticate')).toBe(
      status === 401 ? 'Form realm="ingest", field="password"' : null,
    );
    expect(media.driver.tasks).toEqual([]);
    await eventually(async () => {
      expect(await media.fileNames()).toEqual([]);
    });
    expect(live()).toEqual([]);
    const [job] = jobs();
    if (job) {
      expect(job).toMatchObject({ status: 'failed', failureReason: code });
      expect(answer.headers.get('x-job-id')).toBe(job.id);
    } else expect(answer.headers.get('x-job-id')).toBeNull();
  });

  it('a field that is read and comes twice; of others no notice is taken', async () => {
    const tags = [
      ['tags[]', 'a'],
      ['tags[]', 'b'],
    ] as const;
    const taken = await ingest([...tags, ['password', PASSWORD], ['file', photoOf(100)]]);
    expect([taken.status, taken.code]).toEqual([200, undefined]);
    const twice = [
      ['password', PASSWORD],
      ['password', PASSWORD],
    ] as const;
    const refused = await ingest([...twice, ['file', photoOf(100)]]);
    expect(JSON.parse(refused.body.toString())).toMatchObject({
      code: 'INVALID_REQUEST',
      detail: 'the field password comes twice',
    });
  });

  it('more fields than a form of its own has and sixteen beside them, and says how many', async () => {
    const others = (count: number) =>
      Array.from({ length: count }, (_, at) => [`f${at}`, 'y'] as const);
    const own = [
      ['password', PASSWORD],
      ['hash_hex', ''],
    ] as const;
    const taken = await ingest([...own, ...others(16), ['file', photoOf(100)]]);
    expect([taken.status, taken.code]).toEqual([200, undefined]);
    const answer = await ingest([...own, ...others(18), ['file', photoOf(100)]]);
    expect([answer.status, JSON.parse(answer.body.toString())]).toMatchObject([
      400,
      { code: 'INVALID_REQUEST', detail: 'there are more than 19 fields beside the file' },
    ]);
    const two = await ingest([
      ...own,
      ...others(16),
      ['file', photoOf(100)],
      ['file', photoOf(100)],
    ]);
    expect(JSON.parse(two.body.toString())).toMatchObject({
      detail: 'there is more than one file',
    });
  });

  it('a photo of exactly the limit is none of it, with as much beside it as may be', async () => {
    const beside = Array.from({ length: 16 }, (_, at) => [`f${at}`, 'y'.repeat(65_535)] as const);
    const answer = await ingest([
      ['password', PASSWORD],
      ...beside,
      ['file', photoOf(1024 * 1024)],
    ]);
    expect([answer.status, answer.code]).toEqual([200, undefined]);
  });

  it('a photo of exactly the limit is none of it', async () => {
    const answer = await ingest([
      ['password', PASSWORD],
      ['file', photoOf(1024 * 1024)],
    ]);
    expect(answer.status).toBe(200);
  });

  it('slots that are not there, or off', async () => {
    for (const slot of ['slot-off', 'slot-999']) {
      const answer = await sendPhoto(`${media.url}/api/ingest/${slot}`, [['password', PASSWORD]]);
      expect([answer.status, answer.code]).toEqual([404, 'SLOT_NOT_FOUND']);
    }
  });

  it('bodies that are no form', async () => {
    const send = async (body: string, type: string) => {
      const answer = await fetch(`${media.url}/api/ingest/slot-001`, {
        method: 'POST',
        headers: { 'content-type': type },
        body,
      });
      return [answer.status, ((await answer.json()) as { readonly code: string }).code];
    };
    const invalid = [400, 'INVALID_REQUEST'];
    for (const type of ['application/json', 'image/jpeg', 'text/plain', 'multipart/mixed'])
      expect(await send('{}', type)).toEqual([415, 'MEDIA_TYPE_UNSUPPORTED']);
    expect(await send('--x--', 'multipart/form-data')).toEqual(invalid);
    expect(await send('nothing of a form', 'multipart/form-data; boundary=x')).toEqual(invalid);
    const cut = '--x\r\ncontent-disposition: form-data; name="file"; filename="a"\r\n\r\nabc';
    expect(await send(cut, 'multipart/form-data; boundary=x')).toEqual(invalid);
  });
});

describe('a driver that fails', () => {
  it.each([
    ['PROVIDER_RATE_LIMITED', 429],
    ['PROVIDER_FAILED', 502],
    ['MEDIA_FILES_FULL', 503],
  ] as const)('with %s leaves nothing', async (code, status) => {
    media.driver.answer = () => Promise.reject(new ReasonError(code, { retryAfterSeconds: 7 }));
    const answer = await ingest([
      ['password', PASSWORD],
      ['file', photoOf(100)],
    ]);
    expect([answer.status, answer.code]).toEqual([status, code]);
    if (status !== 502) expect(answer.headers.get('retry-after')).toBe('7');
    expect(jobs()).toMatchObject([{ status: 'failed', failureReason: code }]);
    expect(await media.fileNames()).toEqual([]);
    expect(live()).toEqual([]);
  });

  it.each([
    ['no image', () => one(Buffer.from('sorry, no'))],
    ['nothing', () => none()],
    ...Object.entries(UNSOUND).map(([name, file]) => [name, () => one(file)] as const),
  ])('by giving %s', async (_, bytes) => {
    media.driver.answer = () => Promise.resolve({ bytes: bytes(), contentType: 'image/png' });
    const answer = await ingest([
      ['password', PASSWORD],
      ['file', photoOf(100)],
    ]);
    expect([answer.status, answer.code]).toEqual([502, 'PROVIDER_FAILED']);
    expect(await media.fileNames()).toEqual([]);
  });

  it('by taking too long is answered at the deadline, and what it gives later is dropped', async () => {
    media.settings.syncResponseSeconds = 1;
    let late: (() => void) | undefined;
    let read = 0;
    media.driver.answer = () =>
      new Promise((resolve) => {
        late = () => {
          resolve({ bytes: counted(photoOf(100), () => (read += 1)), contentType: 'image/jpeg' });
        };
      });
    const begun = performance.now();
    const answer = await ingest([
      ['password', PASSWORD],
      ['file', photoOf(100)],
    ]);
    const tookMs = performance.now() - begun;
    expect([answer.status, answer.code]).toEqual([504, 'PROVIDER_TIMEOUT']);
    expect(tookMs).toBeGreaterThan(900);
    expect(tookMs).toBeLessThan(2500);
    expect(answer.headers.get('x-job-id')).toBe(jobs()[0]?.id);
    expect(jobs()).toMatchObject([{ status: 'timeout', failureReason: 'PROVIDER_TIMEOUT' }]);
    expect(await media.fileNames()).toEqual([]);
    late?.();
    await wait(200);
    expect([jobs()[0]?.status, read, live()]).toEqual(['timeout', 0, []]);
    expect(await media.fileNames()).toEqual([]);
  });
});

describe('a client that leaves', () => {
  it('ends the driver, and leaves nothing', async () => {
    const leaving = new AbortController();
    let reason: unknown;
    media.driver.answer = ({ signal }) => {
      signal.addEventListener('abort', () => {
        reason = signal.reason;
      });
      leaving.abort();
      return new Promise(() => undefined);
    };
    const sending = ingest(
      [
        ['password', PASSWORD],
        ['file', photoOf(100)],
      ],
      {},
      leaving.signal,
    );
    await expect(sending).rejects.toThrow();
    await eventually(async () => {
      expect(jobs()).toMatchObject([{ status: 'failed', failureReason: 'REQUEST_ABANDONED' }]);
      expect(await media.fileNames()).toEqual([]);
    });
    expect(reason).toMatchObject({ code: 'REQUEST_ABANDONED' });
  });
});

describe('as many photos as there are places', () => {
  it('the next is refused before it is read, and taken when one is done', async () => {
    const release: (() => void)[] = [];
    media.driver.answer = ({ image }) =>
      new Promise((resolve) => {
        release.push(() => {
          resolve({ bytes: image.read(), contentType: image.contentType, isInput: true });
        });
      });
    const form: FormEntries = [
      ['password', PASSWORD],
      ['file', photoOf(100)],
    ];
    const sent = [ingest(form), ingest(form)];
    await eventually(() => {
      expect(release).toHaveLength(2);
    });
    const { checks } = media.settings;
    const refused = await ingest(form);
    expect([refused.status, refused.code]).toEqual([429, 'INGEST_BUSY']);
    expect(refused.headers.get('retry-after')).toBe('2');
    expect(media.settings.checks).toBe(checks);
    for (const each of release) each();
    for (const answer of await Promise.all(sent)) expect(answer.status).toBe(200);
    const last = ingest(form);
    await eventually(() => {
      expect(release).toHaveLength(3);
    });
    release[2]?.();
    expect((await last).status).toBe(200);
  });

  it('those of one network who have proved nothing do not keep out another’s', async () => {
    const begun = [1, 2].map(() => {
      const url = `${media.url}/api/ingest/slot-001`;
      const { sending } = beginPhoto({
        url,
        password: PASSWORD,
        bytes: 1000,
        localAddress: '127.0.0.2',
      });
      // Of the form nothing comes.
      sending.flushHeaders();
      sending.on('error', () => undefined);
      return { sending, answered: once(sending, 'response') as Promise<[IncomingMessage]> };
    });
    const form: FormEntries = [
      ['password', PASSWORD],
      ['file', photoOf(100)],
    ];
    await eventually(async () => {
      const third = beginPhoto({
        url: `${media.url}/api/ingest/slot-001`,
        password: PASSWORD,
        bytes: 1000,
        localAddress: '127.0.0.2',
      });
      third.sending.flushHeaders();
      const [refused] = (await once(third.sending, 'response')) as [IncomingMessage];
      third.sending.destroy();
      expect(refused.statusCode).toBe(429);
    });
    expect((await ingest(form)).status).toBe(200);
    const [lost] = await Promise.race(begun.map(({ answered }) => answered));
    lost.resume();
    expect([lost.statusCode, lost.headers['retry-after']]).toEqual([429, '2']);
    for (const { sending } of begun) sending.destroy();
  });

  it('one that stops coming in keeps its place no longer than its deadline', async () => {
    media.settings.syncResponseSeconds = 1;
    const begun = [1, 2].map(() => {
      const url = `${media.url}/api/ingest/slot-001`;
      const { sending, head } = beginPhoto({ url, password: PASSWORD, bytes: 1000 });
      sending.write(head);
      return once(sending, 'response') as Promise<[IncomingMessage]>;
    });
    const form: FormEntries = [
      ['password', PASSWORD],
      ['file', photoOf(100)],
    ];
    await eventually(async () => {
      expect((await ingest(form)).code).toBe('INGEST_BUSY');
    });
    for (const [answer] of await Promise.all(begun)) {
      answer.resume();
      expect(answer.statusCode).toBe(504);
    }
    expect((await ingest(form)).status).toBe(200);
    expect(live()).toContain('result');
  });
});

describe('a photo under a key', () => {
  const photo = photoOf(2000);
  const form: FormEntries = [
    ['password', PASSWORD],
    ['file', photo],
  ];
  const keyed = (entries: FormEntries = form) => ingest(entries, { 'idempotency-key': 'k1' });

  it('that is sent again is answered by the same job, and with another photo refused', async () => {
    const first = await keyed();
    const again = await keyed();
    expect([again.status, again.headers.get('idempotency-replayed')]).toEqual([200, 'true']);
    expect(again.headers.get('x-job-id')).toBe(first.headers.get('x-job-id'));
    expect(again.body.equals(photo)).toBe(true);
    expect([media.driver.tasks.length, jobs().length]).toEqual([1, 1]);
    const other = await keyed([
      ['password', PASSWORD],
      ['file', photoOf(2000)],
    ]);
    expect([other.status, other.code]).toEqual([409, 'IDEMPOTENCY_KEY_CONFLICT']);
    await eventually(async () => {
      expect(await media.fileNames()).toHaveLength(1);
    });
  });

  it('is not answered by a result whose file is lost or damaged', async () => {
    await keyed();
    const [object] = media.memory.live();
    const path = object?.path ?? '';
    await truncate(join(media.root, path), 1000);
    const damaged = await keyed();
    expect([damaged.status, damaged.code]).toEqual([503, 'MEDIA_FILES_UNAVAILABLE']);
    await media.files.remove(path);
    const lost = await keyed();
    expect([lost.status, lost.code]).toEqual([503, 'MEDIA_FILES_UNAVAILABLE']);
    expect(media.driver.tasks).toHaveLength(1);
  });

  it('waits for the first, and takes over when that fails', async () => {
    let fail: (() => void) | undefined;
    const input = media.driver.answer;
    media.driver.answer = (task) =>
      media.driver.tasks.length > 1
        ? input(task)
        : new Promise((_, reject) => {
            fail = () => {
              reject(new ReasonError('PROVIDER_FAILED'));
            };
          });
    const first = keyed();
    await eventually(() => {
      expect(fail).toBeDefined();
    });
    const second = keyed();
    await wait(400);
    fail?.();
    expect((await first).status).toBe(502);
    expect((await second).status).toBe(200);
    expect(jobs().map(({ status }) => status)).toEqual(['failed', 'done']);
  });

  it('waits for the first, and is answered by it when that is done', async () => {
    let go: (() => void) | undefined;
    media.driver.answer = ({ image }) =>
      new Promise((resolve) => {
        go = () => {
          resolve({ bytes: image.read(), contentType: image.contentType, isInput: true });
        };
      });
    const first = keyed();
    await eventually(() => {
      expect(go).toBeDefined();
    });
    const second = keyed();
    await wait(300);
    go?.();
    const [one, other] = [await first, await second];
    expect(other.headers.get('x-job-id')).toBe(one.headers.get('x-job-id'));
    expect(other.body.equals(photo)).toBe(true);
    expect(media.driver.tasks).toHaveLength(1);
  });

  it('whose result has expired is refused', async () => {
    await keyed();
    for (const [id, object] of media.memory.objects)
      media.memory.objects.set(id, { ...object, expiresAt: '2020-01-01T00:00:00.000Z' });
    const again = await keyed();
    expect([again.status, again.code]).toEqual([410, 'RESULT_EXPIRED']);
  });
});

describe('a photo that its provider fetches', () => {
  it('is public under a name of its own while the job lasts', async () => {
    await media.close();
    media = await startMedia({ PUBLIC_MEDIA_BASE_URL: 'https://photos.example' });
    const photo = photoOf(4000);
    let path = '';
    media.driver.answer = async ({ image, publish }) => {
      const url = await publish(image);
      expect(url.origin).toBe('https://photos.example');
      path = url.pathname;
      const fetched = await fetch(media.url + path);
      expect(fetched.headers.get('cache-control')).toBe('no-store');
      expect(Buffer.from(await fetched.arrayBuffer()).equals(photo)).toBe(true);
      return { bytes: image.read(), contentType: image.contentType, isInput: true };
    };
    const answer = await ingest([
      ['password', PASSWORD],
      ['file', photo],
    ]);
    expect([answer.status, answer.code]).toEqual([200, undefined]);
    await eventually(async () => {
      expect((await fetch(media.url + path)).status).toBe(404);
    });
    expect(await media.fileNames()).toHaveLength(1);
  });
});

// eslint-disable-next-line @typescript-eslint/require-await -- an answer comes in over time.
async function* one(content: Uint8Array): AsyncGenerator<Uint8Array> {
  yield content;
}

// eslint-disable-next-line @typescript-eslint/require-await -- an answer comes in over time.
async function* none(): AsyncGenerator<Uint8Array> {
  yield* [];
}

// eslint-disable-next-line @typescript-eslint/require-await -- an answer comes in over time.
async function* counted(content: Uint8Array, count: () => void): AsyncGenerator<Uint8Array> {
  count();
  yield content;
}
