import { chmodSync, copyFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from '@jest/globals';
import Sqlite from 'better-sqlite3';
import { cleanup } from '../support/cleanup.js';
import { compareCopy, copy, copyReport, sqliteFile } from '../support/copy.js';
import { createDatabase, type TestDatabase } from '@holdfast/testing/temporary-database';

const { later, temporaryFolder } = cleanup();

let target: TestDatabase;

beforeEach(async () => {
  target = await createDatabase();
  later(() => target.drop());
});

const source = (sql: string) => sqliteFile(temporaryFolder(), sql);

async function refused(path: string, args: readonly string[] = []): Promise<string> {
  const { code, stdout, stderr } = await copy(path, target.url, args);
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
  const left = await target.query(`SELECT nspname FROM pg_namespace WHERE nspname ~ '^holdfast'`);
  expect(left).toEqual([]);
  return stderr;
}

describe('names', () => {
  it('that PostgreSQL does not take are told all at once', async () => {
    const long = 'l'.repeat(63);
    const path = source(
      `CREATE TABLE "${long}ong" (a); CREATE TABLE "${long}oud" (a, ctid);
       CREATE TABLE fine ("" TEXT, b); CREATE INDEX "ü${long}" ON fine (b); CREATE INDEX taken ON fine (b)`,
    );
    await target.query('CREATE SEQUENCE taken');
    const stderr = await refused(path);
    expect(stderr).toMatch(/^COPY_NAME_UNUSABLE$/m);
    expect(stderr).toContain(
      `the table "${long}ong" has 66 bytes, more than 63, and its first 63 are those of "${long}oud"`,
    );
    // Those of indexes are cut.
    expect(stderr).not.toContain(`"ü${long}"`);
    expect(stderr).toContain('the column of "fine" has an empty name');
    expect(stderr).toContain(
      `the column of "${long}oud" "ctid": PostgreSQL has one in every table`,
    );
    expect(stderr).toContain('the index "taken": the target has something of that name');
  });

  it('of keys and sequences leave others theirs', async () => {
    const path = source(
      `CREATE TABLE t (id INTEGER PRIMARY KEY, a UNIQUE); CREATE TABLE t_id_seq (a);
       CREATE TABLE z (a); CREATE INDEX t_pkey ON z (a); CREATE INDEX t_a_key ON z (a);
       INSERT INTO t VALUES (3, 'x')`,
    );
    await target.query('CREATE TABLE other (id int CONSTRAINT z_pkey PRIMARY KEY)');
    await copyReport(path, target.url);
    expect(await target.query(`INSERT INTO t (a) VALUES ('y') RETURNING id`)).toEqual([
      { id: '4' },
    ]);
  });

  it('of tables in another case are those of the target', async () => {
    await target.query('CREATE TABLE users (id bigint PRIMARY KEY, name text NOT NULL)');
    const path = source(
      `CREATE TABLE Users (ID INTEGER PRIMARY KEY, Name); INSERT INTO Users VALUES (1, 'a'), (2, NULL)`,
    );
    expect(await refused(path)).toContain(
      'Users, rowid 2: Name is NULL, which the column does not take',
    );
    const folder = temporaryFolder();
    const rejects = join(folder, 'left-out');
    await copyReport(path, target.url, ['--on-reject', 'list', '--rejects', rejects]);
    expect(await target.query('SELECT * FROM users')).toEqual([{ id: '1', name: 'a' }]);
    expect(JSON.parse(readFileSync(rejects, 'utf8'))).toEqual({
      table: 'Users',
      key: 'rowid 2',
      column: 'Name',
      reason: 'is NULL, which the column does not take',
    });
  });

  it('of columns that hide the number of a row', async () => {
    const path = source(
      `CREATE TABLE t (rowid TEXT, _rowid_ TEXT, oid TEXT); INSERT INTO t VALUES ('a', 'b', 'c'), ('d', 'e', CAST(x'ff' AS TEXT))`,
    );
    expect(await refused(path)).toContain('t, row 2: oid is text that is not UTF-8');
  });
});

it('computes generated columns where PostgreSQL computes the same', async () => {
  const path = source(
    `CREATE TABLE t (id INTEGER PRIMARY KEY, a INTEGER, b TEXT, twice INTEGER AS (a * 2) STORED,
       "up" TEXT GENERATED ALWAYS AS (upper(b)) VIRTUAL, kind AS (typeof(a)), big AS (a * 4611686018427387904));
     CREATE INDEX by_twice ON t (twice); CREATE INDEX by_kind ON t (kind);
     INSERT INTO t (id, a, b) VALUES (1, 1, 'x'), (2, 2, 'yß'), (3, NULL, NULL)`,
  );
  const { notes } = await copyReport(path, target.url);
  const all = await target.query('SELECT * FROM t ORDER BY id');
  expect(all).toEqual([
    { id: '1', a: '1', b: 'x', twice: '2', up: 'X' },
    { id: '2', a: '2', b: 'yß', twice: '4', up: 'Yß' },
    { id: '3', a: null, b: null, twice: null, up: null },
  ]);
  expect(notes.map(({ text }) => text).toSorted()).toEqual([
    'column big is generated and left out',
    'column kind is generated and left out',
    'index by_kind is left out: CREATE INDEX by_kind ON t (kind)',
  ]);
  expect(
    await target.query(`SELECT indexname AS name FROM pg_indexes WHERE indexname = 'by_twice'`),
  ).toHaveLength(1);
});

it('makes indexes on expressions and on some rows where they translate', async () => {
  const path = source(
    `CREATE TABLE t (id INTEGER PRIMARY KEY, email TEXT, gone TEXT, n INTEGER, UNIQUE (n DESC));
     CREATE UNIQUE INDEX active ON t (lower(email) DESC, n) WHERE gone IS NULL AND n <> 3;
     CREATE INDEX odd ON t (n) WHERE n; CREATE INDEX other ON t (n % 2);
     INSERT INTO t VALUES (1, 'A', NULL, 1), (2, 'a', 'x', 2)`,
  );
  const { notes } = await copyReport(path, target.url);
  expect(notes.map(({ text }) => text)).toEqual([
    'index other is left out: CREATE INDEX other ON t (n % 2)',
    'index odd is left out: CREATE INDEX odd ON t (n) WHERE n',
  ]);
  await expect(target.query(`INSERT INTO t VALUES (3, 'a', NULL, 1)`)).rejects.toThrow(
    /"active"|t_n_key/,
  );
  expect(await target.query(`SELECT indexdef FROM pg_indexes WHERE indexname = 'active'`)).toEqual([
    {
      indexdef: expect.stringMatching(
        /lower\(email\) DESC, n\) WHERE \(\(gone IS NULL\) AND \(n <> 3\)\)/,
      ),
    },
  ]);
});

