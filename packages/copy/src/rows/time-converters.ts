import { type Converted, type Converter, Reject } from './value.js';

type Given = bigint | number | string | Buffer;

const DATE = /^(\d{4})-(\d\d)-(\d\d)$/;
const TIME = /^([01]\d|2[0-3]):([0-5]\d)(?::([0-5]\d)(?:\.\d{1,6})?)?$/;
const ZONE = /(?:Z|[+-](?:0\d|1[0-5]):?[0-5]\d)$/;

/** What a number counts. */
export type EpochUnit = 's' | 'ms' | 'us';

const MICROSECONDS: Readonly<Record<EpochUnit, bigint>> = { s: 1_000_000n, ms: 1000n, us: 1n };

export function dateConverter(value: Given): Converted {
  return typeof value === 'string' && isDate(value)
    ? value
    : new Reject('is no date such as 2026-11-21');
}

export function timeConverter(value: Given): Converted {
  return typeof value === 'string' && TIME.test(value)
    ? value
    : new Reject('is no time such as 12:00:00');
}

/** A date and a time, without a zone. */
export function timestampConverter(value: Given): Converted {
  return typeof value === 'string' && isTimestamp(value)
    ? value
    : new Reject('is no date and time without a zone, such as 2026-11-21 12:00:00');
}

/** An instant: a text with its zone. */
export function instantConverter(value: Given): Converted {
  if (typeof value !== 'string') return new Reject('is no text: see --map for numbers');
  const zone = ZONE.exec(value)?.[0];
  if (zone === undefined) return new Reject('has no time zone: see --map for one');
  if (!isTimestamp(value.slice(0, -zone.length)))
    return new Reject('is no instant such as 2026-11-21T12:00:00Z');
  // Its zone takes a day at either end into another year.
  return EDGE.test(value) && zone !== 'Z' && !isBetweenYears1And9999(value, zone)
    ? new Reject('is not between the years 1 and 9999')
    : value;
}

const EDGE = /^(?:0001-01-01|9999-12-31)/;

function isBetweenYears1And9999(text: string, zone: string): boolean {
  const [hours = 0, minutes = 0] = [zone.slice(1, 3), zone.slice(-2)].map(Number);
  const [, hour = 0, minute = 0] = (/^.{10}.(\d\d):(\d\d)/.exec(text) ?? []).map(Number);
  const ahead = (zone.startsWith('-') ? 1 : -1) * (hours * 60 + minutes);
  const ofDay = hour * 60 + minute + ahead;
  return text.startsWith('0001') ? ofDay >= 0 : ofDay < 24 * 60;
}

/** @param digits of a second's fraction that the type keeps; undefined for six */
export function preciseConverter(convert: Converter, digits: number | undefined): Converter {
  if (digits === undefined) return convert;
  const longer = new RegExp(`\\.\\d{${digits}}\\d*[1-9]`);
  return (value) => {
    const converted = convert(value);
    return typeof converted === 'string' && longer.test(converted)
      ? new Reject(`has more than ${digits} digits of a second's fraction`)
      : converted;
  };
}

/** A date and a time that are meant to be in UTC. */
export function utcConverter(value: Given): Converted {
  return typeof value === 'string' && isTimestamp(value)
    ? `${value}Z`
    : new Reject('is no date and time without a zone, such as 2026-11-21 12:00:00');
}

/** An instant given as a number since 1970. */
export function epochConverter(unit: EpochUnit): Converter {
  return (value) => {
    if (typeof value !== 'bigint') return new Reject('is no whole number');
    const microseconds = value * MICROSECONDS[unit];
    const milliseconds = floorDivide(microseconds, 1000n);
    if (milliseconds < -62_135_596_800_000n || milliseconds > 253_402_300_799_999n)
      return new Reject('is not between the years 1 and 9999');
    const rest = (microseconds - milliseconds * 1000n).toString().padStart(3, '0');
    return new Date(Number(milliseconds)).toISOString().replace('Z', `${rest}Z`);
  };
}

function floorDivide(dividend: bigint, divisor: bigint): bigint {
  const quotient = dividend / divisor;
  return dividend < 0n && quotient * divisor !== dividend ? quotient - 1n : quotient;
}

function isTimestamp(text: string): boolean {
  const [date = '', time, ...rest] = text.split(/[T ]/);
  return rest.length === 0 && isDate(date) && time !== undefined && TIME.test(time);
}

function isDate(text: string): boolean {
  const [, year, month, day] = (DATE.exec(text) ?? []).map(Number);
  if (year === undefined || month === undefined || day === undefined || year === 0) return false;
  const date = new Date(Date.UTC(2000, month - 1, day));
  date.setUTCFullYear(year, month - 1, day);
  return date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
}
