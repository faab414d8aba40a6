import { parted } from '../sqlite/column-definitions.js';
import { quoted } from '../sqlite/identifiers.js';
import type { SourceIndex, SourceIndexColumn } from '../sqlite/source-table.js';
import { closing, type Token, tokensOf } from '../sqlite/tokens.js';
import type { OptionalStatement, AddNote } from './definition.js';
import { expressionText } from './expression-text.js';
import type { RelationNames } from './names.js';
import type { TargetColumn, TargetTable } from './target-table.js';

/** UNIQUE constraints, and the indexes that are on whole columns and all rows. */
export function indexTexts(
  table: TargetTable,
  place: string,
  names: RelationNames,
  note: AddNote,
): readonly string[] {
  return table.source.indexes.filter(isPlain).flatMap((index) => {
    const columns = columnTexts(index, table.columns);
    if (!columns) {
      if (index.origin === 'unique')
        note(
          `UNIQUE (${columnNames(index).join(', ')}) is left out: it is on a column that is not copied`,
        );
      return [];
    }
    noteCollation(index, note);
    if (index.origin === 'unique') {
      const name = names.take(table.name, columnNames(index), 'key');
      return [`ALTER TABLE ${place} ADD CONSTRAINT ${quoted(name)} UNIQUE (${columns.join(', ')})`];
    }
    return [createText(place, index, columns)];
  });
}

/**
 * Indexes that PostgreSQL may refuse: on expressions, on some rows, or on a column that is computed.
 * @param computed only those on this column; without it only those on none
 */
export function indexAttempts(
  table: TargetTable,
  place: string,
  note: AddNote,
  computed?: TargetColumn,
): readonly OptionalStatement[] {
  const columns = computed ? [...table.columns, computed] : table.columns;
  return table.source.indexes.flatMap((index) => {
    if (index.origin !== 'index') return [];
    if (computed ? !isOn(index, computed) : isPlain(index) && columnTexts(index, columns))
      return [];
    const noteOnFailure = indexLeftOut(index);
    const sql = attemptText({ ...table, columns }, place, index);
    if (sql !== undefined) {
      noteCollation(index, note);
      return [{ sql, noteOnFailure }];
    }
    const waits = !computed && table.generated.some((column) => isOn(index, column));
    if (!waits) note(noteOnFailure);
    return [];
  });
}

/** Those that were made by CREATE INDEX. */
export function indexesOn({ source }: TargetTable, column: TargetColumn): readonly SourceIndex[] {
  return source.indexes.filter((index) => index.origin === 'index' && isOn(index, column));
}

export function indexLeftOut({ name, sql }: SourceIndex): string {
  return `index ${name} is left out: ${sql ?? ''}`;
}

function isPlain({ origin, partial, columns }: SourceIndex): boolean {
  return origin !== 'primary key' && !partial && !columns.includes(null);
}

function isOn({ columns }: SourceIndex, { source }: TargetColumn): boolean {
  return columns.some((column) => column?.name === source.name);
}

function noteCollation({ name, columns }: SourceIndex, note: AddNote): void {
  if (columns.some((column) => column?.collation === 'NOCASE'))
    note(`index ${name}: COLLATE NOCASE is left out, upper and lower case differ`);
}

function columnTexts(
  index: SourceIndex,
  columns: readonly TargetColumn[],
): readonly string[] | undefined {
  const texts = index.columns.map((column) => column && columnText(column, columns, index));
  return texts.every((text) => typeof text === 'string') ? texts : undefined;
}

/** A constraint has no order. */
function columnText(
  { name, descending }: SourceIndexColumn,
  columns: readonly TargetColumn[],
  { origin }: SourceIndex,
): string | undefined {
  const target = columns.find(({ source }) => source.name === name)?.name;
  if (target === undefined) return undefined;
  return `${quoted(target)}${descending && origin === 'index' ? ' DESC' : ''}`;
}

function createText(
  place: string,
  { name, unique }: SourceIndex,
  columns: readonly string[],
): string {
  return `CREATE ${unique ? 'UNIQUE ' : ''}INDEX ${quoted(name)} ON ${place} (${columns.join(', ')})`;
}

function attemptText(table: TargetTable, place: string, index: SourceIndex): string | undefined {
  const tokens = tokensOf(index.sql ?? '');
  const open = tokens.findIndex(
    ({ text }, at) => text === '(' && tokens[at - 2]?.text.toUpperCase() === 'ON',
  );
  if (open < 0) return undefined;
  const end = closing(tokens, open);
  const parts = parted(tokens.slice(open + 1, end));
  const columns = index.columns.map((column, at) =>
    column ? columnText(column, table.columns, index) : expressionPart(parts[at] ?? [], table),
  );
  if (!columns.every((column) => column !== undefined)) return undefined;
  const sql = createText(place, index, columns);
  if (!index.partial) return sql;
  const condition = expressionText(tokens.slice(end + 2), table);
  return condition === undefined ? undefined : `${sql} WHERE ${condition}`;
}

function expressionPart(tokens: readonly Token[], table: TargetTable): string | undefined {
  const last = tokens.at(-1)?.text.toUpperCase();
  const isOrdered = last === 'DESC' || last === 'ASC';
  const text = expressionText(isOrdered ? tokens.slice(0, -1) : tokens, table);
  return text === undefined ? undefined : `(${text})${last === 'DESC' ? ' DESC' : ''}`;
}

function columnNames({ columns }: SourceIndex): string[] {
  return columns.map((column) => column?.name ?? '');
}
