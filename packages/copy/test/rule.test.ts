import { describe, expect, it } from '@jest/globals';
import { parseRule, parseRules, ruleFor } from '../src/rule.js';

const column = (name: string, declaredType = '') => ({ name, declaredType });

describe('rules', () => {
  it.each([
    't=text',
    't.c=inet',
    't.c=text:utc',
    't.c=timestamptz:days',
    't.c=varchar(1,2)',
    't.c=uuid(3)',
    't.c',
    'type:=text',
  ])('%s is none', (text) => {
    expect(() => parseRule(text)).toThrow(`--map ${text} is not TABLE.COLUMN=TYPE[:UNIT]`);
  });

  it('mean the column that they name before those that they cover', () => {
    const rules = parseRules(`
      # what dates are
      type:DATETIME=timestamp
      *.at=timestamptz:ms
      t.*=text
      t.at=timestamptz:s:truncate
      type:decimal=numeric:text
      type:VARCHAR(9)=varchar(9)
    `);
    const typeOf = (table: string, name: string, declared = '') =>
      ruleFor(rules, table, column(name, declared))?.text;
    expect(typeOf('t', 'at')).toBe('t.at=timestamptz:s:truncate');
    expect(typeOf('t', 'other')).toBe('t.*=text');
    expect(typeOf('u', 'at', 'DATETIME')).toBe('*.at=timestamptz:ms');
    expect(typeOf('u', 'on', 'datetime')).toBe('type:DATETIME=timestamp');
    expect(typeOf('u', 'price', 'DECIMAL (10, 2)')).toBe('type:decimal=numeric:text');
    expect(typeOf('u', 'name', 'varchar(9)')).toBe('type:VARCHAR(9)=varchar(9)');
    expect(typeOf('u', 'name', 'varchar(8)')).toBeUndefined();
  });

  it('of equal weight: the last one', () => {
    const rules = ['t.c=text', 't.c=bytea'].map(parseRule);
    expect(ruleFor(rules, 't', column('c'))?.type).toBe('bytea');
  });
});
