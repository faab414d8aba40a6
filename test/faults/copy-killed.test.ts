import { readdirSync, readFileSync, statSync } from 'node:fs';
import { createHash } from 'node:crypto';
import { dirname } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { beforeEach, describe, expect, it } from '@jest/globals';
import Sqlite from 'better-sqlite3';
import { cleanup } from '../support/cleanup.js';
import {
  compareCopy,
  copy,
  copyReport,
  copyStarted,
  relationsIn,
  sqliteFile,
} from '../support/copy.js';
import { eventually } from '../support/eventually.js';
import { createDatabase, type TestDatabase } from '@holdfast/testing/temporary-database';

const { later, temporaryFolder } = cleanup();

let target: TestDatabase;

beforeEach(async () => {
  target = await createDatabase();
  later(() => target.drop());
});

/** Large enough for several chunks, with keys of every kind. */
const LARGE = `
CREATE TABLE owners (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL UNIQUE);
INSERT INTO owners (name) WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 500)
  SELECT 'owner ' || i FROM n;
CREATE TABLE entries (id INTEGER PRIMARY KEY, owner INTEGER REFERENCES owners, amount REAL, body TEXT, raw BLOB);
INSERT INTO entries WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 40000)
  SELECT i * 3, i % 500 + 1, i / 7.0, hex(randomblob(200)), randomblob(20) FROM n;
CREATE INDEX entries_by_owner ON entries (owner, amount);
CREATE TABLE names (name TEXT PRIMARY KEY, n INTEGER) WITHOUT ROWID;
INSERT INTO names WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000)
  SELECT hex(randomblob(20)) || i, i FROM n;
`;

const everything = () => relationsIn(target);

const visible = async () => (await everything()).filter((name) => !name.startsWith('holdfast_'));

/** Kills a copy after so many milliseconds. @returns whether it had not ended by itself */
async function killAfter(path: string, args: readonly string[], ms: number): Promise<boolean> {
  const { process: child, ended } = copyStarted(path, target.url, args);
  await Promise.race([wait(ms), ended]);
  child.kill('SIGKILL');
  return (await ended).signal === 'SIGKILL';
}

const digestsOf = (report: Awaited<ReturnType<typeof copyReport>>) =>
  Object.fromEntries(
    report.tables.map(({ table, rows_read, rows_written, target_digest }) => [
      table,
      [rows_read, rows_written, target_digest],
    ]),
  );

describe('kill -9', () => {
  it.each([
    ['1', 30],
    ['3', 10],
  ])(
    'at any moment leaves the target as it was, and --resume ends in the same digest: --jobs %s, %i rounds',
    async (jobs, rounds) => {
      const several = ['--jobs', jobs];
      const path = sqliteFile(temporaryFolder(), LARGE);
      const started = performance.now();
      const whole = digestsOf(await copyReport(path, target.url, several));
      const seconds = (performance.now() - started) / 1000;
      let killed = 0;
      let resumed = 0;
      for (let round = 0; round < rounds; round += 1) {
        await target.query('DROP SCHEMA public CASCADE');
        await target.query('CREATE SCHEMA public');
        // Two kills, so that what was resumed is interrupted as well.
        for (const args of [several, [...several, '--resume']]) {
          const before = await visible();
          const wasKilled = await killAfter(path, args, Math.random() * seconds * 1000);
          if (!wasKilled) continue;
          killed += 1;
          // A kill during the commit may come too late: then all of it is there.
          const after = await visible();
          if (after.length !== before.length) expect(after).toContain('public.entries_by_owner');
          else expect(after).toEqual(before);
        }
        const report = await copyReport(path, target.url, [...several, '--resume']);
        if (report.resumed) resumed += 1;
        expect(digestsOf(report)).toEqual(whole);
        expect((await everything()).filter((name) => name.startsWith('holdfast_'))).toEqual([]);
      }
      expect(compareCopy(path, target.url).differences).toEqual([]);
      process.stdout.write(`${killed} kills in ${rounds} rounds, ${resumed} copies continued\n`);
      expect(killed).toBeGreaterThan((rounds * 2) / 3);
      expect(resumed).toBeGreaterThan(rounds / 6);
    },
    600_000,
  );

  it('is cleaned up after by the next copy, which starts anew', async () => {
    const path = sqliteFile(temporaryFolder(), LARGE);
    await interrupted(path);
    expect(await visible()).toEqual([]);
    const report = await copyReport(path, target.url);
    expect(report.resumed).toBe(false);
    expect((await everything()).filter((name) => name.startsWith('holdfast_'))).toEqual([]);
  }, 60_000);

  it('does not resume from a file that has changed, nor with other options', async () => {
    const path = sqliteFile(temporaryFolder(), LARGE);
    await interrupted(path);
    const other = await copy(path, target.url, ['--resume', '--verify', 'counts']);
    expect([other.code, other.stderr]).toEqual([
      1,
      expect.stringMatching(/^COPY_RESUME_DIFFERS$/m),
    ]);
    const database = new Sqlite(path);
    database.exec('UPDATE entries SET amount = 0 WHERE id = 3');
    database.close();
    const changed = await copy(path, target.url, ['--resume']);
    expect([changed.code, changed.stderr]).toEqual([
      1,
      expect.stringMatching(/^COPY_SOURCE_CHANGED$/m),
    ]);
    expect(await visible()).toEqual([]);
  }, 60_000);

  it('loads a table again whose rows in the staging schema are not what was read', async () => {
    const path = sqliteFile(temporaryFolder(), LARGE);
    const schema = await interrupted(path);
    await target.query(
      `UPDATE ${schema}.entries SET body = body || 'x' WHERE ctid = (SELECT min(ctid) FROM ${schema}.entries)`,
    );
    const report = await copyReport(path, target.url, ['--resume']);
    expect(report.resumed).toBe(true);
    expect(compareCopy(path, target.url).differences).toEqual([]);
  }, 60_000);
});

