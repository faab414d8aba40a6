import { join } from 'node:path';
import { beforeEach, describe, expect, it } from '@jest/globals';
import type Sqlite from 'better-sqlite3';
import pg from 'pg';
import { createDatabase, type TestDatabase } from '@holdfast/testing/temporary-database';
import { cleanup } from '../support/cleanup.js';
import { relationsIn, undoCopy } from '../support/copy.js';
import { bothSides, follow, followedFile, TABLES } from '../support/follow.js';
import { COLUMNS, EXISTING } from '../support/follow-existing.js';
import { documentOf } from '../support/migrate.js';

const { later, temporaryFolder } = cleanup();

let target: TestDatabase;

beforeEach(async () => {
  target = await createDatabase();
  later(() => target.drop());
  await target.query(EXISTING);
});

function aFile() {
  const file = followedFile(temporaryFolder());
  later(() => {
    file.program.close();
  });
  return file;
}

const FOLLOWING = '"event":"copy.follow"';

async function expectEqual(path: string): Promise<void> {
  for (const table of TABLES) {
    const { source, target: stored } = await bothSides(path, target, table, COLUMNS[table]);
    expect({ table, rows: stored }).toEqual({ table, rows: source });
  }
}

async function countsInTarget(): Promise<unknown> {
  const parts = TABLES.map((table) => `(SELECT count(*)::int FROM ${table}) AS ${table}`);
  const [counts] = await target.query(`SELECT ${parts.join(', ')}`);
  return counts;
}

/** Writes of every kind, each of which is another state of the file. */
function write(program: Sqlite.Database, round: number): void {
  const at = 20 + (round % 80);
  program.exec(`BEGIN;
    INSERT INTO owners (name) VALUES ('new ${round}');
    INSERT INTO entries (owner, amount) SELECT max(id), ${round} FROM owners;
    UPDATE owners SET note = 'round ${round}' WHERE id = ${at};
    DELETE FROM owners WHERE id = ${at + 100};
    UPDATE entries SET owner = ${at} WHERE id = ${at * 3};
    INSERT OR REPLACE INTO pairs VALUES ('x', 1, 'r ${round}');
    UPDATE words SET n = -n; UPDATE words SET n = 3 + n WHERE n < 0;
    COMMIT`);
}

function writing(program: Sqlite.Database): void {
  let round = 0;
  const timer = setInterval(() => {
    try {
      write(program, (round += 1));
    } catch (error) {
      clearInterval(timer);
      program.exec('ROLLBACK');
      // Of another realm than the test's: no `instanceof` knows it.
      if ((error as Error).message !== 'SQLITE_SOURCE_RETIRED') throw error;
    }
  }, 5);
  later(() => {
    clearInterval(timer);
  });
}

