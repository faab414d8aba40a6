import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
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
const maps = (...rules: readonly string[]) => rules.flatMap((rule) => ['--map', rule]);
const stored = async (table: string) => {
  const columns = await target.query<{ name: string }>(
    `SELECT attname AS name FROM pg_attribute WHERE attrelid = '${table}'::regclass AND attnum > 0 ORDER BY attnum`,
  );
  const texts = columns.map(({ name }) => `"${name}"::text`).join(', ');
  const rows = await target.query<Record<string, string | null>>(
    `SELECT ${texts} FROM ${table} ORDER BY 1`,
  );
  return rows.map((row) => Object.values(row));
};
const typesOf = (table: string) =>
  target.query(
    `SELECT attname AS name, format_type(atttypid, atttypmod) AS type FROM pg_attribute
      WHERE attrelid = '${table}'::regclass AND attnum > 0 ORDER BY attnum`,
  );

it('takes every unit, compared in full', async () => {
  await target.query(
    `ALTER DATABASE ${new URL(target.url).pathname.slice(1)} SET TimeZone = 'UTC'`,
  );
  const path = source(
    `CREATE TABLE t (id INTEGER PRIMARY KEY, s, ms, us, j REAL, mixed, zoned TEXT, wall TEXT, tf, u, n, i, a TEXT, raw TEXT, nine TEXT, tod TEXT);
     INSERT INTO t VALUES
      (1, 1767225600.5, 1767225600123, 1767225600123456, 2461041.5, 1767225600, '2026-01-01 01:00:00+01:00',
        '2026-01-01 01:00:00+01:00', 't', 'A0EEBC999C0B4EF8BB6D6BB9BD380A11', '0012.50', 93784000005, '["a",null]', CAST(x'ff61' AS TEXT),
        '2026-01-01 00:00:00.123456789', '01:02:03.1234567'),
      (2, -1, -1.5, 0, 2440587.5, '2026-01-01 00:00:00', '2026-01-01T00:00:00Z', '2026-01-01T00:00:00Z', 'FALSE',
        x'a0eebc999c0b4ef8bb6d6bb9bd380a11', 3, -1, '[]', 'text', '1969-12-31 23:59:59', '01:02:03');`,
  );
  const { rejects } = await copyReport(
    path,
    target.url,
    maps(
      ...['s=timestamptz:s', 'ms=timestamp:ms', 'us=timestamptz:us', 'j=timestamptz:julian'],
      ...[
        'mixed=timestamptz:s:utc',
        'zoned=timestamp:apply',
        'wall=timestamp:strip',
        'tf=boolean:tf',
      ],
      ...['u=uuid:any', 'n=numeric(8,3):text', 'i=interval:us', 'a=text[]', 'raw=bytea'],
      ...['nine=timestamp:truncate', 'tod=time:truncate'],
    ).map((part) => (part === '--map' ? part : `t.${part}`)),
  );
  expect(rejects).toEqual([]);
  const uuid = 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11';
  expect(await stored('t')).toEqual([
    [
      ...[
        '1',
        '2026-01-01 00:00:00.5+00',
        '2026-01-01 00:00:00.123',
        '2026-01-01 00:00:00.123456+00',
      ],
      ...[
        '2026-01-01 00:00:00+00',
        '2026-01-01 00:00:00+00',
        '2026-01-01 00:00:00',
        '2026-01-01 01:00:00',
      ],
      ...[
        'true',
        uuid,
        '12.500',
        '26:03:04.000005',
        '{a,NULL}',
        '\\xff61',
        '2026-01-01 00:00:00.123456',
      ],
      '01:02:03.123456',
    ],
    [
      ...['2', '1969-12-31 23:59:59+00', '1969-12-31 23:59:59.9985', '1970-01-01 00:00:00+00'],
      ...[
        '1970-01-01 00:00:00+00',
        '2026-01-01 00:00:00+00',
        '2026-01-01 00:00:00',
        '2026-01-01 00:00:00',
      ],
      ...['false', uuid, '3.000', '-00:00:00.000001', '{}', '\\x74657874', '1969-12-31 23:59:59'],
      '01:02:03',
    ],
  ]);
});

