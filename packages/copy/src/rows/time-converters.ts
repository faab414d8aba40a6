import type { Units } from './units.js';
import { type Converted, type Converter, Reject } from './value.js';

type Given = bigint | number | string | Buffer;

const DATE = /^(\d{4})-(\d\d)-(\d\d)$/;
/** Programs write up to nine digits of a second's fraction. */
export const TIME = /^([01]\d|2[0-3]):([0-5]\d)(?::([0-5]\d)(?:\.\d{1,9})?)?$/;
export const ZONE = /(?:Z|[+-](?:0\d|1[0-5])(?::?[0-5]\d)?)$/;

export function dateConverter(value: Given): Converted {
  return typeof value === 'string' && isDate(value)
    ? value
    : new Reject('is no date such as 2026-11-21');
}

/** @param digits of a second's fraction that the type keeps; undefined for six */
export function timeConverter(units: Units, digits = 6): Converter {
  return (value) =>
    typeof value === 'string' && TIME.test(value)
      ? keptFraction(value, units, digits)
      : new Reject('is no time such as 12:00:00');
}

/** What PostgreSQL keeps of a time, when nothing is lost with the rest, or it may be. */
export function keptFraction(time: string, units: Units, digits: number): string | Reject {
  const point = time.indexOf('.');
  if (point < 0) return time;
  const rest = time.slice(point + 1 + digits);
  if (/[1-9]/.test(rest) && !units.includes('truncate'))
    return new Reject(
      `has more than ${digits} digits of a second's fraction: --map TABLE.COLUMN=TYPE:truncate cuts them`,
    );
  const end = digits === 0 ? point : point + 1 + digits;
  return time.slice(0, end);
}

/** @param zone `Z`, `+01`, `-0330` or `+01:00` */
export function offsetMinutes(zone: string): number {
  if (zone === 'Z') return 0;
  const minutes = zone.length > 3 ? Number(zone.slice(-2)) : 0;
  return (zone.startsWith('-') ? -1 : 1) * (Number(zone.slice(1, 3)) * 60 + minutes);
}

/** Whether a date and time is, with its zone, in a year that both sides have. */
export function isBetweenYears1And9999(text: string, zone: string): boolean {
  // Its zone takes a day at either end into another year.
  if (zone === 'Z' || !/^(?:0001-01-01|9999-12-31)/.test(text)) return true;
  const [, hour = 0, minute = 0] = (/^.{10}.(\d\d):(\d\d)/.exec(text) ?? []).map(Number);
  const ofDay = hour * 60 + minute - offsetMinutes(zone);
  return text.startsWith('0001') ? ofDay >= 0 : ofDay < 24 * 60;
}

export function isDate(text: string): boolean {
  const [, year, month, day] = (DATE.exec(text) ?? []).map(Number);
  if (year === undefined || month === undefined || day === undefined || year === 0) return false;
  const date = new Date(Date.UTC(2000, month - 1, day));
  date.setUTCFullYear(year, month - 1, day);
  return date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
}