it('is alone: a second copy into the same schema is refused', async () => {
  const path = sqliteFile(temporaryFolder(), LARGE);
  const { process: child, ended } = copyStarted(path, target.url);
  await someEntries();
  child.kill('SIGSTOP');
  const { code, stderr } = await copy(path, target.url, ['--allow-writers']);
  expect([code, stderr]).toEqual([1, expect.stringMatching(/^COPY_UNDER_WAY$/m)]);
  child.kill('SIGCONT');
  expect((await ended).code).toBe(0);
  expect(compareCopy(path, target.url).differences).toEqual([]);
}, 60_000);

/** Kills a copy when some of the entries are loaded. @returns its staging schema */
async function interrupted(path: string): Promise<string> {
  const { process: child, ended } = copyStarted(path, target.url);
  const schema = await someEntries();
  child.kill('SIGKILL');
  expect((await ended).signal).toBe('SIGKILL');
  return schema;
}

/** Waits until some of the entries are loaded. @returns the staging schema */
function someEntries(): Promise<string> {
  return eventually(async () => {
    const [found] = await target.query<{ name: string }>(
      `SELECT nspname AS name FROM pg_namespace WHERE nspname ~ '^holdfast_copy_'`,
    );
    if (!found) throw new Error('no staging schema yet');
    const [state] = await target.query<{ after: string | null }>(
      `SELECT value->>'after' AS after FROM ${found.name}.holdfast_copy_state WHERE name = 'entries'`,
    );
    if (!state?.after) throw new Error('no chunk yet');
    return found.name;
  });
}

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  it(`${signal} stops it, and it can be continued`, async () => {
    const path = sqliteFile(temporaryFolder(), LARGE);
    const { process: child, ended } = copyStarted(path, target.url);
    await eventually(async () => {
      if ((await everything()).length === 0) throw new Error('not begun yet');
    });
    child.kill(signal);
    const { code, stderr } = await ended;
    expect([code, stderr]).toEqual([1, expect.stringMatching(/^COPY_STOPPED$/m)]);
    expect(stderr).toContain('--resume');
    expect(await visible()).toEqual([]);
    expect((await copyReport(path, target.url, ['--resume'])).resumed).toBe(true);
    expect(compareCopy(path, target.url).differences).toEqual([]);
  }, 60_000);
}

it('leaves the source as it was, with a write-ahead log and without', async () => {
  for (const mode of ['DELETE', 'WAL']) {
    const path = sqliteFile(temporaryFolder(), `PRAGMA journal_mode = ${mode}; ${LARGE}`);
    const facts = () => ({
      bytes: createHash('sha256').update(readFileSync(path)).digest('hex'),
      changed: statSync(path).mtimeMs,
      files: readdirSync(dirname(path)),
    });
    const before = facts();
    await copyReport(path, target.url, ['--schema', mode.toLowerCase()]);
    expect(facts()).toEqual(before);
  }
}, 60_000);

it('two copies at once into one schema: one is made, the other is refused', async () => {
  const path = sqliteFile(temporaryFolder(), LARGE);
  const both = await Promise.all([
    copy(path, target.url, ['--allow-writers']),
    copy(path, target.url, ['--allow-writers']),
  ]);
  const codes = both.map(({ code }) => code).toSorted();
  expect(codes).toEqual([0, 1]);
  expect(both.find(({ code }) => code === 1)?.stderr).toMatch(
    /^COPY_(UNDER_WAY|TARGET_NOT_EMPTY)$/m,
  );
  expect(compareCopy(path, target.url).differences).toEqual([]);
}, 60_000);
