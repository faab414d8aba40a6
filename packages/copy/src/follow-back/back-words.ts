import { Reject, type Value } from '../rows/value.js';
import type { ColumnContent } from '../sqlite/contents.js';
import { arrayItems } from '../verify/canonical.js';
import type { BackConverter } from './back-values.js';

const LIMIT = 2n ** 63n;

/** @param asTexts numbers that are texts in the file */
export function backNumeric(asTexts: boolean, content: ColumnContent | undefined): BackConverter {
  const areReal = (content?.reals ?? 0) > 0;
  return (text) => {
    const [, whole = '', fraction = ''] = /^(-?\d+)(?:\.(\d+))?$/.exec(text) ?? [];
    if (whole === '') return new Reject('is no number that SQLite has');
    if (asTexts) return text;
    const value = BigInt(whole);
    const isWhole = /^0*$/.test(fraction) && value >= -LIMIT && value < LIMIT;
    return isWhole && !areReal ? value : Number(text);
  };
}

/** @param sample how the file writes booleans: 1, `t`, `true`, `TRUE` */
export function backBoolean(sample: Value): BackConverter {
  if (typeof sample !== 'string') return (text) => (text === 't' ? 1n : 0n);
  const [yes, no] = sample.length > 1 ? ['true', 'false'] : ['t', 'f'];
  const spelt = spelling(sample);
  return (text) => spelt(text === 't' ? yes : no);
}

/** In capitals, with a capital, or in lower case, as the sample is. */
function spelling(sample: string): (word: string) => string {
  if (sample === sample.toLowerCase()) return (word) => word;
  if (sample === sample.toUpperCase()) return (word) => word.toUpperCase();
  return (word) => `${word.charAt(0).toUpperCase()}${word.slice(1)}`;
}

/** @param sample how the file writes them: 16 bytes, without hyphens, in capitals, in braces */
export function backUuid(sample: Value): BackConverter {
  if (Buffer.isBuffer(sample)) return (text) => Buffer.from(text.replaceAll('-', ''), 'hex');
  if (typeof sample !== 'string') return (text) => text;
  const isCapital = sample !== sample.toLowerCase();
  return (text) => {
    const digits = sample.includes('-') ? text : text.replaceAll('-', '');
    const spelt = isCapital ? digits.toUpperCase() : digits;
    return sample.startsWith('{') ? `{${spelt}}` : spelt;
  };
}

/** What `literalConverter` has written. */
export const backLiteral: BackConverter = (text) => {
  if (/^'(?:[^']|'')*'$/.test(text)) return text.slice(1, -1).replaceAll("''", "'");
  if (/^X'(?:[0-9A-F]{2})*'$/.test(text)) return Buffer.from(text.slice(2, -1), 'hex');
  if (/^-?\d+$/.test(text)) return BigInt(text);
  const value = text.trim() === '' ? Number.NaN : Number(text);
  return Number.isNaN(value)
    ? new Reject("is no literal of SQL, such as 1, 'one' or X'31'")
    : value;
};

/** An array of one dimension as JSON. */
export const backTextArray: BackConverter = (text) =>
  text.startsWith('{') && !text.startsWith('{{')
    ? arrayItems(text)
    : new Reject('is no array of one dimension that begins at 1');
