import { describe, expect, it } from '@jest/globals';
import Sqlite from 'better-sqlite3';
import { describeDifference, compareSchemas } from '../src/schema/compare-schemas.js';
import { readSqliteSchema } from '../src/schema/sqlite-schema.js';
import type { Schema } from '../src/schema/schema.js';

function schemaOf(sql: string): Schema {
  const memory = new Sqlite(':memory:');
  try {
    memory.exec(sql);
    return readSqliteSchema(memory);
  } finally {
    memory.close();
  }
}

const definitions = (sql: string, table = 't') =>
  [...(schemaOf(sql).get(table)?.constraints.values() ?? [])].map(({ definition }) => definition);

const indexes = (sql: string) =>
  [...(schemaOf(sql).get('t')?.indexes ?? [])].map(
    ([name, { definition }]) => `${name} ${definition}`,
  );

describe('what is read from an SQLite database', () => {
  it('columns', () => {
    const [table] = schemaOf(`CREATE TABLE T (
      a text NOT NULL DEFAULT 'It''s, (x)' COLLATE NOCASE, "B c" INTEGER DEFAULT (1 + 2), d,
      e TEXT GENERATED ALWAYS AS (a || 'x') STORED, f INTEGER AS (length(a)))`).values();
    expect([...(table?.columns ?? [])]).toEqual([
      ['a', column('TEXT', 'NOT NULL', { default: `'It''s, (x)'`, collation: 'nocase' })],
      ['b c', column('INTEGER', 'NULL', { default: '1 + 2' })],
      ['d', column('', 'NULL')],
      ['e', column('TEXT', 'NULL', { generated: `GENERATED ALWAYS AS (a || 'x') STORED` })],
      ['f', column('INTEGER', 'NULL', { generated: 'GENERATED ALWAYS AS (length (a)) VIRTUAL' })],
    ]);
  });

  it('constraints, of columns and of the table', () => {
    expect(
      definitions(`
        CREATE TABLE p (x TEXT, y TEXT, PRIMARY KEY (y, x));
        CREATE TABLE t (
          a INTEGER CHECK (a > 0) CHECK (a < 10), b TEXT UNIQUE, x TEXT, y TEXT,
          r INTEGER REFERENCES t DEFERRABLE INITIALLY DEFERRED, "check" TEXT,
          PRIMARY KEY (a), CONSTRAINT both UNIQUE (b, x),
          CONSTRAINT "quoted, name" CHECK ("check" <> 'check (' /* ) */),
          FOREIGN KEY (y, x) REFERENCES p ON UPDATE CASCADE ON DELETE SET NULL NOT DEFERRABLE
        )`).toSorted(),
    ).toEqual([
      'CHECK ("check" <> \'check (\')',
      'CHECK (a < 10)',
      'CHECK (a > 0)',
      'FOREIGN KEY (r) REFERENCES t(a) DEFERRABLE INITIALLY DEFERRED',
      'FOREIGN KEY (y, x) REFERENCES p(y, x) ON UPDATE CASCADE ON DELETE SET NULL',
      'PRIMARY KEY (a)',
      'UNIQUE (b)',
      'UNIQUE (b, x)',
    ]);
  });

  it('indexes', () => {
    expect(
      indexes(`CREATE TABLE t (a TEXT COLLATE NOCASE, b TEXT);
        CREATE INDEX i1 ON t (a, b DESC);
        CREATE UNIQUE INDEX IF NOT EXISTS I2 ON "t" ("b" COLLATE NOCASE) WHERE a IS NOT NULL AND b <> 'where';
        CREATE INDEX i3 ON t (a COLLATE BINARY, b ASC);
        CREATE INDEX i4 ON t (lower(b), a DESC);`),
    ).toEqual([
      'i1 (a, b DESC)',
      `i2 UNIQUE (b COLLATE nocase) WHERE a is not null and b <> 'where'`,
      'i3 (a COLLATE binary, b)',
      'i4 (lower (b), a desc)',
    ]);
  });

  it('a column that was added is read like one that was there from the start', () => {
    const one = schemaOf(
      'CREATE TABLE t (a TEXT); ALTER TABLE t ADD COLUMN b INTEGER CHECK (b > 0)',
    );
    const other = schemaOf('create table "t" ([b] integer check(`b`>0), "a" text -- the end\n)');
    expect(compareSchemas(one, other)).toEqual([]);
    expect(compareSchemas(other, one)).toEqual([]);
  });

  it('texts keep their case and blanks', () => {
    const one = schemaOf(`CREATE TABLE t (a TEXT CHECK (a <> 'A  b'))`);
    const other = schemaOf(`CREATE TABLE t (a TEXT CHECK (a <> 'a b'))`);
    expect(compareSchemas(one, other).map(describeDifference)).toEqual([
      `t: check constraint CHECK (a <> 'A  b') is missing`,
      `t: check constraint CHECK (a <> 'a b') is made by no migration`,
    ]);
  });

  it('views, virtual tables and what SQLite keeps for itself are no tables', () => {
    const schema = schemaOf(`
      CREATE TABLE t (a INTEGER PRIMARY KEY AUTOINCREMENT);
      CREATE VIEW v AS SELECT * FROM t;
      CREATE VIRTUAL TABLE f USING fts5 (a);`);
    expect(schema.has('t')).toBe(true);
    for (const name of ['v', 'f', 'sqlite_sequence']) expect(schema.has(name)).toBe(false);
  });
});

function column(type: string, nullability: string, rest: object = {}) {
  return { type, nullability, default: null, collation: null, generated: null, ...rest };
}
