import { join } from 'node:path';
import { copyFileSync } from 'node:fs';
import { beforeEach, describe, expect, it } from '@jest/globals';
import Sqlite from 'better-sqlite3';
import { createDatabase, type TestDatabase } from '@holdfast/testing/temporary-database';
import { cleanup } from '../support/cleanup.js';
import { copy, undoCopy } from '../support/copy.js';
import { bothSides, followedFile, TABLES } from '../support/follow.js';
import { followBack, FOLLOWING_BACK } from '../support/follow-back.js';
import { documentOf } from '../support/migrate.js';

const { later, temporaryFolder } = cleanup();

let target: TestDatabase;

beforeEach(async () => {
  target = await createDatabase();
  later(() => target.drop());
});

function aFile(sql?: string) {
  const file = followedFile(temporaryFolder(), sql);
  later(() => {
    file.program.close();
  });
  return file;
}

/** Copied, switched in, and followed back from the switch on. */
async function switched(path: string, args: readonly string[] = []) {
  const follower = followBack(path, target, ['--follow', '--cut-over', ...args]);
  await follower.hasSaid(FOLLOWING_BACK);
  return follower;
}

async function expectEqual(path: string): Promise<void> {
  for (const table of TABLES) {
    const { source, target: stored } = await bothSides(path, target, table);
    expect({ table, rows: source }).toEqual({ table, rows: stored });
  }
}

/** Triggers, tables and schemas that following back has put somewhere. */
async function leftBehind(path: string) {
  const file = new Sqlite(path, { readonly: true });
  later(() => {
    file.close();
  });
  const inFile = file.prepare("SELECT name FROM sqlite_schema WHERE name LIKE 'holdfast%'").all();
  const inTarget = await target.query(
    "SELECT nspname FROM pg_namespace WHERE nspname LIKE 'holdfast%' UNION ALL SELECT tgname FROM pg_trigger WHERE tgname LIKE 'holdfast%'",
  );
  return { inFile, inTarget };
}

const DECLARED = `
PRAGMA journal_mode = WAL;
CREATE TABLE declared (id INTEGER PRIMARY KEY, flag BOOLEAN, other UUID, at DATETIME);
INSERT INTO declared VALUES (1, 't', 'd9428888122b11e1b85c61cd3cbb3210', '2024-02-29 12:00:00'), (2, 'f', NULL, NULL)`;

const WRITES = `
INSERT INTO owners (name) VALUES ('new one'), ('new two');
UPDATE owners SET note = E'a\\ttab \\\\ é' WHERE id < 5;
UPDATE entries SET id = id + 100000 WHERE id BETWEEN 10 AND 20;
UPDATE entries SET raw = '\\x00ff00', amount = 0.1 WHERE id = 30;
DELETE FROM owners WHERE id = 7;
UPDATE pairs SET a = 'z', v = NULL WHERE a = 'y';
UPDATE words SET word = 'ONE' WHERE n = 1;
INSERT INTO words VALUES ('Three', 3);
BEGIN; UPDATE owners SET name = 'swap' WHERE id = 10;
UPDATE owners SET name = 'owner 10' WHERE id = 11; UPDATE owners SET name = 'owner 11' WHERE id = 10; COMMIT`;

