import { beforeEach, describe, expect, it } from '@jest/globals';
import { cleanup } from '../support/cleanup.js';
import { copy, copyReport, relationsIn, sqliteFile } from '../support/copy.js';
import { createDatabase, type TestDatabase } from '@holdfast/testing/temporary-database';

const { later, temporaryFolder } = cleanup();

let target: TestDatabase;

beforeEach(async () => {
  target = await createDatabase();
  later(() => target.drop());
});

const source = (sql: string) => sqliteFile(temporaryFolder(), `PRAGMA foreign_keys = OFF; ${sql}`);

const foreignKeys = () =>
  target.query<{ name: string; validated: boolean }>(
    `SELECT conname AS name, convalidated AS validated FROM pg_constraint
      WHERE contype = 'f' ORDER BY conname`,
  );

/** What PostgreSQL finds, and SQLite does not. */
const ORPHANS: readonly (readonly [what: string, sql: string, rows: number])[] = [
  [
    'of rows that are rejected',
    `CREATE TABLE p (id INTEGER PRIMARY KEY, t TEXT);
     INSERT INTO p VALUES (1, 'fine'), (2, 'a' || char(0));
     CREATE TABLE c (id INTEGER PRIMARY KEY, p INTEGER REFERENCES p);
     INSERT INTO c VALUES (1, 1), (2, 2), (3, 2), (4, NULL)`,
    2,
  ],
  [
    'of a key that SQLite compares in upper and lower case alike',
    `CREATE TABLE p (k TEXT COLLATE NOCASE PRIMARY KEY); INSERT INTO p VALUES ('ABC');
     CREATE TABLE c (id INTEGER PRIMARY KEY, p TEXT REFERENCES p); INSERT INTO c VALUES (1, 'abc')`,
    1,
  ],
  [
    'of a table of which SQLite cannot check another key',
    `CREATE TABLE p (id INTEGER PRIMARY KEY, t TEXT); INSERT INTO p VALUES (1, 'x');
     CREATE TABLE c (id INTEGER PRIMARY KEY, t TEXT REFERENCES p (t), p INTEGER REFERENCES p);
     INSERT INTO c VALUES (1, 'x', 1), (2, 'y', 9)`,
    1,
  ],
];

describe.each(ORPHANS)('orphans %s', (_, sql, rows) => {
  it('end the copy, and are told', async () => {
    const { code, stderr } = await copy(source(sql), target.url, ['--on-reject', 'list']);
    expect([code, stderr]).toEqual([1, expect.stringMatching(/^COPY_ORPHANS$/m)]);
    expect(stderr).toContain(`${rows} rows of c refer to no row of p`);
    expect(await relationsIn(target)).toEqual([]);
  });

  it('are kept and listed when asked to', async () => {
    const args = ['--on-reject', 'list', '--on-orphan', 'not-valid'];
    const { orphans } = await copyReport(source(sql), target.url, args);
    expect(orphans).toEqual([{ table: 'c', references: 'p', rows }]);
    expect(await foreignKeys()).toEqual([{ name: 'c_p_fkey', validated: false }]);
  });
});

it('only the key that rows break is left unchecked', async () => {
  const path = source(
    `CREATE TABLE p (id INTEGER PRIMARY KEY); INSERT INTO p VALUES (1);
     CREATE TABLE c (a INTEGER REFERENCES p, b INTEGER REFERENCES p);
     INSERT INTO c VALUES (1, 1), (1, 9)`,
  );
  await copyReport(path, target.url, ['--on-orphan', 'not-valid']);
  expect(await foreignKeys()).toEqual([
    { name: 'c_a_fkey', validated: true },
    { name: 'c_b_fkey', validated: false },
  ]);
});

it('a foreign key of the target that exists refuses them by name', async () => {
  await target.query(
    'CREATE TABLE p (id bigint PRIMARY KEY); CREATE TABLE c (id bigint, p bigint REFERENCES p)',
  );
  const path = source(
    `CREATE TABLE p (id INTEGER PRIMARY KEY); CREATE TABLE c (id INTEGER, p INTEGER);
     INSERT INTO c VALUES (1, 7)`,
  );
  const before = await relationsIn(target);
  const { code, stderr } = await copy(path, target.url);
  expect([code, stderr]).toEqual([1, expect.stringMatching(/^COPY_ORPHANS$/m)]);
  expect(stderr).toContain('Key (p)=(7) is not present in table "p"');
  expect(await relationsIn(target)).toEqual(before);
});
