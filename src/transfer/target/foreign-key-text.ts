import { quoted } from '../source/identifiers.js';
import type { SourceForeignKey } from '../source/source-table.js';
import type { Tell } from './definition.js';
import { targetNames, type TargetTable } from './target-table.js';

/** @returns undefined, and a note, for one that PostgreSQL would not take */
export function foreignKeyText(
  table: TargetTable,
  place: string,
  schema: string,
  key: SourceForeignKey,
  all: readonly TargetTable[],
  note: Tell,
): string | undefined {
  const { columns, onDelete, onUpdate } = key;
  const ends = endsOf(table, key, all);
  if (typeof ends === 'string') {
    note(`the foreign key (${columns.join(', ')}) to ${key.table} is left out: ${ends}`);
    return undefined;
  }
  const { own, parent, theirs } = ends;
  const actions = [
    ...(onDelete === 'NO ACTION' ? [] : [`ON DELETE ${onDelete}`]),
    ...(onUpdate === 'NO ACTION' ? [] : [`ON UPDATE ${onUpdate}`]),
  ];
  return [
    `ALTER TABLE ${place} ADD FOREIGN KEY (${listed(own)})`,
    `REFERENCES ${quoted(schema)}.${quoted(parent.name)} (${listed(theirs)})`,
    ...actions,
  ].join(' ');
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

function listed(names: readonly string[]): string {
  return names.map(quoted).join(', ');
}