describe('copy --follow-back', () => {
  it('reads values as a copy with --types declared did, without being told its rules', async () => {
    const { path } = aFile(DECLARED);
    const copied = await copy(path, target.url, ['--types', 'declared']);
    expect(copied).toMatchObject({ code: 0 });
    const [types] = await target.query(
      'SELECT pg_typeof(flag)::text AS flag, pg_typeof(other)::text AS other, pg_typeof(at)::text AS at FROM declared',
    );
    expect(types).toEqual({ flag: 'boolean', other: 'uuid', at: 'timestamp without time zone' });
    // The same again, into the tables that are there.
    const again = await copy(path, target.url, [
      '--types',
      'declared',
      '--replace',
      '--allow-writers',
    ]);
    expect(again).toMatchObject({ code: 0 });
    const follower = followBack(path, target);
    await follower.hasSaid(FOLLOWING_BACK);
    await target.query(
      "UPDATE declared SET flag = NOT flag, at = at + interval '1 day' WHERE id = 1",
    );
    await follower.hasCaughtUp();
    follower.goBack();
    expect(await follower.ended).toMatchObject({ code: 0 });
    const file = new Sqlite(path, { readonly: true });
    later(() => {
      file.close();
    });
    expect(file.prepare('SELECT flag, other, at FROM declared ORDER BY id').all()).toEqual([
      { flag: 'f', other: 'd9428888122b11e1b85c61cd3cbb3210', at: '2024-03-01 12:00:00' },
      { flag: 'f', other: null, at: null },
    ]);
  });

  it('applies what is written to PostgreSQL, of every kind, and goes back with both sides equal', async () => {
    const { path, program } = aFile();
    const follower = await switched(path);
    await target.query(WRITES);
    await follower.hasCaughtUp();
    await target.query("INSERT INTO pairs VALUES ('last', 1, 'one')");
    await target.query("DELETE FROM owners WHERE name = 'new two'");
    follower.goBack();
    const ended = await follower.ended;
    expect(ended).toMatchObject({ code: 0 });
    await expectEqual(path);
    const document = documentOf(ended) as {
      tables: { rows: number }[];
      keys_applied: number;
      writers_held_ms: number;
    };
    expect(document.tables).toHaveLength(TABLES.length);
    expect(document.keys_applied).toBeGreaterThan(20);
    // The program goes on, behind the numbers that were given away meanwhile.
    program.exec("INSERT INTO owners (name) VALUES ('of the program')");
    const last = program.prepare("SELECT id FROM owners WHERE name = 'of the program'").pluck();
    expect(last.get()).toBe(203);
    await expect(target.query("INSERT INTO pairs VALUES ('late', 1, 'v')")).rejects.toMatchObject({
      code: '55000',
      message: 'HOLDFAST_GONE_BACK',
    });
    expect((await leftBehind(path)).inFile).toEqual([]);
    expect(await copy(path, target.url, ['--stop-following', '--follow-back'])).toMatchObject({
      code: 0,
    });
    expect(await leftBehind(path)).toEqual({ inFile: [], inTarget: [] });
    await target.query("INSERT INTO pairs VALUES ('late', 1, 'v')");
  });

  it('writes every value as the file had it, whatever the copy made of it', async () => {
    const columns = {
      flag: ['BOOLEAN', 'boolean', [1, 0]],
      letter: ['TEXT', 'boolean:tf', ["'t'", "'f'"]],
      word: ['TEXT', 'boolean:tf', ["'TRUE'", "'FALSE'"]],
      seconds: ['INTEGER', 'timestamptz:s', [1700000000, -1]],
      millis: ['INTEGER', 'timestamp:ms', [1700000000123, 0]],
      fractions: ['REAL', 'timestamptz:s', [1700000000.25, 12.5]],
      julian: ['REAL', 'timestamp:julian', [2460000.5, 2460123.75]],
      plain: ['TEXT', 'timestamp', ["'2024-02-29 12:00:00'", "'0001-01-01 00:00:00'"]],
      zulu: ['TEXT', 'timestamptz', ["'2024-02-29T12:00:00.500Z'", "'2023-01-01T00:00:00.000Z'"]],
      offset_: [
        'TEXT',
        'timestamptz',
        ["'2024-02-29 12:00:00+00:00'", "'2024-01-01 00:00:00+00:00'"],
      ],
      naive: ['TEXT', 'timestamptz:utc', ["'2024-02-29T12:00:00'", "'2024-02-29T12:00:01'"]],
      day: ['TEXT', 'date', ["'2024-02-29'", "'1999-12-31'"]],
      clock: ['TEXT', 'time', ["'12:34:56.120'", "'00:00:00.000'"]],
      length_: ['INTEGER', 'interval:ms', [90061001, -1]],
      dotted: ['TEXT', 'interval', ["'1.02:03:04'", "'0.00:00:01'"]],
      hours: ['TEXT', 'interval', ["'26:03:04'", "'-00:00:01'"]],
      id: ['TEXT', 'uuid:any', [`'${'A1'.repeat(16)}'`, `'${'0F'.repeat(16)}'`]],
      bytes: ['BLOB', 'uuid:any', [`x'${'a1'.repeat(16)}'`, `x'${'00'.repeat(16)}'`]],
      list: ['TEXT', 'text[]', [`'["a","b,c",null,"\\"q\\""]'`, "'[]'"]],
      exact: ['TEXT', 'numeric:text', ["'12345678901234567890.10'", "'0.5'"]],
      price: ['NUMERIC', 'numeric(10,2)', [10.5, 3]],
      literal: ['', 'text:literal', ['1', "'1'"]],
      mixed: ['', undefined, ["'a'", "x'ff32'"]],
      json: ['TEXT', 'json', [`'{"b": 1,  "a":2}'`, "'[1]'"]],
      broken: ['TEXT', 'bytea', ["CAST(x'ff41' AS TEXT)", "'fine'"]],
      single: ['REAL', 'real', [0.5, -2]],
    } as const;
    const names = Object.keys(columns);
    const values = (row: 0 | 1) => Object.values(columns).map(([, , held]) => held[row]);
    const { path, program } = aFile(
      `PRAGMA journal_mode = WAL;
       CREATE TABLE t (k INTEGER PRIMARY KEY, ${Object.entries(columns)
         .map(([name, [type]]) => `${name} ${type}`)
         .join(', ')});
       INSERT INTO t VALUES (1, ${values(0).join(', ')}), (2, ${values(1).join(', ')}), (3, ${names.map(() => 'NULL').join(', ')})`,
    );
    const all = program.prepare(
      `SELECT ${names.map((name) => `typeof(${name}) || ' ' || hex(CAST(${name} AS BLOB)) AS ${name}`).join(', ')} FROM t ORDER BY k`,
    );
    const before = all.all();
    const rules = Object.entries(columns).flatMap(([name, [, rule]]) =>
      rule === undefined ? [] : ['--map', `t.${name}=${rule}`],
    );
    const follower = await switched(path, rules);
    // Every row is written anew.
    await target.query('UPDATE t SET k = k + 10');
    await follower.hasCaughtUp();
    await target.query('UPDATE t SET k = k - 10');
    follower.goBack();
    expect(await follower.ended).toMatchObject({ code: 0 });
    expect(all.all()).toEqual(before);
  });

  it('fires no trigger of the program, and says so; TRUNCATE and sessions that replicate are seen', async () => {
    const { path, program } = aFile();
    program.exec(
      'CREATE TABLE log (id INTEGER PRIMARY KEY, what TEXT); CREATE TRIGGER logged AFTER INSERT ON pairs BEGIN INSERT INTO log (what) VALUES (NEW.a); END',
    );
    const report = join(temporaryFolder(), 'report.json');
    const follower = await switched(path, ['--report', report]);
    await target.query('TRUNCATE words');
    await target.query(
      "SET session_replication_role = replica; INSERT INTO pairs VALUES ('r', 1, 'v'); RESET session_replication_role",
    );
    await follower.hasCaughtUp();
    follower.goBack();
    expect(await follower.ended).toMatchObject({ code: 0 });
    await expectEqual(path);
    expect(program.prepare('SELECT count(*) FROM log').pluck().get()).toBe(0);
    program.exec("INSERT INTO pairs VALUES ('p', 1, 'v')");
    expect(program.prepare('SELECT what FROM log').pluck().all()).toEqual(['p']);
    expect(follower.said()).toContain('the trigger logged of the file does not fire');
  });

  it('goes on where it was stopped, and where it was killed; an older copy of the file is refused', async () => {
    const { path } = aFile();
    const stopped = await switched(path);
    await target.query("UPDATE owners SET note = 'one' WHERE id = 1");
    await stopped.hasCaughtUp();
    stopped.process.kill('SIGTERM');
    const end = await stopped.ended;
    expect(end).toMatchObject({ code: 1, stdout: expect.stringContaining('COPY_RETURN_STOPPED') });
    const older = join(temporaryFolder(), 'older.db');
    const file = new Sqlite(path);
    file.pragma('wal_checkpoint(TRUNCATE)');
    file.close();
    copyFileSync(path, older);
    await target.query(
      "UPDATE owners SET note = 'two' WHERE id = 2; DELETE FROM entries WHERE id < 100",
    );
    const killed = followBack(path, target);
    await killed.hasCaughtUp();
    killed.process.kill('SIGKILL');
    await killed.ended;
    await target.query("UPDATE owners SET note = 'three' WHERE id = 3");
    const other = await followBack(older, target, ['--go-back']).ended;
    expect(other).toMatchObject({
      code: 1,
      stdout: expect.stringContaining('COPY_RETURN_OTHER_FILE'),
    });
    const last = await followBack(path, target, ['--go-back']).ended;
    expect(last).toMatchObject({ code: 0 });
    await expectEqual(path);
    const again = await followBack(path, target, ['--go-back']).ended;
    expect(documentOf(again)).toMatchObject({ already_there: true });
  });

  it.each([
    [
      'a column that is added',
      'ALTER TABLE owners ADD COLUMN age int',
      'ALTER TABLE owners DROP COLUMN age',
      'COPY_RETURN_SCHEMA_CHANGED',
    ],
    [
      'a trigger that is switched off',
      'ALTER TABLE pairs DISABLE TRIGGER ALL',
      'ALTER TABLE pairs ENABLE ALWAYS TRIGGER holdfast_return_2; ALTER TABLE pairs ENABLE ALWAYS TRIGGER holdfast_return_2_truncate',
      'COPY_RETURN_SCHEMA_CHANGED',
    ],
    [
      'a value that the file cannot hold',
      "UPDATE entries SET amount = 'NaN' WHERE id = 9",
      'UPDATE entries SET amount = 9 WHERE id = 9',
      'COPY_RETURN_REJECTED',
    ],
    [
      'a row that a constraint of the file refuses',
      'ALTER TABLE owners ALTER COLUMN name DROP NOT NULL; UPDATE owners SET name = NULL WHERE id = 9',
      "UPDATE owners SET name = 'nine' WHERE id = 9",
      'COPY_RETURN_REJECTED',
    ],
  ])(
    'refuses %s, keeps the journal, and goes on when it is put right',
    async (_, sql, mended, code) => {
      const { path } = aFile();
      const follower = await switched(path);
      await target.query(sql);
      await target.query("UPDATE owners SET note = 'seen' WHERE id = 1");
      const ended = await follower.ended;
      expect(ended).toMatchObject({ code: 1, stdout: expect.stringContaining(code) });
      await target.query(mended);
      expect(await followBack(path, target, ['--go-back']).ended).toMatchObject({ code: 0 });
      await expectEqual(path);
    },
  );

  it('begins with a copy that was switched in before, when both sides are equal, and not else', async () => {
    const { path, program } = aFile();
    expect(await copy(path, target.url)).toMatchObject({ code: 0 });
    await target.query("UPDATE owners SET note = 'since' WHERE id = 1");
    const refused = await followBack(path, target).ended;
    expect(refused).toMatchObject({
      code: 1,
      stdout: expect.stringContaining('COPY_RETURN_DIFFERS'),
    });
    expect(await leftBehind(path)).toEqual({ inFile: [], inTarget: [] });
    program.exec("UPDATE owners SET note = 'since' WHERE id = 1");
    const follower = followBack(path, target);
    await follower.hasSaid(FOLLOWING_BACK);
    expect(() => program.exec('DELETE FROM pairs')).toThrow('SQLITE_SOURCE_RETIRED');
    await target.query("UPDATE owners SET note = 'later' WHERE id = 2");
    await follower.hasCaughtUp();
    follower.goBack();
    expect(await follower.ended).toMatchObject({ code: 0 });
    await expectEqual(path);
  });

  it('refuses a copy without some of its columns, and a journal that is there', async () => {
    const { path } = aFile();
    const args = ['--follow', '--cut-over', '--skip-column', 'owners.note'];
    const without = await followBack(path, target, args).ended;
    expect(without.stdout).toContain('COPY_RETURN_UNSUITABLE');
    expect(without.stdout).toContain('without its column note');
    expect(await leftBehind(path)).toEqual({ inFile: [], inTarget: [] });
  });

  it('does not go back while more is written than can be applied, and does when less is', async () => {
    const { path } = aFile();
    const follower = await switched(path);
    // What is cheap to write there, and not here.
    await target.query("UPDATE entries SET raw = decode(repeat(md5(id::text), 512), 'hex')");
    const stop = new AbortController();
    later(() => {
      stop.abort();
    });
    const writer = (async () => {
      while (!stop.signal.aborted)
        await target.query('UPDATE entries SET amount = amount + 1 WHERE id <= 1500');
    })();
    follower.goBack();
    const ended = await follower.ended;
    expect(ended).toMatchObject({ code: 1, stdout: expect.stringContaining('COPY_RETURN_BEHIND') });
    stop.abort();
    await writer;
    expect(await followBack(path, target, ['--go-back']).ended).toMatchObject({ code: 0 });
    await expectEqual(path);
  }, 300_000);

  it('is undone with the copy that nobody has written to', async () => {
    const { path, program } = aFile();
    const report = join(temporaryFolder(), 'report.json');
    const follower = await switched(path, ['--report', report]);
    follower.process.kill('SIGKILL');
    await follower.ended;
    expect(await undoCopy(report, target.url)).toMatchObject({ code: 0 });
    expect(await leftBehind(path)).toEqual({ inFile: [], inTarget: [] });
    program.exec("INSERT INTO pairs VALUES ('p', 1, 'v')");
  });
});
