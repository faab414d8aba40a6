import { isLong } from '../sqlite/contents.js';
import { literal, quoted } from '../sqlite/identifiers.js';
import { ESCAPES } from './line-shape.js';
import { type PlainColumn, differsSql } from './plain-columns.js';

/**
 * SQL of SQLite that makes one line of COPY's text format of a row.
 * @param escaped bytes that values may hold and lines may not
 */
export function lineSql(columns: readonly PlainColumn[], escaped: ReadonlySet<number>): string {
  return `${columns.map((column) => fieldSql(column, escaped)).join(" || '\t' || ")} || '\n'`;
}

/** SQL: a row is not what was concluded from the first one, or has no place in a block of many. */
export function unexpectedRowSql(
  columns: readonly PlainColumn[],
  rowidColumn: string | undefined,
): string {
  const texts = columns.filter(({ kind }) => kind === 'text').map(({ source }) => source);
  return `${differsSql(columns, rowidColumn)} OR (${isLong(texts)})`;
}

function fieldSql({ name, kind, hasNulls }: PlainColumn, escaped: ReadonlySet<number>): string {
  const value = kind === 'text' ? escapedSql(quoted(name), escaped) : quoted(name);
  return hasNulls ? `coalesce(${value}, '\\N')` : value;
}

function escapedSql(value: string, escaped: ReadonlySet<number>): string {
  let sql = value;
  for (const [byte, written] of ESCAPES) {
    if (escaped.has(byte))
      sql = `replace(${sql}, ${literal(String.fromCharCode(byte))}, ${literal(written)})`;
  }
  return sql;
}
