import { chownSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import type Sqlite from 'better-sqlite3';
import { createDatabase, type TestDatabase } from '@holdfast/testing/temporary-database';
import { cleanup } from '../support/cleanup.js';
import { relationsIn } from '../support/copy.js';
import { bothSides, follow, followedFile, TABLES } from '../support/follow.js';
import { followBack, FOLLOWING_BACK } from '../support/follow-back.js';
import { serverUser, startPostgresServer } from '../support/postgres-server.js';
import { mountTmpfs } from '../support/tmpfs.js';

const { later, temporaryFolder } = cleanup();

const MEGABYTES = 16;

function aDisk(megabytes = MEGABYTES) {
  const disk = mountTmpfs(megabytes);
  later(() => {
    disk.remove();
  });
  return disk;
}

function aFile(folder: string) {
  const file = followedFile(folder);
  later(() => {
    file.program.close();
  });
  return file;
}

async function expectEqual(path: string, target: TestDatabase): Promise<void> {
  for (const table of TABLES) {
    const { source, target: stored } = await bothSides(path, target, table);
    expect({ table, rows: source }).toEqual({ table, rows: stored });
  }
}

const writeMuch = (program: Sqlite.Database) =>
  program.exec('UPDATE entries SET raw = randomblob(4000)');

it('a source without room for the journal is left as it was, and followed once there is some', async () => {
  const target = await createDatabase();
  later(() => target.drop());
  const disk = aDisk();
  const { path, program } = aFile(disk.folder);
  program.exec("UPDATE owners SET note = 'before' WHERE id = 1");
  disk.fill();
  const { code, stdout } = await follow(path, target).ended;
  expect({ code, stdout }).toMatchObject({
    code: 69,
    stdout: expect.stringContaining('COPY_SOURCE_FULL'),
  });
  expect(await relationsIn(target)).toEqual([]);
  disk.free();
  program.exec("UPDATE owners SET note = 'after' WHERE id = 1");
  expect(await follow(path, target, ['--cut-over']).ended).toMatchObject({ code: 0 });
  await expectEqual(path, target);
});

it('a target without room for the changes keeps what it has, and goes on with --resume', async () => {
  const disk = aDisk();
  const server = await startPostgresServer();
  later(() => server.remove());
  const folder = join(disk.folder, 'tablespace');
  mkdirSync(folder);
  const { uid, gid } = serverUser();
  if (uid !== undefined && gid !== undefined) chownSync(folder, uid, gid);
  const target = await createDatabase(server.url);
  later(() => target.drop());
  await target.query(`CREATE TABLESPACE small LOCATION '${folder}'`);
  await target.query(
    `DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET default_tablespace = small', current_database()); END $$`,
  );
  const { path, program } = aFile(temporaryFolder());
  const follower = follow(path, target);
  await follower.hasSaid('"event":"copy.follow"');
  disk.fill();
  writeMuch(program);
  const { code, stdout } = await follower.ended;
  expect({ code, stdout }).toMatchObject({
    code: 69,
    stdout: expect.stringContaining('POSTGRES_DISK_FULL'),
  });
  disk.free();
  program.exec("UPDATE owners SET note = 'after' WHERE id = 1");
  expect(await follow(path, target, ['--resume', '--cut-over']).ended).toMatchObject({ code: 0 });
  await expectEqual(path, target);
}, 120_000);

it('a file without room for what comes back keeps what it has, and goes on', async () => {
  const target = await createDatabase();
  later(() => target.drop());
  const disk = aDisk();
  const { path } = aFile(disk.folder);
  const follower = followBack(path, target, ['--follow', '--cut-over']);
  await follower.hasSaid(FOLLOWING_BACK);
  disk.fill();
  await target.query(
    "UPDATE entries SET raw = decode(repeat(md5(id::text), 200), 'hex'); UPDATE owners SET note = 'x'",
  );
  const { code, stdout } = await follower.ended;
  expect({ code, stdout }).toMatchObject({
    code: 69,
    stdout: expect.stringContaining('COPY_SOURCE_FULL'),
  });
  disk.free();
  await target.query("DELETE FROM entries WHERE id < 100; INSERT INTO pairs VALUES ('n', 1, 'v')");
  expect(await followBack(path, target, ['--go-back']).ended).toMatchObject({ code: 0 });
  await expectEqual(path, target);
}, 120_000);
