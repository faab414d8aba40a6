import { detach, type Noun } from './attached.js';
import { type Dependency, keyOf } from './dependencies.js';
import type { Judgement } from './judgement.js';
import { needing, type Relation } from './relation.js';
import type { SchemaModel } from './schema-model.js';

/** A relation, with all that goes with it: its indexes and sequences, and with CASCADE what needs it. */
export function dropRelation(judgement: Judgement, relation: Relation, cascades: boolean): void {
  const { schema } = judgement;
  if (cascades) dropNeeding(schema, needing(relation));
  schema.drop(relation);
  const { oid } = relation;
  if (oid !== undefined) dropKnown(schema, keyOf('relation', oid), cascades);
}

/** A column, with its constraints, indexes and sequences; the tables that inherit it lose it as well. */
export function dropColumn(
  judgement: Judgement,
  relation: Relation,
  name: string,
  cascades: boolean,
): void {
  const { schema } = judgement;
  const { live } = relation.columns.get(name) ?? {};
  if (cascades)
    dropNeeding(
      schema,
      needing(relation).filter(({ column }) => column === name),
    );
  loseColumn(relation, name);
  if (relation.oid === undefined || live === undefined) return;
  // With ONLY they keep it.
  const below = relation.isAlone === true ? schema.childrenOf(relation) : [];
  const kept = new Set(below.map(({ oid }) => oid));
  dropKnown(schema, keyOf('column', relation.oid, live), cascades, kept);
}

export function dropConstraint(
  judgement: Judgement,
  relation: Relation,
  name: string,
  cascades: boolean,
): void {
  const { schema } = judgement;
  const { live } = relation.constraints.get(name) ?? {};
  if (cascades)
    dropNeeding(
      schema,
      needing(relation).filter(({ index }) => index === name),
    );
  relation.constraints.delete(name);
  relation.indexes.delete(name);
  if (relation.oid !== undefined && live !== undefined)
    dropKnown(schema, keyOf('constraint', relation.oid, live), cascades);
}

export function dropWithType(judgement: Judgement, type: string, cascades: boolean): void {
  dropKnown(judgement.schema, keyOf('type', type), cascades);
}

export function dropWithSchema(judgement: Judgement, name: string): void {
  judgement.schema.dropSchema(name);
  dropKnown(judgement.schema, keyOf('schema', name), true);
}

/** What pending statements have made to need something. */
function dropNeeding(schema: SchemaModel, dependents: ReturnType<typeof needing>): void {
  for (const { owner, what } of dependents) {
    if (!owner || owner.oid !== undefined) continue;
    if (!what.startsWith('view ') && !what.startsWith('table ')) continue;
    schema.drop(owner);
    dropNeeding(schema, needing(owner));
  }
}

/** What the database says that goes with it, as far as earlier statements have left that there. */
function dropKnown(
  schema: SchemaModel,
  key: string,
  cascades: boolean,
  kept: ReadonlySet<number | undefined> = new Set(),
): void {
  for (const one of schema.dependencies[key] ?? [])
    if ((cascades || !one.cascades) && !kept.has(one.oid ?? undefined)) dropOne(schema, one);
}

function dropOne(schema: SchemaModel, { kind, oid, name }: Dependency): void {
  switch (kind) {
    case 'relation':
      if (oid !== null) schema.dropLive(oid);
      return;
    case 'column':
    case 'default':
    case 'constraint': {
      const part = kind === 'constraint' ? kind : 'column';
      const relation = oid === null ? undefined : schema.dropLivePart(oid, part, name);
      if (relation) losePart(relation, kind, name);
      return;
    }
    case 'attached': {
      const table = oid === null ? undefined : schema.ofOid(oid);
      const [noun, own] = [name.slice(0, name.indexOf(' ')), name.slice(name.indexOf(' ') + 1)];
      if (table) detach(table, noun as Noun, own);
      return;
    }
    case 'type':
      schema.forgetType(name);
      return;
    case 'schema':
      schema.dropSchema(name);
      return;
    case 'function':
      schema.addName(name);
  }
}

function losePart(relation: Relation, kind: 'column' | 'default' | 'constraint', live: string) {
  if (kind === 'constraint') {
    for (const [name, one] of relation.constraints)
      if (one.live === live) {
        relation.constraints.delete(name);
        relation.indexes.delete(name);
      }
    return;
  }
  for (const [name, column] of relation.columns) {
    if (column.live !== live) continue;
    if (kind === 'column') loseColumn(relation, name);
    else
      relation.columns.set(name, {
        ...column,
        hasDefault: false,
        generated: false,
        isDefaultChanged: true,
      });
  }
}

function loseColumn({ columns, constraints, indexes }: Relation, name: string): void {
  columns.delete(name);
  for (const [key, each] of constraints) if (each.columns.includes(name)) constraints.delete(key);
  for (const [key, each] of indexes) if (each.columns?.includes(name)) indexes.delete(key);
}
