import { expect, it } from '@jest/globals';
import pg from 'pg';
import { CopiedTable, type CopyWork } from '@holdfast/copy/copied-table';
import { parseRule } from '@holdfast/copy/rule';
import { readContent } from '@holdfast/copy/sqlite/contents';
import { readTables } from '@holdfast/copy/sqlite/read-tables';
import { SourceDatabase } from '@holdfast/copy/sqlite/source-database';
import { planTable, readExisting } from '@holdfast/copy/postgres/plan-tables';
import type { TargetTable } from '@holdfast/copy/postgres/target-table';
import { cleanup } from '../support/cleanup.js';
import { copyReport, sqliteFile } from '../support/copy.js';
import { createDatabase } from '@holdfast/testing/temporary-database';

const { later, temporaryFolder } = cleanup();

const TABLES = `
CREATE TABLE numbers (id INTEGER PRIMARY KEY, i INTEGER, r REAL, d DECIMAL(10,2), wide);
INSERT INTO numbers VALUES (1, 5, 0.1, 3, 9007199254740993), (2, -7, 2.5, 4, 0.5), (3, NULL, NULL, NULL, NULL);
CREATE TABLE texts (id INTEGER PRIMARY KEY, t TEXT, mixed, b BLOB);
INSERT INTO texts VALUES (1, 'one', 1, x'00ff'), (2, 'two' || char(10, 9) || '\\', 'x', x''), (3, '', 2.0, NULL);
CREATE TABLE keyless (a TEXT, b TEXT);
INSERT INTO keyless VALUES ('ab', 'c'), ('a', 'bd'), ('a', 'bd'), (NULL, '');
CREATE TABLE meant (id INTEGER PRIMARY KEY, flag BOOLEAN, at INTEGER, day TEXT, j TEXT);
INSERT INTO meant VALUES (1, 1, 1767225600123, '2026-01-01', '{"a": 1.10, "b": [null, "x"]}'), (2, 0, 0, '2026-02-28', '[1]');
CREATE TABLE plain (id INTEGER PRIMARY KEY, i INTEGER, r REAL, t TEXT, u TEXT);
INSERT INTO plain VALUES (1, 9007199254740993, 0.1, 'one', 'tab' || char(9) || 'line' || char(10) || '\\'), (2, NULL, 1e17, NULL, ''),
  (3, -5, -2.5e-8, 'ünï', '\\N');
CREATE TABLE bytes (id INTEGER PRIMARY KEY, i INTEGER, r REAL, t TEXT, b BLOB);
INSERT INTO bytes VALUES (1, 9007199254740993, 0.1, 'one' || char(10), x'00ff'), (2, NULL, NULL, NULL, NULL), (3, 4, 1.5, '', x'');
CREATE TABLE raw (id INTEGER PRIMARY KEY, i INTEGER, t TEXT, b BLOB);
INSERT INTO raw VALUES (1, -9007199254740993, 'one' || char(10), x'00ff'), (2, NULL, NULL, NULL), (3, 4, 'ünï', x'');
CREATE TABLE long (id INTEGER PRIMARY KEY, r REAL, t TEXT, b BLOB, c TEXT);
INSERT INTO long VALUES (1, 0, replace(hex(zeroblob(300000)), '00', 'aé'), zeroblob(1200000), 'one'),
  (2, NULL, NULL, randomblob(1200000), NULL), (3, 0.5, replace(hex(zeroblob(500000)), '00', 'xyz'), x'', 'two');
CREATE TABLE compressed (id INTEGER PRIMARY KEY, t TEXT, b BLOB);
INSERT INTO compressed VALUES (1, replace(hex(zeroblob(3000)), '00', 'aé'), zeroblob(3000)), (2, 'short', x'00');
CREATE TABLE narrow (id INTEGER PRIMARY KEY, s, n, v, c, ts, tm, u, f);
INSERT INTO narrow VALUES (1, 1, 1.5, 'ab', 'ab', '2026-01-01 00:00:00.5', '12:00', 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', 0.5),
  (2, 2, 2, 'cd', 'c', '2026-01-02 00:00', '13:00:01.25', 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a12', 0.25);
`;
const EXISTING = `CREATE TABLE narrow (id integer PRIMARY KEY, s smallint, n numeric(6,2), v varchar(9), c char(4),
  ts timestamp(3), tm time, u uuid, f real)`;
const RULES = ['meant.flag=boolean', 'meant.at=timestamptz:ms', 'meant.day=date', 'meant.j=jsonb'];

/** Another value of the type, as near as there is, in SQL. */
function changed(type: string, column: string): string {
  if (/^(smallint|integer|bigint|numeric|date)/.test(type)) return `${column} - 1`;
  if (/^(text|character)/.test(type)) return `overlay(${column} PLACING 'Z' FROM 1)`;
  if (type.startsWith('time')) return `${column} + interval '1 millisecond'`;
  switch (type) {
    case 'double precision':
      return `${column} + 1e-16`;
    case 'real':
      return `${column} + 1e-7::real`;
    case 'bytea':
      return `set_bit(${column} || '\\x00', 0, 1 - get_bit(${column} || '\\x00', 0))`;
    case 'boolean':
      return `NOT ${column}`;
    case 'uuid':
      return `overlay(${column}::text PLACING 'f' FROM 1)::uuid`;
    default:
      return `jsonb_build_array(${column})`;
  }
}

