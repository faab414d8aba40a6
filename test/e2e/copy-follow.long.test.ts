import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from '@jest/globals';
import type Sqlite from 'better-sqlite3';
import { createDatabase, type TestDatabase } from '@holdfast/testing/temporary-database';
import { cleanup } from '../support/cleanup.js';
import { copy, relationsIn, sqliteFile, undoCopy } from '../support/copy.js';
import { bothSides, follow, followedFile, TABLES } from '../support/follow.js';
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

const FOLLOWING = '"event":"copy.follow"';

/** Triggers and tables of the journal that are in the file. */
const leftIn = (program: Sqlite.Database) =>
  program.prepare("SELECT name FROM sqlite_schema WHERE name LIKE 'holdfast_follow%'").all();

async function expectEqual(path: string): Promise<void> {
  for (const table of TABLES) {
    const { source, target: stored } = await bothSides(path, target, table);
    expect({ table, rows: stored }).toEqual({ table, rows: source });
  }
}

describe('copy --follow', () => {
  it('applies what the program writes, of every kind, and switches with both sides equal', async () => {
    const { path, program } = aFile();
    const report = join(temporaryFolder(), 'report.json');
    const follower = follow(path, target, ['--report', report]);
    await follower.hasSaid(FOLLOWING);
    program.exec(`
      INSERT INTO owners (name) VALUES ('new one'), ('new two');
      UPDATE owners SET note = 'a' || char(9) || 'tab' WHERE id < 5;
      UPDATE entries SET id = id + 100000 WHERE id BETWEEN 10 AND 20;
      DELETE FROM owners WHERE id = 7;
      UPDATE pairs SET a = 'z', v = NULL WHERE a = 'y';
      UPDATE words SET word = 'ONE' WHERE n = 1;
      INSERT INTO words VALUES ('Three', 3)`);
    // Takes two rows out of the way, for which no trigger fires.
    program.exec(`
      INSERT OR REPLACE INTO owners (id, name) VALUES (500, 'owner 1');
      UPDATE OR REPLACE owners SET name = 'owner 2' WHERE id = 3`);
    // Two rows swap what is unique.
    program.exec(`BEGIN; UPDATE owners SET name = 'swap' WHERE id = 10;
      UPDATE owners SET name = 'owner 10' WHERE id = 11; UPDATE owners SET name = 'owner 11' WHERE id = 10; COMMIT`);
    expect(await relationsIn(target)).not.toContain('public.owners');
    follower.cutOver();
    const ended = await follower.ended;
    expect(ended).toMatchObject({ code: 0 });
    await expectEqual(path);
    const document = documentOf(ended) as {
      follow: { keys_applied: number; writers_held_ms: number };
      orphans: unknown[];
    };
    expect(document.follow.keys_applied).toBeGreaterThan(20);
    expect(document.follow.writers_held_ms).toBeGreaterThan(0);
    expect(document.orphans).toEqual([]);
    expect(leftIn(program)).toEqual([]);
    const [keys] = await target.query<{ keys: number }>(
      "SELECT count(*)::int AS keys FROM pg_constraint WHERE contype = 'f' AND convalidated",
    );
    expect(keys).toEqual({ keys: 1 });
    const [next] = await target.query<{ id: string }>(
      "INSERT INTO owners (name) VALUES ('next') RETURNING id",
    );
    expect(next).toEqual({ id: '501' });
    expect(JSON.parse(readFileSync(report, 'utf8'))).toMatchObject({ retired_source: path });
  });

  it('refuses the writes of the program from then on, until it is undone', async () => {
    const { path, program } = aFile();
    const report = join(temporaryFolder(), 'report.json');
    const follower = follow(path, target, ['--cut-over', '--report', report]);
    expect(await follower.ended).toMatchObject({ code: 0 });
    const write = () => program.exec("INSERT INTO pairs VALUES ('new', 1, 'v')");
    expect(write).toThrow('SQLITE_SOURCE_RETIRED');
    expect(await undoCopy(report, target.url)).toMatchObject({ code: 0 });
    expect(await relationsIn(target)).toEqual([]);
    write();
  });

  it('fills tables that exist, with their own types', async () => {
    const { path, program } = aFile();
    await target.query(
      'CREATE TABLE pairs (a text, b smallint, v varchar(10), PRIMARY KEY (b, a))',
    );
    const follower = follow(path, target, ['--tables', 'pairs']);
    await follower.hasSaid(FOLLOWING);
    program.exec(
      "UPDATE pairs SET v = 'changed' WHERE a = 'x'; INSERT INTO pairs VALUES ('w', 9, 'new')",
    );
    follower.cutOver();
    expect(await follower.ended).toMatchObject({ code: 0 });
    const { source, target: stored } = await bothSides(path, target, 'pairs');
    expect(stored).toEqual(source);
  });

  it('goes on where it was stopped, and where it was killed', async () => {
    const { path, program } = aFile();
    const stopped = follow(path, target);
    await stopped.hasSaid(FOLLOWING);
    program.exec("UPDATE owners SET note = 'one' WHERE id = 1");
    await stopped.hasSaid(/"applied":[1-9]/);
    stopped.process.kill('SIGTERM');
    expect((await stopped.ended).stdout).toContain('COPY_STOPPED');
    program.exec("UPDATE owners SET note = 'two' WHERE id = 2; DELETE FROM entries WHERE id < 100");
    const killed = follow(path, target, ['--resume']);
    await killed.hasSaid(FOLLOWING);
    killed.process.kill('SIGKILL');
    await killed.ended;
    program.exec("UPDATE owners SET note = 'three' WHERE id = 3");
    const again = follow(path, target);
    expect((await again.ended).stdout).toContain('COPY_FOLLOW_JOURNAL');
    const last = follow(path, target, ['--resume', '--cut-over']);
    const ended = await last.ended;
    expect(ended).toMatchObject({ code: 0 });
    expect(documentOf(ended)).toMatchObject({ resumed: true });
    await expectEqual(path);
    expect(leftIn(program)).toEqual([]);
  });

  it.each([
    [
      'a column that is added',
      'ALTER TABLE owners ADD COLUMN age INTEGER',
      'COPY_FOLLOW_SCHEMA_CHANGED',
    ],
    [
      'a table that is made anew',
      'DROP TABLE pairs; CREATE TABLE pairs (a TEXT, b INTEGER, v TEXT, PRIMARY KEY (a, b)) WITHOUT ROWID',
      'COPY_FOLLOW_SCHEMA_CHANGED',
    ],
    [
      'a trigger that is dropped',
      'DROP TRIGGER holdfast_follow_1_inserted; INSERT INTO owners (name) VALUES (1)',
      'COPY_FOLLOW_SCHEMA_CHANGED',
    ],
    [
      'a value that the column cannot hold',
      "UPDATE entries SET owner = NULL, amount = 'much' WHERE id = 9",
      'COPY_ROWS_REJECTED',
    ],
    ['a row without a key', "INSERT INTO texts VALUES (NULL, 'v')", 'COPY_ROWS_REJECTED'],
  ])('refuses %s, tells it, and leaves both sides as they were', async (_, sql, code) => {
    const { path, program } = aFile();
    program.exec(
      "CREATE TABLE texts (k TEXT PRIMARY KEY, v TEXT); INSERT INTO texts VALUES ('a', 'b')",
    );
    const follower = follow(path, target);
    await follower.hasSaid(FOLLOWING);
    program.exec(sql);
    const { code: exit, stdout } = await follower.ended;
    expect({ exit, stdout }).toMatchObject({ exit: 1, stdout: expect.stringContaining(code) });
    expect(await relationsIn(target)).toEqual([]);
    expect(leftIn(program)).toEqual([]);
    program.exec("UPDATE owners SET note = 'goes on' WHERE id = 1");
  });

  it('names all that keeps a file from being followed', async () => {
    const path = sqliteFile(
      temporaryFolder(),
      'CREATE TABLE a (x); CREATE TABLE b (y); CREATE TABLE c (id INTEGER PRIMARY KEY)',
    );
    const { code, stdout } = await follow(path, target).ended;
    expect(code).toBe(1);
    expect(stdout).toContain('COPY_FOLLOW_UNSUITABLE');
    for (const part of ['journal_mode = WAL', 'a has no primary key', 'b has no primary key'])
      expect(stdout).toContain(part);
    expect(stdout).not.toContain('c has no primary key');
  });

  it.each([
    [['--verify', 'counts']],
    [['--on-reject', 'list']],
    [['--dry-run']],
    [['--jobs', '2']],
  ])('refuses %j', async (args) => {
    const { path } = aFile();
    const { code, stdout } = await follow(path, target, args).ended;
    expect({ code, stdout }).toMatchObject({ code: 64, stdout: expect.stringContaining('USAGE') });
  });

  it('does not switch while more is written than can be applied, and goes on when less is', async () => {
    const { path, program } = aFile();
    const follower = follow(path, target);
    await follower.hasSaid(FOLLOWING);
    const write = program.prepare('UPDATE entries SET amount = amount + 1');
    const timer = setInterval(() => write.run(), 10);
    later(() => {
      clearInterval(timer);
    });
    follower.cutOver();
    const { code, stdout } = await follower.ended;
    expect({ code, stdout }).toMatchObject({
      code: 1,
      stdout: expect.stringContaining('COPY_FOLLOW_BEHIND'),
    });
    clearInterval(timer);
    write.run();
    expect(await follow(path, target, ['--resume', '--cut-over']).ended).toMatchObject({ code: 0 });
    await expectEqual(path);
  });

  it('takes the journal out when it is told to, and says that there is none', async () => {
    const { path, program } = aFile();
    const killed = follow(path, target);
    await killed.hasSaid(FOLLOWING);
    killed.process.kill('SIGKILL');
    await killed.ended;
    expect(leftIn(program)).not.toEqual([]);
    expect(await copy(path, target.url, ['--stop-following'])).toMatchObject({ code: 0 });
    expect(leftIn(program)).toEqual([]);
    const { stdout } = await copy(path, target.url, ['--stop-following']);
    expect(stdout).toContain('has no journal');
    const plain = await copy(path, target.url, ['--allow-writers']);
    expect(plain).toMatchObject({ code: 0 });
  });
});