it('gives the defaults that SQLite gives, and tells those that it cannot', async () => {
  const path = source(
    `CREATE TABLE t (id INTEGER PRIMARY KEY, i INTEGER DEFAULT '5', t TEXT DEFAULT 1.50, q TEXT DEFAULT "quoted",
       f BOOLEAN DEFAULT 1, b BLOB DEFAULT x'00ff', n INTEGER DEFAULT (-0x10), at TEXT DEFAULT (datetime('now')),
       r TEXT DEFAULT (lower(hex(randomblob(4)))), c TEXT COLLATE NOCASE);
     INSERT INTO t (id) VALUES (1)`,
  );
  const { notes } = await copyReport(path, target.url, ['--map', 't.f=boolean']);
  expect(notes).toEqual([
    { table: 't', text: 'column r: the default lower(hex(randomblob(4))) is left out' },
    { table: 't', text: 'column c: COLLATE NOCASE is left out, upper and lower case differ' },
  ]);
  const [row] = await target.query<{ at: string }>('INSERT INTO t (id) VALUES (2) RETURNING *');
  expect(row).toMatchObject({
    i: '5',
    t: '1.5',
    q: 'quoted',
    f: true,
    b: Buffer.from('00ff', 'hex'),
    n: '-16',
    r: null,
  });
  expect(row?.at).toMatch(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/);
});

for (const encoding of ['UTF-16le', 'UTF-16be']) {
  it(`reads ${encoding}, and finds half a surrogate pair`, async () => {
    const half = encoding === 'UTF-16le' ? '00d8' : 'd800';
    const path = source(
      `PRAGMA encoding = '${encoding}'; CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT, b BLOB, c);
       CREATE TABLE keyed (k TEXT PRIMARY KEY, v) WITHOUT ROWID; INSERT INTO keyed VALUES ('ä', 1);
       INSERT INTO t VALUES (1, 'ä€😀', x'00', 'x'), (2, '', x'', 2)`,
    );
    await copyReport(path, target.url);
    expect(compareCopy(path, target.url).differences).toEqual([]);
    const database = new Sqlite(path);
    database.exec(`INSERT INTO t (id, a) VALUES (3, CAST(x'${half}' AS TEXT))`);
    database.close();
    expect(await refused(path, ['--replace'])).toContain(
      't, rowid 3: a is text with half a surrogate pair',
    );
  });
}

