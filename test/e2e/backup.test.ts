import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from '@jest/globals';
import Sqlite from 'better-sqlite3';
import { manifestText, parseManifest } from '../../src/backup/manifest.js';
import { backupsIn, isWhole, leftoversIn, manifestIn } from '../support/backup.js';
import { cleanup } from '../support/cleanup.js';
import { documentOf } from '../support/migrate.js';
import { execute, start } from '../support/program.js';

const { later, temporaryFolder } = cleanup();

let folder: string;
let file: string;
let out: string;

const cli = (...args: readonly string[]) =>
  execute('cli.js', args, { APP_PERSISTENCE_PROFILE: 'LOCAL', SQLITE_PATH: file, BACKUP_DIR: out });

beforeEach(async () => {
  folder = temporaryFolder();
  file = join(folder, 'holdfast.sqlite');
  out = join(folder, 'backups');
  expect(await cli('migrate', 'up')).toMatchObject({ code: 0 });
});

/** A connection as the service's, which the test writes through. */
function writer(): Sqlite.Database {
  const connection = new Sqlite(file);
  later(() => connection.close());
  return connection;
}

async function backup(): Promise<string> {
  expect(await cli('backup')).toMatchObject({ code: 0 });
  return backupsIn(out).at(-1) ?? '';
}

