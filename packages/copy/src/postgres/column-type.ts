import type { ColumnContent } from '../sqlite/contents.js';
import type { SourceColumn } from '../sqlite/source-table.js';

/** What a column is given when its table is made: the narrowest type that holds all of it exactly. */
export type CreatedType = 'bigint' | 'double precision' | 'numeric' | 'text' | 'bytea';

/**
 * Declared types say what a column is for where it holds nothing that contradicts them.
 * @param content what it holds
 */
export function columnTypeFor(
  { affinity, declaredType }: SourceColumn,
  content: ColumnContent,
): CreatedType {
  const { integers, reals, texts, blobs, wideIntegers, beyondNumeric } = content;
  if (blobs > 0) return 'bytea';
  if (texts > 0) return 'text';
  if (reals > 0 && integers > 0 && wideIntegers) return beyondNumeric ? 'text' : 'numeric';
  if (reals > 0) return 'double precision';
  if (integers > 0) return isDecimal(declaredType) ? 'numeric' : 'bigint';
  switch (affinity) {
    case 'INTEGER':
      return 'bigint';
    case 'REAL':
      return 'double precision';
    case 'TEXT':
      return 'text';
    case 'BLOB':
      return declaredType === '' ? 'text' : 'bytea';
    case 'NUMERIC':
      return isDecimal(declaredType) ? 'numeric' : emptyNumeric(declaredType);
  }
}

function isDecimal(declaredType: string): boolean {
  return /DEC|NUMERIC|NUMBER|MONEY/i.test(declaredType);
}

/** SQLite counts among the numbers whatever it does not know; nothing in it tells better. */
function emptyNumeric(declaredType: string): CreatedType {
  return /BOOL/i.test(declaredType) ? 'bigint' : 'text';
}
