import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, describe, expect, it } from '@jest/globals';
import { createDatabase, type TestDatabase } from '@holdfast/testing/temporary-database';
import { cleanup } from '../support/cleanup.js';
import { eventually } from '../support/eventually.js';
import { startShippedLoadBalancer } from '../support/haproxy.js';
import { startMediaBucket } from '../support/media/bucket.js';
import { INGEST_PASSWORD, openSlot } from '../support/media/open-slot.js';
import { type AcknowledgedResult, lookAt, PhotoClients } from '../support/media/photo-clients.js';
import { run, type Service, startService } from '../support/service.js';

/** `KILLS=30` for a proof by hand. */
const KILLS = Number(process.env.KILLS ?? 6);
const CLIENTS = 6;
const BETWEEN_MS = 2000;
/** From the moment at which expiry is set: longer than an instance keeps a row that it has read. */
const EXPIRES_IN_MS = 4000;
/** Results whose expiry is watched at both instances. */
const WATCHED = 4;

interface Seen {
  readonly sentAt: number;
  readonly answeredAt: number;
  readonly answer: string;
}

describe('two replicas behind deploy/haproxy.cfg, with PostgreSQL and a bucket', () => {
  const { later } = cleanup();
  const figures: string[] = [];
  afterAll(() => {
    process.stdout.write(`${figures.join('\n')}\n`);
  });

  it(
    `give every acknowledged result until it expires, and 410 from then on, over ${KILLS} times SIGKILL`,
    async () => {
      const database = await createDatabase();
      later(() => database.drop());
      const { server, environment: bucket } = await startMediaBucket();
      later(() => server.stop());
      const environment = {
        APP_PERSISTENCE_PROFILE: 'PRODUCTION',
        HOST: '127.0.0.1',
        DATABASE_URL: database.url,
        MIGRATE_ON_START: 'true',
        MEDIA_ENABLED: 'true',
        INGEST_PASSWORD,
        // What is lost with a process ends soon, and cleanup runs between all the rest.
        T_SYNC_RESPONSE_SECONDS: '10',
        MEDIA_CLEANUP_INTERVAL_SECONDS: '1',
        ...bucket,
      };
      const started = async (port = '0'): Promise<Service> => {
        const service = await startService({ ...environment, PORT: port });
        later(() => service.stop('SIGKILL'));
        return service;
      };
      const first = await started();
      const instances: [Service, Service] = [first, await started()];
      const balancer = await startShippedLoadBalancer([instances[0].url, instances[1].url]);
      later(() => balancer.stop());
      await openSlot(first.url);

      const clients = new PhotoClients(balancer.url, CLIENTS);
      for (let kill = 0; kill < KILLS; kill += 1) {
        await wait(BETWEEN_MS * (0.5 + Math.random()));
        const at = kill % 2 === 0 ? 0 : 1;
        const { port } = new URL(instances[at].url);
        await instances[at].stop('SIGKILL');
        instances[at] = await started(port);
        await eventually(async () => {
          expect(await balancer.isUp()).toEqual([true, true]);
        });
      }
      await wait(BETWEEN_MS);
      await clients.stop();
      const { acknowledged, counts } = clients;
      expect(clients.wrong).toEqual([]);
      expect(acknowledged.length).toBeGreaterThan(KILLS * CLIENTS);
      // Some were under way when their instance was killed, and were taken under their key in the end.
      expect(counts.again).toBeGreaterThan(0);
      expect(new Set(acknowledged.map(({ jobId }) => jobId)).size).toBe(acknowledged.length);
      const urls = instances.map(({ url }) => url);
      await expectThere(urls, acknowledged);

      // No second job is done for any photo, and none is left under way.
      await eventually(async () => {
        expect(await jobsOf(database)).toMatchObject({ done: acknowledged.length, pending: 0 });
      }, 60_000);

      const half = Math.ceil(acknowledged.length / 2);
      const [over, staying] = [acknowledged.slice(0, half), acknowledged.slice(half)];
      const watched = await watchExpiry(database, urls, over);
      expect(watched.before).toBeGreaterThan(0);
      expect(watched.after).toBeGreaterThan(0);
      expect(watched.wrong).toEqual([]);
      for (const url of urls)
        for (const { jobId } of over)
          expect([jobId, await lookAt(url, jobId)]).toEqual([jobId, '410 RESULT_EXPIRED']);
      const files = await pathsOf(database, over);
      expect(files).toHaveLength(over.length);
      await eventually(() => {
        const stored = new Set(server.objects());
        expect(files.filter((path) => stored.has(path))).toEqual([]);
      });
      await expectThere(urls, staying);
      const fsck = await run('cli.js', ['media', 'fsck', '--json'], environment);
      expect(JSON.parse(fsck.stdout)).toMatchObject({ media: { missing: { count: 0 } } });

      figures.push(
        `${KILLS} times SIGKILL: ${acknowledged.length} results acknowledged of ${counts.requests} requests, ` +
          `${counts.again} taken when sent again, ${counts.repeated} of them by the result of the first; ` +
          `${counts.looks} looks meanwhile, ${counts.looksAgain} of them again; each at both in the end: 0 lost, 0 other bytes; ` +
          `${watched.before} looks before expiry 200, ${watched.after} after it 410; ${over.length} expired, ${staying.length} stay`,
      );
    },
    240_000 + KILLS * 30_000,
  );
});

