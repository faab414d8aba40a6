import type { Value } from './value.js';

/** Characters of a value that are shown. */
const MAX_CHARACTERS = 60;

/**
 * What names a row for people.
 * @param columns of the key
 * @param values of the key, and any after them
 * @param position of the row in its table, for one without a key
 * @returns for example `rowid 7, name 'x'`
 */
export function keyText(
  columns: readonly string[],
  values: readonly Value[],
  position: number,
): string {
  if (columns.length === 0) return `row ${position}`;
  return columns.map((name, index) => `${name} ${shown(values[index] ?? null)}`).join(', ');
}

/** As SQLite's SQL would have it; control characters as JSON's. */
function shown(value: Value): string {
  if (value === null) return 'NULL';
  if (Buffer.isBuffer(value)) return cut(`x'${value.toString('hex')}'`);
  if (typeof value !== 'string') return String(value);
  const escaped = JSON.stringify(value).slice(1, -1).replaceAll('\\"', '"').replaceAll("'", "''");
  return cut(`'${escaped}'`);
}

function cut(text: string): string {
  return text.length > MAX_CHARACTERS ? `${text.slice(0, MAX_CHARACTERS)}…` : text;
}