describe('one rule for many columns', () => {
  const sql = `CREATE TABLE t (id INTEGER PRIMARY KEY, on_ BOOLEAN, at DATETIME, made_at INTEGER);
    CREATE TABLE u (id INTEGER PRIMARY KEY, off BOOLEAN, at TEXT, made_at INTEGER, x, y);
    INSERT INTO t VALUES (1, 1, '2026-01-01 00:00:00', 1767225600); INSERT INTO u VALUES (1, 0, 'never', 0, 1, 2)`;
  const file = `# meanings\ntype:boolean=boolean\n\n*.made_at=timestamptz:s\nu.*=text\nt.at=timestamp\n`;
  const types = {
    t: ['bigint', 'boolean', 'timestamp without time zone', 'timestamp with time zone'],
    u: ['text', 'boolean', 'text', 'timestamp with time zone', 'text', 'text'],
  };

  it('by table, column and declared type, and from a file', async () => {
    const rules = join(temporaryFolder(), 'rules');
    writeFileSync(
      rules,
      file.replace('u.*=text', 'u.*=text\nu.off=boolean\nu.made_at=timestamptz:s'),
    );
    await copyReport(source(sql), target.url, maps(`@${rules}`));
    for (const [table, wanted] of Object.entries(types)) {
      const found = (await typesOf(table)) as { type: string }[];
      expect(found.map(({ type }) => type)).toEqual(wanted);
    }
  });

  it('an unreadable file, a line that is no rule, and a rule for nothing are errors', async () => {
    const rules = join(temporaryFolder(), 'rules');
    writeFileSync(rules, 't.at=moment\n');
    for (const [rule, said] of [
      ['@/nowhere/rules', '--map /nowhere/rules cannot be read'],
      [`@${rules}`, '--map t.at=moment is not TABLE.COLUMN=TYPE'],
      ['type:MONEY=numeric', '--map type:MONEY: no such column is copied'],
      ['*.nothing=text', '--map *.nothing: no such column is copied'],
    ] as const) {
      const { code, stderr } = await copy(source(sql), target.url, maps(rule));
      expect([code, stderr]).toEqual([64, expect.stringContaining(said)]);
    }
  });

  it('gives way to the type of a table that is there, where it names no column', async () => {
    await target.query('CREATE TABLE t (id bigint PRIMARY KEY, v numeric(9,2), w timestamptz)');
    await copyReport(
      source(
        `CREATE TABLE t (id INTEGER PRIMARY KEY, v, w); INSERT INTO t VALUES (1, 1.5, '2026-01-01 00:00:00')`,
      ),
      target.url,
      maps('*.v=text', '*.w=timestamptz:utc'),
    );
    expect(await stored('t')).toEqual([['1', '1.50', expect.stringContaining('2026-01-01')]]);
  });

  it('holds for what refers to its column, too', async () => {
    const id = 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11';
    const { notes } = await copyReport(
      source(
        `CREATE TABLE p (id TEXT PRIMARY KEY); CREATE TABLE c (id INTEGER PRIMARY KEY, p TEXT REFERENCES p);
         INSERT INTO p VALUES ('${id.toUpperCase()}'); INSERT INTO c VALUES (1, '${id.toUpperCase()}')`,
      ),
      target.url,
      maps('p.id=uuid:any'),
    );
    expect(notes).toEqual([]);
    expect(await stored('c')).toEqual([['1', id]]);
  });
});

