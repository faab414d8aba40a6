import type { Constraint } from 'libpg-query';
import type { Judgement } from './judgement.js';
import { besideTable, type ModelConstraint, plainName, type Relation } from './relation.js';
import { unquoted } from './statement-parts.js';

const TYPES: Readonly<Partial<Record<NonNullable<Constraint['contype']>, string>>> = {
  CONSTR_PRIMARY: 'p',
  CONSTR_UNIQUE: 'u',
  CONSTR_FOREIGN: 'f',
  CONSTR_CHECK: 'c',
  CONSTR_EXCLUSION: 'x',
  CONSTR_NOTNULL: 'n',
};

/** `contype` of `pg_constraint`; undefined for what is none, as a default. */
export function constraintType(contype: Constraint['contype']): string | undefined {
  return contype && TYPES[contype];
}

const SUFFIXES: Readonly<Record<string, string>> = {
  p: 'pkey',
  u: 'key',
  x: 'excl',
  f: 'fkey',
  c: 'check',
  n: 'not_null',
};

/** Remembers a constraint, under the name that the server gives it where the statement gives none, and the index of a key. */
export function addConstraint(
  { schema }: Judgement,
  relation: Relation,
  { conname, deferrable = false }: Pick<Constraint, 'conname' | 'deferrable'>,
  added: ModelConstraint,
  ofIndex?: string,
): string {
  const { type, columns } = added;
  const table = unquoted(plainName(relation.name));
  const parts = type === 'p' || (type === 'c' && columns.length !== 1) ? [] : columns;
  const own = [...parts, SUFFIXES[type] ?? 'key'];
  const name = conname ?? ofIndex ?? [table, ...own].join('_');
  relation.constraints.set(name, added);
  if (!['p', 'u', 'x'].includes(type)) return name;
  if (ofIndex !== undefined) relation.indexes.delete(ofIndex);
  relation.indexes.set(name, {
    unique: type !== 'x',
    valid: true,
    deferrable,
    columns: type === 'x' ? null : columns,
    constraint: name,
  });
  if (ofIndex !== undefined) return name;
  if (conname === undefined)
    schema.addGiven(
      type === 'p'
        ? { parts: [], label: 'pkey' }
        : { parts: columns, label: type === 'x' ? 'excl' : 'key' },
      relation,
      'i',
    );
  else if (schema.isComplete) schema.addIndex(besideTable(relation, conname), relation);
  return name;
}
