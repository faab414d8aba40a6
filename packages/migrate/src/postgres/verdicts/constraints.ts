import type { Constraint } from 'libpg-query';
import { columnsIn, functionsIn, relationName, textsOf } from '../parser/syntax-tree.js';
import { refuseUnindexable } from './index-types.js';
import { inheritCheck } from './inheritance.js';
import type { Judgement } from './judgement.js';
import { addConstraint, constraintType } from './made-constraints.js';
import {
  besideTable,
  isGone,
  isReadable,
  type ModelConstraint,
  type Relation,
} from './relation.js';
import { quoted, type StatementPart } from './statement-parts.js';

const NOT_VALID =
  'Add it NOT VALID once no build writes such rows, and VALIDATE CONSTRAINT in the next migration.';
const NOT_NULL =
  'Have every build fill it first. Then CHECK (column IS NOT NULL) NOT VALID, VALIDATE CONSTRAINT, and SET NOT NULL, each in a migration of its own.';
const UNIQUE =
  'Have every build keep to it first. Then CREATE UNIQUE INDEX CONCURRENTLY in a migration without a transaction, and ADD CONSTRAINT ... USING INDEX in the next.';
const CLEAN = 'Correct these rows in an earlier migration.';

/** ALTER TABLE ... ADD CONSTRAINT */
export function addedConstraint(
  judgement: Judgement,
  relation: Relation,
  constraint: Constraint,
  part: StatementPart | undefined,
): void {
  const { contype, conname, indexname } = constraint;
  if (conname !== undefined && relation.constraints.has(conname))
    judgement.fails({
      rule: 'constraint-exists',
      text: `${relation.name} has a constraint ${conname} already.`,
    });
  const ofIndex = indexname === undefined ? undefined : relation.indexes.get(indexname);
  if (indexname !== undefined && !ofIndex && relation.isKnown)
    judgement.fails({ rule: 'no-index', text: `${relation.name} has no index ${indexname}.` });
  if (ofIndex && ofIndex.constraint !== null)
    judgement.fails({
      rule: 'index-in-constraint',
      text: `The index ${indexname ?? ''} is that of the constraint ${ofIndex.constraint} already.`,
    });
  const expression = part?.bracketsAfter('CHECK');
  const own =
    contype === 'CONSTR_FOREIGN'
      ? textsOf(constraint.fk_attrs)
      : contype === 'CONSTR_CHECK'
        ? columnsIn(constraint.raw_expr)
        : textsOf(constraint.keys);
  const columns = ofIndex?.columns ?? own;
  for (const name of columns) judgement.column(relation, name);
  const added: ModelConstraint = {
    type: constraintType(contype) ?? '?',
    columns,
    valid: constraint.skip_validation !== true,
    check: expression ?? null,
    references: constraint.pktable ? referenceOf(constraint.pktable, constraint.pk_attrs) : null,
  };
  if (constraint.is_enforced !== false) {
    judgeKind(judgement, relation, constraint, { ...added, isBuilt: ofIndex !== undefined });
    if (!isMetAlready(relation, constraint, columns))
      judgeOldBuilds(judgement, relation, constraint, columns);
  }
  const given = addConstraint(judgement, relation, constraint, added, ofIndex && indexname);
  if (ofIndex && indexname !== undefined && given !== indexname) {
    const index = judgement.schema.find(besideTable(relation, indexname));
    if (index) judgement.schema.rename(index, besideTable(relation, given));
  }
  if (added.type === 'c' && constraint.is_no_inherit !== true)
    inheritCheck(judgement, relation, given, added);
  if (contype === 'CONSTR_PRIMARY' || contype === 'CONSTR_NOTNULL') setNotNull(relation, columns);
}

/** The other end of a foreign key, as a statement names it. */
export function referenceOf(
  table: Parameters<typeof relationName>[0],
  columns: Constraint['pk_attrs'],
): NonNullable<ModelConstraint['references']> {
  return { table: relationName(table), columns: textsOf(columns) };
}

function setNotNull({ columns }: Relation, names: readonly string[]): void {
  for (const name of names) {
    const column = columns.get(name);
    if (column) columns.set(name, { ...column, notNull: true });
  }
}