it('reads what a killed writer has left in the write-ahead log', async () => {
  const folder = temporaryFolder();
  const path = join(folder, 'live.db');
  const writer = new Sqlite(path);
  writer.exec(
    `PRAGMA journal_mode = WAL; PRAGMA wal_autocheckpoint = 0; CREATE TABLE t (a); INSERT INTO t VALUES ('logged')`,
  );
  const left = join(folder, 'left.db');
  for (const end of ['', '-wal']) copyFileSync(`${path}${end}`, `${left}${end}`);
  writer.close();
  await copyReport(left, target.url);
  expect(await target.query('SELECT a FROM t')).toEqual([{ a: 'logged' }]);
});

it('reads a file in WAL mode that nobody may write beside', async () => {
  const folder = temporaryFolder();
  const path = join(folder, 'kept.db');
  const writer = new Sqlite(path);
  writer.exec(`PRAGMA journal_mode = WAL; CREATE TABLE t (a); INSERT INTO t VALUES ('kept')`);
  writer.close();
  chmodSync(path, 0o444);
  chmodSync(folder, 0o555);
  const before = readFileSync(path);
  await copyReport(path, target.url);
  expect(await target.query('SELECT a FROM t')).toEqual([{ a: 'kept' }]);
  expect(readFileSync(path).equals(before)).toBe(true);
});

it('names a row without a number by its key, also one that is not UTF-8', async () => {
  const path = source(
    `CREATE TABLE t (k TEXT, n INTEGER, v TEXT, PRIMARY KEY (k, n)) WITHOUT ROWID;
     INSERT INTO t VALUES ('it''s', 1, 'a' || char(0)), (CAST(x'ff' AS TEXT), 2, 'b')`,
  );
  const stderr = await refused(path);
  expect(stderr).toContain(`t, k 'it''s', n 1: v has a NUL in it`);
  expect(stderr).toContain(`n 2: k is text that is not UTF-8`);
});

it('names a table whose module is missing, and goes without it', async () => {
  const path = source(`CREATE TABLE t (a); INSERT INTO t VALUES (1)`);
  const database = new Sqlite(path);
  database.unsafeMode();
  database.exec(`PRAGMA writable_schema = ON;
    INSERT INTO sqlite_master VALUES ('table', 'lost', 'lost', 0, 'CREATE VIRTUAL TABLE lost USING not_there(x)')`);
  database.close();
  const { code, stderr } = await copy(path, target.url);
  expect(code).toBe(69);
  expect(stderr).toMatch(/^COPY_SOURCE_UNREADABLE$/m);
  expect(stderr).toContain('table "lost": no such module: not_there');
  await copyReport(path, target.url, ['--exclude', 'lost']);
  expect(await target.query('SELECT a FROM t')).toEqual([{ a: '1' }]);
});

it('leaves out a foreign key to what is not unique, as SQLite does', async () => {
  const path = source(
    `PRAGMA foreign_keys = OFF; CREATE TABLE p (a, b); CREATE TABLE c (a REFERENCES p (a)); INSERT INTO c VALUES (1)`,
  );
  const { notes, orphans } = await copyReport(path, target.url);
  expect(orphans).toEqual([]);
  expect(notes).toContainEqual({
    table: 'c',
    text: 'the foreign key (a) to p is left out: what it refers to is not unique',
  });
});

