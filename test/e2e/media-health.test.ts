import { existsSync, mkdirSync, renameSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createDatabase, type TestDatabase } from '@holdfast/testing/temporary-database';
import { startMediaBucket } from '../support/media/bucket.js';
import { INGEST_PASSWORD, openSlot } from '../support/media/open-slot.js';
import { type FormEntries, photoOf, sendPhoto } from '../support/media/photo.js';
import { filesBelow, settledFilesBelow } from '../support/media/files-below.js';
import { cleanup } from '../support/cleanup.js';
import { eventually } from '../support/eventually.js';
import { execute } from '../support/program.js';
import { type Service, startService } from '../support/service.js';

const { later, temporaryFolder } = cleanup();

const IN_MEMORY = {
  DATABASE_URL: '',
  APP_PERSISTENCE_PROFILE: 'LOCAL',
  MIGRATE_ON_START: 'false',
};

interface Health {
  readonly status: string;
  readonly checks: Readonly<
    Record<string, { readonly ok: boolean; readonly detail: string; readonly code?: string }>
  >;
}

let database: TestDatabase;
beforeAll(async () => {
  database = await createDatabase();
});
afterAll(() => database.drop());

const environmentOf = (
  root: string,
  given: Record<string, string> = {},
): Record<string, string> => ({
  DATABASE_URL: database.url,
  APP_PERSISTENCE_PROFILE: 'PRODUCTION',
  MEDIA_ENABLED: 'true',
  MEDIA_ROOT: root,
  MEDIA_ROOT_DURABLE: 'true',
  MIGRATE_ON_START: 'true',
  HEALTH_PROBE_TIMEOUT_MS: '2000',
  ...given,
});

async function started(root: string, given: Record<string, string> = {}): Promise<Service> {
  const service = await startService(environmentOf(root, given));
  later(() => service.stop('SIGKILL'));
  return service;
}

async function ready({ url }: Service): Promise<{ status: number; health: Health }> {
  const response = await fetch(`${url}/health/ready`);
  return { status: response.status, health: (await response.json()) as Health };
}

