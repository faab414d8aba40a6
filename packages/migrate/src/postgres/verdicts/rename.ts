import { nameOf, type NodeOf, partsOf, relationName } from '../parser/syntax-tree.js';
import { renamedAttached } from './attached.js';
import { besides } from './catalogue.js';
import { beside, exactly } from './given-names.js';
import { refuseInherited, sharing } from './inheritance.js';
import type { Judgement } from './judgement.js';
import { isRenamedForGood } from './renames.js';
import { besideTable, isTable, plainName, type Relation } from './relation.js';
import { behindView, isColumnShown, isTableShown } from './shown-under-old-name.js';
import { unquoted } from './statement-parts.js';

const FIX =
  'Expand and contract: make the new one beside it, have builds write both, and drop the old one in a later release.';

/** ALTER ... RENAME */
export function renamed(judgement: Judgement, node: NodeOf<'RenameStmt'>): void {
  const {
    renameType,
    relation: range,
    newname = '',
    subname = '',
    missing_ok: mayBeMissing,
  } = node;
  const noun = (renameType ?? '')
    .replace('OBJECT_', '')
    .toLowerCase()
    .replace('matview', 'materialized view');
  if (!range) {
    const name = partsOf(node.object).join('.') || subname;
    renamedElsewhere(judgement, noun, name, newname);
    return;
  }
  const isOnTable = ['column', 'attribute', 'tabconstraint', 'trigger', 'policy', 'rule'].includes(
    noun,
  );
  const relation = judgement.existing(
    relationName(range),
    isOnTable ? 'table' : noun,
    mayBeMissing,
  );
  if (!relation) return;
  switch (noun) {
    case 'column':
      renamedColumn(judgement, relation, subname, newname);
      return;
    case 'attribute':
      if (!relation.isNew) breaks(judgement, 'attribute', `${relation.name}.${subname}`, newname);
      return;
    case 'tabconstraint': {
      const constraint = relation.constraints.get(subname);
      if (!constraint && relation.isKnown)
        judgement.fails({
          rule: 'no-constraint',
          text: `${relation.name} has no constraint ${subname}.`,
        });
      if (relation.constraints.has(newname))
        judgement.fails({
          rule: 'constraint-exists',
          text: `${relation.name} has a constraint ${newname} already.`,
        });
      refuseInherited(judgement, relation, constraint, `constraint ${subname}`);
      const having = sharing(judgement, relation, ({ constraints }) => constraints.get(subname));
      for (const each of having) renamedConstraint(judgement, each, subname, newname);
      return;
    }
    case 'trigger':
    case 'policy':
    case 'rule':
      renamedAttached(judgement, relation, noun, node);
      return;
    default:
      renamedRelation(judgement, relation, noun, besides(range.schemaname, newname));
  }
}

/** A key gives its name to its index as well. */
function renamedConstraint(
  { schema }: Judgement,
  relation: Relation,
  from: string,
  to: string,
): void {
  const constraint = relation.constraints.get(from);
  relation.constraints.delete(from);
  if (constraint) relation.constraints.set(to, constraint);
  if (!relation.indexes.has(from)) return;
  const index = schema.find(besideTable(relation, from));
  renameIndex(relation, from, to);
  if (index) schema.rename(index, besideTable(relation, to));
  else schema.addUnsure(exactly(besideTable(relation, to)));
}

/** What needs it goes on needing it. */
function renameIndex(table: Relation, from: string, to: string): void {
  const index = table.indexes.get(from);
  table.indexes.delete(from);
  const ofKey = index?.constraint === from ? to : index?.constraint;
  if (index) table.indexes.set(to, { ...index, constraint: ofKey ?? null });
  table.dependents = table.dependents.map((each) =>
    each.index === from ? { ...each, index: to } : each,
  );
}

function renamedRelation(judgement: Judgement, relation: Relation, noun: string, to: string): void {
  if (judgement.schema.isTaken(to))
    judgement.fails({ rule: 'name-taken', text: `There is a relation ${to} already.` });
  const { live, name } = relation;
  // A name that an earlier pending migration gave is no build's.
  const isOwn = live === undefined || plainName(live) === plainName(name);
  if (!relation.isNew && noun !== 'index' && isOwn) {
    if (noun === 'table' && isTableShown(judgement, relation, name, to))
      behindView(judgement, `the rows of ${to}`, name);
    else breaks(judgement, noun, name, to);
  }
  const table = relation.ofTable;
  const [from, plain] = [name, to].map((each) => unquoted(plainName(each))) as [string, string];
  judgement.schema.rename(relation, to);
  if (!table) return;
  renameIndex(table, from, plain);
  const key = table.constraints.get(from);
  if (!key || !['p', 'u', 'x'].includes(key.type)) return;
  table.constraints.delete(from);
  table.constraints.set(plain, key);
}

