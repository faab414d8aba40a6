import { join } from 'node:path';
import { writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { newSecretKeyLine } from '@holdfast/guard/secrets/secret-keys';
import { BACKENDS } from '@holdfast/guard/store-declaration';
import { bodyOf, expectProblem, HttpClient } from '../support/http-client.js';
import { type MediaService, startMedia } from '../support/media/media-service.js';
import { workingFolder } from '../support/service.js';

const SETTINGS = '/api/settings';
const TIME = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/) as unknown;
const PASSWORD = 'first-password-of-senders';
const PROVIDER_KEY = 'a-key-of-gemini-that-nobody-sees';

interface Settings {
  readonly version: number;
  readonly ingest_password_rotated_at: string | null;
}

const put = (client: HttpClient, body: object) =>
  client.send('PUT', SETTINGS, JSON.stringify(body));

const read = async (client: HttpClient) => bodyOf(await client.get(SETTINGS), 200) as Settings;

describe.each(BACKENDS)('the settings over HTTP on %s', (backend) => {
  let media: MediaService;
  let client: HttpClient;

  beforeAll(async () => {
    const keys = join(workingFolder(), 'keys');
    writeFileSync(keys, `${newSecretKeyLine('first')}\n`, { mode: 0o400 });
    media = await startMedia(backend, {
      INGEST_PASSWORD: PASSWORD,
      RESULT_TTL_HOURS: '24',
      TURBOTEXT_API_KEY: 'of-the-environment',
      HOLDFAST_SECRET_KEY_FILE: keys,
    });
    client = new HttpClient(media.service.url);
  });
  afterAll(() => media.end());

  it('are at first what the variables say', async () => {
    expect(await read(client)).toEqual({
      sync_response_seconds: 48,
      result_ttl_hours: 24,
      ingest_password_rotated_at: TIME,
      provider_keys: {
        gemini: { configured: false, updated_at: null },
        turbotext: { configured: true, updated_at: null },
      },
      version: 0,
      updated_at: null,
      updated_by: null,
    });
  });

  it('are changed by who has read the last version, and never say a password or a key', async () => {
    const { version, ingest_password_rotated_at: first } = await read(client);
    const answer = await put(client, {
      version,
      sync_response_seconds: 20,
      ingest_password: 'second-password-of-senders',
      provider_keys: { gemini: PROVIDER_KEY },
    });
    expect(bodyOf(answer, 200)).toMatchObject({
      sync_response_seconds: 20,
      result_ttl_hours: 24,
      provider_keys: {
        gemini: { configured: true, updated_at: TIME },
        turbotext: { configured: true, updated_at: null },
      },
      version: version + 1,
      updated_at: TIME,
    });
    const changed = await read(client);
    expect(changed).toEqual(JSON.parse(answer.text));
    expect(changed.ingest_password_rotated_at).not.toBe(first);
    expectProblem(await put(client, { version, result_ttl_hours: 1 }), 409, 'STATE_CONFLICT');
    expect(await read(client)).toEqual(changed);
    for (const text of [answer.text, media.service.output()]) {
      expect(text).not.toContain(PROVIDER_KEY);
      expect(text).not.toContain('password-of-senders');
    }
    bodyOf(await put(client, { version: version + 1, provider_keys: { gemini: null } }), 200);
    expect(await read(client)).toMatchObject({
      provider_keys: { gemini: { configured: false, updated_at: null } },
    });
  });

  it('are changed once by callers that have read the same', async () => {
    const { version } = await read(client);
    const answers = await Promise.all(
      [1, 2, 3, 4, 5, 6].map((hours) => put(client, { version, result_ttl_hours: hours })),
    );
    const statuses = answers.map(({ status }) => status).toSorted();
    expect(statuses).toEqual([200, 409, 409, 409, 409, 409]);
    expect(await read(client)).toMatchObject({ version: version + 1 });
  });

  it('that say nothing change nothing', async () => {
    const before = await read(client);
    expect(bodyOf(await put(client, { version: before.version }), 200)).toEqual(before);
  });

  it.each<[object, string, string]>([
    [{ sync_response_seconds: 9 }, 'sync_response_seconds', 'from 10 to 60'],
    [{ sync_response_seconds: 61 }, 'sync_response_seconds', 'from 10 to 60'],
    [{ result_ttl_hours: 0 }, 'result_ttl_hours', 'from 1 to 720'],
    [{ result_ttl_hours: 721 }, 'result_ttl_hours', 'from 1 to 720'],
    [{ ingest_password: 'too short' }, 'ingest_password', '12'],
    [{ provider_keys: { echo: 'x' } }, 'provider_keys', 'echo'],
    [{ provider_keys: { gemini: ' ' } }, 'provider_keys.gemini', '1'],
    [{ version: -1 }, 'version', '0'],
  ])('%j are refused', async (body, path, told) => {
    const { version } = await read(client);
    const answer = await put(client, { version, ...body });
    const problem = expectProblem(answer, 422, 'VALIDATION_FAILED');
    expect(problem.errors?.map((error) => error.path)).toEqual([path]);
    expect(problem.errors?.[0]?.message).toContain(told);
    expect(await read(client)).toMatchObject({ version });
  });
});

describe('a process without a key file', () => {
  let media: MediaService;
  let client: HttpClient;

  beforeAll(async () => {
    media = await startMedia('SQLITE');
    client = new HttpClient(media.service.url);
  });
  afterAll(() => media.end());

  it('stores no key of a provider, nor what comes with it', async () => {
    const body = { version: 0, result_ttl_hours: 5, provider_keys: { turbotext: PROVIDER_KEY } };
    expectProblem(await put(client, body), 409, 'PROVIDER_KEY_REQUIRES_SECRET_KEY');
    expect(await read(client)).toMatchObject({ version: 0, result_ttl_hours: 72 });
    expect(media.service.output()).not.toContain(PROVIDER_KEY);
  });

  it('has no password at first', async () => {
    expect(await read(client)).toMatchObject({ ingest_password_rotated_at: null });
  });

  it('keeps what has been changed when it starts with other variables', async () => {
    bodyOf(await put(client, { version: 0, result_ttl_hours: 5 }), 200);
    const other = await media.another({ RESULT_TTL_HOURS: '700', INGEST_PASSWORD: PASSWORD });
    const settings = await read(new HttpClient(other.url));
    expect(settings).toMatchObject({ result_ttl_hours: 5, version: 1 });
    expect(settings.ingest_password_rotated_at).toEqual(TIME);
  });
});
