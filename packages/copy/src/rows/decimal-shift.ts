import { realText } from './number-converters.js';

/**
 * A number times a power of ten, in whole numbers, by the digits that it is printed with: a double that
 * counts seconds holds no exact fraction of one.
 * @returns the whole part, cut toward zero, and whether anything was cut; undefined for an infinite one
 */
export function shifted(
  value: bigint | number,
  power: number,
): { readonly whole: bigint; readonly isCut: boolean } | undefined {
  const text = typeof value === 'bigint' ? String(value) : realText(value);
  const [, sign = '', before = '', after = '', exponent = '0'] =
    /^(-?)(\d+)(?:\.(\d+))?(?:e([+-]\d+))?$/.exec(text) ?? [];
  if (before === '') return undefined;
  const digits = before + after;
  const point = before.length + Number(exponent) + power;
  // Beyond any time: what is longer would only take memory.
  if (point > MAX_DIGITS) return undefined;
  const kept = point <= 0 ? '0' : digits.slice(0, point).padEnd(point, '0');
  const cut = point <= 0 ? digits : digits.slice(point);
  const whole = BigInt(kept);
  return { whole: sign === '-' ? -whole : whole, isCut: /[1-9]/.test(cut) };
}

const MAX_DIGITS = 30;