describe('holdfast backup and restore of an SQLite file', () => {
  it('brings every row back', async () => {
    const connection = writer();
    connection.exec(`CREATE TABLE kinds (a, b TEXT);
      INSERT INTO kinds VALUES (1, 'x'), (1.5, NULL), (x'00ff', 'ä'), (9007199254740993, '')`);
    const made = await backup();
    expect(isWhole(made)).toBe(true);
    connection.exec('DELETE FROM kinds');
    const restored = join(folder, 'restored.sqlite');
    expect(await cli('restore', made, '--into', restored)).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('are what was backed up at'),
    });
    const other = new Sqlite(restored, { readonly: true });
    later(() => other.close());
    expect(other.prepare('SELECT a, b FROM kinds').safeIntegers().raw().all()).toEqual([
      [1n, 'x'],
      [1.5, null],
      [Buffer.from([0, 255]), 'ä'],
      [9007199254740993n, ''],
    ]);
    expect(readdirSync(folder).filter((name) => name.includes('part'))).toEqual([]);
  });

  it('is of one moment while the file is written to', async () => {
    const connection = writer();
    connection.exec(`CREATE TABLE pairs (a INTEGER, body BLOB);
      WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5000)
      INSERT INTO pairs SELECT 0, randomblob(4000) FROM n`);
    const { ended } = start('cli.js', ['backup', '--json'], {
      APP_PERSISTENCE_PROFILE: 'LOCAL',
      SQLITE_PATH: file,
      BACKUP_DIR: out,
    });
    const over = new AbortController();
    void ended.then(() => {
      over.abort();
    });
    const write = connection.prepare('UPDATE pairs SET a = a + 1');
    while (!over.signal.aborted) {
      write.run();
      await new Promise(setImmediate);
    }
    expect(await ended).toMatchObject({ code: 0 });
    const [made = ''] = backupsIn(out);
    const restored = join(folder, 'restored.sqlite');
    // Both sides of the comparison are of the moment of the backup.
    expect(await cli('restore', made, '--into', restored)).toMatchObject({ code: 0 });
    const other = new Sqlite(restored, { readonly: true });
    later(() => other.close());
    expect(other.prepare('SELECT count(DISTINCT a) FROM pairs').pluck().get()).toBe(1);
  });

  it('has a manifest with all that a restore is compared with', async () => {
    const { databases, ...manifest } = manifestIn(await backup());
    expect(manifest).toMatchObject({
      format: 'holdfast-backup/1',
      profile: 'LOCAL',
      verified_at: null,
      build: { name: 'holdfast', node: process.version },
      files: [{ name: 'primary.sqlite', kind: 'sqlite' }],
    });
    expect(databases).toMatchObject([{ type: 'sqlite', stores: ['dpm', 'advisory'] }]);
    expect(databases[0]?.ledger.map(({ store, version }) => `${store} ${version}`)).toContain(
      'advisory 0001',
    );
    expect(databases[0]?.tables.map(({ name }) => name)).toContain('proposal_records');
    expect(Object.keys(databases[0]?.definitions ?? {})).toContain('table proposal_records');
  });

  it('refuses a target that is there, and leaves it as it was', async () => {
    const made = await backup();
    const restored = join(folder, 'there.sqlite');
    writeFileSync(restored, 'somebody’s');
    expect(await cli('restore', made, '--into', restored)).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('RESTORE_TARGET_NOT_EMPTY'),
    });
    expect(readFileSync(restored, 'utf8')).toBe('somebody’s');
  });

  it.each(['manifest.json', 'primary.sqlite'])(
    'refuses a flipped bit anywhere in %s',
    async (name) => {
      const made = await backup();
      const path = join(made, name);
      const content = readFileSync(path);
      for (const part of [0, 0.3, 0.7, 1]) {
        const changed = Buffer.from(content);
        const at = Math.floor(part * (content.length - 1));
        changed.writeUInt8(changed.readUInt8(at) ^ 1, at);
        writeFileSync(path, changed);
        const restored = join(folder, 'restored.sqlite');
        expect(await cli('restore', made, '--into', restored)).toMatchObject({
          code: 1,
          stderr: expect.stringContaining('BACKUP_INVALID'),
        });
        expect(existsSync(restored)).toBe(false);
      }
    },
  );

  it('refuses a manifest in which any one bit is another', async () => {
    const path = join(await backup(), 'manifest.json');
    const content = readFileSync(path);
    parseManifest(content.toString());
    for (let at = 0; at < content.length; at += 1) {
      const changed = Buffer.from(content);
      changed.writeUInt8(changed.readUInt8(at) ^ (1 << (at % 8)), at);
      expect(() => parseManifest(changed.toString())).toThrow(/manifest\.json/);
    }
  });

  it('refuses a backup with a file too few', async () => {
    const made = await backup();
    writeFileSync(join(made, 'primary.sqlite'), '');
    expect(await cli('restore', made, '--into', join(folder, 'restored.sqlite'))).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('primary.sqlite has 0 bytes'),
    });
    expect(await cli('restore', folder, '--into', 'x')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('BACKUP_INVALID'),
    });
  });

  it('tells what differs when what comes back is not what was backed up, and leaves nothing', async () => {
    const made = await backup();
    const manifest = manifestIn(made);
    const { sha256: _, ...rest } = manifest as typeof manifest & { readonly sha256: string };
    const table = rest.databases[0]?.tables.find(({ name }) => name === 'holdfast_migrations');
    Object.assign(table ?? {}, { digest: '0'.repeat(32) });
    writeFileSync(join(made, 'manifest.json'), manifestText(rest));
    const restored = join(folder, 'restored.sqlite');
    expect(await cli('restore', made, '--into', restored)).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(
        /RESTORE_MISMATCH[^]*the rows of main\.holdfast_migrations differ/,
      ),
    });
    expect(existsSync(restored)).toBe(false);
  });

  it('makes one backup at a time in a folder', async () => {
    await backup();
    const lock = new Sqlite(join(out, '.holdfast-backup.lock'));
    later(() => lock.close());
    lock.exec('BEGIN EXCLUSIVE');
    expect(await cli('backup')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('BACKUP_UNDER_WAY'),
    });
    expect(backupsIn(out)).toHaveLength(1);
    lock.exec('ROLLBACK');
    expect(await cli('backup')).toMatchObject({ code: 0 });
    expect(leftoversIn(out)).toEqual([]);
  });

  it('says that there is nothing to back up, or nowhere to put it', async () => {
    file = join(folder, 'none.sqlite');
    expect(await cli('backup')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('BACKUP_SOURCE_MISSING'),
    });
    expect(existsSync(file)).toBe(false);
    expect(backupsIn(out)).toEqual([]);
    expect(await execute('cli.js', ['backup'], { APP_PERSISTENCE_PROFILE: 'LOCAL' })).toMatchObject(
      {
        code: 64,
      },
    );
    expect(await cli('restore', out)).toMatchObject({ code: 64 });
  });

  it('reports as one document', async () => {
    const made = documentOf(await cli('backup', '--json')) as { readonly folder: string };
    expect(backupsIn(out)).toEqual([made.folder]);
    const restored = join(folder, 'restored.sqlite');
    expect(
      documentOf(await cli('restore', made.folder, '--into', restored, '--json')),
    ).toMatchObject({ database: 'primary', into: restored, notes: [] });
  });
});
