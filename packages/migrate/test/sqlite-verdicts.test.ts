import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import Sqlite from 'better-sqlite3';
import type { SqliteSettings } from '@holdfast/guard/databases';
import type { Settings } from '@holdfast/guard/settings';
import type { Migration } from '../src/migration.js';
import { plannedOnSqlite, sqliteFileFindings } from '../src/sqlite/verdicts/sqlite-findings.js';
import { sqliteStatements } from '../src/sqlite/verdicts/sqlite-statements.js';

const SCHEMA = `
CREATE TABLE owners (id INTEGER PRIMARY KEY, name TEXT NOT NULL);
CREATE TABLE orders (id INTEGER PRIMARY KEY, owner_id INTEGER REFERENCES owners, note TEXT, code TEXT);
CREATE UNIQUE INDEX orders_by_code ON orders (code);
CREATE INDEX orders_by_note ON orders (note);
CREATE TABLE empty (id INTEGER, more TEXT);
CREATE TABLE alone (id TEXT PRIMARY KEY, a INTEGER NOT NULL, b INTEGER, c INTEGER, UNIQUE (a, b));
CREATE TABLE folded (id INTEGER PRIMARY KEY, code TEXT COLLATE NOCASE, plain TEXT);
CREATE UNIQUE INDEX folded_bytes ON folded (code COLLATE BINARY);
CREATE UNIQUE INDEX folded_plain ON folded (plain COLLATE NOCASE);
INSERT INTO folded VALUES (1, 'a', 'a'), (2, 'A', 'b');
CREATE TABLE folded_key (code TEXT COLLATE NOCASE PRIMARY KEY, note TEXT);
INSERT INTO folded_key VALUES ('a', 'a');
INSERT INTO alone VALUES ('x', 1, 2, 3), (NULL, 2, 3, 4);
CREATE VIEW order_codes AS SELECT code FROM orders;
CREATE TRIGGER changed AFTER UPDATE ON orders BEGIN SELECT 1; END;
INSERT INTO owners VALUES (1, 'one');
INSERT INTO orders VALUES (1, 1, 'x', 'a'), (2, 1, 'x', 'b');
`;

let folder: string;
let path: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'holdfast-sqlite-verdicts-'));
  path = join(folder, 'file.sqlite');
  const file = new Sqlite(path);
  file.pragma('journal_mode = WAL');
  file.exec(SCHEMA);
  file.close();
});

afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

function migration(sql: string, version = '0001'): Migration {
  const name = 'try_it';
  return {
    store: 's',
    version,
    name,
    sql,
    checksum: '',
    transactional: true,
    backwardCompatible: false,
  };
}

const plan = (...texts: readonly string[]) =>
  plannedOnSqlite(
    { path } as SqliteSettings,
    { lockTimeoutMs: 100 } as Settings['pool'],
    texts.map((sql, place) => migration(sql, `000${place + 1}`)),
  );

const wordsOf = (all: ReturnType<typeof sqliteFileFindings>) =>
  all.flatMap(({ statements }) =>
    statements.flatMap(({ verdicts }) => verdicts.map(({ verdict, rule }) => `${verdict} ${rule}`)),
  );

/** Whether the statements run on the file itself, as a migration does. */
function runs(sql: string): boolean {
  const file = new Sqlite(path);
  try {
    file.pragma('foreign_keys = OFF');
    file.exec('BEGIN');
    file.exec(sql);
    return (file.pragma('foreign_key_check') as unknown[]).length === 0 && file.inTransaction;
  } catch {
    return false;
  } finally {
    if (file.inTransaction) file.exec('ROLLBACK');
    file.close();
  }
}

const REBUILD = (columns: string) => `
CREATE TABLE orders_new (id INTEGER PRIMARY KEY, owner_id INTEGER REFERENCES owners, ${columns});`;

