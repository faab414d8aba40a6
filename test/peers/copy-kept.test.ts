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

/** Copies, and gives what is told. */
async function told(sql: string, args: readonly string[] = []): Promise<readonly string[]> {
  const { notes, skipped } = await copyReport(source(sql), target.url, args);
  return [
    ...notes.map(({ table, text }) => `${table}: ${text}`),
    ...skipped.map(({ kind, name }) => `skipped: ${kind} ${name}`),
  ];
}

const refusedBy = (sql: string) =>
  target.query(sql).then(
    () => 'taken',
    (error: unknown) => (error as Error).message,
  );

describe('foreign keys', () => {
  it('are checked as late as they were', async () => {
    const notes = await told(
      `CREATE TABLE "part one" (id INTEGER PRIMARY KEY, two INTEGER NOT NULL REFERENCES two (id) DEFERRABLE INITIALLY DEFERRED);
       CREATE TABLE two (id INTEGER PRIMARY KEY, now INTEGER REFERENCES "part one" NOT DEFERRABLE INITIALLY DEFERRED,
         one INTEGER, later INTEGER, CONSTRAINT "by one" FOREIGN KEY (one) REFERENCES "part one" (id)
           ON DELETE SET NULL DEFERRABLE INITIALLY DEFERRED, FOREIGN KEY (later) REFERENCES two DEFERRABLE)`,
    );
    expect(notes).toEqual([]);
    const keys = await target.query(
      `SELECT conname AS name, condeferrable AS may, condeferred AS late FROM pg_constraint
        WHERE contype = 'f' ORDER BY conname COLLATE "C"`,
    );
    expect(keys).toEqual([
      { name: 'by one', may: true, late: true },
      { name: 'part one_two_fkey', may: true, late: true },
      { name: 'two_later_fkey', may: true, late: false },
      { name: 'two_now_fkey', may: false, late: false },
    ]);
    await target.query(
      `BEGIN; INSERT INTO "part one" VALUES (1, 1); INSERT INTO two VALUES (1, 1, 1, 1); COMMIT`,
    );
  });

  it('do what they did', async () => {
    const notes = await told(
      `PRAGMA foreign_keys = ON;
       CREATE TABLE p (id INTEGER PRIMARY KEY, k TEXT UNIQUE);
       CREATE UNIQUE INDEX p_down ON p (k DESC);
       CREATE TABLE c (id INTEGER PRIMARY KEY,
         a INTEGER REFERENCES p ON DELETE CASCADE, b INTEGER REFERENCES p ON DELETE SET NULL MATCH FULL,
         d INTEGER DEFAULT 9 REFERENCES p ON DELETE SET DEFAULT, e TEXT REFERENCES p (k) ON UPDATE CASCADE);
       INSERT INTO p VALUES (1, 'one'), (2, 'two'), (3, 'three'), (9, 'nine');
       INSERT INTO c VALUES (1, 1, NULL, NULL, NULL), (2, NULL, 2, NULL, NULL), (3, NULL, NULL, 3, NULL), (4, NULL, NULL, NULL, 'nine')`,
    );
    expect(notes).toEqual([]);
    await target.query(`DELETE FROM p WHERE id < 4; UPDATE p SET k = 'neun'`);
    expect(await target.query('SELECT * FROM c ORDER BY id')).toEqual([
      { id: '2', a: null, b: null, d: null, e: null },
      { id: '3', a: null, b: null, d: '9', e: null },
      { id: '4', a: null, b: null, d: null, e: 'neun' },
    ]);
  });

  it('to a column that took upper and lower case for the same: the plain key is made, and it is told', async () => {
    const notes = await told(
      `CREATE TABLE p (k TEXT COLLATE NOCASE UNIQUE); CREATE TABLE c (id INTEGER PRIMARY KEY, k TEXT REFERENCES p (k));
       INSERT INTO p VALUES ('One'); INSERT INTO c VALUES (1, 'One')`,
    );
    expect(notes).toContain(
      'c: the foreign key (k) to p: COLLATE NOCASE of k is left out, it compares every character',
    );
    expect(await refusedBy(`INSERT INTO c VALUES (2, 'one')`)).toMatch(/foreign key/);
    expect(await refusedBy(`INSERT INTO p VALUES ('oNE')`)).toMatch(/unique/);
  });
});

