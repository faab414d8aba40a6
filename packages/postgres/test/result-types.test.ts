import { describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { RESULT_TYPES } from '../src/database/result-types.js';

const asPg = pg.types.getTypeParser(pg.types.builtins.TIMESTAMPTZ) as (text: string) => unknown;
const parse = (text: string): unknown => {
  const parser = RESULT_TYPES.getTypeParser(pg.types.builtins.TIMESTAMPTZ) as (
    text: string,
  ) => unknown;
  return parser(text);
};

describe('a time', () => {
  it.each([
    '2026-11-29 12:46:27.973+00',
    '2026-11-29 12:46:27+00',
    '2026-11-29 12:46:27.9+00',
    '2026-11-29 12:46:27.97+00',
    '2026-11-29 12:46:27.973999+00',
    '0001-01-01 00:00:00+00',
    '9999-12-31 23:59:59.999+00',
  ])('in UTC is the text that a Date would give: %s', (text) => {
    const date = asPg(text) as Date;
    expect(parse(text)).toBe(date.toISOString());
  });

  it.each([
    '2026-11-29 18:16:27.973+05:30',
    '2026-11-29 12:46:27.973-03',
    '10000-01-01 00:00:00+00',
    '0044-03-15 12:00:00+00 BC',
    'infinity',
  ])('of another zone or another form is what pg makes of it: %s', (text) => {
    expect(parse(text)).toEqual(asPg(text));
  });
});

it('other types are read as by pg', () => {
  const { INT4, JSON: json, BOOL } = pg.types.builtins;
  for (const type of [INT4, json, BOOL]) {
    expect(RESULT_TYPES.getTypeParser(type)).toBe(pg.types.getTypeParser(type));
  }
});
