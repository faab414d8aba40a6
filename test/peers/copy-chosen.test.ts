import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from '@jest/globals';
import { cleanup } from '../support/cleanup.js';
import { copy, copyReport, relationsIn, sqliteFile, undoCopy } from '../support/copy.js';
import { createDatabase, type TestDatabase } from '@holdfast/testing/temporary-database';

const { later, temporaryFolder } = cleanup();

let target: TestDatabase;

beforeEach(async () => {
  target = await createDatabase();
  later(() => target.drop());
});

const source = (sql: string) => sqliteFile(temporaryFolder(), sql);
const fileOf = (text: string) => {
  const path = join(temporaryFolder(), 'given.sql');
  writeFileSync(path, text);
  return path;
};
const texts = ({ notes }: { readonly notes: readonly { readonly text: string }[] }) =>
  notes.map(({ text }) => text);

describe('--rename', () => {
  const long = 'long'.repeat(17);
  const sql = `CREATE TABLE "${long}" (id INTEGER PRIMARY KEY, xmin INTEGER, "${long}" TEXT, CONSTRAINT "${long}1" UNIQUE (xmin),
      CONSTRAINT "${long}2" CHECK (xmin > 0));
    CREATE INDEX "${long}3" ON "${long}" (xmin); CREATE INDEX "${long}4" ON "${long}" (xmin, id); CREATE INDEX taken ON "${long}" (id);
    CREATE TABLE c (id INTEGER PRIMARY KEY, p INTEGER, CONSTRAINT "${long}5" FOREIGN KEY (p) REFERENCES "${long}" (xmin));
    INSERT INTO "${long}" VALUES (1, 7, 'text'); INSERT INTO c VALUES (1, 7)`;
  const names = [`${long}=short`, `${long}.xmin=since`, `${long}.${long}=words`, 'taken=mine'];
  const args = names.flatMap((name) => ['--rename', name]);

  it('gives tables, columns and indexes other names; those of indexes and constraints are cut', async () => {
    await target.query('CREATE SEQUENCE taken');
    const report = await copyReport(source(sql), target.url, args);
    expect(await target.query('SELECT * FROM short')).toEqual([
      { id: '1', since: '7', words: 'text' },
    ]);
    const cut = texts(report).filter((text) => text.includes('its name is cut to'));
    expect(cut.map((text) => text.slice(0, 12)).toSorted()).toEqual([
      ...['constraint l', 'constraint l', 'constraint l', 'index longlo', 'index longlo'],
    ]);
    const made = await target.query<{ name: string }>(
      `SELECT conname AS name FROM pg_constraint WHERE conname ~ '^longlong'
       UNION SELECT indexname FROM pg_indexes WHERE indexname ~ '^longlong' OR indexname = 'mine'`,
    );
    expect(made).toHaveLength(6);
    for (const { name } of made)
      expect(report.notes.some(({ text }) => text.endsWith(name))).toBe(name !== 'mine');
    await expect(target.query('INSERT INTO c VALUES (2, 8)')).rejects.toThrow(/foreign key/);
  });

  it('leads into a table that is there', async () => {
    await target.query('CREATE TABLE people (id bigint PRIMARY KEY, full_name text)');
    const path = source(
      `CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT); INSERT INTO users VALUES (1, 'a')`,
    );
    await copyReport(path, target.url, [
      '--rename',
      'users=people',
      '--rename',
      'users.name=full_name',
    ]);
    expect(await target.query('SELECT * FROM people')).toEqual([{ id: '1', full_name: 'a' }]);
  });

  it.each([
    [['users'], 64, '--rename users is not TABLE=NAME'],
    [['gone=x'], 64, '--rename gone: no such table, column or index is copied'],
    [['users=groups'], 1, 'the tables "groups" and "users" both become "groups"'],
    [['users.name=id'], 1, 'the column of "users" "id": something else is to have that name, too'],
    [['users.name=ctid'], 1, 'PostgreSQL has one in every table'],
  ])('%j is refused', async (rules, exit, said) => {
    const path = source(
      'CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT); CREATE TABLE groups (id INTEGER PRIMARY KEY)',
    );
    const given = rules.flatMap((rule) => ['--rename', rule]);
    const { code, stderr } = await copy(path, target.url, given);
    expect([code, stderr]).toEqual([exit, expect.stringContaining(said)]);
    expect(await relationsIn(target)).toEqual([]);
  });
});

it('--skip-column leaves columns out, and tells what goes with them', async () => {
  const path = source(
    `CREATE TABLE p (k TEXT PRIMARY KEY, n INTEGER CHECK (n > 0), "a.b" TEXT);
     CREATE TABLE t (id INTEGER PRIMARY KEY, cache BLOB, n INTEGER UNIQUE, k TEXT REFERENCES p, CHECK (n <= id)); CREATE INDEX i ON t (id, n);
     CREATE TABLE u (id INTEGER PRIMARY KEY, cache TEXT); INSERT INTO t VALUES (1, x'00', 1, NULL); INSERT INTO u VALUES (1, 'x')`,
  );
  const args = ['*.cache', 't.n', 'p.k'].flatMap((name) => ['--skip-column', name]);
  const report = await copyReport(path, target.url, args);
  expect(report.skipped).toEqual(
    ['p.k', 't.cache', 't.n', 'u.cache'].map((name) => ({ kind: 'column', name })),
  );
  expect(texts(report).toSorted()).toEqual([
    'CHECK (n <= id) is left out',
    'UNIQUE (n) is left out: it is on a column that is not copied',
    'index i is left out: CREATE INDEX i ON t (id, n)',
    'the foreign key (k) to p is left out: the columns do not fit',
    'the primary key (k) is left out: it is on a column that is not copied',
  ]);
  expect(await target.query('SELECT * FROM t')).toEqual([{ id: '1', k: null }]);
  const unknown = await copy(path, target.url, ['--skip-column', '*.gone']);
  expect([unknown.code, unknown.stderr]).toEqual([
    64,
    expect.stringContaining('--skip-column *.gone'),
  ]);
});