describe('types of the target', () => {
  const REFUSED: readonly (readonly [type: string, value: string, reason: string])[] = [
    ['timestamp(3)', `'2026-01-01 00:00:00.0001'`, `has more than 3 digits of a second's fraction`],
    ['time(0)', `'12:00:00.5'`, `has more than 0 digits of a second's fraction`],
    ['timestamptz', `'0001-01-01T00:00:00+01:00'`, 'is not between the years 1 and 9999'],
    ['numeric(3,-2)', '12345', 'has more than -2 digits after the point'],
    ['numeric', '9e999', 'is infinite'],
    ['jsonb', `'{"a": 1, "a": 2}'`, 'has a name twice, of which jsonb keeps one'],
    ['char(4)', `'a '`, 'ends with blanks, which get lost'],
  ];

  it.each(REFUSED)('%s <- %s is a reject', async (type, value, reason) => {
    await target.query(`CREATE TABLE t (v ${type})`);
    expect(await refused(source(`CREATE TABLE t (v); INSERT INTO t VALUES (${value})`))).toContain(
      `t, rowid 1: v ${reason}`,
    );
  });

  it.each([
    ['timestamp(3)', `'2026-01-01 00:00:00.1230'`, '2026-01-01 00:00:00.123'],
    ['time', `'12:00'`, '12:00:00'],
    ['numeric(3,-2)', '12300', '12300'],
    ['numeric(3,5)', '0.00123', '0.00123'],
    ['real', '0.25', '0.25'],
    ['char(4)', `'a'`, 'a   '],
    ['jsonb', `'{"b": 1.10, "a": "\\u00e4\\ud83d\\ude00"}'`, '{"a": "ä😀", "b": 1.10}'],
    ['inet', `'10.0.0.1'`, '10.0.0.1/32'],
    ['text[]', `'{a,"b c"}'`, '{a,"b c"}'],
  ])('%s <- %s is held', async (type, value, stored) => {
    await target.query(`CREATE TABLE t (v ${type})`);
    await copyReport(source(`CREATE TABLE t (v); INSERT INTO t VALUES (${value})`), target.url);
    expect(await target.query('SELECT v::text AS v FROM t')).toEqual([
      { v: stored.replace(/^a +$/, 'a') },
    ]);
  });

  it('that only PostgreSQL can judge: its refusal names table and line', async () => {
    await target.query(`CREATE TYPE mood AS ENUM ('good'); CREATE TABLE t (v mood)`);
    const stderr = await refused(
      source(`CREATE TABLE t (v); INSERT INTO t VALUES ('good'), ('bad')`),
    );
    expect(stderr).toMatch(/^COPY_REFUSED$/m);
    expect(stderr).toContain('table "t", line 2, column v');
    expect(await target.query('SELECT * FROM t')).toEqual([]);
  });

  it('of a domain are those beneath it', async () => {
    await target.query('CREATE DOMAIN amount AS numeric(5,1) NOT NULL; CREATE TABLE t (v amount)');
    expect(await refused(source('CREATE TABLE t (v); INSERT INTO t VALUES (1.25)'))).toContain(
      't, rowid 1: v has more than 1 digits after the point',
    );
  });
});

it('counts rejects beyond those that it keeps', async () => {
  await target.query('CREATE TABLE t (v integer)');
  const folder = temporaryFolder();
  const path =
    source(`CREATE TABLE t (v); WITH RECURSIVE n (v) AS (SELECT 1 UNION ALL SELECT v + 1 FROM n WHERE v < 10500)
    INSERT INTO t SELECT v + 0.5 FROM n`);
  expect(await refused(path)).toContain('10500 rows hold values');
  const report = join(folder, 'report.json');
  await copyReport(path, target.url, ['--on-reject', 'list', '--report', report]);
  expect(readFileSync(`${report}.rejects.jsonl`, 'utf8').trim().split('\n')).toHaveLength(10_500);
});

it('refuses a rule that would do nothing, and one that the target contradicts', async () => {
  await target.query('CREATE TABLE t (v integer)');
  const path = source('CREATE TABLE t (v)');
  const unknown = await copy(path, target.url, ['--map', 't.w=boolean']);
  expect({ code: unknown.code, stderr: unknown.stderr }).toEqual({
    code: 64,
    stderr: expect.stringContaining('--map t.w: no such column is copied'),
  });
  expect(await refused(path, ['--map', 't.v=boolean'])).toContain(
    'the column t.v of the target is integer, and --map says boolean',
  );
});

it('reads tables of many columns, STRICT ones, and such as SQLite keeps for itself', async () => {
  const columns = Array.from({ length: 700 }, (_, index) => `c${index}`);
  const path = source(
    `CREATE TABLE wide (${columns.join(', ')}); INSERT INTO wide (c0, c699) VALUES (1, 'last');
     CREATE TABLE strict (id INTEGER PRIMARY KEY, a ANY, b BLOB) STRICT; INSERT INTO strict VALUES (1, '1', x'01'), (2, 1, NULL);
     CREATE INDEX i ON strict (a); ANALYZE`,
  );
  const report = await copyReport(path, target.url, ['--map', 'strict.a=text']);
  expect(report.tables.map(({ table }) => table).toSorted()).toEqual(['strict', 'wide']);
  expect(
    compareCopy(path, target.url).differences.filter((each) => !each.startsWith('sqlite_')),
  ).toEqual([]);
});
