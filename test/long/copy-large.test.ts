import { beforeEach, describe, expect, it } from '@jest/globals';
import { cleanup } from '../support/cleanup.js';
import { copyReport, sqliteFile } from '../support/copy.js';
import { createDatabase, type TestDatabase } from '@holdfast/testing/temporary-database';

const { later, temporaryFolder } = cleanup();

let target: TestDatabase;

beforeEach(async () => {
  target = await createDatabase();
  later(() => target.drop());
});

const ROWS = 100_000;

interface Shape {
  readonly format: string;
  readonly columns: string;
  /** Of row `i`. */
  readonly values: string;
  readonly names: string;
  /** What is unlike the other rows, the values of the last row, and their texts in PostgreSQL. */
  readonly last: readonly (readonly [string, string, readonly (string | null)[]])[];
}

const LONG = `hex(zeroblob(40000))`;

const shapes: readonly Shape[] = [
  {
    format: 'lines',
    columns: 'i INTEGER, r REAL, t TEXT',
    values: `i * 7, i / 4.0, 'text ' || i`,
    names: 'i, r, t',
    last: [
      ['a text among integers', `'x', 0.5, 'text'`, ['x', '0.5', 'text']],
      ['a real among integers', `1.5, 0.5, 'text'`, ['1.5', '0.5', 'text']],
      ['a blob among integers', `x'ff', 0.5, 'text'`, ['\\xff', '0.5', 'text']],
      ['a text among reals', `1, '0x1F', 'text'`, ['1', '0x1F', 'text']],
      ['a blob among texts', `1, 0.5, x'ff'`, ['1', '0.5', '\\xff']],
      ['a long text', `1, 0.5, ${LONG}`, ['1', '0.5', '0'.repeat(80_000)]],
      ['NULL', `NULL, NULL, NULL`, [null, null, null]],
      ['what has to be escaped', `1, 0.5, char(9, 10, 13, 92)`, ['1', '0.5', '\t\n\r\\']],
    ],
  },
  {
    format: 'binary',
    columns: 'i INTEGER, t TEXT, b BLOB',
    values: `i * 7, 'text ' || i, x'ff02'`,
    names: 'i, t, b',
    last: [
      ['a text among integers', `'x', 'text', x'fe'`, ['x', 'text', '\\xfe']],
      ['a real among integers', `1.5, 'text', x'fe'`, ['1.5', 'text', '\\xfe']],
      ['a blob among texts', `1, x'ff', x'fe'`, ['1', '\\xff', '\\xfe']],
      ['a text among blobs', `1, 'text', 'b'`, ['1', 'text', '\\x62']],
      ['an integer among blobs', `1, 'text', 3`, ['1', 'text', '\\x33']],
      ['a long text', `1, ${LONG}, x'fe'`, ['1', '0'.repeat(80_000), '\\xfe']],
      ['NULL', `NULL, NULL, NULL`, [null, null, null]],
    ],
  },
  {
    format: 'binary',
    columns: 'r REAL, t TEXT, b BLOB',
    values: `i / 4.0, 'text ' || i, x'ff02'`,
    names: 'r, t, b',
    last: [
      ['a text among reals', `'0x1F', 'text', x'fe'`, ['0x1F', 'text', '\\xfe']],
      ['a blob among reals', `x'ff', 'text', x'fe'`, ['\\xff', 'text', '\\xfe']],
      ['NULL', `NULL, NULL, NULL`, [null, null, null]],
    ],
  },
  {
    format: 'binary',
    columns: 'i INTEGER, t TEXT',
    values: `i, CASE WHEN i = 1 THEN hex(zeroblob(2000)) ELSE 'text' END`,
    names: 'i, t',
    last: [['NULL', `NULL, NULL`, [null, null]]],
  },
];

for (const { format, columns, values, names, last } of shapes) {
  const all = `
    CREATE TABLE large (id INTEGER PRIMARY KEY, ${columns});
    WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${ROWS})
    INSERT INTO large SELECT i, ${values} FROM n;`;

  describe(`a large table of ${columns}`, () => {
    it('has the same definition as when all of it is looked at first', async () => {
      const path = sqliteFile(temporaryFolder(), all);
      const planned = await copyReport(path, target.url, ['--dry-run']);
      const report = await copyReport(path, target.url);
      const inPlace = report.sql.map((sql) => sql.replace(/holdfast_copy_\w+/g, 'public'));
      expect([inPlace, report.notes]).toEqual([planned.sql, []]);
      expect(planned.sql).toContainEqual(expect.stringContaining('PRIMARY KEY ("id")'));
      expect(report.tables).toMatchObject([{ format, rows_written: ROWS }]);
    });

    it.each(last)('whose last row holds %s: every row is there as it is', async (_, row, found) => {
      const path = sqliteFile(
        temporaryFolder(),
        `${all} INSERT INTO large (${names}) VALUES (${row});`,
      );
      const report = await copyReport(path, target.url);
      expect(report.tables).toMatchObject([{ rows_written: ROWS + 1, rows_rejected: 0 }]);
      const texts = names.split(', ').map((name) => `${name}::text`);
      expect(
        await target.query(
          `SELECT (SELECT sum(id) FROM large)::text AS sum, ARRAY[${texts.join(', ')}] AS last
             FROM large ORDER BY id DESC LIMIT 1`,
        ),
      ).toEqual([{ sum: String(((ROWS + 1) * (ROWS + 2)) / 2), last: found }]);
    });
  });
}