it('--tables and --exclude take patterns', async () => {
  const path = source(
    ['app_user', 'app_log', 'log_1', 'log_22', 'l+g']
      .map((name) => `CREATE TABLE "${name}" (id INTEGER PRIMARY KEY)`)
      .join(';'),
  );
  const { tables, skipped } = await copyReport(path, target.url, [
    '--exclude',
    'log_*,l+g,?pp_log',
  ]);
  expect(tables.map(({ table }) => table)).toEqual(['app_user']);
  expect(skipped).toHaveLength(4);
  const chosen = await copyReport(path, target.url, ['--tables', 'log_?', '--schema', 'other']);
  expect(chosen.tables.map(({ table }) => table)).toEqual(['log_1']);
  const { code, stderr } = await copy(path, target.url, ['--exclude', 'logs_*']);
  expect([code, stderr]).toEqual([64, expect.stringMatching(/^COPY_TABLE_UNKNOWN$/m)]);
});

describe('in two steps', () => {
  const path = () =>
    source(
      `CREATE TABLE t (id INTEGER PRIMARY KEY AUTOINCREMENT, n INTEGER NOT NULL, twice INTEGER AS (n * 2), p INTEGER REFERENCES t);
       INSERT INTO t (id, n) VALUES (41, 7); CREATE INDEX i ON t (n)`,
    );

  it('--schema-only, then --data-only', async () => {
    const made = await copyReport(path(), target.url, ['--schema-only']);
    expect(made.tables).toMatchObject([{ rows_read: 0, rows_written: 0, created: true }]);
    expect(texts(made)).toEqual([
      'column twice: nobody has compared what is computed, for want of rows',
    ]);
    expect(await target.query('SELECT * FROM t')).toEqual([]);
    const again = await copyReport(path(), target.url, ['--schema-only']);
    expect(again.tables).toEqual([]);
    const filled = await copyReport(path(), target.url, ['--data-only']);
    expect(filled.tables).toMatchObject([{ rows_written: 1, created: false }]);
    expect(await target.query('INSERT INTO t (n) VALUES (1) RETURNING id, twice')).toEqual([
      { id: '42', twice: '2' },
    ]);
  });

  it('--data-only makes no table; both at once are nothing', async () => {
    const missing = await copy(path(), target.url, ['--data-only']);
    expect([missing.code, missing.stderr]).toEqual([
      1,
      expect.stringContaining('the target has no tables t: --data-only makes none'),
    ]);
    const nothing = await copy(path(), target.url, ['--data-only', '--schema-only']);
    expect([nothing.code, nothing.stderr]).toEqual([
      64,
      expect.stringContaining('leave nothing to copy'),
    ]);
  });
});

describe('--before-sql and --after-sql', () => {
  const path = () =>
    source('CREATE TABLE t (id INTEGER PRIMARY KEY, n INTEGER); INSERT INTO t VALUES (1, 7)');

  it('run in the transaction that shows the copy', async () => {
    const report = join(temporaryFolder(), 'report');
    await target.query('CREATE TABLE log (at text, rows int); CREATE SCHEMA other');
    const before = fileOf(
      `INSERT INTO log SELECT 'before', count(*) FROM pg_class WHERE relname = 't' AND relnamespace = 'other'::regnamespace`,
    );
    const after = fileOf(
      `INSERT INTO log SELECT 'after', count(*) FROM t; CREATE VIEW v AS SELECT n FROM t;`,
    );
    const args = [
      '--before-sql',
      before,
      '--after-sql',
      after,
      '--schema',
      'other',
      '--report',
      report,
    ];
    await copyReport(path(), target.url, args);
    expect(await target.query('SELECT * FROM log')).toEqual([
      { at: 'before', rows: 0 },
      { at: 'after', rows: 1 },
    ]);
    expect(await target.query('SELECT n FROM other.v')).toEqual([{ n: '7' }]);
    // What was made upon it keeps it from being taken back unseen.
    const undone = await undoCopy(report, target.url);
    expect([undone.code, undone.stderr]).toEqual([
      1,
      expect.stringMatching(/^COPY_UNDO_REFUSED$/m),
    ]);
  });

  it.each([
    ['--before-sql', 'SELECT 1; SELECT nothing', '--before-sql: column "nothing" does not exist'],
    [
      '--after-sql',
      'CREATE VIEW v AS SELECT gone FROM t',
      '--after-sql: column "gone" does not exist',
    ],
    ['--after-sql', 'VACUUM', '--after-sql: VACUUM cannot'],
  ])('%s %s: the copy ends, and nothing is left', async (option, sql, said) => {
    const { code, stderr } = await copy(path(), target.url, [option, fileOf(sql)]);
    expect([code, stderr]).toEqual([1, expect.stringContaining(said)]);
    expect(stderr).toMatch(/^COPY_REFUSED$/m);
    expect(await relationsIn(target)).toEqual([]);
  });

  it('a file that is not there is a wrong usage', async () => {
    const { code, stderr } = await copy(path(), target.url, ['--after-sql', '/nowhere']);
    expect([code, stderr]).toEqual([
      64,
      expect.stringContaining('--after-sql /nowhere cannot be read'),
    ]);
  });
});
