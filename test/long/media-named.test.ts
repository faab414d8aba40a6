import { execFile } from 'node:child_process';
import { copyFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from '@jest/globals';
import Sqlite from 'better-sqlite3';
import { cleanup } from '../support/cleanup.js';
import { startMediaBucket } from '../support/media/bucket.js';
import { filesBelow } from '../support/media/files-below.js';
import { type Environment, execute } from '../support/program.js';
import { WITHOUT_CALLERS } from '../support/without-callers.js';

const { later, temporaryFolder } = cleanup();

const IDENTITY = 'template/0000-00-00/00000000-0000-4000-8000-000000000000';

/** More than there are on the way. */
const MOST_STEPS = 20;

let migrated: string;
beforeEach(async () => {
  migrated = join(temporaryFolder(), 'migrated.sqlite');
  const environment = { SQLITE_PATH: migrated, MEDIA_ENABLED: 'true' };
  expect(await execute('cli.js', ['migrate', 'up'], environment)).toMatchObject({ code: 0 });
});

/** A database that has named no place. */
function database(): { readonly path: string; readonly says: () => string | undefined } {
  const path = join(temporaryFolder(), 'media.sqlite');
  copyFileSync(migrated, path);
  return {
    path,
    says: () => {
      const file = new Sqlite(path, { readonly: true });
      const row = file.prepare(`SELECT value FROM settings WHERE key = 'files_identity'`).get();
      file.close();
      return (row as { readonly value: string } | undefined)?.value;
    },
  };
}

/** @returns what has become of it: `OWN`, a reason code, or nothing where it was killed */
function claim(place: Environment, path: string, killedBefore = MOST_STEPS): Promise<string> {
  const args = ['--conditions', '@holdfast/source', '--import', './bench/support/typescript.mjs'];
  const env = {
    PATH: process.env.PATH,
    ...WITHOUT_CALLERS,
    ...place,
    SQLITE_PATH: path,
    MEDIA_ENABLED: 'true',
    LOG_FORMAT: 'json',
  };
  return new Promise((resolve, reject) => {
    execFile(
      process.execPath,
      [...args, 'test/support/media/claim.ts', String(killedBefore)],
      { env },
      (error, stdout) => {
        if (error && error.signal !== 'SIGKILL') reject(new Error(error.message));
        else resolve(stdout);
      },
    );
  });
}

interface Place {
  readonly environment: Environment;
  /** What the file says by which instances see that they share the place; empty where there is none. */
  readonly says: () => Promise<string>;
  readonly files: () => readonly string[];
}

function folder(): Promise<Place> {
  const root = temporaryFolder();
  const files = () => filesBelow(root);
  return Promise.resolve({
    environment: { MEDIA_FILES: 'folder', MEDIA_ROOT: root },
    says: () =>
      Promise.resolve(
        files().includes(IDENTITY) ? readFileSync(join(root, IDENTITY), 'utf8').trim() : '',
      ),
    files,
  });
}

async function bucket(): Promise<Place> {
  const { server, environment } = await startMediaBucket();
  later(() => server.stop());
  return {
    environment,
    says: async () => {
      const answer = await fetch(`${server.endpoint}/${server.bucket}/${IDENTITY}`);
      const text = await answer.text();
      return answer.ok ? text.trim() : '';
    },
    files: server.objects,
  };
}

describe.each([
  ['a folder', folder],
  ['a bucket', bucket],
])('%s that an instance names, which is killed', (_, open) => {
  it('is named by the next one, whenever it was, and by no other database after that', async () => {
    let killed = 0;
    for (let step = 1; ; step += 1) {
      const place = await open();
      const [own, other] = [database(), database()];
      const first = await claim(place.environment, own.path, step);
      expect(await claim(place.environment, own.path)).toBe('OWN');
      expect(await place.says()).toBe(own.says());
      expect(await claim(place.environment, other.path)).toBe('MEDIA_FILES_NOT_SHARED');
      expect(other.says()).toBeUndefined();
      expect(await claim(place.environment, own.path)).toBe('OWN');
      // At most what the killed one has left, which is a file that no row needs.
      expect(place.files().length).toBeLessThanOrEqual(2);
      if (first === 'OWN') break;
      expect(first).toBe('');
      killed += 1;
    }
    expect(killed).toBeGreaterThanOrEqual(8);
  });

  it("is named by another database before that: each place is one database's alone", async () => {
    for (let step = 1; ; step += 1) {
      const place = await open();
      const [own, other] = [database(), database()];
      const first = await claim(place.environment, own.path, step);
      const second = await claim(place.environment, other.path);
      const third = await claim(place.environment, own.path);
      expect([second, third]).toContain('MEDIA_FILES_NOT_SHARED');
      expect([second, third]).toContain('OWN');
      expect(await place.says()).toBe((third === 'OWN' ? own : other).says());
      if (first === 'OWN') break;
    }
  });

  it('and is another one for the next instance, is named by none but the first', async () => {
    for (let step = 1; ; step += 1) {
      const [place, elsewhere] = [await open(), await open()];
      const own = database();
      const first = await claim(place.environment, own.path, step);
      const isSaid = own.says() !== undefined;
      const strange = await claim(elsewhere.environment, own.path);
      expect(strange).toBe(isSaid ? 'MEDIA_FILES_NOT_SHARED' : 'OWN');
      expect(await claim(place.environment, own.path)).toBe(
        isSaid ? 'OWN' : 'MEDIA_FILES_NOT_SHARED',
      );
      if (isSaid) expect(elsewhere.files()).toEqual([]);
      if (first === 'OWN') break;
    }
  });
});
