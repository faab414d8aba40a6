import { shifted } from './decimal-shift.js';
import { keptFraction } from './time-converters.js';
import type { Units } from './units.js';
import { type Converter, Reject } from './value.js';

const POWERS = { s: 6, ms: 3, us: 0 } as const;

/** `1 day 02:03:04.5`, also with a sign, without the days, or as .NET writes it: `1.02:03:04.5`. */
const LENGTH = /^(-?)(?:(\d{1,7})(?: days? ?|[. ]))?(\d{1,9}:[0-5]\d:[0-5]\d(?:\.\d{1,9})?)$/;

/** Microseconds that the days of years 1 to 9999 have, which any interval can be of. */
const MAX_US = 3_652_059n * 86_400_000_000n;

/** Lengths of time. @param digits of a second's fraction that the type keeps; undefined for six */
export function intervalConverter(units: Units, digits = 6): Converter {
  const unit = units.find((each): each is keyof typeof POWERS => each in POWERS);
  return (value) => {
    if (typeof value === 'string') {
      const [, sign = '', days = '0', time = ''] = LENGTH.exec(value) ?? [];
      if (time === '') return new Reject('is no length of time such as 1 day 02:03:04 or 26:03:04');
      const kept = keptFraction(time, units, digits);
      return kept instanceof Reject ? kept : `${sign}${days} days ${sign}${kept}`;
    }
    if (Buffer.isBuffer(value)) return new Reject('is a blob');
    if (unit === undefined)
      return new Reject('is a number: --map TABLE.COLUMN=interval:us, ms or s says what it counts');
    const found = shifted(value, POWERS[unit]);
    if (!found || found.whole > MAX_US || found.whole < -MAX_US)
      return new Reject('is longer than from the year 1 to 9999');
    if (found.isCut && !units.includes('truncate'))
      return new Reject(
        `has more than 6 digits of a second's fraction: --map TABLE.COLUMN=interval:${unit}:truncate cuts them`,
      );
    const text = secondsText(found.whole);
    return keptFraction(text, units, digits);
  };
}

function secondsText(microseconds: bigint): string {
  const sign = microseconds < 0n ? '-' : '';
  const absolute = microseconds < 0n ? -microseconds : microseconds;
  const pad = (value: bigint, length: number) => value.toString().padStart(length, '0');
  const seconds = absolute / 1_000_000n;
  return `${sign}${pad(seconds / 3600n, 2)}:${pad((seconds / 60n) % 60n, 2)}:${pad(seconds % 60n, 2)}.${pad(absolute % 1_000_000n, 6)}`;
}
