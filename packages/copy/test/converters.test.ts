import { describe, expect, it } from '@jest/globals';
import { converterFor } from '../src/rows/converters.js';
import type { Units } from '../src/rows/units.js';
import { Reject, type Value } from '../src/rows/value.js';

const TSTZ = 'timestamp with time zone';
const TS = 'timestamp without time zone';

function converted(type: string, units: Units, value: Exclude<Value, null>): string {
  const result = converterFor(type, units)?.(value);
  if (result instanceof Reject) return `! ${result.reason}`;
  return String(result);
}

describe('what a rule takes', () => {
  it.each<[string, Units, Exclude<Value, null>, string]>([
    [TSTZ, ['s'], 1_767_225_600n, '2026-01-01 00:00:00.000000Z'],
    [TSTZ, ['s'], 1_767_225_600.25, '2026-01-01 00:00:00.250000Z'],
    [TSTZ, ['s'], 0.1, '1970-01-01 00:00:00.100000Z'],
    [TSTZ, ['s'], -0.1, '1969-12-31 23:59:59.900000Z'],
    [TSTZ, ['ms'], 1e-3, '1970-01-01 00:00:00.000001Z'],
    [TSTZ, ['s', 'truncate'], 1_767_225_600.123_456_7, '2026-01-01 00:00:00.123456Z'],
    ['timestamp(3) without time zone', ['us', 'truncate'], 1999n, '1970-01-01 00:00:00.001'],
    [TS, ['ms'], 1n, '1970-01-01 00:00:00.001000'],
    [TS, ['julian'], 2_461_041.5, '2026-01-01 00:00:00.000000'],
    [TSTZ, ['s', 'utc'], '2026-01-01T00:00:00', '2026-01-01 00:00:00Z'],
    [TSTZ, ['s', 'utc'], 0n, '1970-01-01 00:00:00.000000Z'],
    [TSTZ, ['utc'], '2026-01-01 01:00:00+01', '2026-01-01 01:00:00+01'],
    [TSTZ, [], '2026-01-01 00:00:00.1234560Z', '2026-01-01 00:00:00.123456Z'],
    [TSTZ, ['truncate'], '2026-01-01 00:00:00.123456789Z', '2026-01-01 00:00:00.123456Z'],
    [TS, ['strip'], '2026-01-01 00:00:00.5+05:30', '2026-01-01 00:00:00.5'],
    [TS, ['apply'], '2026-01-01 00:00:00.5+05:30', '2025-12-31 18:30:00.5'],
    [TS, ['apply'], '2026-01-01 00:00-0130', '2026-01-01 01:30:00'],
    ['time without time zone', ['truncate'], '12:00:00.1234567', '12:00:00.123456'],
    ['interval', ['us'], 93_784_000_005n, '26:03:04.000005'],
    ['interval', ['s'], -1.5, '-00:00:01.500000'],
    ['interval', [], '1.02:03:04.5000000', '1 days 02:03:04.500000'],
    ['interval', [], '-1 day 02:03:04', '-1 days -02:03:04'],
    ['boolean', ['tf'], 't', 't'],
    ['boolean', ['tf'], 'False', 'f'],
    ['boolean', ['tf'], 1n, 't'],
    ['uuid', ['any'], 'A0EEBC999C0B4EF8BB6D6BB9BD380A11', 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'],
    [
      'uuid',
      ['any'],
      '{a0eebc99-9C0B-4ef8-bb6d-6bb9bd380a11}',
      'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11',
    ],
    [
      'uuid',
      ['any'],
      Buffer.from('a0eebc999c0b4ef8bb6d6bb9bd380a11', 'hex'),
      'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11',
    ],
    ['numeric', ['text'], '0012.50', '0012.50'],
    ['numeric(5,2)', ['text'], '123.450', '123.450'],
    ['text[]', ['json'], '["a", null, "b\\"\\\\{}", ""]', '{"a",NULL,"b\\"\\\\{}",""}'],
    ['text', ['literal'], "it's", "'it''s'"],
  ])('%s %j: %p', (type, units, value, result) => {
    expect(converted(type, units, value)).toBe(result);
  });
});

describe('what it does not, and the way out', () => {
  it.each<[string, Units, Exclude<Value, null>, string]>([
    [
      TSTZ,
      ['s'],
      1.123_456_7,
      `has more than 6 digits of a second's fraction: --map TABLE.COLUMN=timestamptz:s:truncate cuts them`,
    ],
    [
      TSTZ,
      ['s'],
      '2026-01-01 00:00:00',
      'is a text, no number: --map TABLE.COLUMN=timestamptz:s:utc takes both',
    ],
    [TSTZ, ['s'], 9e300, 'is not between the years 1 and 9999'],
    [TSTZ, ['s'], Infinity, 'is not between the years 1 and 9999'],
    [TS, ['us'], 10n ** 18n, 'is not between the years 1 and 9999'],
    [
      TSTZ,
      [],
      '2026-01-01 00:00:00.123456789Z',
      `has more than 6 digits of a second's fraction: --map TABLE.COLUMN=TYPE:truncate cuts them`,
    ],
    [
      TS,
      [],
      '2026-01-01 00:00:00.1234567',
      `has more than 6 digits of a second's fraction: --map TABLE.COLUMN=TYPE:truncate cuts them`,
    ],
    [TS, [], '2026-01-01 00:00:00Z', 'strip leaves it out, apply reckons it in'],
    [TS, [], 1n, 'see --map for numbers, such as --map TABLE.COLUMN=timestamp:s'],
    [
      'interval',
      [],
      5n,
      'is a number: --map TABLE.COLUMN=interval:us, ms or s says what it counts',
    ],
    ['interval', [], 'P1D', 'is no length of time such as 1 day 02:03:04 or 26:03:04'],
    ['numeric', [], '1.50', '--map TABLE.COLUMN=numeric:text takes numbers that are texts'],
    ['numeric', ['text'], '1,50', 'is no number'],
    ['numeric(4,1)', ['text'], '1.25', 'has more than 1 digits after the point'],
    ['boolean', [], 't', '--map TABLE.COLUMN=boolean:tf takes t and f'],
    ['boolean', ['tf'], 'yes', 'is neither t nor f'],
    [
      'uuid',
      [],
      'A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11',
      '--map TABLE.COLUMN=uuid:any takes others',
    ],
    ['uuid', ['any'], Buffer.from('00', 'hex'), 'is no UUID'],
    ['text[]', ['json'], '[1]', '--map TABLE.COLUMN=jsonb keeps those'],
    ['text[]', ['json'], '{}', 'is no JSON array'],
  ])('%s %j: %p', (type, units, value, reason) => {
    expect(converted(type, units, value)).toContain(reason);
    expect(converted(type, units, value)).toMatch(/^! /);
  });
});
