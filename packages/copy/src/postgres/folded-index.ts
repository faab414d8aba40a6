import { quoted } from '../sqlite/identifiers.js';
import { pgType } from '../rows/pg-type.js';
import type { SourceIndex } from '../sqlite/source-table.js';
import type { AddNote } from './definition.js';
import type { TargetColumn } from './target-table.js';

/** Types whose values SQLite's collations tell apart, or not. */
const TEXTS = ['text', 'character varying', 'character'];

/** By bytes, as SQLite compares texts: of a text column that is made. */
export function collationOf(type: string): string {
  return TEXTS.includes(pgType(type).name) ? ' COLLATE "C"' : '';
}

/** Types of which PostgreSQL has no such thing as upper and lower case, but SQLite's values had. */
const UNFOLDED = ['bytea', 'json', 'jsonb'];

/**
 * SQL that is the same for two texts where a collation of SQLite's takes them for the same: NOCASE for A
 * to Z and nothing else, RTRIM for blanks at the end.
 * @returns undefined where the collation makes no difference, or none that can be had
 */
export function foldedText(column: TargetColumn, collation: string): string | undefined {
  if (!TEXTS.includes(pgType(column.type).name)) return undefined;
  switch (collation) {
    case 'NOCASE':
      return `lower(${quoted(column.name)} COLLATE "C")`;
    case 'RTRIM':
      return `rtrim(${quoted(column.name)})`;
    default:
      return undefined;
  }
}

/** Whether values that SQLite takes for the same will be told apart. */
function losesCollation(column: TargetColumn, collation: string): boolean {
  if (collation === 'BINARY') return false;
  return [...TEXTS, ...UNFOLDED].includes(pgType(column.type).name);
}

/**
 * Tells what becomes of the collations of an index.
 * @param name that it gets
 * @returns whether it is on something else than the columns themselves
 */
export function noteCollations(
  index: SourceIndex,
  name: string,
  columns: readonly TargetColumn[],
  note: AddNote,
): boolean {
  const what =
    index.origin === 'index'
      ? `index ${name}`
      : `${index.origin.toUpperCase()} (${index.columns.map((column) => column?.name ?? '').join(', ')})`;
  let isFolded = false;
  for (const [at, collation] of index.collations.entries()) {
    const column = columns.find(({ source }) => source.name === index.columns[at]?.name);
    if (!column || !losesCollation(column, collation)) continue;
    const folded = index.unique ? foldedText(column, collation) : undefined;
    const meaning = collation === 'NOCASE' ? ', upper and lower case differ' : '';
    isFolded ||= folded !== undefined;
    note(
      folded === undefined
        ? `${what}: COLLATE ${collation} is left out${meaning}`
        : `${what}: COLLATE ${collation} is kept by a unique index on ${folded}, ${quoted(name)}: ON CONFLICT has to name that`,
    );
  }
  return isFolded;
}