describe('--types declared', () => {
  const sql = `CREATE TABLE p (code CHAR(4) PRIMARY KEY);
    CREATE TABLE t (id INTEGER PRIMARY KEY, price NUMERIC(10, 2), at DATETIME, zoned DATETIME, day DATE, flag BOOLEAN DEFAULT 1,
      rails BOOLEAN, name VARCHAR(5) DEFAULT 'none', short VARCHAR(2), u UUID, j JSON, epoch TIMESTAMP, off BOOLEAN, cents DECIMAL(4,1),
      code VARCHAR(9) REFERENCES p, none DATETIME DEFAULT CURRENT_TIMESTAMP, i INTEGER);
    INSERT INTO p VALUES ('abcd');
    INSERT INTO t VALUES (1, 1.25, '2026-01-01 00:00:00', '2026-01-01T00:00:00Z', '2026-01-01', 1, 't', 'Äbc', 'abc',
      'A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11', '{"a": 1}', 1767225600, 2, 1.25, 'abcd', NULL, 1),
      (2, 3, NULL, NULL, NULL, 0, 'f', NULL, NULL, NULL, NULL, NULL, 0, 1, NULL, NULL, 2)`;

  it('makes what is declared where every value fits, and tells where not', async () => {
    const report = await copyReport(source(sql), target.url, ['--types', 'declared']);
    expect(await typesOf('t')).toEqual([
      { name: 'id', type: 'bigint' },
      { name: 'price', type: 'numeric(10,2)' },
      { name: 'at', type: 'timestamp without time zone' },
      { name: 'zoned', type: 'timestamp with time zone' },
      { name: 'day', type: 'date' },
      { name: 'flag', type: 'boolean' },
      { name: 'rails', type: 'boolean' },
      { name: 'name', type: 'character varying(5)' },
      { name: 'short', type: 'text' },
      { name: 'u', type: 'uuid' },
      { name: 'j', type: 'json' },
      { name: 'epoch', type: 'bigint' },
      { name: 'off', type: 'bigint' },
      { name: 'cents', type: 'double precision' },
      { name: 'code', type: 'text' },
      { name: 'none', type: 'timestamp without time zone' },
      { name: 'i', type: 'bigint' },
    ]);
    expect(report.notes.map(({ text }) => text)).toEqual([
      'column cents: holds 1 integers, 1 reals, all of them as double precision',
    ]);
    expect(
      report.types.map(({ column, made, proposed, why }) => [column, made, proposed, why]),
    ).toEqual([
      ['code', 'text', 'character varying(4)', null],
      ['short', 'text', null, 'rowid 1 is longer than 2 characters'],
      [
        'epoch',
        'bigint',
        null,
        'holds numbers, which may count anything: --map t.epoch=timestamptz:s says what',
      ],
      ['off', 'bigint', null, 'rowid 1 is neither 0 nor 1'],
      ['cents', 'double precision', null, 'rowid 1 has more than 1 digits after the point'],
      ['code', 'text', 'character varying(9)', null],
    ]);
    await target.query(`INSERT INTO t (id) VALUES (3)`);
    const [row] = await target.query(
      'SELECT flag, name, none IS NOT NULL AS none FROM t WHERE id = 3',
    );
    expect(row).toEqual({ flag: true, name: 'none', none: true });
  });

  it('is proposed by a dry run, and named by a copy', async () => {
    const path = source(sql);
    const judged = await copy(path, target.url, ['--dry-run']);
    expect(judged.stdout).toContain(
      'type: t.price: declared NUMERIC(10, 2), made double precision; --types declared makes it numeric(10,2)\n',
    );
    expect(judged.stdout).toContain(
      'type: t.short: declared VARCHAR(2), made text: rowid 1 is longer than 2 characters\n',
    );
    const made = await copy(path, target.url);
    expect(made.stdout).toContain(
      'type: t.flag: declared BOOLEAN, made bigint; a dry run tells whether --types declared fits\n',
    );
    expect(made.stdout).not.toContain('type: t.i:');
  });
});

describe('what ended without a way out', () => {
  it.each([
    ['interval', '5', 'v is a number: --map TABLE.COLUMN=interval:us, ms or s says what it counts'],
    ['timestamp', `'2026-01-01 00:00:00.123456789'`, 'truncate cuts them'],
    ['timestamptz', `'2026-01-01 00:00:00.1234567Z'`, 'truncate cuts them'],
  ])('%s <- %s', async (type, value, reason) => {
    await target.query(`CREATE TABLE t (id bigint PRIMARY KEY, v ${type})`);
    const path = source(
      `CREATE TABLE t (id INTEGER PRIMARY KEY, v); INSERT INTO t VALUES (1, ${value})`,
    );
    const { code, stderr } = await copy(path, target.url);
    expect([code, stderr]).toEqual([1, expect.stringContaining(`t, rowid 1: v`)]);
    expect(stderr).toContain(reason);
  });

  it('nine digits of which the last are zeros are six', async () => {
    await target.query('CREATE TABLE t (id bigint PRIMARY KEY, v timestamp, w interval)');
    const path = source(
      `CREATE TABLE t (id INTEGER PRIMARY KEY, v, w); INSERT INTO t VALUES (1, '2026-01-01 00:00:00.123456000', '1 day 02:03:04')`,
    );
    await copyReport(path, target.url);
    expect(await stored('t')).toEqual([['1', '2026-01-01 00:00:00.123456', '1 day 02:03:04']]);
  });
});
