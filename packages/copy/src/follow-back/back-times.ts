import { ZONE } from '../rows/time-converters.js';
import type { Units } from '../rows/units.js';
import { Reject, type Value } from '../rows/value.js';
import { canonicalInterval } from '../verify/canonical-time.js';
import type { BackConverter, Held } from './back-values.js';

const POWERS = { s: 6, ms: 3, us: 0 } as const;
const DAY_MS = 86_400_000;

/** Milliseconds from the beginning of SQLite's Julian days to 1970. */
const JULIAN_MS = 210_866_760_000_000;

/** As PostgreSQL writes moments in UTC. */
const MOMENT = /^(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d)(?:\.(\d{1,6}))?(?:\+00)?$/;

function powerOf(units: Units): number | undefined {
  const unit = units.find((each): each is keyof typeof POWERS => each in POWERS);
  return unit && POWERS[unit];
}

/** Dates with times. @param zoned an instant, not what a clock shows */
export function backMoment(zoned: boolean, units: Units, held: Held): BackConverter {
  const written = writtenAs(zoned, units, held.sample);
  const takesNumbers = units.includes('julian') || powerOf(units) !== undefined;
  const takesTexts = units.some((unit) => ['utc', 'strip', 'apply'].includes(unit));
  const areNumbers =
    takesNumbers && (held.sample === null ? !takesTexts : typeof held.sample !== 'string');
  return (text) => {
    const [, date, time = '', fraction = ''] = MOMENT.exec(text) ?? [];
    if (date === undefined) return new Reject('is not between the years 1 and 9999');
    if (!areNumbers) return written(date, time, fraction);
    const milliseconds = BigInt(Date.parse(`${date}T${time}Z`));
    const microseconds = milliseconds * 1000n + BigInt(fraction.padEnd(6, '0'));
    const power = powerOf(units);
    return power === undefined
      ? (Number(microseconds) / 1000 + JULIAN_MS) / DAY_MS
      : counted(microseconds, power, held);
  };
}

/** Microseconds in a unit: a whole number, unless the column has reals or it is none. */
function counted(microseconds: bigint, power: number, { content }: Held): Value {
  const step = 10n ** BigInt(power);
  const areReal = (content?.reals ?? 0) > 0 && content?.integers === 0;
  if (microseconds % step === 0n && !areReal) return microseconds / step;
  const sign = microseconds < 0n ? '-' : '';
  const digits = String(microseconds < 0n ? -microseconds : microseconds).padStart(power + 1, '0');
  const point = digits.length - power;
  return Number(`${sign}${digits.slice(0, point)}.${digits.slice(point)}`);
}

/** With the separator, the digits of a second's fraction and the zone that the file has. */
function writtenAs(zoned: boolean, units: Units, sample: Value) {
  const text = typeof sample === 'string' ? sample : '';
  const separator = text.charAt(10) === 'T' ? 'T' : ' ';
  const zone = zoneOf(zoned, units, text);
  const digits = fractionOf(text);
  return (date: string, time: string, fraction: string) =>
    `${date}${separator}${time}${point(fraction, digits)}${zone}`;
}

function zoneOf(zoned: boolean, units: Units, sample: string): string {
  const zone = ZONE.exec(sample)?.[0] ?? '';
  const gap = zone !== '' && sample.slice(0, -zone.length).endsWith(' ') ? ' ' : '';
  if (sample === '' && zoned && !units.includes('utc')) return 'Z';
  // What it was is not known any more: PostgreSQL has only what the clock showed.
  if (!zoned && units.includes('strip')) return `${gap}${zone}`;
  return `${gap}${zone.replace(/^[+-]/, '+').replace(/\d/g, '0')}`;
}

function fractionOf(sample: string): number {
  return /:\d\d\.(\d+)/.exec(sample)?.[1]?.length ?? 0;
}

function point(fraction: string, digits: number): string {
  const padded = fraction.padEnd(digits, '0');
  return padded === '' ? '' : `.${padded}`;
}

export function backTimeOfDay(sample: Value): BackConverter {
  const digits = typeof sample === 'string' ? fractionOf(sample) : 0;
  return (text) => {
    const [time = '', fraction = ''] = text.split('.');
    return `${time}${point(fraction, digits)}`;
  };
}

/** Lengths of time: numbers of a unit, or as the file writes them, with days or hours alone. */
export function backInterval(units: Units, held: Held): BackConverter {
  const { ofTarget } = canonicalInterval('interval', units);
  const power = powerOf(units);
  const { sample } = held;
  return (text) => {
    const found = ofTarget(text);
    if (/mon|year/.test(text) || !/^-?\d+$/.test(found))
      return new Reject('has months or years, which have no length');
    const microseconds = BigInt(found);
    return power !== undefined && typeof sample !== 'string'
      ? counted(microseconds, power, held)
      : lengthText(microseconds, typeof sample === 'string' ? sample : '0 days 00:00:00');
  };
}

function lengthText(microseconds: bigint, sample: string): string {
  const absolute = microseconds < 0n ? -microseconds : microseconds;
  const pad = (value: bigint) => value.toString().padStart(2, '0');
  const seconds = absolute / 1_000_000n;
  const [, gap] = /^-?\d+( days? ?|[. ])/.exec(sample) ?? [];
  const days = gap === undefined ? 0n : seconds / 86_400n;
  const rest = seconds - days * 86_400n;
  const fraction = (absolute % 1_000_000n).toString().padStart(6, '0').replace(/0+$/, '');
  const time = `${pad(rest / 3600n)}:${pad((rest / 60n) % 60n)}:${pad(rest % 60n)}${point(fraction, fractionOf(sample))}`;
  return `${microseconds < 0n ? '-' : ''}${gap === undefined ? '' : `${days}${gap}`}${time}`;
}
