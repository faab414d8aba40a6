import { readdir, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import Sqlite from 'better-sqlite3';
import { expect, it } from '@jest/globals';
import { cleanup } from '../support/cleanup.js';
import { photoOf, sendPhoto } from '../support/media/photo.js';
import { run, startService, workingFolder } from '../support/service.js';

const { later } = cleanup();

const KILLS = 50;
const PASSWORD = 'a-long-enough-password';
/** After the password has been hashed, longer than a photo takes here. */
const FIRST_MS = 500;
const LONGEST_MS = 2000;
/** So much is sent at once, and again until the process is gone. */
const CLIENTS = 4;

interface Fsck {
  readonly media: {
    readonly rows: number;
    readonly missing: { readonly count: number; readonly paths: readonly string[] };
    readonly orphans: { readonly count: number; readonly removed: number };
  };
}

it('kills while photos come in and files are removed leave no result without its file, and nothing that is not found', async () => {
  const folder = workingFolder();
  const database = join(folder, 'media.sqlite');
  const files = join(folder, 'files');
  const environment = {
    MEDIA_ENABLED: 'true',
    MEDIA_STORE_BACKEND: 'SQLITE',
    SQLITE_PATH: database,
    MEDIA_ROOT: files,
    INGEST_PASSWORD: PASSWORD,
    MEDIA_CLEANUP_INTERVAL_SECONDS: '1',
  };
  const commands = { ...environment, MEDIA_CLEANUP_INTERVAL_SECONDS: '0' };
  const fsck = async (...flags: readonly string[]) => {
    const ended = await run('cli.js', ['media', 'fsck', '--json', ...flags], commands, folder);
    return { code: ended.code, ...(JSON.parse(ended.stdout) as Fsck) };
  };
  let answered = 0;
  let [killedIngest, killedCleanup] = [0, 0];
  for (let kill = 0; kill < KILLS; kill += 1) {
    if (kill % 5 === 4) {
      expireSome(database);
      freeLease(database);
      await age(files);
      const cleaning = run('cli.js', ['media', 'cleanup'], commands, folder, (child) =>
        setTimeout(() => child.kill('SIGKILL'), 60 + Math.random() * 200),
      );
      if ((await cleaning).signal === 'SIGKILL') killedCleanup += 1;
      continue;
    }
    const service = await startService(environment, folder);
    later(() => service.stop('SIGKILL'));
    if (kill === 0) await openSlot(service.url);
    if (kill % 3 === 2) expireSome(database);
    const sending = Array.from({ length: CLIENTS }, async () => {
      for (;;) {
        const answer = await sendPhoto(`${service.url}/api/ingest/slot-001`, [
          ['password', PASSWORD],
          ['file', photoOf(1_000_000)],
        ]);
        expect(answer.status).toBe(200);
        answered += 1;
      }
    });
    await wait(FIRST_MS + Math.random() * LONGEST_MS);
    await service.stop('SIGKILL');
    for (const { status } of await Promise.allSettled(sending)) expect(status).toBe('rejected');
    killedIngest += 1;
  }
  expect(killedIngest).toBe(40);
  expect(killedCleanup).toBeGreaterThan(4);
  expect(answered).toBeGreaterThan(20);

  await age(files);
  const found = await fsck();
  expect(found.media.missing).toEqual({ count: 0, paths: [] });
  expect(found.media.orphans.count).toBeGreaterThan(0);
  const repaired = await fsck('--repair');
  expect([repaired.code, repaired.media.orphans.removed]).toEqual([0, found.media.orphans.count]);
  const left = await fsck();
  expect([left.code, left.media.orphans.count, left.media.missing.count]).toEqual([0, 0, 0]);
  freeLease(database);
  const cleaned = await run('cli.js', ['media', 'cleanup', '--json'], commands, folder);
  expect(cleaned.code).toBe(0);
  const live = livePaths(database);
  const scopes = new Set(live.map((path) => path.split('/')[0]));
  // Rows of uploads whose time has not come may be left; their files, too.
  expect([...scopes].every((scope) => scope === 'result' || scope === 'temp')).toBe(true);
  const kept = (await filesIn(files)).filter((path) => path.startsWith('result/')).sort();
  expect(kept).toEqual(live.filter((path) => path.startsWith('result/')));
}, 900_000);

async function openSlot(url: string): Promise<void> {
  const answer = await fetch(`${url}/api/slots/slot-001`, {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ version: 1, provider: 'echo', is_active: true }),
  });
  expect(answer.status).toBe(200);
}

/** Some results are over. */
function expireSome(database: string): void {
  const connection = new Sqlite(database, { timeout: 10_000 });
  connection.exec(
    `UPDATE media_object SET expires_at = '2020-01-01T00:00:00.000000Z'
      WHERE scope = 'result' AND cleaned_at IS NULL AND id < '8'`,
  );
  connection.close();
}

/** A process that was killed would have it for two minutes. */
function freeLease(database: string): void {
  const connection = new Sqlite(database, { timeout: 10_000 });
  connection.exec('DELETE FROM media_leases');
  connection.close();
}

function livePaths(database: string): readonly string[] {
  const connection = new Sqlite(database, { timeout: 10_000 });
  const paths = connection
    .prepare<[], string>('SELECT path FROM media_object WHERE cleaned_at IS NULL ORDER BY path')
    .pluck()
    .all();
  connection.close();
  return paths;
}

async function filesIn(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name).slice(folder.length + 1));
}

/** An hour passes for the files. */
async function age(folder: string): Promise<void> {
  const at = new Date(Date.now() - 3_600_000);
  for (const path of await filesIn(folder)) await utimes(join(folder, path), at, at);
}