function judgeKind(
  judgement: Judgement,
  relation: Relation,
  constraint: Constraint,
  added: ModelConstraint & { readonly isBuilt: boolean },
): void {
  const { columns, valid } = added;
  switch (constraint.contype) {
    case 'CONSTR_PRIMARY':
      refuseSecondKey(judgement, relation);
      for (const column of columns) noNulls(judgement, relation, column);
      if (!added.isBuilt) noDuplicates(judgement, relation, columns, constraint.conname);
      break;
    case 'CONSTR_UNIQUE':
      if (!added.isBuilt) {
        const areNullsSame = constraint.nulls_not_distinct === true;
        noDuplicates(judgement, relation, columns, constraint.conname, areNullsSame);
      }
      break;
    case 'CONSTR_NOTNULL':
      if (valid) for (const column of columns) noNulls(judgement, relation, column);
      break;
    case 'CONSTR_FOREIGN':
      judgeReference(judgement, relation, added);
      if (valid) holds(judgement, relation, added);
      break;
    case 'CONSTR_CHECK':
      if (!valid) break;
      if (judgement.isHarmless(functionsIn(constraint.raw_expr))) holds(judgement, relation, added);
      else if (!relation.isNew && judgement.schema.isComplete)
        judgement.notJudged('check-not-met', `Whether every row of ${relation.name} meets it.`);
      break;
    case 'CONSTR_EXCLUSION':
      if (!relation.isNew)
        judgement.notJudged('rows-overlap', `Whether rows of ${relation.name} exclude each other.`);
      break;
    default:
  }
}

export function refuseSecondKey(judgement: Judgement, relation: Relation): void {
  const has = [...relation.constraints.values()].some(({ type }) => type === 'p');
  if (has)
    judgement.fails({
      rule: 'primary-key-exists',
      text: `${relation.name} has a primary key already.`,
    });
}

/** No row may be without it. */
export function noNulls(judgement: Judgement, relation: Relation, name: string): void {
  const column = relation.columns.get(name);
  if (!column || column.notNull) return;
  // Added by this plan without a default: every row is without it.
  if (!relation.isNew && column.live === undefined && !column.hasDefault && !column.written) {
    if (relation.changedBy === undefined)
      judgement.failsOnRows(relation, nullsTexts(relation, name));
    return;
  }
  judgement.failsWhere(relation, nullsTexts(relation, name), {
    columns: [name],
    question: `whether a row of ${relation.name} has no ${name}`,
    sql: (live, live_column) =>
      `SELECT EXISTS (SELECT FROM ${live} WHERE ${live_column(name)} IS NOT DISTINCT FROM NULL) AS broken`,
  });
}

function nullsTexts(relation: Relation, name: string) {
  return {
    rule: 'nulls-are-there',
    text: `A row of ${relation.name} has no ${name}.`,
    fix: `Fill ${name} in batches, in an earlier migration.`,
  };
}

/** No two rows may have the same, unless one of the columns is NULL and NULLs are not the same. */
export function noDuplicates(
  judgement: Judgement,
  relation: Relation,
  columns: readonly string[],
  name: string | undefined,
  areNullsSame = false,
): void {
  refuseUnindexable(judgement, relation, 'btree', columns);
  const isTaken = name !== undefined && judgement.schema.isTaken(besideTable(relation, name));
  if (isTaken && !relation.constraints.has(name))
    judgement.fails({ rule: 'name-taken', text: `There is a relation ${name} already.` });
  const isProven = isUniqueAlready(relation, columns, areNullsSame);
  if (isProven || columns.length === 0 || !isReadable(relation)) return;
  const list = columns.join(', ');
  judgement.failsWhere(
    relation,
    {
      rule: 'duplicates-are-there',
      text: `Two rows of ${relation.name} have the same ${list}.`,
      fix: CLEAN,
    },
    {
      columns,
      question: `whether two rows of ${relation.name} have the same ${list}`,
      sql: (live, column) => {
        const keys = columns.map(column);
        const filled = areNullsSame
          ? 'true'
          : keys.map((key) => `${key} IS NOT NULL`).join(' AND ');
        return `SELECT EXISTS (SELECT FROM ${live} WHERE ${filled} GROUP BY ${keys.join(', ')} HAVING count(*) > 1) AS broken`;
      },
    },
  );
}

/** Whether a unique index keeps any two rows from being the same in these columns. */
export function isUniqueAlready(
  { indexes, columns: all }: Relation,
  columns: readonly string[],
  areNullsSame = false,
): boolean {
  return [...indexes.values()].some(
    (index) =>
      index.unique &&
      index.valid &&
      index.deferrable !== true &&
      index.columns?.every(
        (column) => columns.includes(column) && (!areNullsSame || all.get(column)?.notNull),
      ),
  );
}

