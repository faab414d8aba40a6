import { createHash } from 'node:crypto';
import { basename, join } from 'node:path';
import { beforeEach, describe, expect, it } from '@jest/globals';
import { cleanup } from '../support/cleanup.js';
import {
  compareCopy,
  copy,
  copyReport,
  relationsIn,
  sampleDatabases,
  sqliteFile,
} from '../support/copy.js';
import { createDatabase, type TestDatabase } from '@holdfast/testing/temporary-database';

const { later, temporaryFolder } = cleanup();

let target: TestDatabase;

beforeEach(async () => {
  target = await createDatabase();
  later(() => target.drop());
});

const everything = () => relationsIn(target);

for (const [index, path] of sampleDatabases().entries()) {
  const jobs = String(1 + index);
  it(`${basename(path)}: every row is there, as an independent comparison sees it`, async () => {
    const report = await copyReport(path, target.url, ['--jobs', jobs]);
    const compared = compareCopy(path, target.url);
    expect(compared.differences).toEqual([]);
    const rows = Object.fromEntries(
      report.tables.map((table) => [table.table, table.rows_written]),
    );
    expect(rows).toEqual(compared.rows);
    expect(report).toMatchObject({ rejects: [], orphans: [] });
  }, 120_000);
}

it('copies several tables at once, and none when one fails', async () => {
  const tables = [1, 2, 3, 4, 5];
  const path = sqliteFile(
    temporaryFolder(),
    tables
      .map(
        (number) =>
          `CREATE TABLE t${number} (id INTEGER PRIMARY KEY, x INTEGER);
           WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000)
           INSERT INTO t${number} SELECT i, i * ${number} FROM n;`,
      )
      .join(''),
  );
  await target.query('CREATE TABLE t3 (id bigint PRIMARY KEY, x bigint CHECK (x < 30000))');
  const before = await everything();
  const failed = await copy(path, target.url, ['--jobs', '3']);
  expect(failed.code).toBe(1);
  expect(failed.stderr).toContain('COPY_REFUSED');
  expect(await everything()).toEqual(before);
  await target.query('DROP TABLE t3');
  await copyReport(path, target.url, ['--jobs', '3']);
  expect(compareCopy(path, target.url).differences).toEqual([]);
});

it('copies bytes, whole numbers of every size, and texts that are long or broken', async () => {
  const path = sqliteFile(
    temporaryFolder(),
    `CREATE TABLE raw (id INTEGER PRIMARY KEY, s INTEGER, i INTEGER, l INTEGER, t TEXT, b BLOB);
     INSERT INTO raw VALUES
       (-5, -32768, -2147483648, -9223372036854775807, 'ä€😀' || char(9, 10, 92), x'00ff5c'),
       (1, 32767, 2147483647, 9223372036854775807, '', x''), (2, NULL, NULL, NULL, NULL, NULL),
       (3, -1, -1, -1, hex(zeroblob(50000)), zeroblob(70000)), (4, 0, 0, 0, 'nul' || char(0), x'01'),
       (5, 1, 1, 1, CAST(x'ff' AS TEXT), x'02'), (9, 2, 2, 2, 'end', x'03');`,
  );
  await target.query(
    'CREATE TABLE raw (id bigint PRIMARY KEY, s smallint, i integer, l bigint, t text, b bytea)',
  );
  const rejects = join(temporaryFolder(), 'rejects');
  const args = ['--on-reject', 'list', '--rejects', rejects];
  const report = await copyReport(path, target.url, args);
  expect(report.tables).toMatchObject([{ format: 'binary', rows_written: 5, rows_rejected: 2 }]);
  expect(report.rejects.map(({ key, reason }) => [key, reason])).toEqual([
    ['rowid 4', 'has a NUL in it'],
    ['rowid 5', 'is text that is not UTF-8'],
  ]);
  const rows = await target.query(
    `SELECT id::text, s, i, l::text, length(t) AS length, md5(t) AS text, md5(b) AS bytes FROM raw ORDER BY id`,
  );
  const md5 = (value: string | Buffer) => createHash('md5').update(value).digest('hex');
  const row = (id: string, s: number, i: number, l: string, t: string, b: Buffer) => ({
    ...{ id, s, i, l, length: Array.from(t).length, text: md5(t), bytes: md5(b) },
  });
  const none = { s: null, i: null, l: null, length: null, text: null, bytes: null };
  expect(rows).toEqual([
    row(
      '-5',
      -32768,
      -2147483648,
      '-9223372036854775807',
      'ä€😀\t\n\\',
      Buffer.from('00ff5c', 'hex'),
    ),
    row('1', 32767, 2147483647, '9223372036854775807', '', Buffer.alloc(0)),
    { id: '2', ...none },
    row('3', -1, -1, '-1', '0'.repeat(100_000), Buffer.alloc(70_000)),
    row('9', 2, 2, '2', 'end', Buffer.from([3])),
  ]);
});

