import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { beforeEach, expect, it } from '@jest/globals';
import { cleanup } from '../support/cleanup.js';
import { compareCopy, copy, copyReport, sqliteFile } from '../support/copy.js';
import { createDatabase, type TestDatabase } from '@holdfast/testing/temporary-database';

const { later, temporaryFolder } = cleanup();

let target: TestDatabase;

beforeEach(async () => {
  target = await createDatabase();
  later(() => target.drop());
});

it.each([
  ['lines', 'r REAL', '-9e999'],
  ['binary', 'r REAL, b BLOB', `-9e999, x'00'`],
  ['judged', 'r REAL, d', `-9e999, 'x'), (1.5, 2`],
])('takes infinite reals as %s', async (format, columns, values) => {
  const path = sqliteFile(
    temporaryFolder(),
    `CREATE TABLE t (${columns}); INSERT INTO t VALUES (${values});
     INSERT INTO t (r) VALUES (9e999), (NULL), (0.1)`,
  );
  const report = await copyReport(path, target.url);
  expect(report.tables).toMatchObject([{ format, rows_rejected: 0 }]);
  const reals = await target.query<{ r: number | null }>(
    'SELECT r FROM t WHERE r IS DISTINCT FROM 1.5 ORDER BY r',
  );
  expect(reals.map(({ r }) => r)).toEqual([-Infinity, 0.1, Infinity, null]);
});

it('reads tables of every format at once', async () => {
  const numbers = (most: number) =>
    `WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${most})`;
  const path = sqliteFile(
    temporaryFolder(),
    `CREATE TABLE one (name TEXT PRIMARY KEY, n INTEGER) WITHOUT ROWID;
     INSERT INTO one ${numbers(20_000)} SELECT 'name ' || i, i FROM n;
     CREATE TABLE two (id INTEGER PRIMARY KEY, name TEXT);
     INSERT INTO two ${numbers(20_000)} SELECT i, 'name ' || i FROM n;
     CREATE TABLE three (id INTEGER PRIMARY KEY, content BLOB);
     INSERT INTO three ${numbers(20_000)} SELECT i, randomblob(20) FROM n;
     CREATE TABLE four (id INTEGER PRIMARY KEY, name TEXT);
     INSERT INTO four ${numbers(20_000)} SELECT i, 'name ' || i FROM n;`,
  );
  const { tables } = await copyReport(path, target.url, ['--jobs', '4']);
  expect(tables.map(({ table, format }) => [table, format])).toEqual([
    ['four', 'lines'],
    ['one', 'judged'],
    ['three', 'binary'],
    ['two', 'lines'],
  ]);
  expect(compareCopy(path, target.url).differences).toEqual([]);
});

it('compares the least and the greatest of a real column by value', async () => {
  await target.query('CREATE TABLE t (id bigint PRIMARY KEY, r real)');
  const path = sqliteFile(
    temporaryFolder(),
    `CREATE TABLE t (id INTEGER PRIMARY KEY, r REAL);
     INSERT INTO t VALUES (1, 0.10000000149011612), (2, 1.401298464324817e-45)`,
  );
  const report = await copyReport(path, target.url);
  expect(report.tables).toMatchObject([{ rows_written: 2, rows_rejected: 0 }]);
});

/** A file of a program with a collation of its own, which Python plays. */
function foreignFile(sql: string): string {
  const path = join(temporaryFolder(), 'foreign.db');
  execFileSync('python3', [
    '-c',
    `import sqlite3, sys
source = sqlite3.connect(sys.argv[1])
source.create_collation("LOCALIZED", lambda a, b: (a > b) - (a < b))
source.executescript(sys.argv[2])`,
    path,
    sql,
  ]);
  return path;
}

it('reads columns and indexes of a collation that only another program has', async () => {
  const path = foreignFile(`
    CREATE TABLE parents (name TEXT COLLATE LOCALIZED UNIQUE);
    CREATE TABLE small (id INTEGER PRIMARY KEY, name TEXT COLLATE LOCALIZED REFERENCES parents (name));
    CREATE INDEX small_by_name ON small (name, id);
    CREATE TABLE keyed (id INTEGER PRIMARY KEY, name TEXT, n REAL);
    CREATE INDEX keyed_by_name ON keyed (n, name COLLATE LOCALIZED);
    CREATE TABLE large (id INTEGER PRIMARY KEY, name TEXT COLLATE LOCALIZED UNIQUE);
    INSERT INTO parents VALUES ('a'), ('B'); INSERT INTO small VALUES (1, 'a'), (2, 'B'), (3, 'a');
    INSERT INTO keyed SELECT id, name, id / 4.0 FROM small;
    WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100000)
    INSERT INTO large SELECT i, 'name ' || i FROM n;`);
  const { notes } = await copyReport(path, target.url);
  expect(compareCopy(path, target.url).differences).toEqual([]);
  expect(notes).toContainEqual({
    table: 'small',
    text: 'column name: COLLATE LOCALIZED is left out',
  });
});

it('names a table without rowids that has such a collation', async () => {
  const path = foreignFile(
    `CREATE TABLE tags (name TEXT COLLATE LOCALIZED PRIMARY KEY) WITHOUT ROWID;
     INSERT INTO tags VALUES ('a'); CREATE TABLE t (a); INSERT INTO t VALUES (1);`,
  );
  const { code, stderr } = await copy(path, target.url);
  expect([code, stderr]).toEqual([69, expect.stringMatching(/^COPY_SOURCE_UNREADABLE$/m)]);
  expect(stderr).toContain('table "tags" has no rowids and needs the collation LOCALIZED');
  const report = await copyReport(path, target.url, ['--exclude', 'tags']);
  expect(report.tables).toMatchObject([{ table: 't', rows_written: 1 }]);
});