describe('copy --follow into tables that exist', () => {
  it('puts their rows in before writers are held, and changes them until the switch', async () => {
    const { path, program } = aFile();
    const report = join(temporaryFolder(), 'report.json');
    const follower = follow(path, target, ['--report', report]);
    await follower.hasSaid(FOLLOWING);
    writing(program);
    follower.cutOver();
    await follower.hasSaid('holding the writers');
    const [, ...steps] = follower.said().split('"step":');
    const texts = steps.map((step) => step.slice(1, step.indexOf('"', 1)));
    expect(texts.indexOf('filling the tables that exist')).toBeGreaterThanOrEqual(0);
    expect(texts.indexOf('holding the writers of the source')).toBeGreaterThan(
      texts.indexOf('filling the tables that exist'),
    );
    const ended = await follower.ended;
    expect(ended).toMatchObject({ code: 0 });
    await expectEqual(path);
    expect(documentOf(ended)).toMatchObject({ orphans: [] });
    const [{ rows } = { rows: 0 }] = await target.query<{ rows: number }>(
      'SELECT count(*)::int AS rows FROM named',
    );
    expect(rows).toBeGreaterThan(0);
    const [next] = await target.query<{ id: string }>(
      "INSERT INTO owners (name) VALUES ('next') RETURNING id",
    );
    const last = program.prepare("SELECT seq FROM sqlite_sequence WHERE name = 'owners'").pluck();
    expect(Number(next?.id)).toBe(Number(last.get()) + 1);
    await target.query("DELETE FROM owners WHERE name = 'next'");
    expect(await undoCopy(report, target.url)).toMatchObject({ code: 0 });
    expect(await countsInTarget()).toEqual({ owners: 0, entries: 0, pairs: 0, words: 0 });
  });

  it.each(['filling the tables that exist', 'holding the writers of the source'])(
    'leaves all of it or nothing when it is killed at "%s", and goes on from there',
    async (step) => {
      const { path, program } = aFile();
      writing(program);
      const killed = follow(path, target, ['--cut-over']);
      await killed.hasSaid(step);
      killed.process.kill('SIGKILL');
      const { signal, code: codeOfKilled } = await killed.ended;
      if (signal === null) {
        // It has switched before the signal came.
        expect(codeOfKilled).toBe(0);
        await expectEqual(path);
        return;
      }
      expect(signal).toBe('SIGKILL');
      const counts = (await countsInTarget()) as { readonly owners: number };
      if (counts.owners === 0)
        expect(counts).toEqual({ owners: 0, entries: 0, pairs: 0, words: 0 });
      else await expectEqual(path);
      const { code, stdout } = await follow(path, target, ['--resume', '--cut-over']).ended;
      expect({ code, stdout: code === 0 ? '' : stdout }).toEqual({ code: 0, stdout: '' });
      await expectEqual(path);
    },
  );

  it('takes what refers to rows that change as it is in the file, whatever its foreign keys do', async () => {
    const { path, program } = aFile();
    await target.query(
      'ALTER TABLE entries ADD CONSTRAINT strict FOREIGN KEY (owner) REFERENCES owners ON DELETE RESTRICT DEFERRABLE INITIALLY DEFERRED',
    );
    const locker = new pg.Client({ connectionString: target.url });
    await locker.connect();
    later(() => locker.end());
    await locker.query('BEGIN; LOCK TABLE words IN SHARE MODE');
    const follower = follow(path, target, ['--cut-over']);
    await follower.hasSaid('filling the tables that exist');
    for (let round = 1; round <= 50; round += 1) write(program, round);
    // Two of them exchange what is unique while others refer to them.
    program.exec(`BEGIN; UPDATE owners SET name = 'swap' WHERE id = 10;
      UPDATE owners SET name = 'owner 10' WHERE id = 11; UPDATE owners SET name = 'owner 11' WHERE id = 10; COMMIT`);
    await locker.query('ROLLBACK');
    expect(await follower.ended).toMatchObject({ code: 0 });
    await expectEqual(path);
  });

  it.each([
    [
      'a trigger',
      `CREATE FUNCTION seen() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
       CREATE TRIGGER seen BEFORE UPDATE ON owners FOR EACH ROW EXECUTE FUNCTION seen()`,
      'owners has the trigger or rule seen',
    ],
    [
      'a rule',
      'CREATE RULE doubled AS ON INSERT TO pairs DO ALSO INSERT INTO words VALUES (NEW.a, 1)',
      'pairs has the trigger or rule doubled',
    ],
  ])('refuses %s on one of them before anything is loaded', async (_, sql, said) => {
    const { path, program } = aFile();
    await target.query(sql);
    const { code, stdout } = await follow(path, target, ['--cut-over']).ended;
    expect({ code, stdout }).toMatchObject({ code: 1, stdout: expect.stringContaining(said) });
    expect(stdout).toContain('COPY_FOLLOW_UNSUITABLE');
    expect((await relationsIn(target)).filter((name) => name.startsWith('holdfast'))).toEqual([]);
    write(program, 1);
  });

  it('keeps the rows that --replace has replaced, and leaves them when it fails', async () => {
    const { path, program } = aFile();
    await target.query("INSERT INTO pairs VALUES ('old', 1, 'row')");
    expect((await follow(path, target, ['--cut-over']).ended).stdout).toContain(
      'COPY_TARGET_NOT_EMPTY',
    );
    const report = join(temporaryFolder(), 'report.json');
    const follower = follow(path, target, ['--replace', '--report', report]);
    await follower.hasSaid(FOLLOWING);
    writing(program);
    follower.cutOver();
    expect(await follower.ended).toMatchObject({ code: 0 });
    await expectEqual(path);
    expect(await undoCopy(report, target.url)).toMatchObject({ code: 0 });
    expect(await countsInTarget()).toEqual({ owners: 0, entries: 0, pairs: 1, words: 0 });
  });
});