it.each(['--tables', '--exclude'])('%s names tables that are there', async (flag) => {
  const path = sqliteFile(temporaryFolder(), 'CREATE TABLE here (id INTEGER PRIMARY KEY)');
  const { code, stderr } = await copy(path, target.url, [flag, 'here,Here']);
  expect([code, stderr]).toEqual([64, expect.stringMatching(/^COPY_TABLE_UNKNOWN$/m)]);
  expect(await everything()).toEqual([]);
});

const AWKWARD = `
CREATE TABLE "odd ""name""" (
  "id" INTEGER PRIMARY KEY AUTOINCREMENT, "a\tb" TEXT DEFAULT 'it''s', big INTEGER NOT NULL, r REAL,
  raw BLOB, mixed, flag BOOLEAN DEFAULT 1, amount DECIMAL(10,2), doubled AS (big * 2)
);
INSERT INTO "odd ""name""" (id, "a\tb", big, r, raw, mixed, flag, amount) VALUES
  (1, 'back\\slash' || char(9, 10, 13, 8, 11, 12) || 'end', 9223372036854775807, 0.1, x'00ff5c', 1, 1, 1.5),
  (5, '\\N', -9223372036854775808, 1e308, x'', 'text', 0, 2),
  (7, '', 0, 5e-324, NULL, 2.5, NULL, NULL),
  (8, NULL, 1, -0.0, x'6869', NULL, 1, -3),
  (9, 'ä€😀', 2, 9e999, NULL, '2,5', 1, 123456789.125);
DELETE FROM "odd ""name""" WHERE id = 9 AND r IS NULL;
UPDATE sqlite_sequence SET seq = 41;
CREATE TABLE pairs (a TEXT, b INTEGER, c TEXT COLLATE NOCASE UNIQUE, PRIMARY KEY (a, b)) WITHOUT ROWID;
INSERT INTO pairs VALUES ('x', 1, 'One'), ('x', 2, 'two'), ('y', 1, NULL);
CREATE TABLE children (id INTEGER PRIMARY KEY, a TEXT, b INTEGER,
  FOREIGN KEY (a, b) REFERENCES pairs ON DELETE CASCADE, CHECK (b >= 0));
INSERT INTO children VALUES (1, 'x', 1), (2, NULL, NULL);
CREATE TABLE "empty" (a VARCHAR(3), b DATETIME, c DOUBLE, d BLOB, e);
CREATE INDEX children_by_a ON children (a DESC, b);
CREATE VIEW names AS SELECT a FROM pairs;
CREATE TRIGGER tick AFTER INSERT ON pairs BEGIN SELECT 1; END;
CREATE VIRTUAL TABLE search USING fts5(body);
CREATE TABLE unused (id INTEGER PRIMARY KEY);
`;

