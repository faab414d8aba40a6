import { spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { basename, join } from 'node:path';
import { beforeEach, describe, expect, it } from '@jest/globals';
import Sqlite from 'better-sqlite3';
import { newestProof } from '../../src/backup/folder/proof-age.js';
import { type Manifest, manifestText, parseManifest } from '../../src/backup/manifest.js';
import { backupsIn, isWhole, leftoversIn, manifestIn } from '../support/backup.js';
import { cleanup } from '../support/cleanup.js';
import { eventually } from '../support/eventually.js';
import { documentOf } from '../support/migrate.js';
import { type Environment, execute, start } from '../support/program.js';
import { startService } from '../support/service.js';

const { later, temporaryFolder } = cleanup();

let folder: string;
let file: string;
let out: string;

const environment = (): Environment => ({
  APP_PERSISTENCE_PROFILE: 'LOCAL',
  SQLITE_PATH: file,
  BACKUP_DIR: out,
});
const cli = (...args: readonly string[]) => execute('cli.js', args, environment());

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

async function backup(...words: readonly string[]): Promise<string> {
  expect(await cli('backup', ...words)).toMatchObject({ code: 0 });
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
    const { ended } = start('cli.js', ['backup', '--json'], environment());
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

  it('removes what a restore to the same place has left whose process is gone', async () => {
    const made = await backup();
    const gone = spawnSync('true').pid;
    const left = ['', '-wal', '-shm'].map((end) => `.left.sqlite.${gone}.part${end}`);
    const kept = [`.left.sqlite.${process.pid}.part`, `.other.sqlite.${gone}.part`];
    for (const name of [...left, ...kept]) writeFileSync(join(folder, name), 'x');
    const restored = join(folder, 'left.sqlite');
    expect(await cli('restore', made, '--into', restored)).toMatchObject({ code: 0 });
    const parts = readdirSync(folder).filter((name) => name.includes('.part'));
    expect(parts.toSorted()).toEqual(kept.toSorted());
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

  it('says of an empty database that it is, also when it is verified', async () => {
    const note = 'note: the primary database holds no rows of the stores';
    expect((await cli('backup', '--verify')).stdout).toContain(note);
    expect(documentOf(await cli('backup', '--json'))).toMatchObject({ empty: ['primary'] });
    writer().exec('CREATE TABLE own (a); INSERT INTO own VALUES (1)');
    expect((await cli('backup', '--verify')).stdout).not.toContain(note);
  });

  it('says what to do with the journal that a killed writer has left', async () => {
    const writes = `const d = new (require('better-sqlite3'))(process.argv[1]);
      d.pragma('journal_mode = DELETE'); d.pragma('cache_size = 1');
      d.exec('CREATE TABLE own (a); BEGIN');
      for (let i = 0; i < 500; i++) d.prepare('INSERT INTO own VALUES (randomblob(5000))').run();
      process.kill(process.pid, 'SIGKILL');`;
    expect(spawnSync(process.execPath, ['-e', writes, file]).signal).toBe('SIGKILL');
    const refused = await cli('backup');
    expect(refused).toMatchObject({ code: 1 });
    expect(refused.stderr).toMatch(/BACKUP_FAILED[^]*has left \S+-journal.*PRAGMA quick_check/);
    const healed = new Sqlite(file);
    expect(healed.pragma('quick_check', { simple: true })).toBe('ok');
    healed.close();
    await backup();
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

  it('says so where the system makes no folders, and makes those that are missing elsewhere', async () => {
    const refused = await cli('backup', '--out', '/proc/nowhere/backups');
    expect(refused).toMatchObject({ code: 1 });
    expect(refused.stderr).toContain('BACKUP_NOT_WRITTEN');
    const deep = join(folder, 'some', 'where');
    expect(await cli('backup', '--out', deep)).toMatchObject({ code: 0 });
    expect(backupsIn(deep)).toHaveLength(1);
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

describe('holdfast backup --verify, --keep and --every', () => {
  it('calls a backup verified once a restore of it was compared, and leaves nothing of that', async () => {
    const made = await backup('--verify');
    expect(manifestIn(made)).toMatchObject({ verified_at: expect.stringMatching(/Z$/) });
    expect(readdirSync(made).toSorted()).toEqual(['manifest.json', 'primary.sqlite']);
    expect(leftoversIn(out)).toEqual([]);
    expect(await cli('restore', made, '--into', join(folder, 'restored.sqlite'))).toMatchObject({
      code: 0,
    });
  });

  it('keeps the newest, the last that was verified, and all that is not its own', async () => {
    const [first, proof] = [await backup('--verify'), await backup('--verify')];
    const [third, fourth] = [await backup(), await backup()];
    const robbed = await backup('--verify');
    rmSync(join(robbed, 'primary.sqlite'));
    mkdirSync(join(out, 'holdfast-notes'));
    const damaged = join(out, 'holdfast-20200101T000000000Z-abcdef');
    mkdirSync(damaged);
    const last = await backup('--keep', '2');
    expect(
      readdirSync(out)
        .filter((name) => name.startsWith('holdfast'))
        .toSorted(),
    ).toEqual(
      [damaged, proof, fourth, robbed, last, join(out, 'holdfast-notes')]
        .map((each) => basename(each))
        .toSorted(),
    );
    for (const gone of [first, third]) expect(existsSync(gone)).toBe(false);
  });

  it('is not misled by a backup that a wrong clock has dated ahead, or that has been renamed', async () => {
    const proof = await backup('--verify');
    const renamed = join(out, 'holdfast-20980101T000000000Z-abcdef');
    cpSync(proof, renamed, { recursive: true });
    const ahead = join(out, 'holdfast-20990101T000000000Z-abcdef');
    cpSync(proof, ahead, { recursive: true });
    const { sha256: _, ...manifest } = manifestIn(ahead) as Manifest & { readonly sha256: string };
    const dated = { ...manifest, id: basename(ahead), began_at: '2099-01-01T00:00:00.000Z' };
    writeFileSync(join(ahead, 'manifest.json'), manifestText(dated));
    const every = start('cli.js', ['backup', '--every', '0.0001'], environment());
    later(() => every.process.kill('SIGKILL'));
    await eventually(() => {
      expect(backupsIn(out).length).toBeGreaterThan(4);
    });
    every.process.kill('SIGTERM');
    await every.ended;
    const rehearsed = documentOf(await cli('restore', '--rehearse', '--json')) as {
      readonly folder: string;
    };
    expect(backupsIn(out)).toContain(rehearsed.folder);
    expect([ahead, renamed]).not.toContain(rehearsed.folder);
    expect(await cli('backup', '--keep', '1')).toMatchObject({ code: 0 });
    const [last, ...others] = backupsIn(out).filter((each) => each !== proof && each !== renamed);
    expect(existsSync(proof) && existsSync(renamed)).toBe(true);
    expect(last).not.toBe(ahead);
    expect(others).toEqual([]);
    expect(await newestProof(out)).toMatchObject({ folder: proof });
  });

  it('is not kept waiting by a clock that was ahead for a while', async () => {
    const folder = temporaryFolder();
    const isAhead = join(folder, 'ahead');
    const clock = join(folder, 'clock.mjs');
    writeFileSync(isAhead, '');
    writeFileSync(
      clock,
      `import { existsSync } from 'node:fs';
       const Real = Date;
       const now = () => Real.now() + (existsSync(${JSON.stringify(isAhead)}) ? 2 * 86_400_000 : 0);
       globalThis.Date = class extends Real {
         constructor(...given) { super(...(given.length > 0 ? given : [now()])); }
         static now() { return now(); }
       };`,
    );
    const every = start('cli.js', ['backup', '--every', '0.0005'], {
      ...environment(),
      NODE_OPTIONS: `--import=${clock}`,
    });
    later(() => every.process.kill('SIGKILL'));
    const beganAfter = (moment: number) =>
      backupsIn(out).filter((each) => Date.parse(manifestIn(each).began_at) > moment).length;
    await eventually(() => {
      expect(beganAfter(Date.now() + 86_400_000)).toBeGreaterThan(0);
    });
    rmSync(isAhead);
    const ofLater = backupsIn(out).length;
    await eventually(() => {
      expect(backupsIn(out).length).toBeGreaterThan(ofLater + 1);
    });
    every.process.kill('SIGTERM');
    expect(await every.ended).toMatchObject({ code: 0 });
  });

  it('goes on until a signal, tries again what has failed, and begins where it was when it is started again', async () => {
    const every = (hours: string) =>
      start('cli.js', ['backup', '--every', hours, '--keep', '3'], environment());
    const { ended, process: child } = every('0.0001');
    await eventually(() => {
      expect(backupsIn(out).length).toBeGreaterThan(1);
    });
    const moved = `${file}.away`;
    renameSync(file, moved);
    let said = '';
    child.stderr?.on('data', (text: string) => (said += text));
    await eventually(() => {
      expect(said).toContain('BACKUP_SOURCE_MISSING');
    });
    renameSync(moved, file);
    const before = backupsIn(out).at(-1);
    await eventually(() => {
      expect(backupsIn(out).at(-1)).not.toBe(before);
    });
    child.kill('SIGTERM');
    expect(await ended).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^Stopped: \d+ backups made, \d+ failed\.$/m),
    });
    expect(leftoversIn(out)).toEqual([]);
    const there = backupsIn(out);
    const again = every('1000');
    let told = '';
    again.process.stderr?.on('data', (text: string) => (told += text));
    await eventually(() => {
      expect(told).toContain('backup.next');
    });
    again.process.kill('SIGTERM');
    expect(await again.ended).toMatchObject({ code: 0 });
    expect(backupsIn(out)).toEqual(there);
  });

  it('makes one a turn where two services back up the same database into one folder', async () => {
    const hours = 0.002;
    const services = [0, 1].map(() =>
      start('cli.js', ['backup', '--every', String(hours)], environment()),
    );
    later(() => {
      services.forEach(({ process: child }) => child.kill('SIGKILL'));
    });
    await eventually(() => {
      expect(backupsIn(out).length).toBeGreaterThan(3);
    });
    const began = backupsIn(out).map((each) => Date.parse(manifestIn(each).began_at));
    const turns = began.slice(1).map((at, index) => at - (began[index] ?? 0));
    expect(Math.min(...turns)).toBeGreaterThanOrEqual(hours * 3_600_000);
  });

  it('makes its own at once where a folder has one of another database alone', async () => {
    await backup();
    const other = join(temporaryFolder(), 'other.sqlite');
    const more = { ...environment(), SQLITE_PATH: other };
    expect(await execute('cli.js', ['migrate', 'up'], more)).toMatchObject({ code: 0 });
    const every = start('cli.js', ['backup', '--every', '1000'], more);
    later(() => every.process.kill('SIGKILL'));
    await eventually(() => {
      expect(backupsIn(out)).toHaveLength(2);
    });
  });

  it('verifies the newest one when it is started again, where that is still to be done', async () => {
    const made = await backup();
    const every = start('cli.js', ['backup', '--every', '1000', '--verify'], environment());
    later(() => every.process.kill('SIGKILL'));
    let told = '';
    every.process.stderr?.on('data', (text: string) => (told += text));
    await eventually(() => {
      expect(told).toContain('backup.next');
    });
    every.process.kill('SIGTERM');
    expect(await every.ended).toMatchObject({ code: 0 });
    expect(backupsIn(out)).toEqual([made]);
    expect(manifestIn(made).verified_at).not.toBeNull();
  });

  it.each([
    ['--keep', '0'],
    ['--every', '0'],
    ['--every', '-1'],
  ])('does not take %s %s', async (...words) => {
    expect(await cli('backup', ...words)).toMatchObject({ code: 64 });
  });
});

describe('the age of the last verified backup', () => {
  const age = async (more: Environment) => {
    const service = await startService({ ...environment(), ...more });
    later(() => service.stop('SIGKILL'));
    const text = async (path: string) => (await fetch(service.url + path)).text();
    return {
      ready: JSON.parse(await text('/health/ready')) as object,
      status: JSON.parse(await text('/status.json')) as object,
      metrics: (await text('/metrics'))
        .split('\n')
        .filter((line) => line.startsWith('holdfast_backup_age')),
    };
  };
  const check = async (more: Environment = {}) => {
    const ended = await execute('cli.js', ['check', '--json'], { ...environment(), ...more });
    const { checks } = documentOf(ended) as {
      readonly checks: readonly { readonly name: string }[];
    };
    return checks.find(({ name }) => name === 'backup');
  };

  it('is unknown where none was verified, and too old where one is asked for', async () => {
    await backup();
    expect(await age({})).toMatchObject({
      ready: {
        status: 'ok',
        checks: { backup: { ok: true, detail: expect.stringContaining('unknown') } },
      },
      metrics: [],
    });
    const stale = { ok: false, code: 'RESTORE_PROOF_STALE' };
    const told = await age({ BACKUP_MAX_AGE_HOURS: '24' });
    expect(told).toMatchObject({
      ready: { status: 'degraded', checks: { backup: stale } },
      status: { causes: [{ check: 'backup', code: 'RESTORE_PROOF_STALE' }] },
    });
    expect(await check({ BACKUP_MAX_AGE_HOURS: '24' })).toMatchObject(stale);
    expect(await check()).toBeUndefined();
  });

  it('is that of what a restore would bring back', async () => {
    const made = await backup('--verify');
    expect(await check({ BACKUP_MAX_AGE_HOURS: '24' })).toMatchObject({
      ok: true,
      detail: 'the last verified backup is 0.0 h old',
    });
    const counts = (type: 'postgresql' | 'sqlite') => newestProof(out, [{ name: 'primary', type }]);
    expect(await counts('sqlite')).toMatchObject({ folder: made });
    expect(await counts('postgresql')).toBeUndefined();
    const { sha256: _, ...manifest } = manifestIn(made) as ReturnType<typeof manifestIn> & {
      readonly sha256: string;
    };
    const hoursAgo = (hours: number) => new Date(Date.now() - hours * 3_600_000).toISOString();
    // Verified just now: what counts is what is in it.
    writeFileSync(
      join(made, 'manifest.json'),
      manifestText({ ...manifest, began_at: hoursAgo(30) }),
    );
    expect(await check({ BACKUP_MAX_AGE_HOURS: '31' })).toMatchObject({ ok: true });
    expect(await check({ BACKUP_MAX_AGE_HOURS: '29' })).toMatchObject({
      ok: false,
      code: 'RESTORE_PROOF_STALE',
      detail: 'the last verified backup is 30.0 h old',
    });
    const { status, metrics } = await age({});
    expect(status).toMatchObject({
      checks: expect.arrayContaining([
        expect.objectContaining({
          name: 'backup',
          ok: true,
          detail: 'the last verified backup is 30.0 h old',
        }),
      ]),
    });
    const [, seconds] = /^holdfast_backup_age_seconds (\d+)/.exec(metrics[0] ?? '') ?? [];
    expect(Number(seconds)).toBeGreaterThanOrEqual(30 * 3600);
    expect(Number(seconds)).toBeLessThan(31 * 3600);
  });

  it('is not that of another file, whose backups stay as well; a restored one is the same', async () => {
    const proof = await backup('--verify');
    const own = file;
    file = join(folder, 'other.sqlite');
    expect(await cli('migrate', 'up')).toMatchObject({ code: 0 });
    const asked = { BACKUP_MAX_AGE_HOURS: '24' };
    expect(await check(asked)).toMatchObject({ ok: false, code: 'RESTORE_PROOF_STALE' });
    expect(readdirSync(folder).filter((name) => name.startsWith('other'))).toEqual([
      'other.sqlite',
    ]);
    expect(await age({})).toMatchObject({ metrics: [] });
    await backup('--verify', '--keep', '1');
    expect(existsSync(proof)).toBe(true);
    for (const end of ['', '-wal', '-shm']) rmSync(`${own}${end}`, { force: true });
    expect(await cli('restore', proof, '--into', own)).toMatchObject({ code: 0 });
    file = own;
    expect(await check(asked)).toMatchObject({ ok: true });
    expect((await age({})).metrics).toHaveLength(1);
    await backup('--verify', '--keep', '1');
    expect(existsSync(proof)).toBe(false);
    expect(backupsIn(out)).toHaveLength(2);
  });
});
