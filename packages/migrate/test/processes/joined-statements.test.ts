import { describe, expect, it } from '@jest/globals';
import { ReasonError } from '@holdfast/core/reasons';
import { statementsOfEach } from '../../src/postgres/parser/joined-statements.js';
import { type Statement, statementsOf } from '../../src/postgres/parser/statements.js';

const migrationsOf = (texts: readonly string[]) =>
  texts.map((sql, index) => ({
    store: 'trial',
    version: String(index + 1).padStart(4, '0'),
    name: 'try_it',
    sql,
  }));

/** The tree has places of the text in it, which nobody reads. */
const known = ({ number, line, offset, text, type }: Statement) => ({
  number,
  line,
  offset,
  text,
  type,
});

describe('the statements of several migrations', () => {
  it('are those of each', async () => {
    const migrations = migrationsOf([
      'SELECT 1;\r\n\r\nSELECT\r\n 2;\r\n',
      '',
      '-- only a comment',
      'CREATE TABLE ä (ö text); /* end */ SELECT 1 -- no semicolon',
      'CHECKPOINT; CHECKPOINT',
      ';;SELECT 3;;',
      'SELECT \'a;b\', $$;CHECKPOINT;$$, "c;d" FROM x;\n\n',
      'CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT 1; SELECT 2; END;',
      '   \n\t',
      "INSERT INTO t VALUES ('😀'), (E'\\'');SELECT 4",
    ]);
    const each = [];
    for (const migration of migrations) each.push((await statementsOf(migration)).map(known));
    const joined = await statementsOfEach(migrations);
    expect(joined.map((statements) => statements.map(known))).toEqual(each);
  });

  it.each([
    ['a quote', "SELECT 'a", "b'; SELECT 1"],
    ['a comment', 'SELECT 1; /* a', 'b */ SELECT 2'],
    ['a comment of the whole next one', 'SELECT 1; /* a', '*/'],
    ['a dollar quote', 'SELECT $$a', 'b$$'],
    ['a name', 'SELECT "a', 'b"'],
    ['the body of a function', 'CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT 1', '; END'],
    ['parentheses', 'SELECT (1', ')'],
    ['nothing, and is no SQL', 'SELEC 1', 'SELECT 1'],
  ])('are refused where one of them leaves %s open, by its name', async (_, ...texts) => {
    const migrations = migrationsOf(['SELECT 0', ...texts, 'SELECT 9']);
    const error: unknown = await statementsOfEach(migrations).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(ReasonError);
    expect((error as ReasonError).code).toBe('MIGRATION_INVALID:trial:0002');
  });
});
