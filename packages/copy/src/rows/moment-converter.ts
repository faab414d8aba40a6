import { shifted } from './decimal-shift.js';
import {
  isBetweenYears1And9999,
  isDate,
  keptFraction,
  offsetMinutes,
  TIME,
  ZONE,
} from './time-converters.js';
import type { Units } from './units.js';
import { type Converted, type Converter, Reject } from './value.js';

/** Digits of a second's fraction that PostgreSQL keeps. */
const DIGITS = 6;

/** What a number counts, as the power of ten that makes microseconds of it. */
const POWERS = { s: 6, ms: 3, us: 0 } as const;

/** Milliseconds from the beginning of SQLite's Julian days to 1970. */
const JULIAN_MS = 210_866_760_000_000;
const DAY_MS = 86_400_000;

const FIRST_MS = -62_135_596_800_000n;
const LAST_MS = 253_402_300_799_999n;

/**
 * Dates with times.
 * @param zoned an instant, not what a clock shows
 * @param digits of a second's fraction that the type keeps; undefined for six
 */
export function momentConverter(zoned: boolean, units: Units, digits = DIGITS): Converter {
  const ofText = textConverter(zoned, units, digits);
  const ofNumber = numberConverter(zoned, units, digits);
  const takesNumbers = units.some((unit) => unit === 'julian' || unit in POWERS);
  const takesTexts =
    !takesNumbers || units.some((unit) => ['utc', 'strip', 'apply'].includes(unit));
  return (value) => {
    if (typeof value === 'string')
      return takesTexts
        ? ofText(value)
        : new Reject(`is a text, no number: ${way(zoned, 's:utc')} takes both`);
    if (Buffer.isBuffer(value)) return new Reject('is a blob');
    if (takesNumbers) return ofNumber(value);
    return new Reject(
      zoned
        ? `is no text: see --map for numbers, such as ${way(zoned, 's')}, ms, us or julian`
        : `is no date and time without a zone, such as 2026-11-21 12:00:00: see --map for numbers, such as ${way(zoned, 's')}, ms, us or julian`,
    );
  };
}

function way(zoned: boolean, units: string): string {
  return `--map TABLE.COLUMN=${zoned ? 'timestamptz' : 'timestamp'}:${units}`;
}

function textConverter(zoned: boolean, units: Units, digits: number) {
  const noMoment = new Reject(
    zoned
      ? 'is no instant such as 2026-11-21T12:00:00Z'
      : 'is no date and time without a zone, such as 2026-11-21 12:00:00',
  );
  return (value: string): Converted => {
    const zone = ZONE.exec(value)?.[0] ?? '';
    const bare = zone === '' ? value : value.slice(0, -zone.length);
    const [date = '', time, ...rest] = bare.trimEnd().split(/[T ]/);
    if (zoned && zone === '' && !units.includes('utc'))
      return new Reject('has no time zone: see --map for one, such as timestamptz:utc');
    if (rest.length > 0 || time === undefined || !isDate(date) || !TIME.test(time)) return noMoment;
    const kept = keptFraction(time, units, digits);
    if (kept instanceof Reject) return kept;
    const moment = `${date} ${kept}`;
    if (zoned) {
      if (zone === '' || zone === 'Z') return `${moment}Z`;
      return isBetweenYears1And9999(moment, zone)
        ? `${moment}${zone}`
        : new Reject('is not between the years 1 and 9999');
    }
    if (zone === '' || units.includes('strip')) return moment;
    if (!units.includes('apply'))
      return new Reject(
        `has a time zone: it is no date and time without a zone, such as 2026-11-21 12:00:00; ${way(false, 'strip')} leaves it out, apply reckons it in`,
      );
    if (!isBetweenYears1And9999(moment, zone))
      return new Reject('is not between the years 1 and 9999');
    return inUtc(moment, zone);
  };
}

function inUtc(moment: string, zone: string): string {
  const [seconds = '', fraction] = moment.split('.');
  const offset = offsetMinutes(zone) * 60_000;
  const full = seconds.length === 16 ? `${seconds}:00` : seconds;
  const utc = new Date(Date.parse(`${full.replace(' ', 'T')}Z`) - offset);
  const text = utc.toISOString().slice(0, 19).replace('T', ' ');
  return fraction === undefined ? text : `${text}.${fraction}`;
}

function numberConverter(zoned: boolean, units: Units, digits: number) {
  const unit = units.find((each): each is keyof typeof POWERS => each in POWERS);
  return (value: bigint | number): Converted => {
    const found =
      unit === undefined
        ? { whole: julianMicroseconds(Number(value)), isCut: false }
        : shifted(value, POWERS[unit]);
    if (found?.whole === undefined) return new Reject('is not between the years 1 and 9999');
    if (found.isCut && !units.includes('truncate'))
      return new Reject(
        `has more than ${DIGITS} digits of a second's fraction: ${way(zoned, `${unit ?? 's'}:truncate`)} cuts them`,
      );
    const text = momentText(found.whole);
    if (text instanceof Reject) return text;
    const kept = keptFraction(text, units, digits);
    return kept instanceof Reject ? kept : `${kept}${zoned ? 'Z' : ''}`;
  };
}

/** To the millisecond, as SQLite reckons them. */
function julianMicroseconds(days: number): bigint | undefined {
  const milliseconds = Math.floor(days * DAY_MS + 0.5) - JULIAN_MS;
  return Number.isSafeInteger(milliseconds) ? BigInt(milliseconds) * 1000n : undefined;
}

function momentText(microseconds: bigint): string | Reject {
  const milliseconds = floorDivide(microseconds, 1000n);
  if (milliseconds < FIRST_MS || milliseconds > LAST_MS)
    return new Reject('is not between the years 1 and 9999');
  const rest = (microseconds - milliseconds * 1000n).toString().padStart(3, '0');
  return new Date(Number(milliseconds)).toISOString().replace('T', ' ').replace('Z', rest);
}

function floorDivide(dividend: bigint, divisor: bigint): bigint {
  const quotient = dividend / divisor;
  return dividend < 0n && quotient * divisor !== dividend ? quotient - 1n : quotient;
}
