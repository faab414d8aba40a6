import { pgType } from '../rows/pg-type.js';
import type { Units } from '../rows/units.js';
import type { Value } from '../rows/value.js';

type Given = Exclude<Value, null>;

const SCALES = { s: 6, ms: 3, us: 0 } as const;

/** Microseconds of a moment or of a length of time, whichever side it comes from. */
export interface CanonicalTime {
  readonly ofSource: (value: Given) => string;
  readonly ofTarget: (text: string) => string;
}

/** Of dates, moments and times of a day. */
export function canonicalMoment(type: string, units: Units): CanonicalTime {
  const { name, modifiers } = pgType(type);
  const [digits = 6] = modifiers;
  const zoned = name === 'timestamp with time zone';
  const isZoneHeeded = zoned || !units.includes('strip');
  return {
    ofSource: (value) => {
      if (typeof value === 'string') {
        const kept = cut(value.trimEnd(), digits);
        return instant(isZoneHeeded ? kept : kept.replace(/(?<=:.*)(?:Z|[+-][\d:]+)$/, ''));
      }
      if (Buffer.isBuffer(value)) return 'bytes';
      const microseconds = units.includes('julian')
        ? BigInt(Math.floor(Number(value) * 86_400_000 + 0.5)) * 1000n - 210_866_760_000_000_000n
        : scaled(String(value), powerOf(units));
      return String(microseconds - mod(microseconds, 10n ** BigInt(6 - digits)));
    },
    ofTarget: instant,
  };
}

/** Of lengths of time. */
export function canonicalInterval(type: string, units: Units): CanonicalTime {
  const [digits = 6] = pgType(type).modifiers;
  return {
    ofSource: (value) => {
      if (typeof value === 'string')
        return length(cut(value, digits).replace(/^(-?)(\d+)[. ](?=\d+:)/, '$1$2 days '), true);
      const microseconds = Buffer.isBuffer(value) ? 0n : scaled(String(value), powerOf(units));
      const step = 10n ** BigInt(6 - digits);
      return String((microseconds / step) * step);
    },
    ofTarget: (text) => length(text, false),
  };
}

export function timeOfDay(text: string, digits = 6): string {
  const [, minutes, seconds = '00', fraction = ''] =
    /^(\d\d:\d\d)(?::(\d\d)(?:\.(\d+))?)?$/.exec(text) ?? [];
  return minutes === undefined
    ? text
    : `${minutes}:${seconds}.${fraction.slice(0, digits).padEnd(6, '0')}`;
}

function powerOf(units: Units): number {
  return units.reduce((power, unit) => (unit in SCALES ? SCALES[unit as 's'] : power), 0);
}

/** By its printed digits, toward zero. */
function scaled(text: string, power: number): bigint {
  const [mantissa = '0', exponent = '0'] = text.toLowerCase().split('e');
  const [whole = '0', fraction = ''] = mantissa.split('.');
  const shift = Number(exponent) + power - fraction.length;
  const digits = BigInt(whole + fraction);
  return shift >= 0 ? digits * 10n ** BigInt(shift) : digits / 10n ** BigInt(-shift);
}

function mod(value: bigint, by: bigint): bigint {
  return ((value % by) + by) % by;
}

/** Without the digits of a second's fraction that the type does not keep. */
function cut(text: string, digits: number): string {
  return text.replace(/(?<=:\d\d)\.(\d+)/, (_, fraction: string) =>
    digits === 0 ? '' : `.${fraction.slice(0, digits)}`,
  );
}

/** Microseconds since 1970, or since then where nobody says in which zone. */
function instant(text: string): string {
  const [, date, time = '00:00', seconds = '00', fraction = '', zone = ''] =
    /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d)(?::(\d\d)(?:\.(\d+))?)?\s*(Z|[+-][\d:]+)?)?$/.exec(
      text,
    ) ?? [];
  // Such as a year before Christ: whoever has read something else does not agree with it.
  if (date === undefined) return text;
  const offset =
    zone === ''
      ? 'Z'
      : zone.replace(/^([+-]\d\d)$/, '$1:00').replace(/^([+-]\d\d)(\d\d)$/, '$1:$2');
  const milliseconds = Date.parse(`${date}T${time}:${seconds}Z`) - offsetMilliseconds(offset);
  return Number.isNaN(milliseconds)
    ? text
    : String(BigInt(milliseconds) * 1000n + BigInt(fraction.padEnd(6, '0').slice(0, 6)));
}

function offsetMilliseconds(offset: string): number {
  if (offset === 'Z') return 0;
  const [hours = 0, minutes = 0] = offset.slice(1).split(':').map(Number);
  return (offset.startsWith('-') ? -1 : 1) * (hours * 60 + minutes) * 60_000;
}

/** @param signedOnce one sign is that of all parts, as programs write it; else each has its own */
function length(text: string, signedOnce: boolean): string {
  const [, days = '0', sign = '', hours, minutes = '0', seconds = '0', fraction = ''] =
    /^(?:([+-]?\d+) days?)? ?(?:([+-]?)(\d+):(\d\d):(\d\d)(?:\.(\d+))?)?$/.exec(text) ?? [];
  if (hours === undefined && !text.includes('day')) return text;
  const isNegative = sign === '-' || (signedOnce && days.startsWith('-'));
  const ofDay =
    ((BigInt(hours ?? '0') * 60n + BigInt(minutes)) * 60n + BigInt(seconds)) * 1_000_000n +
    BigInt(fraction.padEnd(6, '0').slice(0, 6));
  return String(BigInt(days) * 86_400_000_000n + (isNegative ? -ofDay : ofDay));
}