const CASES: readonly (readonly [sql: string, ...found: string[]])[] = [
  ['ALTER TABLE orders ADD COLUMN a INTEGER'],
  [
    'ALTER TABLE orders ADD COLUMN a INTEGER NOT NULL',
    'WILL FAIL refused',
    'BREAKS OLD BUILD add-not-null',
  ],
  ['ALTER TABLE orders ADD COLUMN a INTEGER NOT NULL DEFAULT 0'],
  ['ALTER TABLE empty ADD COLUMN a INTEGER NOT NULL', 'BREAKS OLD BUILD add-not-null'],
  ['ALTER TABLE orders ADD COLUMN note TEXT', 'WILL FAIL refused'],
  [
    'ALTER TABLE orders DROP COLUMN owner_id',
    'DESTROYS drop-column',
    'BREAKS OLD BUILD drop-column',
  ],
  [
    'ALTER TABLE orders DROP COLUMN code',
    'DESTROYS drop-column',
    'WILL FAIL refused',
    'BREAKS OLD BUILD drop-column',
  ],
  ['ALTER TABLE orders RENAME COLUMN note TO remark', 'BREAKS OLD BUILD rename-column'],
  ['ALTER TABLE "orders" RENAME TO purchases', 'BREAKS OLD BUILD rename-table'],
  ['DROP TABLE empty', 'BREAKS OLD BUILD drop-table'],
  ['DROP TABLE alone', 'DESTROYS drop-table', 'BREAKS OLD BUILD drop-table'],
  [
    'DROP TABLE owners',
    'DESTROYS drop-table',
    'WILL FAIL reference-missing',
    'BREAKS OLD BUILD drop-table',
  ],
  ['DROP TABLE IF EXISTS not_there'],
  ['DROP TABLE not_there', 'WILL FAIL refused'],
  ['DROP VIEW order_codes', 'BREAKS OLD BUILD drop-view'],
  ['DROP INDEX orders_by_note'],
  ['DROP INDEX orders_by_code', 'BREAKS OLD BUILD drop-index'],
  ['DROP TRIGGER changed', 'BREAKS OLD BUILD drop-trigger'],
  [
    'CREATE UNIQUE INDEX fresh ON orders (note)',
    'WILL FAIL refused',
    'BREAKS OLD BUILD create-unique-index',
  ],
  ['CREATE UNIQUE INDEX fresh ON orders (id, note)'],
  ['CREATE UNIQUE INDEX fresh ON orders (lower(note), "id" DESC) WHERE code > 1'],
  ['CREATE UNIQUE INDEX fresh ON alone (id)'],
  ['CREATE UNIQUE INDEX fresh ON folded (plain)'],
  ['CREATE UNIQUE INDEX fresh ON folded (id, code)'],
  ['CREATE UNIQUE INDEX fresh ON folded_key (code)'],
  ['CREATE UNIQUE INDEX fresh ON folded_key (note, code)'],
  [
    'DELETE FROM folded WHERE id = 2; CREATE UNIQUE INDEX fresh ON folded (code)',
    'DESTROYS delete-rows',
    'BREAKS OLD BUILD create-unique-index',
  ],
  ['CREATE UNIQUE INDEX fresh ON alone (b, c, a)'],
  ['CREATE UNIQUE INDEX fresh ON alone (b, c)', 'BREAKS OLD BUILD create-unique-index'],
  [
    'CREATE UNIQUE INDEX fresh ON alone (id COLLATE NOCASE)',
    'BREAKS OLD BUILD create-unique-index',
  ],
  ['CREATE INDEX fresh ON orders (note)'],
  ['CREATE TABLE orders (id INTEGER)', 'WILL FAIL refused'],
  [
    'CREATE TABLE fresh (id INTEGER); ALTER TABLE fresh ADD COLUMN a INTEGER NOT NULL; DROP TABLE fresh',
  ],
  [
    'CREATE TRIGGER fresh AFTER INSERT ON orders BEGIN SELECT 1; SELECT CASE WHEN 1 THEN 2 END; END',
    'NOT JUDGED create-trigger',
  ],
  ['DELETE FROM orders', 'DESTROYS delete-all-rows'],
  ['DELETE FROM orders WHERE id = 1', 'DESTROYS delete-rows'],
  ['DELETE FROM owners', 'DESTROYS delete-all-rows', 'WILL FAIL reference-missing'],
  ["UPDATE orders SET note = 'y'", 'DESTROYS update-all-rows'],
  ["UPDATE orders SET note = 'y' WHERE id = 1"],
  ...[
    'true',
    '1',
    "1 = 1 AND NOT (0) AND 'a' <> 'b'",
    'id IS NOT NULL',
    'orders.id NOTNULL',
    'id = id',
    '("id" == id)',
    'note IS note',
    'note IS NULL OR 2 > 1',
    'NOT (id IS NULL)',
  ].flatMap((always) => [
    [`UPDATE orders SET note = 'y' WHERE ${always}`, 'DESTROYS update-all-rows'] as const,
    [`DELETE FROM orders WHERE ${always}`, 'DESTROYS delete-all-rows'] as const,
  ]),
  ...['note = note', 'note IS NOT NULL', 'code BETWEEN 1 AND 1', 'id = -1 OR note = note'].map(
    (some) => [`DELETE FROM orders WHERE ${some}`, 'DESTROYS delete-rows'] as const,
  ),
  ['DELETE FROM alone WHERE id IS NOT NULL', 'DESTROYS delete-rows'],
  ['DELETE FROM alone AS x WHERE x.a = x.a RETURNING id', 'DESTROYS delete-all-rows'],
  ...[
    'false',
    '0',
    'NULL',
    '1 = 2',
    'id IS NULL',
    'id <> id',
    'note < note',
    "note = 'x' AND 1 > 2",
  ].map((never) => [`DELETE FROM orders WHERE ${never}`] as const),
  ['UPDATE orders SET note = note, code = orders.code'],
  ["UPDATE orders SET (note, code) = ('y', id)", 'DESTROYS update-all-rows'],
  [
    "UPDATE orders SET note = 'y' FROM owners WHERE orders.id IS NOT NULL",
    'DESTROYS update-all-rows',
  ],
  [
    'UPDATE orders SET note = owners.note FROM owners',
    'DESTROYS update-all-rows',
    'WILL FAIL refused',
  ],
  ["UPDATE OR REPLACE orders SET code = 'b' WHERE id = 1", 'DESTROYS replace-rows'],
  [
    "INSERT INTO orders (id) VALUES (1) ON CONFLICT (id) DO UPDATE SET note = 'y'",
    'DESTROYS upsert-rows',
  ],
  [
    'INSERT INTO orders (id) SELECT 1 WHERE true ON CONFLICT (code) DO NOTHING ON CONFLICT DO UPDATE SET note = excluded.note WHERE orders.id = orders.id',
    'DESTROYS upsert-rows',
  ],
  [
    "INSERT INTO orders (id) VALUES (1) ON CONFLICT (id) DO UPDATE SET note = 'y' WHERE note IS NULL",
  ],
  ['INSERT INTO orders (id) VALUES (1) ON CONFLICT (id) DO NOTHING'],
  [
    'DROP TABLE orders; DELETE FROM order_codes',
    'DESTROYS drop-table',
    'BREAKS OLD BUILD drop-table',
    'DESTROYS delete-all-rows',
    'WILL FAIL refused',
  ],
  ['DELETE FROM empty'],
  ['DELETE FROM empty WHERE id = 1'],
  ['UPDATE empty SET id = 1'],
  ['REPLACE INTO empty (id) VALUES (1)'],
  ['ALTER TABLE empty DROP COLUMN more', 'BREAKS OLD BUILD drop-column'],
  ['INSERT INTO empty (id) VALUES (1); DELETE FROM empty', 'DESTROYS delete-all-rows'],
  ['ALTER TABLE alone RENAME b TO x; ALTER TABLE alone RENAME COLUMN x TO b'],
  [
    'ALTER TABLE alone RENAME b TO x; ALTER TABLE alone RENAME x TO y',
    'BREAKS OLD BUILD rename-column',
  ],
  ['ALTER TABLE alone RENAME TO x; ALTER TABLE x RENAME TO alone'],
  ['ALTER TABLE alone RENAME TO x; ALTER TABLE x RENAME TO y', 'BREAKS OLD BUILD rename-table'],
  [
    'ALTER TABLE alone ADD COLUMN d TEXT; ALTER TABLE alone RENAME d TO e; ALTER TABLE alone DROP COLUMN e',
  ],
  ["ALTER TABLE orders ADD COLUMN a TEXT; UPDATE orders SET a = 'y'"],
  ["INSERT INTO orders VALUES (3, 1, 'x', 'c')"],
  ["INSERT INTO orders VALUES (1, 1, 'x', 'c')", 'WILL FAIL refused'],
  ["REPLACE INTO orders VALUES (1, 1, 'x', 'c')", 'DESTROYS replace-rows'],
  [
    'WITH one AS (SELECT 1 AS id) DELETE FROM orders WHERE id IN (SELECT id FROM one)',
    'DESTROYS delete-rows',
  ],
  ['SELEC 1', 'WILL FAIL refused', 'NOT JUDGED unknown-statement'],
  ['COMMIT', 'WILL FAIL refused', 'NOT JUDGED unknown-statement'],
  [
    `${REBUILD('note TEXT, code TEXT NOT NULL')} INSERT INTO orders_new SELECT * FROM orders; DROP VIEW order_codes; DROP TABLE orders; ALTER TABLE orders_new RENAME TO orders`,
    'BREAKS OLD BUILD drop-view',
  ],
  [
    `${REBUILD('code TEXT')} INSERT INTO orders_new SELECT id, owner_id, code FROM orders WHERE id = 1; DROP VIEW order_codes; DROP TABLE orders; ALTER TABLE orders_new RENAME TO orders`,
    'BREAKS OLD BUILD drop-view',
    'DESTROYS drop-column',
    'DESTROYS rebuild-loses-rows',
    'BREAKS OLD BUILD drop-column',
  ],
];