describe('what is unique stays so', () => {
  it.each([
    ['k TEXT COLLATE NOCASE UNIQUE', `'Äbc'`, `'ÄBC'`, `'äbc'`],
    ['k TEXT, CONSTRAINT once UNIQUE (k COLLATE NOCASE)', `'a'`, `'A'`, `'b'`],
    ['k TEXT COLLATE NOCASE PRIMARY KEY', `'a'`, `'A'`, `'b'`],
    ['k TEXT COLLATE RTRIM UNIQUE', `'a'`, `'a  '`, `' a'`],
    ['k TEXT); CREATE UNIQUE INDEX once ON t (k COLLATE NOCASE DESC', `'a'`, `'A'`, `'b'`],
    ['k TEXT); CREATE UNIQUE INDEX once ON t (substr, k COLLATE RTRIM', `'a'`, `'a '`, `'b'`],
  ])('%s', async (columns, first, same, other) => {
    const more = columns.includes('substr') ? ', substr TEXT DEFAULT 1' : '';
    const notes = await told(
      `CREATE TABLE t (id INTEGER${more}, ${columns}); INSERT INTO t (id, k) VALUES (1, ${first})`,
    );
    expect(notes).toContainEqual(expect.stringMatching(/ON CONFLICT has to name that$/));
    expect(await refusedBy(`INSERT INTO t (id, k) VALUES (2, ${same})`)).toMatch(/duplicate key/);
    expect(await refusedBy(`INSERT INTO t (id, k) VALUES (3, ${other})`)).toBe('taken');
  });

  it('also on an expression, and on some rows', async () => {
    const notes = await told(
      `CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT COLLATE NOCASE, gone INTEGER);
       CREATE UNIQUE INDEX some ON t (a) WHERE gone IS NULL;
       CREATE UNIQUE INDEX made ON t (coalesce(a, '') COLLATE NOCASE, gone)`,
    );
    expect(notes.filter((note) => note.includes('index'))).toEqual([
      expect.stringContaining(
        'index some: COLLATE NOCASE is kept by a unique index on lower("a" COLLATE "C")',
      ),
    ]);
    await target.query(`INSERT INTO t VALUES (1, 'a', NULL), (2, 'b', 1)`);
    expect(await refusedBy(`INSERT INTO t VALUES (3, 'A', NULL)`)).toContain('"some"');
    expect(await refusedBy(`INSERT INTO t VALUES (3, 'B', 1)`)).toContain('"made"');
  });

  it('with the name that it had, and the columns of which it is made are no text', async () => {
    const notes = await told(
      `CREATE TABLE t (id INTEGER, n INTEGER COLLATE NOCASE UNIQUE, CONSTRAINT "pk of t" PRIMARY KEY (id),
         CONSTRAINT positive CHECK (n > 0), CONSTRAINT positive CHECK (n < 9)); INSERT INTO t VALUES (1, 1)`,
    );
    expect(notes).toEqual(['t: column n: COLLATE NOCASE is left out, upper and lower case differ']);
    const names = await target.query(
      `SELECT conname AS name FROM pg_constraint WHERE contype <> 'n' AND conrelid = 't'::regclass ORDER BY conname COLLATE "C"`,
    );
    expect(names).toEqual(
      ['pk of t', 'positive', 't_n_check', 't_n_key'].map((name) => ({ name })),
    );
  });
});

it('tells every ON CONFLICT clause but that which changes nothing', async () => {
  const notes = await told(
    `CREATE TABLE t (id INTEGER PRIMARY KEY ON CONFLICT REPLACE, a NOT NULL ON CONFLICT IGNORE DEFAULT 1,
       b UNIQUE ON CONFLICT ABORT, c, UNIQUE (a, c) ON CONFLICT ROLLBACK, CHECK (id <> 5) ON CONFLICT FAIL)`,
  );
  const end = 'is left out, the statement ends with an error';
  expect(notes).toEqual([
    `t: PRIMARY KEY (id): ON CONFLICT REPLACE ${end}`,
    `t: NOT NULL (a): ON CONFLICT IGNORE ${end}`,
    `t: UNIQUE (a, c): ON CONFLICT ROLLBACK ${end}`,
    `t: CHECK (id <> 5): ON CONFLICT FAIL ${end}`,
  ]);
});

