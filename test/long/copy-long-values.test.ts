import { beforeEach, describe, expect, it } from '@jest/globals';
import Sqlite from 'better-sqlite3';
import { createDatabase, type TestDatabase } from '@holdfast/testing/temporary-database';
import { cleanup } from '../support/cleanup.js';
import { compareCopy, copyReport, sqliteFile } from '../support/copy.js';

const { later, temporaryFolder } = cleanup();

let target: TestDatabase;

beforeEach(async () => {
  target = await createDatabase();
  later(() => target.drop());
});

const MEGABYTE = 2 ** 20;

/** Characters of every length, so that whoever cuts the bytes somewhere cuts some of them in two. */
const text = (megabytes: number) => 'aé€😀'.repeat((megabytes * MEGABYTE) / 10);

const blob = (megabytes: number) => Buffer.alloc(megabytes * MEGABYTE + 3, 'x\0yz');

/** With short rows between them, and two long values in one row. */
function withLongValues(columns: string): string {
  const path = sqliteFile(
    temporaryFolder(),
    `CREATE TABLE long (id INTEGER PRIMARY KEY, ${columns})`,
  );
  const database = new Sqlite(path);
  const insert = database.prepare('INSERT OR REPLACE INTO long (id, t, b, n) VALUES (?, ?, ?, ?)');
  for (let id = 1; id <= 200; id += 1) insert.run(id, `short ${id}`, Buffer.from([id]), 1);
  insert.run(-5, text(9), null, 1);
  insert.run(60, text(1), blob(20), 1);
  insert.run(61, null, blob(2), 1);
  insert.run(150, text(5), blob(0), null);
  insert.run(201, '', blob(1), 1);
  database.close();
  return path;
}

describe.each([
  ['that SQL can make', 't TEXT, b BLOB, n INTEGER'],
  ['with reals', 't TEXT, b BLOB, n REAL'],
])('rows %s', (_, columns) => {
  it('are there as they are, however long their values', async () => {
    const path = withLongValues(columns);
    const report = await copyReport(path, target.url, ['--verify', 'full']);
    expect(report.tables).toMatchObject([{ format: 'binary', rows_read: 202 }]);
    expect(report.tables[0]?.source_digest).toBe(report.tables[0]?.target_digest);
    expect(compareCopy(path, target.url)).toEqual({ rows: { long: 202 }, differences: [] });
  });

  it('are left out where PostgreSQL does not take a long text, and only they', async () => {
    const path = withLongValues(columns);
    const database = new Sqlite(path);
    database.exec(`
      UPDATE long SET t = t || char(0) || 'x' WHERE id = -5;
      UPDATE long SET t = CAST(CAST(t AS BLOB) || x'e282' AS TEXT) WHERE id = 60;
      UPDATE long SET t = CAST(x'ff' || CAST(t AS BLOB) AS TEXT) WHERE id = 150`);
    database.close();
    const report = await copyReport(path, target.url, ['--on-reject', 'list']);
    expect(report.tables).toMatchObject([{ rows_read: 202, rows_rejected: 3, rows_written: 199 }]);
    expect(report.rejects.map(({ key, column, reason }) => [key, column, reason])).toEqual([
      ['rowid -5', 't', expect.stringContaining('NUL')],
      ['rowid 60', 't', expect.stringContaining('UTF-8')],
      ['rowid 150', 't', expect.stringContaining('UTF-8')],
    ]);
    expect(await target.query('SELECT max(length(b)) AS longest FROM long')).toEqual([
      { longest: 2 * MEGABYTE + 3 },
    ]);
  });
});
