/** Decimal digits that any double gives back. */
const SAFE_DIGITS = 15;

/** Whether a number's literal and the shortest text of its double are the same decimal number. */
export function isRepresentable(literal: string): boolean {
  if (isShort(literal)) return true;
  const value = Number(literal);
  if (!Number.isFinite(value) || Object.is(value, -0)) return false;
  const shortest = String(value);
  return literal === shortest || decimal(literal) === decimal(shortest);
}

/** So few digits that no double loses them: what nearly every document holds. */
function isShort(literal: string): boolean {
  return literal.length <= SAFE_DIGITS && /^-?(?:0|[1-9]\d*)(?:\.\d+)?$/.test(literal)
    ? !literal.startsWith('-') || /[1-9]/.test(literal)
    : false;
}

/** A normal form of a decimal literal: sign, digits without outer zeros, exponent. */
function decimal(literal: string): string {
  const [, sign = '', whole = '', fraction = '', exponent = '0'] =
    /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(literal) ?? [];
  const digits = (whole + fraction).replace(/^0+/, '');
  let end = digits.length;
  while (digits[end - 1] === '0') end -= 1;
  const significant = digits.slice(0, end);
  if (significant === '') return '0';
  const scale = Number(exponent) - fraction.length + (digits.length - significant.length);
  return `${sign}${significant}e${scale}`;
}