describe('plan on SQLite', () => {
  it.each(CASES)('%s', (sql, ...found) => {
    const before = readFileSync(path);
    const words = wordsOf(plan(sql));
    expect(words).toEqual(found);
    expect(readFileSync(path)).toEqual(before);
    expect(runs(sql)).toBe(!words.some((each) => each.startsWith('WILL FAIL')));
  });

  it.each([
    "ATTACH 'other.sqlite' AS other",
    "VACUUM INTO 'other.sqlite'",
    'PRAGMA user_version = 7',
  ])('does not run %s to see', (sql) => {
    expect(wordsOf(plan(sql))).toEqual(['NOT JUDGED not-run']);
  });

  it('judges a migration by what those before it have made', () => {
    const found = plan(
      'CREATE TABLE fresh (id INTEGER);',
      'DROP TABLE fresh; DROP TABLE fresh;',
      'SELECT 1;',
    );
    expect(wordsOf(found)).toEqual(['WILL FAIL refused', 'NOT JUDGED after-failure']);
  });

  it('between two migrations running builds see what the first has renamed', () => {
    const [there, back] = [
      'ALTER TABLE orders RENAME TO x; ALTER TABLE owners RENAME name TO y;',
      'ALTER TABLE x RENAME TO orders; ALTER TABLE owners RENAME y TO name;',
    ];
    expect(wordsOf(plan(there, back))).toEqual([
      'BREAKS OLD BUILD rename-table',
      'BREAKS OLD BUILD rename-column',
    ]);
  });

  it('takes a table that was rebuilt for the one that it was', () => {
    const rebuild = `${REBUILD('note TEXT, code TEXT')} INSERT INTO orders_new SELECT * FROM orders;
      DROP VIEW order_codes; DROP TABLE orders; ALTER TABLE orders_new RENAME TO orders;`;
    expect(wordsOf(plan(rebuild, 'DELETE FROM orders;'))).toEqual([
      'BREAKS OLD BUILD drop-view',
      'DESTROYS delete-all-rows',
    ]);
  });

  it('of a file that is not there, judges what is made', () => {
    rmSync(path);
    expect(wordsOf(plan('CREATE TABLE a (id INTEGER);', 'DROP TABLE a;'))).toEqual([]);
  });

  it('writes what it says before the statement', () => {
    const [one] = plan('-- First\nCREATE TABLE a (id INTEGER); DROP TABLE alone;\n');
    expect(one?.annotated).toMatch(
      /^-- First\nCREATE TABLE a \(id INTEGER\); \n-- statement 2\n-- DESTROYS: Drops all rows of alone\.\n[^]*\nDROP TABLE alone;\n$/,
    );
  });
});

