import { parted } from '../sqlite/column-definitions.js';
import { quoted } from '../sqlite/identifiers.js';
import type { SourceIndex } from '../sqlite/source-table.js';
import { closing, type Token, tokensOf } from '../sqlite/tokens.js';
import { expressionText } from './expression-text.js';
import { foldedText } from './folded-index.js';
import type { TargetColumn, TargetTable } from './target-table.js';

/** What an index has between its parentheses; undefined when a column of it is not copied. */
export function columnTexts(
  index: SourceIndex,
  columns: readonly TargetColumn[],
): readonly string[] | undefined {
  const texts = index.columns.map((_, at) => columnText(index, at, columns));
  return texts.every((text) => text !== undefined) ? texts : undefined;
}

/** A constraint has no order. */
function columnText(
  { columns: parts, collations, origin, unique }: SourceIndex,
  at: number,
  columns: readonly TargetColumn[],
): string | undefined {
  const part = parts[at];
  const target = columns.find(({ source }) => source.name === part?.name);
  if (!target) return undefined;
  const folded = unique ? foldedText(target, collations[at] ?? '') : undefined;
  const order = part?.descending === true && origin === 'index' ? ' DESC' : '';
  return `${folded ?? quoted(target.name)}${order}`;
}

/** The same without an order and as values are: for a constraint. */
export function plainTexts(
  index: SourceIndex,
  columns: readonly TargetColumn[],
): readonly string[] {
  return index.columns.flatMap((part) => {
    const target = columns.find(({ source }) => source.name === part?.name);
    return target ? [quoted(target.name)] : [];
  });
}

/** CREATE INDEX. @param columns between the parentheses */
export function createText(
  place: string,
  { unique }: SourceIndex,
  name: string,
  columns: readonly string[],
): string {
  return `CREATE ${unique ? 'UNIQUE ' : ''}INDEX ${quoted(name)} ON ${place} (${columns.join(', ')})`;
}

/** CREATE INDEX for one on expressions or some rows; undefined for what has no like in PostgreSQL. */
export function attemptText(
  table: TargetTable,
  place: string,
  index: SourceIndex,
): string | undefined {
  const tokens = tokensOf(index.sql ?? '');
  const open = tokens.findIndex(
    ({ text }, at) => text === '(' && tokens[at - 2]?.text.toUpperCase() === 'ON',
  );
  if (open < 0) return undefined;
  const end = closing(tokens, open);
  const parts = parted(tokens.slice(open + 1, end));
  const columns = index.columns.map((column, at) =>
    column
      ? columnText(index, at, table.columns)
      : expressionPart(parts[at] ?? [], table, index.unique ? index.collations[at] : undefined),
  );
  if (!columns.every((column) => column !== undefined)) return undefined;
  const sql = createText(place, index, index.name, columns);
  if (!index.partial) return sql;
  const condition = expressionText(tokens.slice(end + 2), table);
  return condition === undefined ? undefined : `${sql} WHERE ${condition}`;
}

/** @param collation by which a unique index compares it */
function expressionPart(
  part: readonly Token[],
  table: TargetTable,
  collation: string | undefined,
): string | undefined {
  const last = part.at(-1)?.text.toUpperCase();
  const ordered = last === 'DESC' || last === 'ASC' ? part.slice(0, -1) : part;
  const isCollated = ordered.at(-2)?.text.toUpperCase() === 'COLLATE';
  const text = expressionText(isCollated ? ordered.slice(0, -2) : ordered, table);
  if (text === undefined) return undefined;
  const folded =
    collation === 'NOCASE'
      ? `lower((${text}) COLLATE "C")`
      : collation === 'RTRIM'
        ? `rtrim(${text})`
        : `(${text})`;
  return `${folded}${last === 'DESC' ? ' DESC' : ''}`;
}

/** An expression has none. */
export function columnNames({ columns }: SourceIndex): string[] {
  return columns.map((column) => column?.name ?? '');
}
