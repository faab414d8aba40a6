import { z } from 'zod';
import type { FineInstant } from '@holdfast/core/instant';
import type { JsonValue } from '@holdfast/core/json';

export const IDENTIFIER_LENGTH = 128;

/** Of a position whose identifier takes six bytes a character, in base64url, with room to spare. */
const CURSOR_LENGTH = 2048;

/** Fields that several requests have. */
export const identifier = (description: string) =>
  z.string().min(1).max(IDENTIFIER_LENGTH).meta({ description });

/** A text of a person's; null and absent mean the same. */
export const remark = () => z.string().max(65_536).nullish();

/** A JSON document of the user's. */
export const document = (
  description = 'Any JSON value up to 1 MiB; it comes back as it was sent.',
) => z.custom<JsonValue>((value) => value !== undefined, 'is required').meta({ description });

/** RFC 3339 with up to microseconds and an offset; becomes UTC with microseconds. */
export const instant = () =>
  z.iso
    .datetime({ offset: true })
    .refine((text) => !/\.\d{7,}/.test(text), 'has more than six decimals')
    .transform(microseconds)
    .refine(isStorable, 'is outside the years 0001 to 9999');

/** Decimal digits of a path or a query: `+5`, ` 5`, `1e1`, `0x10`, `1.0` and `05` are none. */
export function wholeNumber(least: number, most: number) {
  return z.preprocess(
    (text) => (typeof text === 'string' && /^(?:0|[1-9]\d{0,9})$/.test(text) ? Number(text) : text),
    wholeWithin(least, most, ', in decimal digits'),
  );
}

/** A whole number of a document; what is none of these is told both bounds. @param more is told after them */
export function wholeWithin(least: number, most: number, more = '') {
  const message = `Invalid input: expected a whole number from ${least} to ${most}${more}`;
  return z.int(message).min(least).max(most);
}

/** A number of a document; what is none of these is told both bounds. */
export function numberWithin(least: number, most: number) {
  const message = `Invalid input: expected a number from ${least} to ${most}`;
  return z.number(message).min(least).max(most);
}

/** Which page: `next_cursor` of the one before. */
export const cursor = z.string().max(CURSOR_LENGTH).optional();

/** What every list takes: a range of creation, and which page. */
export const listFields = {
  created_from: instant().optional(),
  created_to: instant().optional(),
  limit: wholeNumber(1, 200).default(50),
  cursor,
};

/** What a list of what belongs to one record takes: which page. Few records have more than one. */
export const partFields = { limit: wholeNumber(1, 1000).default(1000), cursor };

/** Years that every backend can hold, in UTC and in four digits. */
export function isStorable(instant: string): boolean {
  return /^(?!0000)\d{4}-/.test(instant);
}

function microseconds(text: string): FineInstant {
  const fraction = /\.(\d+)/.exec(text)?.[1] ?? '';
  const whole = new Date(text.replace(/\.\d+/, '')).toISOString().slice(0, 19);
  return `${whole}.${fraction.padEnd(6, '0')}Z`;
}