describe('lint of SQLite files', () => {
  it('takes what earlier migrations have made to be in use, and to hold rows', () => {
    const found = sqliteFileFindings([
      migration('CREATE TABLE a (id INTEGER); ALTER TABLE a ADD COLUMN b TEXT NOT NULL;'),
      migration('ALTER TABLE a ADD COLUMN c TEXT NOT NULL; DROP TABLE a;', '0002'),
    ]);
    expect(wordsOf(found)).toEqual([
      'WILL FAIL add-not-null',
      'BREAKS OLD BUILD add-not-null',
      'DESTROYS drop-table',
      'BREAKS OLD BUILD drop-table',
    ]);
  });

  it('does not look whether a table is empty', () => {
    const sql = 'DELETE FROM a; DELETE FROM a WHERE 1 = 2; UPDATE a SET b = 1 WHERE id = id;';
    const found = sqliteFileFindings([
      migration('CREATE TABLE a (id INTEGER PRIMARY KEY, b TEXT);'),
      migration(sql, '0002'),
    ]);
    expect(wordsOf(found)).toEqual(['DESTROYS delete-all-rows', 'DESTROYS update-all-rows']);
  });
});

describe('statements of SQLite', () => {
  it('are cut at semicolons, but for those in texts, comments and triggers', () => {
    const sql = `;SELECT ';'; -- a;b
/* ; */ CREATE TEMP TRIGGER t AFTER INSERT ON a BEGIN SELECT CASE 1 WHEN 1 THEN 2 END; DELETE FROM a; END;
SELECT 2`;
    expect(sqliteStatements(sql).map(({ line, text }) => [line, text])).toEqual([
      [1, "SELECT ';'"],
      [
        2,
        'CREATE TEMP TRIGGER t AFTER INSERT ON a BEGIN SELECT CASE 1 WHEN 1 THEN 2 END; DELETE FROM a; END',
      ],
      [3, 'SELECT 2'],
    ]);
  });
});
