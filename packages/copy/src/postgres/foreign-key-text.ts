import { quoted } from '../sqlite/identifiers.js';
import type { SourceForeignKey } from '../sqlite/source-table.js';
import type { ConstraintNames } from './constraint-names.js';
import type { AddNote } from './definition.js';
import { targetNames, type TargetTable } from './target-table.js';

/** The SQL of a foreign key. */
export interface ForeignKey {
  /** As the source names it. */
  readonly references: string;
  readonly sql: string;
  /** Counts the rows that break it. */
  readonly orphans: string;
}

/** @returns undefined, and a note, for one that PostgreSQL would not take */
export function foreignKeyOf(
  table: TargetTable,
  place: string,
  schema: string,
  key: SourceForeignKey,
  all: readonly TargetTable[],
  names: ConstraintNames,
  note: AddNote,
): ForeignKey | undefined {
  const { columns, onDelete, onUpdate, deferral } = key;
  const ends = endsOf(table, key, all);
  if (typeof ends === 'string') {
    note(`the foreign key (${columns.join(', ')}) to ${key.table} is left out: ${ends}`);
    return undefined;
  }
  const { own, parent, theirs } = ends;
  for (const name of theirs) noteComparison(key, parent, name, note);
  const actions = [
    ...(onDelete === 'NO ACTION' ? [] : [`ON DELETE ${onDelete}`]),
    ...(onUpdate === 'NO ACTION' ? [] : [`ON UPDATE ${onUpdate}`]),
  ];
  const parentPlace = `${quoted(schema)}.${quoted(parent.name)}`;
  const isGiven = own.map((name) => `c.${quoted(name)} IS NOT NULL`);
  const isSame = own.map((name, at) => `p.${quoted(theirs[at] ?? '')} = c.${quoted(name)}`);
  return {
    references: key.table,
    sql: [
      `ALTER TABLE ${place} ADD ${names.clause(key.name)}FOREIGN KEY (${listed(own)})`,
      `REFERENCES ${parentPlace} (${listed(theirs)})`,
      ...actions,
      ...(deferral === '' ? [] : [deferral]),
    ].join(' '),
    orphans: `SELECT count(*)::int AS rows FROM ${place} c WHERE ${isGiven.join(' AND ')}
       AND NOT EXISTS (SELECT FROM ${parentPlace} p WHERE ${isSame.join(' AND ')})`,
  };
}

/** SQLite compares by what the column that is referred to is compared by. */
function noteComparison(
  { columns }: SourceForeignKey,
  { name: table, columns: theirs }: TargetTable,
  name: string,
  note: AddNote,
): void {
  const collation = theirs.find((column) => column.name === name)?.source.collation;
  if (collation === undefined) return;
  note(
    `the foreign key (${columns.join(', ')}) to ${table}: COLLATE ${collation} of ${name} is left out, it compares every character`,
  );
}

interface Ends {
  readonly own: readonly string[];
  readonly parent: TargetTable;
  readonly theirs: readonly string[];
}

/** @returns why there are none, for people */
function endsOf(
  table: TargetTable,
  { columns, table: parentName, references }: SourceForeignKey,
  all: readonly TargetTable[],
): Ends | string {
  const parent = all.find(
    ({ source, created }) => created && source.name.toLowerCase() === parentName.toLowerCase(),
  );
  if (!parent) return 'that table is not made by this copy';
  const own = targetNames(table, columns) ?? [];
  const theirs =
    targetNames(parent, references.length > 0 ? references : parent.source.primaryKey) ?? [];
  if (own.length === 0 || own.length !== theirs.length) return 'the columns do not fit';
  if (!sameTypes(table, own, parent, theirs)) return 'the types differ';
  return isUnique(parent, theirs) ? { own, parent, theirs } : 'what it refers to is not unique';
}

function sameTypes(
  table: TargetTable,
  own: readonly string[],
  parent: TargetTable,
  theirs: readonly string[],
): boolean {
  const typeOf = ({ columns }: TargetTable, name: string | undefined) =>
    columns.find((column) => column.name === name)?.type;
  return own.every((name, index) => typeOf(table, name) === typeOf(parent, theirs[index]));
}

/** In SQLite; what PostgreSQL needs for it is made: see `isReferredTo`. */
function isUnique(parent: TargetTable, names: readonly string[]): boolean {
  const { primaryKey, indexes } = parent.source;
  const keys = [
    primaryKey,
    ...indexes
      .filter(({ unique, partial }) => unique && !partial)
      .map(({ columns }) => columns.map((column) => column?.name ?? '')),
  ];
  const wanted = names.toSorted().join('\0');
  return keys.some((key) => targetNames(parent, key)?.toSorted().join('\0') === wanted);
}

/** Whether a foreign key of a table that is made refers to these columns of another. */
export function isReferredTo(
  { source }: TargetTable,
  columns: readonly string[],
  all: readonly TargetTable[],
): boolean {
  const wanted = sorted(columns);
  return all.some((table) =>
    table.source.foreignKeys.some(
      (key) =>
        key.table.toLowerCase() === source.name.toLowerCase() &&
        sorted(key.references.length > 0 ? key.references : source.primaryKey) === wanted,
    ),
  );
}

function sorted(names: readonly string[]): string {
  return names
    .map((name) => name.toLowerCase())
    .toSorted()
    .join('\0');
}

function listed(names: readonly string[]): string {
  return names.map(quoted).join(', ');
}