/** With another character or byte, in SQL: the first one behind a part of it. */
function changedWithin(type: string, column: string, part: string): string {
  const at = `(${part} * (length(${column}) - 1))::int`;
  return type === 'bytea'
    ? `set_byte(${column}, ${at}, 255 - get_byte(${column}, ${at}))`
    : `overlay(${column} PLACING 'Z' FROM 1 + ${at})`;
}

/** What one does to a table, each to one row or to all. */
function tampering({ name, columns }: TargetTable): readonly (readonly [string, string])[] {
  const one = `ctid = (SELECT max(ctid) FROM ${name})`;
  const first = (column: string) =>
    `ctid = (SELECT min(ctid) FROM ${name} WHERE ${column} IS NOT NULL)`;
  return [
    ['a missing row', `DELETE FROM ${name} WHERE ${one}`],
    ['a doubled row', `INSERT INTO ${name} SELECT * FROM ${name} WHERE ${one}`],
    [
      'a row twice and another missing',
      `UPDATE ${name} SET (${columns.map((c) => c.name).join(', ')}) =
      (SELECT ${columns.map((c) => c.name).join(', ')} FROM ${name} WHERE ctid = (SELECT min(ctid) FROM ${name})) WHERE ${one}`,
    ],
    ...columns.flatMap(({ name: column, type }): [string, string][] => [
      [
        `another ${column}`,
        `UPDATE ${name} SET ${column} = ${changed(type, column)} WHERE ${first(column)}`,
      ],
      [`no ${column}`, `UPDATE ${name} SET ${column} = NULL WHERE ${first(column)}`],
    ]),
    ...columns
      .filter(({ type }) => type === 'text' || type === 'bytea')
      .flatMap(({ name: column, type }) =>
        ['0.5', '1'].map((part): [string, string] => [
          `another ${column} behind ${part} of it`,
          `UPDATE ${name} SET ${column} = ${changedWithin(type, column, part)}
            WHERE ctid = (SELECT min(ctid) FROM ${name} WHERE length(${column}) > 0)`,
        ]),
      ),
    ...columns
      .filter(({ type }) => /^(double|numeric)/.test(type))
      .map(({ name: column }): [string, string] => [
        `${column} of another type`,
        `ALTER TABLE ${name} ALTER ${column} TYPE bigint`,
      ]),
    ...columns
      .filter(({ type }) => type === 'text')
      .map(({ name: column }): [string, string] => [
        `${column} of another type`,
        `ALTER TABLE ${name} ALTER ${column} TYPE char(20) USING left(${column}, 20)`,
      ]),
  ];
}

const none = () => undefined;
const codeOf = (error: unknown) => (error as { code?: string }).code ?? String(error);

it('finds every change of every table, and nothing where there is none', async () => {
  const target = await createDatabase();
  later(() => target.drop());
  await target.query(EXISTING);
  const path = sqliteFile(temporaryFolder(), TABLES);
  await copyReport(
    path,
    target.url,
    RULES.flatMap((rule) => ['--map', rule]),
  );
  const source = SourceDatabase.open(path, false);
  later(() => {
    source.close();
  });
  const client = new pg.Client({ connectionString: target.url });
  await client.connect();
  later(() => client.end());
  await client.query(`SET TimeZone = 'UTC'; SET DateStyle = 'ISO, YMD'`);
  // As they are made, and without what keeps a table from being tampered with.
  const existing = await readExisting(client, 'public');
  const rule = parseRule('meant.at=timestamptz:ms');
  const tables = readTables(source.connection, () => true).tables.map((table) =>
    planTable(table, readContent(source.connection, table), existing, {
      ruleOf: ({ name }) => (table.name === 'meant' && name === 'at' ? rule : undefined),
      declaredOf: () => undefined,
    }),
  );
  expect(tables.map(({ name }) => name)).toEqual([
    'bytes',
    'compressed',
    'keyless',
    'long',
    'meant',
    'narrow',
    'numbers',
    'plain',
    'raw',
    'texts',
  ]);
  const unnoticed: string[] = [];
  const formats = new Set<string>();
  const work: CopyWork = {
    source,
    verification: 'full',
    withoutRows: false,
    listener: {
      begun: none,
      tableStarted: none,
      rowsReused: none,
      rowsRead: none,
      tableEnded: none,
      rejected: none,
      restarted: none,
    },
    rejected: ({ table, reason }) => {
      throw new Error(`${table}: ${reason}`);
    },
    signal: new AbortController().signal,
  };
  for (const table of tables) {
    const copied = new CopiedTable(work, table);
    await copied.convertAll();
    expect(await copied.isStoredIn(client, 'public')).toBe(true);
    const difference = () => copied.verifyAgain(client, 'public').then(() => 'none', codeOf);
    expect(await difference()).toBe('none');
    formats.add(copied.report().format);
    await client.query(
      `ALTER TABLE ${table.name} DROP CONSTRAINT IF EXISTS ${table.name}_pkey;` +
        table.columns
          .map(
            ({ name }) =>
              `ALTER TABLE ${table.name} ALTER ${name} DROP IDENTITY IF EXISTS; ALTER TABLE ${table.name} ALTER ${name} DROP NOT NULL`,
          )
          .join(';'),
    );
    for (const [what, sql] of tampering(table)) {
      await client.query('BEGIN');
      await client.query(sql);
      if ((await difference()) !== 'COPY_MISMATCH') unnoticed.push(`${table.name}: ${what}`);
      await client.query('ROLLBACK');
    }
    expect(await difference()).toBe('none');
  }
  expect(unnoticed).toEqual([]);
  expect([...formats].toSorted()).toEqual(['binary', 'judged', 'lines']);
});