/** Each result, at each instance, with the bytes that were sent. */
async function expectThere(
  urls: readonly string[],
  results: readonly AcknowledgedResult[],
): Promise<void> {
  const lost: string[] = [];
  for (const url of urls)
    for (const { jobId, sha256 } of results) {
      const seen = await lookAt(url, jobId);
      if (seen !== `200 ${sha256}`) lost.push(`${jobId}: ${seen}`);
    }
  expect(lost).toEqual([]);
}

async function jobsOf(database: TestDatabase): Promise<Readonly<Record<string, number>>> {
  const rows = await database.query<{ readonly status: string; readonly jobs: number }>(
    'SELECT status, count(*)::int AS jobs FROM job_history GROUP BY status',
  );
  return { pending: 0, ...Object.fromEntries(rows.map(({ status, jobs }) => [status, jobs])) };
}

async function pathsOf(
  database: TestDatabase,
  results: readonly AcknowledgedResult[],
): Promise<readonly string[]> {
  const ids = results.map(({ jobId }) => `'${jobId}'`).join(', ');
  const rows = await database.query<{ readonly path: string }>(
    `SELECT path FROM media_object WHERE scope = 'result' AND job_id IN (${ids})`,
  );
  return rows.map(({ path }) => path);
}

/** Lets results expire in a moment, and looks at some of them at each instance until they have. */
async function watchExpiry(
  database: TestDatabase,
  urls: readonly string[],
  results: readonly AcknowledgedResult[],
) {
  const expiresAt = Date.now() + EXPIRES_IN_MS;
  const ids = results.map(({ jobId }) => `'${jobId}'`).join(', ');
  const at = `'${new Date(expiresAt).toISOString()}'`;
  await database.query(`UPDATE media_object SET expires_at = ${at} WHERE job_id IN (${ids})`);
  await database.query(`UPDATE job_history SET result_expires_at = ${at} WHERE id IN (${ids})`);
  const seen: (Seen & { readonly is: AcknowledgedResult })[] = [];
  const watch = async (url: string, is: AcknowledgedResult) => {
    for (;;) {
      const sentAt = Date.now();
      const answer = await lookAt(url, is.jobId);
      const answeredAt = Date.now();
      seen.push({ sentAt, answeredAt, answer, is });
      if (sentAt > expiresAt + 1000) return;
      await wait(20);
    }
  };
  const some = results.slice(0, WATCHED);
  await Promise.all(urls.flatMap((url) => some.map((is) => watch(url, is))));
  const before = seen.filter(({ answeredAt }) => answeredAt < expiresAt);
  const after = seen.filter(({ sentAt }) => sentAt >= expiresAt);
  return {
    before: before.length,
    after: after.length,
    wrong: [
      ...before.filter(({ answer, is }) => answer !== `200 ${is.sha256}`),
      ...after.filter(({ answer }) => answer !== '410 RESULT_EXPIRED'),
    ],
  };
}
