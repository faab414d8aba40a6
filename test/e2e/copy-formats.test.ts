import { beforeEach, expect, it } from '@jest/globals';
import { cleanup } from '../support/cleanup.js';
import { copyReport, sqliteFile } from '../support/copy.js';
import { createDatabase, type TestDatabase } from '../support/postgres.js';

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