describe('readiness of the media store', () => {
  it('is for the place of the files, with its free space, and leaves nothing there but its identity', async () => {
    const root = join(temporaryFolder(), 'media');
    const service = await started(root);
    await eventually(async () => {
      const { status, health } = await ready(service);
      expect(status).toBe(200);
      expect(health.checks.media_files).toMatchObject({
        ok: true,
        detail: expect.stringMatching(
          /^takes and gives files, \d+\.\d of \d+\.\d GiB free$/,
        ) as unknown,
      });
    });
    await eventually(() => {
      expect(filesBelow(root)).toHaveLength(1);
    });
    const metrics = await (await fetch(`${service.url}/metrics`)).text();
    const value = (name: string) => Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(metrics)?.[1]);
    expect(value('holdfast_media_free_bytes')).toBeGreaterThan(0);
    expect(value('holdfast_media_size_bytes')).toBeGreaterThan(value('holdfast_media_free_bytes'));

    // Where there was a folder there is none any more, and then one again.
    rmSync(root, { recursive: true });
    writeFileSync(root, '');
    await eventually(async () => {
      const { status, health } = await ready(service);
      expect([status, health.checks.media_files?.code]).toEqual([503, 'MEDIA_FILES_UNAVAILABLE']);
    });
    rmSync(root);
    mkdirSync(root);
    await eventually(async () => {
      expect((await ready(service)).health.checks.media_files?.code).not.toBe(
        'MEDIA_FILES_UNAVAILABLE',
      );
    });
  });

  it('finds an instance whose files are at another place, as `check` does before it serves', async () => {
    await database.drop();
    database = await createDatabase();
    const [shared, other] = [temporaryFolder(), temporaryFolder()];
    const one = await started(shared, { INGEST_PASSWORD });
    await eventually(async () => {
      expect((await ready(one)).status).toBe(200);
    });
    await openSlot(one.url);
    const another = await started(shared);
    await eventually(async () => {
      expect((await ready(another)).status).toBe(200);
    });

    const check = (root: string) => execute('cli.js', ['check', '--connect'], environmentOf(root));
    const go = await check(shared);
    expect(go.stdout).toContain('the place that the other instances have');
    const noGo = await check(other);
    expect(noGo.stdout).toContain('MEDIA_FILES_NOT_SHARED');
    expect(noGo.code).toBe(1);

    const astray = await started(other);
    await eventually(async () => {
      const { status, health } = await ready(astray);
      expect([status, health.checks.media_files?.code]).toEqual([503, 'MEDIA_FILES_NOT_SHARED']);
    });
    // Nobody would find a photo again that it took.
    const photo = await sendPhoto(`${astray.url}/api/ingest/slot-001`, [
      ['password', INGEST_PASSWORD],
      ['file', photoOf(1000)],
    ]);
    expect([photo.status, photo.code]).toEqual([503, 'MEDIA_FILES_UNAVAILABLE']);
    const stranger = await sendPhoto(`${astray.url}/api/ingest/slot-001`, [
      ['file', photoOf(1000)],
    ]);
    expect([stranger.status, stranger.code]).toEqual([401, 'INGEST_PASSWORD_INVALID']);
    // As its runbook says, where the old place is lost.
    const [, path = '', identity = ''] =
      /: (\S+) is missing in it, which says (\S+) there/.exec(noGo.stdout) ?? [];
    expect(path).not.toBe('');
    for (const told of [photo.body.toString(), JSON.stringify(await ready(astray))]) {
      expect(told).not.toContain(path);
      expect(told).not.toContain(identity);
    }
    expect(astray.output()).toContain(identity);
    mkdirSync(join(other, path, '..'), { recursive: true });
    writeFileSync(join(other, path), `${identity}\n`);
    await eventually(async () => {
      expect((await ready(astray)).status).toBe(200);
    });
  });

  it('acknowledges no photo once the place is away, and makes none in its stead', async () => {
    await database.drop();
    database = await createDatabase();
    const root = join(temporaryFolder(), 'media');
    const service = await started(root, { INGEST_PASSWORD });
    const isReady = () =>
      eventually(async () => {
        expect((await ready(service)).status).toBe(200);
      });
    const post = async (path: string, fields: FormEntries) => {
      const { status, code } = await sendPhoto(`${service.url}${path}`, [
        ...fields,
        ['file', photoOf(1000)],
      ]);
      return [status, code];
    };
    const photo = () => post('/api/ingest/slot-001', [['password', INGEST_PASSWORD]]);
    const template = () =>
      post('/api/template-media', [
        ['slot_id', 'slot-001'],
        ['media_kind', 'style'],
      ]);
    await isReady();
    await openSlot(service.url);
    for (const send of [photo, template]) {
      expect((await send())[0]).toBeLessThan(300);
      // What a mount was on is there, and empty.
      renameSync(root, `${root}.away`);
      mkdirSync(root);
      expect(await send()).toEqual([503, 'MEDIA_FILES_UNAVAILABLE']);
      await eventually(async () => {
        expect((await ready(service)).status).toBe(503);
        expect(filesBelow(root)).toEqual([]);
      });
      rmSync(root, { recursive: true });
      renameSync(`${root}.away`, root);
      await isReady();
      expect((await send())[0]).toBeLessThan(300);

      renameSync(root, `${root}.away`);
      expect(await send()).toEqual([503, 'MEDIA_FILES_UNAVAILABLE']);
      await eventually(async () => {
        expect((await ready(service)).status).toBe(503);
      });
      expect(existsSync(root)).toBe(false);
      renameSync(`${root}.away`, root);
      await isReady();
    }
    const fsck = await execute('cli.js', ['media', 'fsck'], environmentOf(root));
    expect(fsck.stdout).toContain('media rows: 0 whose files are missing');
    const damaged =
      (await settledFilesBelow(root)).find((path) => path.startsWith('result/')) ?? '';
    truncateSync(join(root, damaged), 500);
    const told = await execute('cli.js', ['media', 'fsck', '--json'], environmentOf(root));
    expect([told.code, JSON.parse(told.stdout)]).toMatchObject([
      1,
      { media: { missing: { count: 0 }, damaged: { count: 1, paths: [damaged] } } },
    ]);
    const named = await execute('cli.js', ['media', 'fsck', '--repair'], environmentOf(root));
    expect(named.code).toBe(1);
    expect(named.stdout).toContain(`damaged: their sizes differ\n  ${damaged}\n`);
    expect(filesBelow(root)).toContain(damaged);
  });

  it.each(['result', 'template', 'provider', 'temp'])(
    'is red where nothing can be stored in %s',
    async (scope) => {
      const root = join(temporaryFolder(), 'media');
      const service = await started(root, IN_MEMORY);
      await eventually(async () => {
        expect((await ready(service)).status).toBe(200);
      });
      rmSync(join(root, scope), { recursive: true, force: true });
      writeFileSync(join(root, scope), '');
      await eventually(async () => {
        const { status, health } = await ready(service);
        expect([status, health.checks.media_files?.code]).toEqual([503, 'MEDIA_FILES_UNAVAILABLE']);
      });
    },
  );

  it('finds an instance whose files are in another bucket', async () => {
    await database.drop();
    database = await createDatabase();
    const [shared, other] = [await startMediaBucket(), await startMediaBucket()];
    for (const { server } of [shared, other]) later(() => server.stop());
    const bucket = ({ environment }: typeof shared) => ({
      ...environment,
      MEDIA_ROOT_DURABLE: 'false',
    });
    const one = await started(temporaryFolder(), bucket(shared));
    await eventually(async () => {
      expect((await ready(one)).status).toBe(200);
    });
    const check = (given: typeof shared) =>
      execute('cli.js', ['check', '--connect'], environmentOf(temporaryFolder(), bucket(given)));
    const go = await check(shared);
    expect([go.code, go.stdout]).toEqual([
      0,
      expect.stringContaining('the place that the other instances have'),
    ]);
    const noGo = await check(other);
    expect([noGo.code, noGo.stdout]).toEqual([
      1,
      expect.stringContaining('MEDIA_FILES_NOT_SHARED'),
    ]);
    const astray = await started(temporaryFolder(), bucket(other));
    await eventually(async () => {
      const { status, health } = await ready(astray);
      expect([status, health.checks.media_files?.code]).toEqual([503, 'MEDIA_FILES_NOT_SHARED']);
    });
  });

  it('tells of a provider that cannot be reached, and is no less ready', async () => {
    let status = 200;
    const keys: unknown[] = [];
    const provider = createServer(({ headers }, response) => {
      keys.push(headers['x-goog-api-key']);
      response.writeHead(status).end('{}');
    });
    await new Promise<void>((resolve) => provider.listen(0, '127.0.0.1', resolve));
    later(() => provider.close());
    const given = {
      GEMINI_API_KEY: 'AIza-of-a-test-0123456789',
      GEMINI_BASE_URL: `http://127.0.0.1:${(provider.address() as AddressInfo).port}`,
    };
    const service = await started(temporaryFolder(), { ...given, ...IN_MEMORY });
    await eventually(async () => {
      const { health } = await ready(service);
      expect(health.checks.providers).toMatchObject({
        ok: true,
        detail: 'those with a key answer',
      });
    });
    expect(keys).toEqual([given.GEMINI_API_KEY]);

    status = 403;
    const refused = await started(temporaryFolder(), { ...given, ...IN_MEMORY });
    await eventually(async () => {
      const answer = await ready(refused);
      expect(answer.health.checks.providers).toMatchObject({ ok: false, code: 'PROVIDER_FAILED' });
      expect(answer).toMatchObject({ status: 200, health: { status: 'degraded' } });
    });
    expect(JSON.stringify(await ready(refused))).not.toContain(given.GEMINI_API_KEY);
  });
});
