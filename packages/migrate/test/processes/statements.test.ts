import { describe, expect, it } from '@jest/globals';
import type { Migration } from '../../src/migration.js';
import { refuseUnrunnable } from '../../src/postgres/run/refuse-unrunnable.js';
import { statementsOf } from '../../src/postgres/parser/statements.js';
import { ReasonError } from '@holdfast/core/reasons';
import { createDatabase } from '@holdfast/testing/temporary-database';

function migrationOf(sql: string, transactional = true): Migration {
  return {
    store: 'trial',
    version: '0007',
    name: 'try_it',
    sql,
    checksum: '',
    transactional,
    backwardCompatible: false,
  };
}

const textsOf = async (sql: string) =>
  (await statementsOf(migrationOf(sql))).map(({ text }) => text);

async function refusal(work: () => unknown): Promise<ReasonError> {
  try {
    await work();
  } catch (error) {
    if (error instanceof ReasonError) return error;
    throw error;
  }
  throw new Error('nothing was refused');
}

describe('the statements of a migration', () => {
  it.each([
    ['an empty file', '', []],
    ['blanks', ' \n\t\n', []],
    ['comments only', '-- nothing\n/* and /* nested; */ nothing */\n', []],
    ['empty statements', ';;\n ; SELECT 1;;', ['SELECT 1']],
    ['no last semicolon', 'SELECT 1; SELECT 2', ['SELECT 1', 'SELECT 2']],
    ['a semicolon in a string', `SELECT 'a;b''c;'; SELECT 2;`, [`SELECT 'a;b''c;'`, 'SELECT 2']],
    ['an escape string', `SELECT E'it\\'s;'; SELECT 2;`, [`SELECT E'it\\'s;'`, 'SELECT 2']],
    ['a quoted name', 'SELECT 1 AS "a;b"; SELECT 2;', ['SELECT 1 AS "a;b"', 'SELECT 2']],
    [
      'dollar quotes',
      'DO $a$ BEGIN PERFORM $$;$$; END $a$;\nSELECT $$;$$',
      ['DO $a$ BEGIN PERFORM $$;$$; END $a$', 'SELECT $$;$$'],
    ],
    [
      'BEGIN ATOMIC',
      'CREATE FUNCTION f() RETURNS int LANGUAGE sql BEGIN ATOMIC SELECT 1; SELECT 2; END; SELECT 3;',
      [
        'CREATE FUNCTION f() RETURNS int LANGUAGE sql BEGIN ATOMIC SELECT 1; SELECT 2; END',
        'SELECT 3',
      ],
    ],
    ['a nested comment', '/* a; /* b; */ c; */ SELECT 1; SELECT 2', ['SELECT 1', 'SELECT 2']],
    ['a comment within', 'SELECT -- one;\n 1; SELECT 2', ['SELECT -- one;\n 1', 'SELECT 2']],
  ])('%s', async (_what, sql, expected) => {
    expect(await textsOf(sql)).toEqual(expected);
  });

  it('have numbers, lines, types and places, whatever the bytes of the text', async () => {
    const sql = `-- größe 😀\n\nCREATE TABLE "größe" ("😀" text DEFAULT 'é;');\n/* ü */ DROP TABLE "größe";\nSELECT 1`;
    const statements = await statementsOf(migrationOf(sql));
    expect(
      statements.map(({ number, line, type, text }) => ({ number, line, type, text })),
    ).toEqual([
      {
        number: 1,
        line: 3,
        type: 'CreateStmt',
        text: `CREATE TABLE "größe" ("😀" text DEFAULT 'é;')`,
      },
      { number: 2, line: 4, type: 'DropStmt', text: 'DROP TABLE "größe"' },
      { number: 3, line: 5, type: 'SelectStmt', text: 'SELECT 1' },
    ]);
    for (const { offset, text } of statements) {
      expect(sql.slice(offset, offset + text.length)).toBe(text);
    }
  });

  it('are on the same lines with CRLF', async () => {
    const statements = await statementsOf(migrationOf('SELECT 1;\r\n\r\nSELECT\r\n 2;\r\n'));
    expect(statements.map(({ line, text }) => [line, text])).toEqual([
      [1, 'SELECT 1'],
      [3, 'SELECT\r\n 2'],
    ]);
  });

  it.each([
    ['SELECT 1;\n\n-- é😀\nSELEC 2;\n', 4, 'syntax error at or near "SELEC"'],
    ["SELECT 1;\nSELECT 'open\n;\n", 2, 'unterminated quoted string'],
    ['CREATE TABLE t (\n  id integer,\n);\n', 3, 'syntax error at or near ")"'],
    ['SELECT 1;\nCREATE TABLE t (', 2, 'syntax error at end of input'],
  ])('%j is refused with its line and what PostgreSQL says', async (sql, line, message) => {
    const { code, message: text, reason } = await refusal(() => statementsOf(migrationOf(sql)));
    expect(code).toBe('MIGRATION_INVALID:trial:0007');
    expect(reason.exit).toBe(1);
    expect(text).toContain(`trial/postgres/0007_try_it.sql, line ${line}: ${message}`);
  });
});