describe('a column of several storage classes', () => {
  const refused = async (values: string, args: readonly string[] = []) => {
    const { code, stderr } = await copy(
      source(`CREATE TABLE t (id INTEGER PRIMARY KEY, v); INSERT INTO t VALUES ${values}`),
      target.url,
      args,
    );
    expect(code).toBe(1);
    return stderr;
  };

  it.each([
    [`(1, 1), (2, '1')`, 'rowid 2: v is a text that reads as an integer'],
    [`(1, 1.0), (2, '1.0')`, 'rowid 2: v is a text that reads as a real'],
    [`(1, 1), (2, '1'), (3, x'31')`, 'rowid 3: v is a blob that reads as an integer'],
    [`(1, 'a'), (2, x'61')`, 'rowid 2: v is a blob that reads as a text'],
    [`(1, 'a'), (2, x'')`, 'rowid 2: v is a blob that reads as a text'],
    [`(1, 1), (2, x'31')`, 'rowid 2: v is a blob that reads as an integer'],
  ])('%s is refused', async (values, reason) => {
    expect(await refused(values)).toContain(`t, ${reason}: --map TABLE.v=`);
  });

  it('is kept apart where its values can be told apart, and told', async () => {
    const notes = await told(
      `CREATE TABLE t (id INTEGER PRIMARY KEY, a, b, c, d NUMERIC);
       INSERT INTO t VALUES (1, 1, x'00ff', x'61', 1), (2, '01', 'a', 1, 1.5), (3, 1.0, NULL, NULL, NULL),
         (4, '1e3', x'80', -1, 2), (5, '-0', 'ü', 2.5, 3), (6, 'NaN', 'x', 9e999, 4), (7, '99999999999999999999', 'y', 0, 5)`,
    );
    expect(notes).toEqual([
      't: column a: holds 1 integers, 1 reals, 5 texts, all of them as text',
      't: column b: holds 4 texts, 2 blobs, all of them as bytea',
      't: column c: holds 3 integers, 2 reals, 1 blobs, all of them as bytea',
      't: column d: holds 5 integers, 1 reals, all of them as double precision',
    ]);
    expect(await target.query('SELECT a FROM t ORDER BY id')).toEqual(
      ['1', '01', '1.0', '1e3', '-0', 'NaN', '99999999999999999999'].map((a) => ({ a })),
    );
  });

  it('is one type where a rule says so, and kept apart where one says that', async () => {
    const sql = `CREATE TABLE t (id INTEGER PRIMARY KEY, a, b);
      INSERT INTO t VALUES (1, 1, 1), (2, '1', '1''x'), (3, x'31', x'31'), (4, 1.0, 1.0), (5, NULL, NULL)`;
    await told(sql, ['--map', 't.a=bytea', '--map', 't.b=text:literal']);
    expect(await target.query(`SELECT encode(a, 'escape') AS a, b FROM t ORDER BY id`)).toEqual([
      { a: '1', b: '1' },
      { a: '1', b: `'1''x'` },
      { a: '1', b: `X'31'` },
      { a: '1.0', b: '1.0' },
      { a: null, b: null },
    ]);
  });

  it('of a table that is there is judged as well', async () => {
    await target.query('CREATE TABLE t (id bigint PRIMARY KEY, v varchar(9))');
    expect(await refused(`(1, 1), (2, '1')`)).toContain('rowid 2: v is a text that reads as');
    await told(
      `CREATE TABLE t (id INTEGER PRIMARY KEY, v); INSERT INTO t VALUES (1, 1), (2, '1')`,
      ['--map', 't.v=text'],
    );
    expect(await target.query('SELECT count(*)::int AS n FROM t')).toEqual([{ n: 2 }]);
  });
});
