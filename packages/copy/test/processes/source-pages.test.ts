import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import Sqlite from 'better-sqlite3';
import { SourceDatabase } from '../../src/sqlite/source-database.js';

const WRITE = `
  import Sqlite from 'better-sqlite3';
  const database = new Sqlite(process.argv[1], { timeout: 0 });
  try {
    database.exec('INSERT INTO t VALUES (2)');
    console.log('written');
  } catch (error) {
    console.log(error.code);
  }`;

/** What becomes of a write by another process. */
function written(path: string): string {
  const args = ['--input-type=module', '-e', WRITE, path];
  return execFileSync(process.execPath, args, { encoding: 'utf8' }).trim();
}

it.each(['delete', 'wal'])('reading pages leaves writers held, in journal mode %s', (mode) => {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-pages-'));
  try {
    const path = join(folder, 'app.db');
    const database = new Sqlite(path);
    database.pragma(`journal_mode = ${mode}`);
    database.exec('CREATE TABLE t (a); INSERT INTO t VALUES (1)');
    database.close();
    const source = SourceDatabase.open(path, true);
    const pages = source.pages;
    expect(pages?.reader().page(1).end).toBe(4096);
    expect(written(path)).toBe('SQLITE_BUSY');
    source.close();
    expect(written(path)).toBe('written');
  } finally {
    rmSync(folder, { recursive: true });
  }
});
