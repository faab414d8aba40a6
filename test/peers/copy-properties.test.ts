import { beforeEach, describe, expect, it } from '@jest/globals';
import { cleanup } from '../support/cleanup.js';
import { copy, copyReport, sqliteFile } from '../support/copy.js';
import { createDatabase, type TestDatabase } from '@holdfast/testing/temporary-database';

const { later, temporaryFolder } = cleanup();

let target: TestDatabase;

beforeEach(async () => {
  target = await createDatabase();
  later(() => target.drop());
});

const source = (sql: string) => sqliteFile(temporaryFolder(), sql);

const outcomeOf = (sql: string) =>
  target.query<Record<string, unknown>>(sql).then(
    (rows) => rows.map((row) => Object.values(row).join('|')).join(';'),
    (error: unknown) => (error as Error).message,
  );

interface Property {
  readonly sql: string;
  /** All that is told. */
  readonly told: readonly string[];
  /** Asked of PostgreSQL, and what it answers. */
  readonly ask: string;
  readonly answer: string | RegExp;
}

const KEYLESS = 't: it has no key: the numbers of its rows (rowid) are left out';

const PROPERTIES: Readonly<Record<string, Property>> = {
  'a CHECK that means the same': {
    sql: `CREATE TABLE t (id INTEGER PRIMARY KEY, n INTEGER CHECK (n BETWEEN 1 AND '5' OR n IS NULL))`,
    told: [],
    ask: 'INSERT INTO t VALUES (1, 6)',
    answer: /t_n_check/,
  },
  'a CHECK on a number as a truth': {
    sql: 'CREATE TABLE t (id INTEGER PRIMARY KEY, n INTEGER CHECK (n))',
    told: ['t: CHECK (n) is left out'],
    ask: 'INSERT INTO t VALUES (1, 0) RETURNING n',
    answer: '0',
  },
  'a CHECK by a function that PostgreSQL does not have': {
    sql: `CREATE TABLE t (id INTEGER PRIMARY KEY, n CHECK (typeof(n) = 'integer'))`,
    told: [`t: CHECK (typeof ( n ) = 'integer') is left out`],
    ask: 'SELECT count(*) FROM t',
    answer: '0',
  },
  'a CHECK that rows break, which were written before it': {
    sql: `PRAGMA ignore_check_constraints = ON; CREATE TABLE t (id INTEGER PRIMARY KEY, n INTEGER CHECK (n > 0));
      INSERT INTO t VALUES (1, -1)`,
    told: ['t: CHECK (n > 0) is left out'],
    ask: 'SELECT n FROM t',
    answer: '-1',
  },
  'a generated column that is NOT NULL, virtual or stored': {
    sql: `CREATE TABLE t (id INTEGER PRIMARY KEY, n INTEGER, v INTEGER NOT NULL AS (n + 1), s INTEGER NOT NULL AS (n * 2) STORED);
      INSERT INTO t (n) VALUES (1)`,
    told: [],
    ask: 'INSERT INTO t (n) VALUES (NULL)',
    answer: /null value in column "[vs]"/,
  },
  'upper and lower in an expression, which know A to Z only': {
    sql: `CREATE TABLE t (id INTEGER PRIMARY KEY, n TEXT, v TEXT AS (upper(n))); INSERT INTO t (n) VALUES ('aä')`,
    told: [],
    ask: `INSERT INTO t (n) VALUES ('bö') RETURNING v`,
    answer: 'Bö',
  },
  'a default that is computed': {
    sql: `CREATE TABLE t (id INTEGER PRIMARY KEY, r REAL DEFAULT (random()), d TEXT DEFAULT CURRENT_DATE, e INTEGER DEFAULT (1 + 1))`,
    told: ['t: column r: the default random() is left out'],
    ask: 'INSERT INTO t (id) VALUES (1) RETURNING r IS NULL AS r, d IS NOT NULL AS d, e',
    answer: 'true|true|2',
  },
  'a collation of an index that is not unique': {
    sql: 'CREATE TABLE t (id INTEGER PRIMARY KEY, n TEXT); CREATE INDEX i ON t (n COLLATE RTRIM)',
    told: ['t: index i: COLLATE RTRIM is left out'],
    ask: `INSERT INTO t VALUES (1, 'a'), (2, 'a ') RETURNING id`,
    answer: '1;2',
  },
  'NULL in a primary key': {
    sql: `CREATE TABLE t (a TEXT, b TEXT, PRIMARY KEY (a, b)); INSERT INTO t VALUES ('x', NULL), ('x', NULL)`,
    told: ['t: the primary key (a, b) holds NULL: it is made UNIQUE instead'],
    ask: `INSERT INTO t VALUES ('x', NULL) RETURNING a`,
    answer: 'x',
  },
  'a primary key INTEGER … DESC, which is not the number of a row': {
    sql: `CREATE TABLE t (id INTEGER PRIMARY KEY DESC, n); INSERT INTO t VALUES (7, 1)`,
    told: [],
    ask: 'INSERT INTO t (n) VALUES (2)',
    answer: /null value in column "id"/,
  },
  'WITHOUT ROWID': {
    sql: `CREATE TABLE t (a TEXT, b INTEGER, PRIMARY KEY (b DESC, a)) WITHOUT ROWID; INSERT INTO t VALUES ('x', 1)`,
    told: [],
    ask: `INSERT INTO t VALUES ('x', 1)`,
    answer: /t_pkey/,
  },
  'AUTOINCREMENT, which gives no number twice': {
    sql: `CREATE TABLE t (id INTEGER PRIMARY KEY AUTOINCREMENT); INSERT INTO t VALUES (41); DELETE FROM t`,
    told: [],
    ask: 'INSERT INTO t DEFAULT VALUES RETURNING id',
    answer: '42',
  },
  STRICT: {
    sql: `CREATE TABLE t (id INTEGER PRIMARY KEY, i INT, a ANY) STRICT; INSERT INTO t VALUES (1, 1, 'x')`,
    told: [],
    ask: `INSERT INTO t VALUES (2, 'x', 'x')`,
    answer: /invalid input syntax for type bigint/,
  },
  'a table whose rows have no other key than their number': {
    sql: 'CREATE TABLE t (n INTEGER); INSERT INTO t VALUES (1)',
    told: [KEYLESS],
    ask: 'SELECT n FROM t',
    answer: '1',
  },
  'a foreign key to a table that is not there': {
    sql: 'CREATE TABLE t (id INTEGER PRIMARY KEY, p INTEGER REFERENCES gone)',
    told: ['t: the foreign key (p) to gone is left out: that table is not made by this copy'],
    ask: 'INSERT INTO t VALUES (1, 1) RETURNING p',
    answer: '1',
  },
  'foreign keys in a circle': {
    sql: `PRAGMA foreign_keys = OFF; CREATE TABLE a (id INTEGER PRIMARY KEY, b INTEGER REFERENCES b); CREATE TABLE b (id INTEGER PRIMARY KEY, a INTEGER REFERENCES a);
      INSERT INTO a VALUES (1, 1); INSERT INTO b VALUES (1, 1)`,
    told: [],
    ask: 'DELETE FROM a',
    answer: /b_a_fkey/,
  },
  'what a program keeps in the header of its file': {
    sql: `PRAGMA user_version = 7; PRAGMA application_id = 11; CREATE TABLE t (id INTEGER PRIMARY KEY)`,
    told: ['skipped: setting user_version = 7', 'skipped: setting application_id = 11'],
    ask: 'SELECT count(*) FROM t',
    answer: '0',
  },
  'numbers at their ends': {
    sql: `CREATE TABLE t (id INTEGER PRIMARY KEY, i INTEGER, r REAL, v);
      INSERT INTO t VALUES (1, 9223372036854775807, -9e999, -0.0), (2, -9223372036854775808, 5e-324, 0.1)`,
    told: [],
    ask: 'SELECT i, r, v::text FROM t ORDER BY id',
    answer: '9223372036854775807|-Infinity|-0;-9223372036854775808|5e-324|0.1',
  },
  'NaN, which SQLite itself keeps as NULL': {
    sql: 'CREATE TABLE t (id INTEGER PRIMARY KEY, r REAL); INSERT INTO t VALUES (1, 9e999 - 9e999)',
    told: [],
    ask: 'SELECT r IS NULL FROM t',
    answer: 'true',
  },
  'an index with an order, on some rows, on an expression': {
    sql: `CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT, b TEXT);
      CREATE UNIQUE INDEX some ON t (a DESC) WHERE b IS NOT NULL; CREATE INDEX made ON t (a || b); CREATE INDEX json ON t (a ->> 'x')`,
    told: [`t: index json is left out: CREATE INDEX json ON t (a ->> 'x')`],
    ask: `SELECT indexname FROM pg_indexes WHERE tablename = 't' ORDER BY 1`,
    answer: 'made;some;t_pkey',
  },
  'several constraints without a comma, and words that are none': {
    sql: `CREATE TABLE t (id INTEGER PRIMARY KEY, "check" TEXT, [on conflict] TEXT DEFAULT 'UNIQUE', n INTEGER
      CONSTRAINT c1 CHECK (n > 0) CHECK (n < 9), CONSTRAINT u1 UNIQUE ("check") CHECK ("check" <> 'x'))`,
    told: [],
    ask: `SELECT string_agg(conname, ' ' ORDER BY conname) FROM pg_constraint WHERE conrelid = 't'::regclass AND contype <> 'n'`,
    answer: 'c1 t_check_check t_n_check t_pkey u1',
  },
};

