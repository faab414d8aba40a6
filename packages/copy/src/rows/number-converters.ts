import { type Converted, type Converter, Reject } from './value.js';

/** The shortest text that is read back as the same number, as PostgreSQL writes it. */
export function realText(value: number): string {
  if (Object.is(value, -0)) return '-0';
  if (value === Infinity) return 'Infinity';
  return value === -Infinity ? '-Infinity' : String(value);
}

/** A real number among texts: SQLite tells it from a whole number by its point. */
export function realAsText(value: number): string {
  return Number.isInteger(value) && Math.abs(value) < 1e21
    ? `${realText(value)}.0`
    : realText(value);
}

/** @param bits 16, 32 or 64 */
export function integerConverter(bits: 16 | 32 | 64): Converter {
  const limit = 2n ** BigInt(bits - 1);
  const judged = (value: bigint): Converted =>
    value >= -limit && value < limit
      ? value.toString()
      : new Reject(`is out of the range of ${bits} bits`);
  return (value) => {
    if (typeof value === 'bigint') return judged(value);
    if (typeof value !== 'number') return new Reject('is no number');
    if (!Number.isInteger(value) || Object.is(value, -0)) return new Reject('is no whole number');
    return judged(BigInt(value));
  };
}

/** @param single 4 bytes, not 8 */
export function floatConverter(single: boolean): Converter {
  const holds = (value: number) => !single || Object.is(Math.fround(value), value);
  return (value) => {
    switch (typeof value) {
      case 'number':
        return holds(value) ? realText(value) : new Reject('has more digits than 4 bytes hold');
      case 'bigint': {
        const double = Number(value);
        return BigInt(double) === value && holds(double)
          ? value.toString()
          : new Reject('is a whole number with more digits than the type holds');
      }
      default:
        return new Reject('is no number');
    }
  };
}

/** Digits before the point that a `numeric` has at most. */
const DECIMAL = /^-?\d{1,100000}(?:\.\d{1,16000})?$/;

/**
 * @param precision digits in all; undefined for any
 * @param scale digits after the point; less than zero for zeros before it
 * @param takesTexts also numbers that are texts, with all of their digits
 */
export function numericConverter(precision?: number, scale = 0, takesTexts = false): Converter {
  return (value) => {
    if (typeof value === 'string' && DECIMAL.test(value)) {
      if (!takesTexts)
        return new Reject(
          'is no number: --map TABLE.COLUMN=numeric:text takes numbers that are texts',
        );
    } else if (typeof value !== 'bigint' && typeof value !== 'number')
      return new Reject('is no number');
    if (typeof value === 'number' && !Number.isFinite(value)) return new Reject('is infinite');
    const text = typeof value === 'number' ? realText(value) : value.toString();
    if (/^-0*\.?0*$/.test(text)) return new Reject('is a negative zero');
    if (precision === undefined) return text;
    const places = decimalPlaces(text);
    if (!places) return text;
    if (places.fraction > scale) return new Reject(`has more than ${scale} digits after the point`);
    return places.whole > precision - scale
      ? new Reject(`has more than ${precision - scale} digits before the point`)
      : text;
  };
}

/**
 * How many digits a number has before and after its point, without zeros that say nothing: less than
 * zero for zeros on the other side of the point.
 * @returns undefined for zero
 */
function decimalPlaces(
  text: string,
): { readonly whole: number; readonly fraction: number } | undefined {
  const [, whole = '', fraction = '', exponent = '0'] =
    /^-?(\d*)(?:\.(\d*))?(?:e([+-]?\d+))?$/.exec(text) ?? [];
  const digits = whole + fraction;
  const point = whole.length + Number(exponent);
  const leading = /^0*/.exec(digits)?.[0].length ?? 0;
  const trimmed = digits.replace(/0+$/, '');
  if (trimmed === '') return undefined;
  return { whole: point - leading, fraction: trimmed.length - point };
}
