import { isWritten, judgeColumns, type TableChange } from './judge-columns.js';
import type { TableUse } from './statement-use.js';
import type { ConstraintFacts, KeyFacts, ReferenceFacts, TableFacts } from './table-facts.js';

/**
 * In what a migration keeps statements from doing what they did, where they can still be prepared: in words,
 * none for what changes nothing for them. What cannot be known, such as whether a new check refuses what is
 * written, counts.
 * @param passing names of new checks that the defaults of their columns pass
 */
export function judgeChange(
  { before, after }: TableChange,
  use: TableUse,
  passing: ReadonlySet<string>,
): readonly string[] {
  if (before.kind !== after.kind || before.isPartition !== after.isPartition)
    return [`${after.name} is another kind of relation`];
  if (before.schema !== after.schema)
    return [`${after.name} is in the schema ${after.schema}, and was in ${before.schema}`];
  const change = { before, after };
  return [
    ...judgeColumns(change, use),
    ...judgeConstraints(change, use, passing),
    ...judgeKeys(change, use),
    ...judgeReferences(change, use),
    ...judgeInterception(change, use),
    ...judgeHeirs(change),
    ...judgeRights(change, use),
  ];
}

function writes({ inserts, updates, deletes }: TableUse): boolean {
  return inserts.length > 0 || updates.length > 0 || deletes;
}

/** Constraints that were not there before, whether rows that are there have been compared with them or not. */
export function newConstraints({ before, after }: TableChange): readonly ConstraintFacts[] {
  const known = before.constraints.map(({ text }) => text.replace(/ NOT VALID$/, ''));
  return after.constraints.filter(({ text }) => !known.includes(text.replace(/ NOT VALID$/, '')));
}

function judgeConstraints(
  change: TableChange,
  use: TableUse,
  passing: ReadonlySet<string>,
): string[] {
  const { after } = change;
  return newConstraints(change).flatMap(({ name, type, columns, text }) => {
    if (columns.some((column) => isWritten(use, column)))
      return [`${after.name} has ${name}, ${text}, for what is written`];
    if (use.inserts.length === 0) return [];
    const passes = type === 'c' ? passing.has(name) : areNull(columns, after);
    return passes ? [] : [`${after.name} has ${name}, ${text}, for what an INSERT leaves out`];
  });
}

/** Whether columns that an INSERT leaves out are NULL then. */
function areNull(names: readonly string[], { columns }: TableFacts): boolean {
  return columns
    .filter(({ name }) => names.includes(name))
    .every((column) => column.default === null && !column.identity && !column.generated);
}

function judgeKeys({ before, after }: TableChange, use: TableUse): string[] {
  const has = (keys: readonly KeyFacts[], wanted: KeyFacts) =>
    keys.some(({ usable, text }) => usable && text === wanted.text);
  const lost = before.keys.filter((key) => key.usable && !has(after.keys, key) && writes(use));
  const added = after.keys.filter((key) => !has(before.keys, key) && mayRefuse(key, after, use));
  const named = ({ name, columns }: KeyFacts) => `the unique key ${name} (${columns.join(', ')})`;
  return [
    ...lost.map((key) => `${after.name} has lost ${named(key)}`),
    ...added.map((key) => `${after.name} has ${named(key)}, for what is written`),
  ];
}

/** Unless its columns include those of another key, or an INSERT leaves them to be NULL. */
function mayRefuse(key: KeyFacts, after: TableFacts, use: TableUse): boolean {
  const isImplied = after.keys.some(
    (other) =>
      other.name !== key.name &&
      other.usable &&
      !other.partial &&
      other.columns.every((column) => column !== '?' && key.columns.includes(column)),
  );
  if (isImplied) return false;
  if (key.mentions.some((column) => isWritten(use, column))) return true;
  if (use.inserts.length === 0) return false;
  return key.columns.includes('?') || !key.nullsDistinct || !areNull(key.mentions, after);
}

/** `NO ACTION` and `RESTRICT` */
const REFUSING = ['a', 'r'];

function judgeReferences({ before, after }: TableChange, use: TableUse): string[] {
  const has = (references: readonly ReferenceFacts[], wanted: ReferenceFacts) =>
    references.some(
      ({ table, onDelete, onUpdate, columns }) =>
        table === wanted.table &&
        onDelete === wanted.onDelete &&
        onUpdate === wanted.onUpdate &&
        columns.join() === wanted.columns.join(),
    );
  const added = after.references.filter(
    (each) =>
      !has(before.references, each) &&
      ((use.deletes && REFUSING.includes(each.onDelete)) ||
        (REFUSING.includes(each.onUpdate) &&
          each.columns.some((column) => use.updates.includes(column)))),
  );
  const lost = before.references.filter(
    (each) => !has(after.references, each) && use.deletes && !REFUSING.includes(each.onDelete),
  );
  return [
    ...added.map(
      ({ name, table }) => `rows of ${table} (${name}) keep those of ${after.name} as they are`,
    ),
    ...lost.map(
      ({ name, table }) => `rows of ${table} (${name}) do not go with those of ${after.name}`,
    ),
  ];
}

function judgeHeirs({ before, after }: TableChange): string[] {
  return before.heirs.join() === after.heirs.join()
    ? []
    : [`the rows of ${after.name} are with those of other tables that inherit from it than before`];
}

function judgeInterception({ before, after }: TableChange, use: TableUse): string[] {
  const isIn = ({ intercepting }: TableFacts, wanted: string) =>
    intercepting.some(({ text }) => text === wanted);
  const changed = [
    ...after.intercepting.filter(({ text }) => !isIn(before, text)),
    ...before.intercepting.filter(({ text }) => !isIn(after, text)),
  ];
  const names = writes(use) ? [...new Set(changed.map(({ name }) => name))] : [];
  const isPoliced =
    after.policies.length > 0 && after.policies.join('\n') !== before.policies.join('\n');
  return [
    ...names.map(
      (name) =>
        `${name} on ${after.name}, which may change or refuse what is written, is not what it was`,
    ),
    ...(isPoliced ? [`row-level security of ${after.name} is not what it was`] : []),
  ];
}

function judgeRights({ before, after }: TableChange, use: TableUse): string[] {
  const wanted = [
    'SELECT',
    ...(use.inserts.length > 0 ? ['INSERT'] : []),
    ...(use.updates.length > 0 ? ['UPDATE'] : []),
    ...(use.deletes ? ['DELETE'] : []),
  ];
  return Object.entries(before.rights).flatMap(([role, held]) =>
    wanted
      .filter((right) => held.includes(right) && after.rights[role]?.includes(right) !== true)
      .map((right) => `${role} has lost ${right} on ${after.name}`),
  );
}