/** Says where a foreign key cannot be one, whatever the rows are. @returns the table that it leads to */
export function judgeReference(
  judgement: Judgement,
  relation: Relation,
  { references, columns }: Pick<ModelConstraint, 'references' | 'columns'>,
): Relation | undefined {
  if (!references) return undefined;
  const other = judgement.existing(references.table, 'table');
  if (!other?.isKnown) return other;
  for (const name of references.columns) judgement.column(other, name);
  const keys = referencedKey(other, references.columns);
  if (keys === undefined)
    judgement.fails({
      rule: 'no-unique-key',
      text: `${other.name} has no unique key (${references.columns.join(', ') || 'primary key'}) for a foreign key of ${relation.name}.`,
      fix: 'Make the unique index first.',
    });
  else if (columns.length > 0 && keys.length !== columns.length)
    judgement.fails({
      rule: 'key-length-differs',
      text: `The foreign key of ${relation.name} has ${columns.length} columns, the key of ${other.name} has ${keys.length}.`,
    });
  else {
    hang(relation, other, { columns, keys });
    sameTypes(judgement, relation, other, { columns, keys });
  }
  return other;
}

/** From now on the other table is needed, as long as a foreign key of these columns leads to it. */
function hang(
  relation: Relation,
  other: Relation,
  { columns, keys }: { readonly columns: readonly string[]; readonly keys: readonly string[] },
): void {
  if (relation === other) return;
  const what = `foreign key of ${relation.name}`;
  const isThere = () =>
    !isGone(relation) &&
    (!relation.isKnown ||
      [...relation.constraints.values()].some(
        (each) => each.type === 'f' && each.columns.join() === columns.join(),
      ));
  const index = keyIndex(other, keys);
  const hanging = keys.map((column) => ({ what, column, index, owner: relation, isThere }));
  other.dependents = [...other.dependents, ...hanging];
}

/** The index that a foreign key to these columns needs; null where it could be any of several. */
function keyIndex({ indexes }: Relation, keys: readonly string[]): string | null {
  const found = [...indexes].filter(
    ([, { unique, columns }]) =>
      unique && columns?.length === keys.length && columns.every((each) => keys.includes(each)),
  );
  return found.length === 1 ? (found[0]?.[0] ?? null) : null;
}

/** The server has to know an operator for both; it does not look at a row to say so. */
function sameTypes(
  judgement: Judgement,
  relation: Relation,
  other: Relation,
  { columns, keys }: { readonly columns: readonly string[]; readonly keys: readonly string[] },
): void {
  const live = (of: Relation, names: readonly string[]) =>
    of.live !== undefined &&
    names.every(
      (name) => of.columns.get(name)?.written !== true && of.columns.get(name)?.live !== undefined,
    );
  if (!live(relation, columns) || !live(other, keys)) return;
  judgement.failsWhere(
    { ...relation, changedBy: undefined },
    {
      rule: 'key-types-differ',
      text: `${columns.join(', ')} of ${relation.name} and ${keys.join(', ')} of ${other.name} are of types that are not compared.`,
    },
    {
      columns,
      question: `whether ${relation.name} and ${other.name} can be compared`,
      sql: (table, column) => {
        const same = keys.map(
          (key, place) =>
            `o.${quoted(other.columns.get(key)?.live ?? key)} = t.${column(columns[place] ?? '')}`,
        );
        return `SELECT false AS broken FROM ${table} AS t, ${other.live} AS o WHERE ${same.join(' AND ')} LIMIT 0`;
      },
      mayRaise: true,
    },
  );
}

/** The columns that a foreign key leads to; undefined where there is no such key. */
function referencedKey(other: Relation, named: readonly string[]): readonly string[] | undefined {
  const keys = [...other.constraints.values()].filter(({ type }) => type === 'p' || type === 'u');
  if (named.length === 0) return keys.find(({ type }) => type === 'p')?.columns;
  const all = [...keys, ...[...other.indexes.values()].filter(({ unique }) => unique)];
  const isSame = (columns: readonly string[] | null) =>
    columns?.length === named.length && columns.every((column) => named.includes(column));
  return all.some(({ columns }) => isSame(columns)) ? named : undefined;
}

