import { literal, quoted } from '../sqlite/identifiers.js';
import type { Token } from '../sqlite/tokens.js';
import type { SourceTable } from '../sqlite/source-table.js';
import type { TargetColumn, TargetTable } from './target-table.js';

/** Words that mean the same to both, and functions that do the same. */
const WORDS = new Set(
  'AND OR NOT IN IS NULL BETWEEN CASE WHEN THEN ELSE END length abs lower upper coalesce nullif replace'
    .split(' ')
    .map((word) => word.toUpperCase()),
);
const SIGNS = new Set(['(', ')', ',', '<', '<=', '>', '>=', '=', '<>', '+', '-', '*', '||']);
/** Other spellings. */
const SAME = new Map([
  ['==', '='],
  ['!=', '<>'],
  ['ISNULL', 'IS NULL'],
  ['NOTNULL', 'IS NOT NULL'],
  ['IFNULL', 'coalesce'],
  ['TRUE', '1'],
  ['FALSE', '0'],
]);

/**
 * An expression of a CHECK, an index or a generated column in PostgreSQL's words, which may still
 * refuse it for its types.
 * @returns undefined when something in it is not known to mean the same
 */
export function expressionText(
  tokens: readonly Token[],
  { source, columns }: Pick<TargetTable, 'source' | 'columns'>,
): string | undefined {
  const parts = tokens.map((token) => partOf(token, source, columns));
  return parts.includes(undefined) ? undefined : parts.join(' ');
}

function partOf(
  { kind, text, value }: Token,
  table: SourceTable,
  columns: readonly TargetColumn[],
): string | undefined {
  const column = columns.find(({ source }) => source.name.toLowerCase() === value.toLowerCase());
  switch (kind) {
    case 'number':
      return /^0x/i.test(text) ? undefined : text;
    case 'text':
      return literal(value);
    case 'quoted':
      // SQLite takes a name that is none for a text.
      if (column) return quoted(column.name);
      return isColumn(table, value) ? undefined : literal(value);
    case 'word':
      if (column) return quoted(column.name);
      if (isColumn(table, value)) return undefined;
      return WORDS.has(text.toUpperCase()) ? text : SAME.get(text.toUpperCase());
    case 'sign':
      return SIGNS.has(text) ? text : SAME.get(text);
    case 'blob':
      return undefined;
  }
}

/** One that is not copied, such as one that is computed: nothing can refer to it. */
function isColumn({ columns, rowid }: SourceTable, name: string): boolean {
  const lower = name.toLowerCase();
  return rowid === lower || columns.some((column) => column.name.toLowerCase() === lower);
}