describe('what up cannot run', () => {
  const check = async (sql: string, transactional: boolean) => {
    const migration = migrationOf(sql, transactional);
    refuseUnrunnable(migration, await statementsOf(migration));
  };

  it.each([
    'BEGIN',
    'START TRANSACTION',
    'COMMIT',
    'END',
    'ROLLBACK',
    'SAVEPOINT one',
    'ROLLBACK TO SAVEPOINT one',
    'RELEASE one',
    `PREPARE TRANSACTION 'one'`,
  ])('%s is refused with and without a transaction', async (sql) => {
    for (const transactional of [true, false]) {
      const { code, message } = await refusal(() => check(`\n${sql};`, transactional));
      expect(code).toBe('MIGRATION_INVALID:trial:0007');
      expect(message).toContain(`line 2: ${sql}`);
    }
  });

  it.each([
    'CREATE INDEX CONCURRENTLY fresh ON things (id)',
    'DROP INDEX CONCURRENTLY things_by_id',
    'REINDEX INDEX CONCURRENTLY things_by_id',
    'REINDEX TABLE CONCURRENTLY things',
    'REINDEX SCHEMA public',
    'VACUUM things',
    'VACUUM',
    'CLUSTER',
    'CREATE DATABASE fresh',
    'DROP DATABASE fresh',
    'ALTER DATABASE fresh SET TABLESPACE pg_default',
    `CREATE TABLESPACE fresh LOCATION '/nowhere'`,
    'DROP TABLESPACE fresh',
    `ALTER SYSTEM SET work_mem = '4MB'`,
    'DISCARD ALL',
    'ALTER TABLE parted DETACH PARTITION parted_1 CONCURRENTLY',
    `CREATE SUBSCRIPTION fresh CONNECTION 'host=nowhere' PUBLICATION fresh`,
  ])('%s is refused in a transaction, as PostgreSQL does', async (sql) => {
    const { code, message } = await refusal(() => check(sql, true));
    expect(code).toBe('MIGRATION_INVALID:trial:0007');
    expect(message).toContain('begin the file with -- holdfast: no-transaction');
    await expect(check(sql, false)).resolves.toBeUndefined();

    const database = await createDatabase();
    try {
      await database.query('CREATE TABLE things (id integer)');
      await database.query('CREATE INDEX things_by_id ON things (id)');
      await database.query('CREATE TABLE parted (id integer) PARTITION BY LIST (id)');
      await database.query('CREATE TABLE parted_1 PARTITION OF parted FOR VALUES IN (1)');
      await expect(database.query(`BEGIN; ${sql}; ROLLBACK`)).rejects.toMatchObject({
        code: '25001',
      });
    } finally {
      await database.drop();
    }
  });

  it.each([
    'CREATE INDEX fresh ON things (id)',
    'ANALYZE things',
    'REINDEX TABLE things',
    'ALTER TABLE parted DETACH PARTITION parted_1',
    `ALTER TYPE mood ADD VALUE 'calm'`,
    'DISCARD PLANS',
  ])('%s is allowed in a transaction', async (sql) => {
    await expect(check(sql, true)).resolves.toBeUndefined();
  });

  it('a second statement without a transaction is refused, with its line', async () => {
    const sql = '-- holdfast: no-transaction\nVACUUM;\n\nSELECT 1;\n';
    const { code, message } = await refusal(() => check(sql, false));
    expect(code).toBe('MIGRATION_INVALID:trial:0007');
    expect(message).toContain('line 4: a migration without a transaction is one statement');
  });
});
