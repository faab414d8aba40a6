import { describe, expect, it } from '@jest/globals';
import { backConverterFor } from '../src/follow-back/back-values.js';
import { Reject, type Value } from '../src/rows/value.js';
import type { Units } from '../src/rows/units.js';

const content = (held: Partial<Record<'integers' | 'reals' | 'texts' | 'blobs', number>>) => ({
  nulls: 0,
  integers: 0,
  reals: 0,
  texts: 0,
  blobs: 0,
  wideIntegers: false,
  beyondNumeric: false,
  ...held,
});

function back(type: string, units: Units, sample: Value, text: string, held = content({})) {
  return backConverterFor({ type, units, mixture: undefined }, { content: held, sample })(text);
}

describe('what PostgreSQL writes', () => {
  it.each<[string, Units, Value, string, Value]>([
    ['bigint', [], 1n, '9223372036854775807', 9223372036854775807n],
    ['real', [], 0.5, '0.1', Math.fround(0.1)],
    ['double precision', [], 0.5, '-Infinity', -Infinity],
    ['numeric', [], 1n, '5.00', 5n],
    ['numeric', [], 1n, '99999999999999999999', 1e20],
    ['numeric', ['text'], '1.50', '2.50', '2.50'],
    ['boolean', [], 1n, 'f', 0n],
    ['boolean', ['tf'], 'T', 'f', 'F'],
    ['boolean', ['tf'], 'False', 't', 'True'],
    ['boolean', ['tf'], 0n, 't', 1n],
    ['character(5)', [], 'ab', 'cd   ', 'cd'],
    ['text', ['literal'], "'a'", "'it''s'", "it's"],
    ['text', ['literal'], 1n, '1.5', 1.5],
    ['timestamp with time zone', ['s'], 1n, '1969-12-31 23:59:59.5+00', -0.5],
    ['timestamp with time zone', ['ms'], 1n, '2024-01-01 00:00:00+00', 1704067200000n],
    [
      'timestamp with time zone',
      ['s', 'utc'],
      'x',
      '2024-01-01 00:00:00+00',
      '2024-01-01 00:00:00',
    ],
    [
      'timestamp with time zone',
      [],
      '2024-01-01T00:00:00.0+02:00',
      '2024-01-01 00:00:00.123456+00',
      '2024-01-01T00:00:00.123456+00:00',
    ],
    ['timestamp with time zone', [], null, '2024-01-01 00:00:00+00', '2024-01-01 00:00:00Z'],
    [
      'timestamp without time zone',
      ['strip'],
      '2020-01-01 00:00:00 +0200',
      '2024-01-01 00:00:00',
      '2024-01-01 00:00:00 +0200',
    ],
    ['interval', ['s'], 1n, '1 day 00:00:01', 86401n],
    ['interval', [], '26:00:00', '1 day -02:00:00', '22:00:00'],
    ['interval', [], '1 day 00:00:00', '-2 days -00:00:01', '-2 day 00:00:01'],
    [
      'uuid',
      [],
      'x',
      'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11',
      'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11',
    ],
    [
      'uuid',
      ['any'],
      '{A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11}',
      'b0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11',
      '{B0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11}',
    ],
    ['text[]', ['json'], '[]', '{a,"b,c",NULL,"NULL"}', '["a","b,c",null,"NULL"]'],
  ])('as %s %j, where the file has %p: %s', (type, units, sample, text, expected) => {
    expect(back(type, units, sample, text)).toEqual(expected);
  });

  it.each<[string, Units, Value, string]>([
    ['double precision', [], 1.5, 'NaN'],
    ['numeric', [], 1n, 'Infinity'],
    ['timestamp with time zone', ['s'], 1n, 'infinity'],
    ['timestamp without time zone', [], 'x', '0044-03-15 00:00:00 BC'],
    ['interval', ['s'], 1n, '1 mon 3 days'],
    ['text', ['literal'], 1n, 'bare'],
    ['text[]', ['json'], '[]', '[2:3]={a,b}'],
    ['text[]', ['json'], '[]', '{{a},{b}}'],
  ])('is refused as %s %j, where the file has %p: %s', (type, units, sample, text) => {
    expect(back(type, units, sample, text)).toBeInstanceOf(Reject);
  });

  it('is a number again among numbers that were written as texts, and bytes where the file has bytes', () => {
    const numbers = content({ integers: 2, reals: 1 });
    expect(back('text', [], 1n, '7', numbers)).toBe(7n);
    expect(back('text', [], 1n, '7.0', numbers)).toBe(7);
    expect(back('text', [], 'a', '7', content({ texts: 1, integers: 1 }))).toBe('7');
    expect(back('bytea', [], 'a', '\\x6162', content({ texts: 1 }))).toBe('ab');
    expect(back('bytea', [], 'a', '\\x6162', content({ blobs: 1 }))).toEqual(Buffer.from('ab'));
  });
});
