import { isUtf8 } from 'node:buffer';
import type { ColumnContent } from '../sqlite/contents.js';
import { realAsText } from './number-converters.js';
import { type Converter, Reject, type StorageClass, storageClassOf } from './value.js';

/** The storage classes of a column whose values become one type that does not say which they were. */
export interface Mixture {
  readonly numbers: boolean;
  readonly texts: boolean;
  readonly blobs: boolean;
}

/** @returns undefined for a column whose values are all numbers, all texts or all blobs */
export function mixtureOf(content: ColumnContent): Mixture | undefined {
  const numbers = content.integers + content.reals > 0;
  const [texts, blobs] = [content.texts > 0, content.blobs > 0];
  return Number(numbers) + Number(texts) + Number(blobs) > 1
    ? { numbers, texts, blobs }
    : undefined;
}

const INTEGER = /^(?:0|-?[1-9]\d{0,18})$/;
const LIMIT = 2n ** 63n;

/** What a text is taken for among numbers that are written as texts. */
export function apparentTextClass(text: string): StorageClass {
  if (INTEGER.test(text)) {
    const value = BigInt(text);
    return value >= -LIMIT && value < LIMIT ? 'integer' : 'text';
  }
  const value = text === '' ? Number.NaN : Number(text);
  return !Number.isNaN(value) && realAsText(value) === text ? 'real' : 'text';
}

/** What bytes are taken for where numbers and texts are written as bytes, too. */
export function apparentBytesClass(bytes: Buffer, { numbers, texts }: Mixture): StorageClass {
  if (!isUtf8(bytes)) return 'blob';
  const apparent = numbers ? apparentTextClass(bytes.toString()) : 'text';
  return apparent !== 'text' || texts ? apparent : 'blob';
}

/**
 * Refuses the value that cannot be told from one of another storage class any more, once both are of
 * one type: `'1'` beside `1`, and `x'31'` beside either.
 * @param way out, for people: a rule that makes them the same on purpose
 */
export function distinctConverter(convert: Converter, mixture: Mixture, way: string): Converter {
  return (value) => {
    const converted = convert(value);
    if (converted instanceof Reject) return converted;
    const own = storageClassOf(value);
    const apparent =
      typeof converted === 'string'
        ? apparentTextClass(converted)
        : apparentBytesClass(converted, mixture);
    return own === apparent
      ? converted
      : new Reject(`is ${named(own)} that reads as ${named(apparent)}: ${way}`);
  };
}

function named(kind: StorageClass): string {
  return kind === 'integer' ? 'an integer' : `a ${kind}`;
}
