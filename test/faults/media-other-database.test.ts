import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, describe, expect, it } from '@jest/globals';
import { createDatabase, type TestDatabase } from '@holdfast/testing/temporary-database';
import { ORPHAN_AGE_MS } from '../../src/stores/media/cleanup/orphans.js';
import { cleanup } from '../support/cleanup.js';
import { eventually } from '../support/eventually.js';
import { startMediaBucket } from '../support/media/bucket.js';
import { INGEST_PASSWORD, openSlot } from '../support/media/open-slot.js';
import { lookAt, PhotoClients } from '../support/media/photo-clients.js';
import { photoOf, sendPhoto } from '../support/media/photo.js';
import { run, type Service, startService } from '../support/service.js';

/** `KILLS=30` for a proof by hand. */
const KILLS = Number(process.env.KILLS ?? 6);
const INSTANCES = 3;
const CLIENTS = 2;
const BETWEEN_MS = 2000;

type Variables = Readonly<Record<string, string>>;

describe('a bucket that a second database is pointed at', () => {
  const { later } = cleanup();
  const figures: string[] = [];
  afterAll(() => {
    process.stdout.write(`${figures.join('\n')}\n`);
  });

  it(
    `loses nothing of the first to it, over ${KILLS} times SIGKILL`,
    async () => {
      const { server, environment: bucket } = await startMediaBucket();
      later(() => server.stop());
      const environmentOf = ({ url }: TestDatabase): Variables => ({
        APP_PERSISTENCE_PROFILE: 'PRODUCTION',
        HOST: '127.0.0.1',
        DATABASE_URL: url,
        MIGRATE_ON_START: 'true',
        MEDIA_ENABLED: 'true',
        INGEST_PASSWORD,
        T_SYNC_RESPONSE_SECONDS: '10',
        MEDIA_CLEANUP_INTERVAL_SECONDS: '1',
        ...bucket,
      });
      const database = async () => {
        const made = await createDatabase();
        later(() => made.drop());
        return made;
      };
      const started = async (environment: Variables, port = '0'): Promise<Service> => {
        const service = await startService({ ...environment, PORT: port });
        later(() => service.stop('SIGKILL'));
        return service;
      };
      const first = await database();
      const own = environmentOf(first);
      const instances = [await started(own)];
      // The place is named by its readiness.
      await eventually(async () => {
        expect((await fetch(`${instances[0]?.url}/health/ready`)).status).toBe(200);
      });
      while (instances.length < INSTANCES) instances.push(await started(own));
      await openSlot(instances[0]?.url ?? '');

      // One database with a service of its own, and one that has never had any.
      const other = environmentOf(await database());
      const never = environmentOf(await database());
      expect(await run('cli.js', ['migrate', 'up'], never)).toMatchObject({ code: 0 });
      const stranger = await started(other);
      await openSlot(stranger.url);

      const clients = instances.map(({ url }) => new PhotoClients(url, CLIENTS));
      let isOver = false;
      const told: string[] = [];
      const lookAfter = async (environment: Variables) => {
        while (!isOver)
          for (const args of [['cleanup'], ['cleanup', '--dry-run'], ['fsck', '--repair']]) {
            const { code, stdout } = await run('cli.js', ['media', ...args, '--json'], environment);
            const { error } = JSON.parse(stdout) as { readonly error?: { readonly code: string } };
            told.push(`${code} ${error?.code}`);
          }
      };
      const strangers = [other, never].map(lookAfter);
      for (let kill = 0; kill < KILLS; kill += 1) {
        await wait(BETWEEN_MS * (0.5 + Math.random()));
        const at = kill % INSTANCES;
        const { port } = new URL(instances[at]?.url ?? '');
        await instances[at]?.stop('SIGKILL');
        // To everybody they are old enough to be removed, did no row need them.
        server.makeOld(await lastingOf(first), 2 * ORPHAN_AGE_MS);
        instances[at] = await started(own, port);
      }
      await Promise.all(clients.map((each) => each.stop()));
      server.makeOld(await lastingOf(first), 2 * ORPHAN_AGE_MS);
      const settled = told.length;
      await eventually(() => {
        expect(told.length).toBeGreaterThan(settled + 2 * 3);
      });
      isOver = true;
      await Promise.all(strangers);

      // While the stranger's own cleanup, of each second, is at it, the command leaves it to that.
      const refusals = told.filter((each) => !each.endsWith(' PURGE_UNDER_WAY'));
      expect(new Set(refusals)).toEqual(new Set(['1 MEDIA_FILES_NOT_SHARED']));
      const refused = await sendPhoto(`${stranger.url}/api/ingest/slot-001`, [
        ['password', INGEST_PASSWORD],
        ['file', photoOf(1000)],
      ]);
      expect([refused.status, refused.code]).toEqual([503, 'MEDIA_FILES_UNAVAILABLE']);
      expect((await fetch(`${stranger.url}/health/ready`)).status).toBe(503);
      expect(clients.flatMap(({ wrong }) => wrong)).toEqual([]);
      const acknowledged = clients.flatMap((each) => each.acknowledged);
      expect(acknowledged.length).toBeGreaterThan(KILLS);
      const lost: string[] = [];
      for (const { url } of instances)
        for (const { jobId, sha256 } of acknowledged) {
          const seen = await lookAt(url, jobId);
          if (seen !== `200 ${sha256}`) lost.push(`${jobId}: ${seen}`);
        }
      expect(lost).toEqual([]);
      const fsck = await run('cli.js', ['media', 'fsck', '--json'], own);
      expect(JSON.parse(fsck.stdout)).toMatchObject({ media: { missing: { count: 0 } } });
      figures.push(
        `${KILLS} times SIGKILL at ${INSTANCES} instances: ${acknowledged.length} results acknowledged, 0 lost, ` +
          `${refusals.length} cleanups and repairs of two other databases refused`,
      );
    },
    240_000 + KILLS * 30_000,
  );
});

/** Paths of all results, whose rows are there. */
async function lastingOf(database: TestDatabase): Promise<readonly string[]> {
  const rows = await database.query<{ readonly path: string }>(
    `SELECT path FROM media_object WHERE scope = 'result'`,
  );
  return rows.map(({ path }) => path);
}