function renamedColumn(judgement: Judgement, relation: Relation, from: string, to: string): void {
  const column = judgement.column(relation, from);
  if (relation.columns.has(to))
    judgement.fails({
      rule: 'column-exists',
      text: `${relation.name} has a column ${to} already.`,
    });
  const isUnused = relation.isNew || (column !== undefined && column.live !== from);
  const isUsed =
    !isUnused && (column !== undefined || !relation.isKnown) && isRenamedForGood(judgement);
  if (isUsed && isColumnShown(judgement, relation.name, from, to))
    behindView(judgement, `the column ${from}`, relation.name);
  else if (isUsed)
    judgement.breaks({
      rule: 'rename-column',
      text: `Running builds use the column ${from} of ${relation.name}, which is ${to} from then on.`,
      fix: FIX,
    });
  if (!column) return;
  refuseInherited(judgement, relation, column, `column ${from}`);
  for (const each of sharing(judgement, relation, ({ columns }) => columns.get(from)))
    renameColumn(each, from, to);
}

function renameColumn(relation: Relation, from: string, to: string): void {
  const column = relation.columns.get(from);
  if (!column) return;
  const columns = [...relation.columns];
  relation.columns.clear();
  for (const [name, each] of columns) relation.columns.set(name === from ? to : name, each);
  const rename = (names: readonly string[]) => names.map((name) => (name === from ? to : name));
  // What is known of a condition speaks of the old name.
  for (const [name, one] of relation.constraints)
    relation.constraints.set(name, { ...one, columns: rename(one.columns), check: null });
  for (const [name, one] of relation.indexes)
    relation.indexes.set(name, { ...one, columns: one.columns && rename(one.columns) });
  relation.dependents = relation.dependents.map((each) =>
    each.column === from ? { ...each, column: to } : each,
  );
}

function renamedElsewhere(judgement: Judgement, noun: string, from: string, to: string): void {
  const what = noun === 'domconstraint' ? undefined : noun;
  if (what === undefined) return;
  breaks(judgement, what, from, to);
  if (noun === 'type' || noun === 'domain') {
    if (judgement.schema.hasType(from) === false)
      judgement.fails({ rule: 'no-type', text: `There is no type ${from}.` });
    judgement.schema.addType(to);
    judgement.schema.dropType(from);
  }
  if (noun === 'schema') {
    if (judgement.schema.hasSchema(from) === false)
      judgement.fails({ rule: 'no-schema', text: `There is no schema ${from}.` });
    judgement.schema.renameSchema(from, to);
  }
}

function breaks(judgement: Judgement, noun: string, from: string, to: string): void {
  if (!isRenamedForGood(judgement)) return;
  judgement.breaks({
    rule: `rename-${noun.replaceAll(' ', '-')}`,
    text: `Running builds use the ${noun} ${from}, which is ${to} from then on.`,
    fix:
      noun === 'table'
        ? 'Rename it, and in the same migration make a view of the old name that old builds can write; or expand and contract.'
        : FIX,
  });
}

/** ALTER ... SET SCHEMA */
export function movedToSchema(judgement: Judgement, node: NodeOf<'AlterObjectSchemaStmt'>): void {
  const { relation: range, newschema = '', object, objectType, missing_ok: mayBeMissing } = node;
  if (judgement.schema.hasSchema(newschema) === false)
    judgement.fails({ rule: 'no-schema', text: `There is no schema ${newschema}.` });
  const noun = (objectType ?? '').replace('OBJECT_', '').toLowerCase().replaceAll('_', ' ');
  if (!range) {
    breaks(judgement, noun, partsOf(object).join('.'), `in ${newschema}`);
    return;
  }
  const relation = judgement.existing(relationName(range), noun, mayBeMissing);
  if (!relation) return;
  const to = nameOf([newschema, range.relname ?? '']);
  if (judgement.schema.isTaken(to))
    judgement.fails({ rule: 'name-taken', text: `There is a relation ${to} already.` });
  if (!relation.isNew && isRenamedForGood(judgement))
    judgement.breaks({
      rule: 'set-schema',
      text: `Running builds look for ${relation.name} where it was.`,
      ...(isTable(relation) && { fix: FIX }),
    });
  const { schema } = judgement;
  // Its indexes and sequences go with it.
  for (const name of relation.indexes.keys()) {
    const index = schema.find(besideTable(relation, name));
    if (index) schema.rename(index, nameOf([newschema, name]));
    else schema.addUnsure(exactly(nameOf([newschema, name])));
  }
  schema.rename(relation, to);
  schema.addUnsure(beside(to));
}