it('copies what is awkward, and says what it leaves behind', async () => {
  const path = sqliteFile(temporaryFolder(), AWKWARD);
  const report = await copyReport(path, target.url, ['--exclude', 'unused']);
  const shadows = [
    'search',
    'search_config',
    'search_content',
    'search_data',
    'search_docsize',
    'search_idx',
  ];
  expect(compareCopy(path, target.url).differences).toEqual(
    [...shadows, 'unused'].map((name) => `${name}: not there`),
  );
  expect(report.skipped).toEqual(
    expect.arrayContaining([
      { kind: 'view', name: 'names' },
      { kind: 'trigger', name: 'tick' },
      { kind: 'virtual table', name: 'search' },
      { kind: 'shadow table', name: 'search_data' },
      { kind: 'table', name: 'unused' },
    ]),
  );
  expect(
    await target.query('INSERT INTO "odd ""name""" (big) VALUES (3) RETURNING id, "a\tb" AS text'),
  ).toEqual([{ id: '42', text: "it's" }]);
  await expect(target.query(`INSERT INTO children VALUES (3, 'nobody', 1)`)).rejects.toThrow(
    /foreign key/,
  );
  await expect(target.query(`INSERT INTO children VALUES (3, NULL, -1)`)).rejects.toThrow(/check/);
  await expect(target.query(`INSERT INTO pairs VALUES ('x', 1, 'three')`)).rejects.toThrow(
    /duplicate key/,
  );
  expect(await everything()).toContain('public.children_by_a');
  expect((await everything()).filter((name) => name.startsWith('holdfast'))).toEqual([]);
});

describe('a value that the target cannot hold exactly', () => {
  const CASES: readonly (readonly [column: string, value: string, reason: string])[] = [
    ['integer', '1.5', 'is no whole number'],
    ['integer', `'12abc'`, 'is no number'],
    ['integer', '2147483648', 'is out of the range of 32 bits'],
    ['smallint', '40000', 'is out of the range of 16 bits'],
    ['bigint', '9.3e18', 'is out of the range of 64 bits'],
    ['boolean', '2', 'is neither 0 nor 1'],
    ['varchar(3)', `'four'`, 'is longer than 3 characters'],
    ['date', `'0000-00-00'`, 'is no date such as 2026-11-21'],
    ['date', `'2026-02-30'`, 'is no date such as 2026-11-21'],
    ['timestamptz', `'2026-01-01 00:00:00'`, 'has no time zone: see --map for one'],
    ['timestamptz', '1767225600', 'is no text: see --map for numbers'],
    ['real', '0.1', 'has more digits than 4 bytes hold'],
    [
      'double precision',
      '9007199254740993',
      'is a whole number with more digits than the type holds',
    ],
    ['numeric(4,1)', '1.25', 'has more than 1 digits after the point'],
    ['numeric(4,1)', '1234', 'has more than 3 digits before the point'],
    ['text', `CAST(x'ff' AS TEXT)`, 'is text that is not UTF-8'],
    ['text', `'a' || char(0) || 'b'`, 'has a NUL in it'],
    ['text', `x'00'`, 'is a blob'],
    [
      'uuid',
      `'A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11'`,
      'is no UUID as PostgreSQL writes it: lower case, with hyphens',
    ],
    ['json', `'{'`, 'is no JSON'],
    ['jsonb', `'"\\u0000"'`, 'has an escape that jsonb does not hold'],
  ];

  it.each(CASES)('%s <- %s: the copy fails, and nothing is left', async (type, value, reason) => {
    await target.query(`CREATE TABLE t (id bigint PRIMARY KEY, v ${type})`);
    const path = sqliteFile(
      temporaryFolder(),
      `CREATE TABLE t (id INTEGER PRIMARY KEY, v); INSERT INTO t VALUES (7, NULL), (8, ${value})`,
    );
    const before = await everything();
    const failed = await copy(path, target.url);
    expect({ code: failed.code, stdout: failed.stdout }).toEqual({ code: 1, stdout: '' });
    expect(failed.stderr).toMatch(/^COPY_ROWS_REJECTED$/m);
    expect(failed.stderr).toContain(`t, rowid 8: v ${reason}`);
    expect(await everything()).toEqual(before);
    expect(await target.query('SELECT * FROM t')).toEqual([]);
  });

  it('is left out and listed when that is asked for', async () => {
    await target.query('CREATE TABLE t (id bigint PRIMARY KEY, v integer)');
    const path = sqliteFile(
      temporaryFolder(),
      `CREATE TABLE t (id INTEGER PRIMARY KEY, v); INSERT INTO t VALUES (1, 1), (2, 1.5), (3, 'x'), (4, NULL)`,
    );
    const report = await copyReport(path, target.url, ['--on-reject', 'list']);
    expect(report).toMatchObject({
      tables: [{ table: 't', rows_read: 4, rows_written: 2, rows_rejected: 2 }],
      rejects: [
        { table: 't', key: 'rowid 2', column: 'v', reason: 'is no whole number' },
        { table: 't', key: 'rowid 3', column: 'v', reason: 'is no number' },
      ],
    });
    expect(await target.query('SELECT id, v FROM t ORDER BY id')).toEqual([
      { id: '1', v: 1 },
      { id: '4', v: null },
    ]);
  });
});