/** Every row that is there meets a CHECK or a foreign key. */
export function holds(
  judgement: Judgement,
  relation: Relation,
  { type, columns, check, references }: ModelConstraint,
  name = 'the constraint',
): void {
  if (type === 'c' && check !== null) {
    judgement.failsWhere(
      relation,
      { rule: 'check-not-met', text: `A row of ${relation.name} breaks the CHECK.`, fix: CLEAN },
      {
        columns,
        question: `whether every row of ${relation.name} meets ${name}`,
        sql: (live) => `SELECT EXISTS (SELECT FROM ${live} WHERE NOT (${check}\n)) AS broken`,
        mayRaise: true,
      },
    );
  }
  if (type !== 'f' || !references) return;
  const other = judgement.schema.find(references.table);
  if (!other) return;
  const keys = referencedKey(other, references.columns);
  if (keys?.length !== columns.length) return;
  // Columns that are all new and empty refer to nothing.
  if (columns.every((each) => isEmptyColumn(relation, each))) return;
  const isChanged = other.changedBy !== undefined || other.live === undefined;
  if (isChanged && !other.isNew && judgement.schema.isComplete) {
    judgement.notJudged(
      'rows-changed',
      `whether rows of ${relation.name} refer to rows of ${other.name}: those are changed first.`,
    );
    return;
  }
  judgement.failsWhere(
    relation,
    {
      rule: 'reference-missing',
      text: `A row of ${relation.name} refers to a row of ${other.name} that is not there.`,
      fix: CLEAN,
    },
    {
      columns,
      question: `whether rows of ${relation.name} refer to rows of ${other.name}`,
      sql: (live, column) => {
        const filled = columns.map((each) => `t.${column(each)} IS NOT NULL`).join(' AND ');
        if (other.isNew || other.live === undefined)
          return `SELECT EXISTS (SELECT FROM ${live} AS t WHERE ${filled}) AS broken`;
        const same = keys.map(
          (key, place) =>
            `o.${quoted(other.columns.get(key)?.live ?? key)} = t.${column(columns[place] ?? '')}`,
        );
        return `SELECT EXISTS (SELECT FROM ${live} AS t WHERE ${filled}
          AND NOT EXISTS (SELECT FROM ${other.live} AS o WHERE ${same.join(' AND ')})) AS broken`;
      },
    },
  );
}

function isEmptyColumn(relation: Relation, name: string): boolean {
  const column = relation.columns.get(name);
  return column !== undefined && column.live === undefined && !column.hasDefault && !column.written;
}

/** Whether what is there already refuses all that a new key would. */
function isMetAlready(
  relation: Relation,
  { contype, nulls_not_distinct: areNullsSame = false }: Constraint,
  columns: readonly string[],
): boolean {
  if (contype === 'CONSTR_UNIQUE') return isUniqueAlready(relation, columns, areNullsSame);
  const isFull = columns.every((name) => relation.columns.get(name)?.notNull);
  return contype === 'CONSTR_PRIMARY' && isFull && isUniqueAlready(relation, columns);
}

/** From then on it is checked for what running builds write, NOT VALID or not. */
function judgeOldBuilds(
  judgement: Judgement,
  relation: Relation,
  { contype, conname }: Constraint,
  columns: readonly string[],
): void {
  if (relation.isNew || (contype !== 'CONSTR_NOTNULL' && isUnknownToOldBuilds(relation, columns)))
    return;
  const isKey = contype === 'CONSTR_PRIMARY' || contype === 'CONSTR_UNIQUE';
  const kind = KINDS[contype ?? 'CONSTR_CHECK'] ?? 'constraint';
  judgement.breaks({
    rule: `add-${kind.toLowerCase().replaceAll(' ', '-')}`,
    text: `Running builds may write rows to ${relation.name} that its new ${kind}${conname === undefined ? '' : ` ${conname}`} refuses.`,
    fix: isKey ? UNIQUE : contype === 'CONSTR_NOTNULL' ? NOT_NULL : NOT_VALID,
  });
}

const KINDS: Readonly<Partial<Record<NonNullable<Constraint['contype']>, string>>> = {
  CONSTR_PRIMARY: 'PRIMARY KEY',
  CONSTR_UNIQUE: 'UNIQUE constraint',
  CONSTR_FOREIGN: 'FOREIGN KEY',
  CONSTR_CHECK: 'CHECK',
  CONSTR_EXCLUSION: 'EXCLUDE constraint',
  CONSTR_NOTNULL: 'NOT NULL',
};

/** Columns that running builds leave NULL: all of them are new, and without a default. */
export function isUnknownToOldBuilds(relation: Relation, columns: readonly string[]): boolean {
  return (
    columns.length > 0 &&
    columns.every((name) => {
      const column = relation.columns.get(name);
      return (
        column?.live === undefined && column !== undefined && !column.hasDefault && !column.notNull
      );
    })
  );
}

export { NOT_NULL as NOT_NULL_FIX, UNIQUE as UNIQUE_FIX };
