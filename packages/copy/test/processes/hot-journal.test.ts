import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import { SourceDatabase } from '../../src/sqlite/source-database.js';

/** Writes more than it keeps in memory, and ends before it has committed. */
const KILLED = `
  import Sqlite from 'better-sqlite3';
  const database = new Sqlite(process.argv[1]);
  database.pragma('page_size = 1024');
  database.exec("CREATE TABLE t (id INTEGER PRIMARY KEY, a INTEGER, b TEXT)");
  const insert = database.prepare("INSERT INTO t VALUES (?, 1, 'some text of some length')");
  database.transaction(() => {
    for (let id = 1; id <= 5000; id += 1) insert.run(id);
  })();
  database.pragma('cache_size = 10');
  database.exec('BEGIN; UPDATE t SET a = 0; DELETE FROM t WHERE id % 2 = 0');
  process.kill(process.pid, 'SIGKILL');`;

it.each([
  ['is read', false],
  ['is copied with its writers held', true],
])('what a killed program had not committed is not in what %s', (_, holdWriters) => {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-journal-'));
  try {
    const path = join(folder, 'app.db');
    spawnSync(process.execPath, ['--input-type=module', '-e', KILLED, path]);
    expect(statSync(`${path}-journal`).size).toBeGreaterThan(512);
    const before = readFileSync(path);
    const source = SourceDatabase.open(path, holdWriters);
    const found = source.connection.prepare('SELECT a, count(*) AS rows FROM t GROUP BY a').all();
    expect(found).toEqual([{ a: 1n, rows: 5000n }]);
    source.close();
    // Who may write takes it back, as whoever opens it does.
    expect(readFileSync(path).equals(before)).toBe(!holdWriters);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