it('takes what --map says a column means', async () => {
  const path = sqliteFile(
    temporaryFolder(),
    `CREATE TABLE t (id INTEGER PRIMARY KEY, flag BOOLEAN, s INTEGER, ms INTEGER, utc TEXT);
     INSERT INTO t VALUES (1, 1, 1767225600, 1767225600123, '2026-01-01 00:00:00'), (2, 0, -1, -1, NULL)`,
  );
  const rules = [
    't.flag=boolean',
    't.s=timestamptz:s',
    't.ms=timestamptz:ms',
    't.utc=timestamptz:utc',
  ];
  const report = await copyReport(
    path,
    target.url,
    rules.flatMap((rule) => ['--map', rule]),
  );
  expect(report).toMatchObject({ rejects: [] });
  expect(
    await target.query(`SELECT flag, s::text, ms::text, utc::text FROM t ORDER BY id`),
  ).toEqual([
    { flag: true, s: expect.any(String), ms: expect.any(String), utc: expect.any(String) },
    { flag: false, s: expect.any(String), ms: expect.any(String), utc: null },
  ]);
  expect(
    await target.query(`SELECT extract(epoch FROM s)::text AS s, extract(epoch FROM ms)::text AS ms,
                               extract(epoch FROM utc)::text AS utc FROM t ORDER BY id`),
  ).toEqual([
    { s: '1767225600.000000', ms: '1767225600.123000', utc: '1767225600.000000' },
    { s: '-1.000000', ms: '-0.001000', utc: null },
  ]);
});

it('refuses rows in the way, and replaces them when asked to', async () => {
  await target.query(
    `CREATE TABLE t (id bigint PRIMARY KEY, v text); INSERT INTO t VALUES (9, 'old')`,
  );
  const path = sqliteFile(
    temporaryFolder(),
    `CREATE TABLE t (id INTEGER PRIMARY KEY, v); INSERT INTO t VALUES (1, 'new')`,
  );
  const refused = await copy(path, target.url);
  expect(refused.code).toBe(1);
  expect(refused.stderr).toMatch(/^COPY_TARGET_NOT_EMPTY$/m);
  expect(await target.query('SELECT v FROM t')).toEqual([{ v: 'old' }]);
  await copyReport(path, target.url, ['--replace']);
  expect(await target.query('SELECT v FROM t')).toEqual([{ v: 'new' }]);
});

it('lists rows that refer to nothing, and keeps them when asked to', async () => {
  const path = sqliteFile(
    temporaryFolder(),
    `PRAGMA foreign_keys = OFF; CREATE TABLE p (id INTEGER PRIMARY KEY); CREATE TABLE c (id INTEGER PRIMARY KEY, p INTEGER REFERENCES p);
     INSERT INTO c VALUES (1, 5), (2, 6)`,
  );
  const refused = await copy(path, target.url);
  expect(refused.code).toBe(1);
  expect(refused.stderr).toMatch(/^COPY_ORPHANS$/m);
  expect(refused.stderr).toContain('2 rows of c refer to no row of p');
  expect(await everything()).toEqual([]);
  const report = await copyReport(path, target.url, ['--on-orphan', 'not-valid']);
  expect(report).toMatchObject({ orphans: [{ table: 'c', references: 'p', rows: 2 }] });
  await expect(target.query('INSERT INTO c VALUES (3, 7)')).rejects.toThrow(/foreign key/);
});

it('a dry run judges everything and writes nothing', async () => {
  const path = sqliteFile(
    temporaryFolder(),
    `CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT); INSERT INTO t VALUES (1, 'a'), (2, CAST(x'ff' AS TEXT))`,
  );
  const judged = await copy(path, target.url, ['--dry-run']);
  expect(judged.code).toBe(1);
  expect(judged.stdout).toContain('CREATE TABLE "public"."t"');
  expect(judged.stdout).toContain('rejected: t, rowid 2: v is text that is not UTF-8');
  expect(await everything()).toEqual([]);
});