describe('what becomes of', () => {
  it.each(Object.entries(PROPERTIES))('%s', async (_, { sql, told, ask, answer }) => {
    const { notes, skipped } = await copyReport(source(sql), target.url);
    expect([
      ...notes.map(({ table, text }) => `${table}: ${text}`),
      ...skipped.map(({ kind, name }) => `skipped: ${kind} ${name}`),
    ]).toEqual(told);
    const found = await outcomeOf(ask);
    if (typeof answer === 'string') expect(found).toBe(answer);
    else expect(found).toMatch(answer);
  });
});

it.each([
  ['text with a NUL', `'a' || char(0)`, 'v has a NUL in it'],
  ['text that is not UTF-8', `CAST(x'c328' AS TEXT)`, 'v is text that is not UTF-8'],
])('%s is refused', async (_, value, reason) => {
  const path = source(
    `CREATE TABLE t (id INTEGER PRIMARY KEY, v); INSERT INTO t VALUES (3, ${value})`,
  );
  const { code, stderr } = await copy(path, target.url);
  expect([code, stderr]).toEqual([1, expect.stringContaining(`t, rowid 3: ${reason}`)]);
});

it('texts keep their order, by bytes, in a database that has another', async () => {
  const other = await createDatabase(
    undefined,
    `TEMPLATE template0 ENCODING 'UTF8' LOCALE_PROVIDER icu ICU_LOCALE 'en-US' LOCALE 'C'`,
  );
  later(() => other.drop());
  const path = source(
    `CREATE TABLE t (k TEXT PRIMARY KEY CHECK (k < 'ö')); INSERT INTO t VALUES ('a'), ('B'), ('ä'), ('_'), ('Z')`,
  );
  const { sql } = await copyReport(path, other.url);
  expect(sql[0]).toContain('"k" text COLLATE "C"');
  const rows = await other.query<{ k: string; differs: boolean }>(
    `SELECT k, ('a' COLLATE "default") < ('B' COLLATE "default") AS differs FROM t ORDER BY k`,
  );
  expect(rows.map(({ k }) => k)).toEqual(['B', 'Z', '_', 'a', 'ä']);
  // Without the collation they would have come in another.
  expect(rows[0]?.differs).toBe(true);
});
