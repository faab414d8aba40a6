import { isLong } from '../sqlite/contents.js';
import { quoted } from '../sqlite/identifiers.js';
import { type PlainColumn, differsSql } from './plain-columns.js';

/** Before a text where there may be none: an empty one is something else. */
export const IS_TEXT = '=';

/**
 * SQL of SQLite that writes the whole numbers and texts of a row one after the other, a zero behind each: no text that
 * PostgreSQL takes holds one, so that nothing has to be escaped. NULL is nothing. Real numbers are read beside it.
 */
export function lineSql(columns: readonly PlainColumn[]): string {
  const fields = columns.filter(({ kind }) => kind !== 'real').map(fieldSql);
  return fields.length === 0 ? "''" : `${fields.join(' || char(0) || ')} || char(0)`;
}

/** SQL: a row is not what was concluded from the first one, or has no place in a block of many. */
export function unexpectedRowSql(
  columns: readonly PlainColumn[],
  rowidColumn: string | undefined,
): string {
  const texts = columns.filter(({ kind }) => kind === 'text').map(({ source }) => source);
  return `${differsSql(columns, rowidColumn)} OR (${isLong(texts)})`;
}

function fieldSql({ name, kind, hasNulls }: PlainColumn): string {
  const value = quoted(name);
  if (!hasNulls) return value;
  return `coalesce(${kind === 'text' ? `'${IS_TEXT}' || ${value}` : value}, '')`;
}
