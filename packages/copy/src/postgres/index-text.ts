import { quoted } from '../sqlite/identifiers.js';
import type { SourceIndex } from '../sqlite/source-table.js';
import { constraintOf, noteShortened } from './constraint-names.js';
import type { OptionalStatement, AddNote } from './definition.js';
import { noteCollations } from './folded-index.js';
import { attemptText, columnNames, columnTexts, createText, plainTexts } from './index-columns.js';
import type { RelationNames } from './names.js';
import type { TargetColumn, TargetTable } from './target-table.js';

/** SQLSTATE of an index entry that is too long. */
const LIMIT_EXCEEDED = '54000';

/** Indexes on whole columns and all rows that only make things faster: a value may be too long for one. */
export function plainIndexes(
  table: TargetTable,
  place: string,
  note: AddNote,
): readonly OptionalStatement[] {
  return table.source.indexes.flatMap((index) => {
    const columns = isPlain(index) && !index.unique && columnTexts(index, table.columns);
    if (columns === false || columns === undefined) return [];
    noteCollations(index, index.name, table.columns, note);
    return [
      {
        sql: createText(place, index, index.name, columns),
        noteOnFailure: `${indexLeftOut(index)}: a value is too long for it`,
        forgiven: LIMIT_EXCEEDED,
      },
    ];
  });
}

/**
 * UNIQUE constraints, and the unique indexes that are on whole columns and all rows.
 * @param isReferredTo whether a foreign key needs these columns to be unique as they are
 */
export function indexTexts(
  table: TargetTable,
  place: string,
  names: RelationNames,
  note: AddNote,
  isReferredTo: (columns: readonly string[]) => boolean,
): readonly string[] {
  return table.source.indexes.filter(isPlain).flatMap((index) => {
    if (!index.unique) return [];
    const listed = columnNames(index);
    const columns = columnTexts(index, table.columns);
    if (!columns) {
      if (index.origin === 'unique')
        note(`UNIQUE (${listed.join(', ')}) is left out: it is on a column that is not copied`);
      return [];
    }
    const name = index.origin === 'unique' ? uniqueName(table, index, names, note) : index.name;
    const isFolded = noteCollations(index, name, table.columns, note);
    const constraint = (own: string) =>
      `ALTER TABLE ${place} ADD CONSTRAINT ${quoted(own)} UNIQUE (${plainTexts(index, table.columns).join(', ')})`;
    if (index.origin === 'unique' && !isFolded) return [constraint(name)];
    return [
      createText(place, index, name, columns),
      ...(isFolded && isReferredTo(listed)
        ? [constraint(names.take(table.name, listed, 'key'))]
        : []),
    ];
  });
}

function uniqueName(
  table: TargetTable,
  index: SourceIndex,
  names: RelationNames,
  note: AddNote,
): string {
  const listed = columnNames(index);
  const given = constraintOf(table.source, 'unique', listed)?.name;
  const kept = given === undefined ? undefined : names.keep(given);
  noteShortened(given, kept ?? '', note);
  return kept ?? names.take(table.name, listed, 'key');
}

/**
 * The primary key where it takes for the same what PostgreSQL tells apart: one more index.
 * @returns undefined where it does not
 */
export function foldedPrimaryKey(
  table: TargetTable,
  place: string,
  names: RelationNames,
  note: AddNote,
): string | undefined {
  const index = table.source.indexes.find(({ origin }) => origin === 'primary key');
  const columns = index && columnTexts(index, table.columns);
  if (!index || !columns) return undefined;
  const name = names.take(table.name, columnNames(index), 'folded');
  const isFolded = noteCollations(index, name, table.columns, note);
  return isFolded ? createText(place, index, name, columns) : undefined;
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
      noteCollations(index, index.name, columns, note);
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
