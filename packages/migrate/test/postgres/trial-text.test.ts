import { describe, expect, it } from '@jest/globals';
import { loadParser } from '../../src/postgres/parser/parser.js';
import { statementsOf } from '../../src/postgres/parser/statements.js';
import { trialText } from '../../src/postgres/trial/trial-text.js';
import { faultOf } from '../../src/postgres/trial/trial-faults.js';

async function first(sql: string) {
  const [statement] = await statementsOf({ store: 's', version: '0001', name: 'n', sql });
  if (!statement) throw new Error(`no statement: ${sql}`);
  return statement;
}

describe('the text that is tried finds no relation but a copy', () => {
  it.each([
    ['SELECT "é", o.a FROM "Ö" AS o, s.t', 'SELECT "é", o.a FROM pg_temp."Ö" AS o, pg_temp.t'],
    [
      'WITH w AS (SELECT 1) INSERT INTO public.a SELECT * FROM w, b',
      'WITH w AS (SELECT 1) INSERT INTO pg_temp.a SELECT * FROM w, pg_temp.b',
    ],
    ['CREATE UNLOGGED TABLE t (unlogged int)', 'CREATE  TABLE pg_temp.t (unlogged int)'],
    [
      'CREATE UNIQUE INDEX CONCURRENTLY i ON ONLY public.t (a)',
      'CREATE UNIQUE INDEX  i ON ONLY pg_temp.t (a)',
    ],
    [
      'ALTER TABLE t DETACH PARTITION p CONCURRENTLY',
      'ALTER TABLE pg_temp.t DETACH PARTITION pg_temp.p ',
    ],
    [
      'CREATE TABLE t (a int REFERENCES s.u, LIKE v)',
      'CREATE TABLE pg_temp.t (a int REFERENCES pg_temp.u, LIKE pg_temp.v)',
    ],
    ['CREATE TABLE t AS TABLE u', 'CREATE TABLE pg_temp.t AS TABLE pg_temp.u\nWITH NO DATA'],
    ['CREATE TABLE t AS SELECT 1 WITH DATA', 'CREATE TABLE pg_temp.t AS SELECT 1 \nWITH NO DATA'],
    ["CREATE TYPE s.mood AS ENUM ('a')", "CREATE TYPE pg_temp.mood AS ENUM ('a')"],
    ['CREATE DOMAIN /* s. */ d AS int', 'CREATE DOMAIN /* s. */ pg_temp.d AS int'],
    [
      'CREATE OR REPLACE FUNCTION s.f() RETURNS int LANGUAGE sql AS $$ SELECT 1 $$',
      'CREATE OR REPLACE FUNCTION pg_temp.f() RETURNS int LANGUAGE sql AS $$ SELECT 1 $$',
    ],
    [
      'CREATE TRIGGER t BEFORE INSERT ON a.b FOR EACH ROW EXECUTE FUNCTION c.f()',
      'CREATE TRIGGER t BEFORE INSERT ON pg_temp.b FOR EACH ROW EXECUTE FUNCTION c.f()',
    ],
  ])('%s', async (sql, expected) => {
    expect(trialText(await first(sql), await loadParser())).toBe(expected);
  });
});

describe('what an error says of a statement', () => {
  const refused = async (sql: string, code: string, message = '') =>
    faultOf(Object.assign(new Error(message), { code }), await first(sql));

  it('is its code, and a name that the statement has itself', async () => {
    const said = 'column "a" of relation "t" does not exist, but "secret" does';
    expect(await refused('SELECT a FROM t', '42703', said)).toMatchObject({
      text: 'It names a column that is not there (SQLSTATE 42703: a).',
    });
    expect(await refused('SELECT 1', '42703', 'column "secret"')).toMatchObject({
      text: 'It names a column that is not there (SQLSTATE 42703).',
    });
  });

  it.each(['42P01', '42501', '57014', '55P03', '40P01', '53200', '42710', '42P07', '23505'])(
    'is nothing where it may have another reason: %s',
    async (code) => {
      expect(await refused('SELECT a FROM t', code)).toBeUndefined();
    },
  );

  it('is nothing where the copy may be the reason', async () => {
    expect(await refused('UPDATE t SET a = 1', '0A000')).toBeUndefined();
    expect(await refused('ALTER TABLE t DROP COLUMN a', '0A000')).toBeDefined();
  });
});
