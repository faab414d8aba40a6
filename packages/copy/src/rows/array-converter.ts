import { type Converter, Reject } from './value.js';

/** JSON arrays of texts and nulls, as PostgreSQL writes arrays of texts. */
export const textArrayConverter: Converter = (value) => {
  if (typeof value !== 'string') return new Reject('is no text');
  let parsed: unknown;
  try {
    parsed = JSON.parse(value);
  } catch {
    return new Reject('is no JSON');
  }
  if (!Array.isArray(parsed)) return new Reject('is no JSON array');
  const items: string[] = [];
  for (const item of parsed as unknown[]) {
    if (typeof item !== 'string' && item !== null)
      return new Reject('has other than texts in it: --map TABLE.COLUMN=jsonb keeps those');
    if (item !== null && (item.includes('\0') || !item.isWellFormed()))
      return new Reject('has an escape that text does not hold');
    items.push(
      item !== null ? `"${item.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"` : 'NULL',
    );
  }
  return `{${items.join(',')}}`;
};
