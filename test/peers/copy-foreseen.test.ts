import { beforeEach, describe, expect, it } from '@jest/globals';
import { cleanup } from '../support/cleanup.js';
import { copy, relationsIn, sqliteFile } from '../support/copy.js';
import { createDatabase, type TestDatabase } from '@holdfast/testing/temporary-database';

const { later, temporaryFolder } = cleanup();

let target: TestDatabase;

beforeEach(async () => {
  target = await createDatabase();
  later(() => target.drop());
});

const source = (sql: string) => sqliteFile(temporaryFolder(), sql);
const columns = (count: number, type: string) =>
  Array.from({ length: count }, (_, at) => `c${at} ${type}`).join(', ');

interface Case {
  readonly sql: string;
  readonly args?: readonly string[];
  readonly code: string;
  readonly said: string;
  readonly way: RegExp;
}

const CASES: Readonly<Record<string, Case>> = {
  '1,601 columns': {
    sql: `CREATE TABLE wide (${columns(1601, 'INTEGER')})`,
    code: 'COPY_TOO_MANY_COLUMNS',
    said: 'wide: it has 1601 columns, PostgreSQL takes 1600',
    way: /--skip-column/,
  },
  'a row of 1,050 numbers': {
    sql: `CREATE TABLE wide (${columns(1050, 'INTEGER NOT NULL DEFAULT 1')}); INSERT INTO wide DEFAULT VALUES`,
    code: 'COPY_ROW_TOO_BIG',
    said: "wide: rowid 1 takes about 8424 bytes of a row's 8160",
    way: /--skip-column/,
  },
  'keys that a rule makes the same': {
    sql: `CREATE TABLE t (id INTEGER PRIMARY KEY, k UNIQUE); INSERT INTO t VALUES (1, 1), (2, NULL), (3, NULL), (4, '1')`,
    args: ['--map', 't.k=text'],
    code: 'COPY_KEY_CLASH',
    said: 't: rowid 1 and rowid 4 become the same for (k), which is unique',
    way: /text:literal/,
  },
};

describe.each(Object.entries(CASES))('%s', (_, { sql, args = [], code, said, way }) => {
  it('a dry run foresees it, with the way out', async () => {
    const judged = await copy(source(sql), target.url, [...args, '--dry-run']);
    expect(judged.code).toBe(1);
    expect(judged.stdout).toContain(`obstacle: ${said} (${code}: `);
  });

  it('a copy ends with the same reason, and leaves nothing', async () => {
    const { code: exit, stderr } = await copy(source(sql), target.url, args);
    expect([exit, stderr]).toEqual([1, expect.stringMatching(new RegExp(`^${code}$`, 'm'))]);
    expect(stderr).toMatch(way);
    expect(await relationsIn(target)).toEqual([]);
  });
});

it.each([
  [1015, 'INTEGER NOT NULL DEFAULT 1'],
  [1600, 'INTEGER'],
  [440, `TEXT NOT NULL DEFAULT 'some text that is kept elsewhere'`],
])('%i columns %s fit, as foreseen', async (count, type) => {
  const path = source(
    `CREATE TABLE wide (${columns(count, type)}); INSERT INTO wide DEFAULT VALUES`,
  );
  const judged = await copy(path, target.url, ['--dry-run']);
  expect([judged.code, judged.stdout]).toEqual([0, expect.not.stringContaining('obstacle:')]);
  expect((await copy(path, target.url)).code).toBe(0);
});

it('names what it cannot foresee', async () => {
  await target.query('CREATE TABLE there (id bigint PRIMARY KEY)');
  const path = source(
    `CREATE TABLE there (id INTEGER PRIMARY KEY); CREATE TABLE p (id INTEGER PRIMARY KEY, n INTEGER CHECK (n > 0));
     CREATE TABLE c (id INTEGER PRIMARY KEY, p INTEGER REFERENCES p, t TEXT); CREATE INDEX i ON c (t);
     INSERT INTO c VALUES (1, NULL, hex(zeroblob(2000)))`,
  );
  const { code, stdout } = await copy(path, target.url, ['--dry-run']);
  expect(code).toBe(0);
  for (const each of [
    'what keys, checks and triggers of tables that exist refuse: there',
    'which checks, generated columns and special indexes are left out: p',
    'rows that refer to one which was rejected',
    'c: whether an index takes the 4000 bytes of t',
  ])
    expect(stdout).toContain(each);
});

it('an index that a value is too long for is left out and told; a unique one ends the copy', async () => {
  const path = (unique: string) =>
    source(`CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT); CREATE ${unique} INDEX i ON t (v);
      INSERT INTO t VALUES (1, hex(randomblob(9000)))`);
  const { code, stdout } = await copy(path(''), target.url);
  expect([code, stdout]).toEqual([
    0,
    expect.stringContaining(
      'note: t: index i is left out: CREATE INDEX i ON t (v): a value is too long for it',
    ),
  ]);
  const refused = await copy(path('UNIQUE'), target.url, ['--schema', 'other']);
  expect([refused.code, refused.stderr]).toEqual([
    1,
    expect.stringMatching(/^COPY_KEY_TOO_LONG$/m),
  ]);
});

it('what a key of a table that exists refuses has its reason, too', async () => {
  await target.query('CREATE TABLE t (id bigint PRIMARY KEY, k text UNIQUE)');
  const path = source(
    `CREATE TABLE t (id INTEGER PRIMARY KEY, k); INSERT INTO t VALUES (1, 'a'), (2, 'a')`,
  );
  const { code, stderr } = await copy(path, target.url);
  expect([code, stderr]).toEqual([1, expect.stringMatching(/^COPY_KEY_CLASH$/m)]);
  expect(stderr).toContain('Key (k)=(a) already exists');
});
