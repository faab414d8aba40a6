import { join } from 'node:path';
import { writeFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { newSecretKeyLine } from '@holdfast/guard/secrets/secret-keys';
import type { Backend } from '@holdfast/guard/store-declaration';
import { cleanup } from '../support/cleanup.js';
import { eventually } from '../support/eventually.js';
import { bodyOf, HttpClient } from '../support/http-client.js';
import { startMedia } from '../support/media/media-service.js';
import { INGEST_PASSWORD } from '../support/media/open-slot.js';
import { photoOf, sendPhoto } from '../support/media/photo.js';
import { photo } from '../support/media/photos.js';
import { startProvider } from '../support/media/provider-server.js';
import { run, workingFolder } from '../support/service.js';

const { later } = cleanup();
const BACKENDS: readonly Backend[] = ['SQLITE', 'POSTGRES'];
const PROVIDER_KEY = 'a-key-of-gemini-that-nobody-sees';
const [OLD, NEW] = [newSecretKeyLine('old'), newSecretKeyLine('new')];

describe.each(BACKENDS)('the key of a provider that is stored on %s', (backend) => {
  it('goes to the provider alone, and is encrypted anew before its key is taken out', async () => {
    const provider = await startProvider();
    later(() => provider.stop());
    const keyFile = join(workingFolder(), 'keys');
    const keys = (...lines: readonly string[]) => {
      writeFileSync(keyFile, `${lines.join('\n')}\n`, { mode: 0o600 });
    };
    keys(OLD);
    /** Without those that ask whether it is there. */
    const images = () => provider.asked.filter(({ method }) => method === 'POST');
    const media = await startMedia(backend, {
      INGEST_PASSWORD,
      T_SYNC_RESPONSE_SECONDS: '10',
      HOLDFAST_SECRET_KEY_FILE: keyFile,
      GEMINI_BASE_URL: provider.url,
    });
    later(() => media.end());
    const client = new HttpClient(media.service.url);
    const put = async (path: string, body: object) =>
      bodyOf(await client.send('PUT', path, JSON.stringify(body)), 200);
    await put('/api/settings', { version: 0, provider_keys: { gemini: PROVIDER_KEY } });
    const slot = { version: 1, provider: 'gemini', is_active: true };
    await put('/api/slots/slot-001', { ...slot, settings_json: { prompt: 'A painting' } });
    const before = bodyOf(await client.get('/api/settings'), 200) as { readonly version: number };
    const ingest = async (url: string) => {
      const answer = await sendPhoto(`${url}/api/ingest/slot-001`, [
        ['password', INGEST_PASSWORD],
        ['file', photoOf(1000)],
      ]);
      return [answer.status, answer.code, answer.headers.get('retry-after')];
    };

    provider.answer = (_, response) => {
      response.writeHead(429, { 'retry-after': '30' }).end('{}');
    };
    expect(await ingest(media.service.url)).toEqual([429, 'PROVIDER_RATE_LIMITED', '30']);
    const data = (await photo()).toString('base64');
    provider.answer = (_, response) => {
      response.end(
        JSON.stringify({ candidates: [{ content: { parts: [{ inlineData: { data } }] } }] }),
      );
    };
    expect(await ingest(media.service.url)).toEqual([200, undefined, null]);
    expect(images().at(-1)?.headers['x-goog-api-key']).toBe(PROVIDER_KEY);

    // An instance that was given other keys.
    keys(NEW);
    const another = await media.another();
    const asked = images().length;
    expect(await ingest(another.url)).toEqual([503, 'PROVIDER_KEY_UNREADABLE', '1']);
    expect(images()).toHaveLength(asked);
    const rotate = async (...flags: readonly string[]) => {
      const args = ['secret', 'rotate', '--stored', '--json', ...flags];
      const ended = await run('cli.js', args, media.environment, media.folder);
      return [ended.code, JSON.parse(ended.stdout) as unknown];
    };
    expect(await rotate()).toEqual([
      78,
      {
        error: expect.objectContaining({
          code: 'SECRET_KEY_UNKNOWN',
          message:
            'the media store holds a value of the key old, which is not in the key file; nothing has been written',
        }) as unknown,
      },
    ]);

    keys(NEW, OLD);
    const told = (rotated: number, current: number, dryRun = false) => [
      0,
      { key_id: 'new', dry_run: dryRun, files: [], stored: { rotated, current } },
    ];
    expect(await rotate('--dry-run')).toEqual(told(1, 0, true));
    expect(await rotate()).toEqual(told(1, 0));
    expect(await rotate()).toEqual(told(0, 1));
    keys(NEW);
    for (const url of [another.url, media.service.url])
      await eventually(async () => {
        expect(await ingest(url)).toEqual([200, undefined, null]);
      });
    expect(images().at(-1)?.headers['x-goog-api-key']).toBe(PROVIDER_KEY);
    // Who has read the settings before has to read them again; the key is as old as it was.
    expect(bodyOf(await client.get('/api/settings'), 200)).toEqual({
      ...before,
      version: before.version + 1,
    });
    for (const output of [media.service.output(), another.output()])
      expect(output).not.toContain(PROVIDER_KEY);
  }, 120_000);
});
