import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import { describe, expect, it } from '@jest/globals';
import { SqliteFile } from '../src/sqlite/sqlite-file.js';
import { isIntactSqlite, prepareSqlite } from '../src/sqlite/sqlite-session.js';
import { cleanup } from '../../../test/support/cleanup.js';

const { later, temporaryFolder } = cleanup();

function opened() {
  const path = join(temporaryFolder(), 'holdfast.sqlite');
  const connection = new Sqlite(path);
  later(() => connection.close());
  prepareSqlite(connection, 1000);
  connection.pragma('synchronous = OFF');
  connection.exec('CREATE TABLE notes (id TEXT PRIMARY KEY, text TEXT)');
  const insert = connection.prepare('INSERT INTO notes VALUES (?, ?)');
  const write = (times: number) => {
    for (let no = 0; no < times; no += 1) insert.run(crypto.randomUUID(), 'x'.repeat(200));
  };
  const file = new SqliteFile(path, () => isIntactSqlite(path));
  return { path, connection, write, file };
}

describe('a file that others write to', () => {
  it.each([
    ['a few times', 3],
    ['until its log begins anew', 700],
    ['until its log has begun anew several times', 3000],
  ])('%s between two looks is in place', (_, times) => {
    const { write, file } = opened();
    // Also where there was none yet.
    write(times);
    for (let round = 0; round < 5; round += 1) {
      expect(file.isReplaced).toBe(false);
      write(times);
    }
    expect(file.isReplaced).toBe(false);
  });

  it('and checkpoint, whatever it is they do first, is in place', () => {
    const { connection, write, file } = opened();
    for (let round = 0; round < 200; round += 1) {
      if (round % 3 === 0) connection.pragma('wal_checkpoint(TRUNCATE)');
      write(round % 5);
      if (round % 2 === 0) connection.pragma('wal_checkpoint(RESTART)');
      if (round % 7 !== 0) expect(file.isReplaced).toBe(false);
    }
  });
});

it('the locks of SQLite outlast the look at its files', () => {
  const { path, connection, file } = opened();
  connection.exec('BEGIN IMMEDIATE');
  expect(file.isReplaced).toBe(false);
  const again = new SqliteFile(path, () => isIntactSqlite(path));
  expect(again.isReplaced).toBe(false);
  // As another process sees it: within one, SQLite knows of its own connections without any lock.
  const locks = readFileSync('/proc/locks', 'utf8').split('\n');
  expect(locks.filter((lock) => lock.includes(` ${process.pid} `)).length).toBeGreaterThan(1);
  connection.exec('ROLLBACK');
});

it('a file that is put back after it was written over stays told', () => {
  const { path, write, file } = opened();
  write(10);
  expect(file.isReplaced).toBe(false);
  const log = readFileSync(`${path}-wal`);
  writeFileSync(`${path}-wal`, '');
  expect(file.isReplaced).toBe(true);
  expect(file.isCorrupt).toBe(true);
  writeFileSync(`${path}-wal`, log);
  expect(file.isReplaced).toBe(true);
});
