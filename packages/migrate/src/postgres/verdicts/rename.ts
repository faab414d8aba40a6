import { nameOf, type NodeOf, partsOf, relationName } from '../parser/syntax-tree.js';
import { renamedAttached } from './attached.js';
import { besides } from './catalogue.js';
import type { Judgement } from './judgement.js';
import { isRenamedForGood } from './renames.js';
import { isTable, type Relation } from './schema-model.js';

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
      relation.constraints.delete(subname);
      if (constraint) relation.constraints.set(newname, constraint);
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

function renamedRelation(judgement: Judgement, relation: Relation, noun: string, to: string): void {
  if (judgement.schema.isTaken(to))
    judgement.fails({ rule: 'name-taken', text: `There is a relation ${to} already.` });
  const { live, name } = relation;
  // A name that an earlier pending migration gave is no build's.
  const isOwn = live === undefined || plainOf(live) === plainOf(name);
  if (!relation.isNew && noun !== 'index' && isOwn) breaks(judgement, noun, name, to);
  judgement.schema.rename(relation, to);
}

function plainOf(name: string): string {
  return name.split('.').at(-1) ?? name;
}

function renamedColumn(judgement: Judgement, relation: Relation, from: string, to: string): void {
  const column = judgement.column(relation, from);
  if (relation.columns.has(to))
    judgement.fails({
      rule: 'column-exists',
      text: `${relation.name} has a column ${to} already.`,
    });
  const isUnused = relation.isNew || (column !== undefined && column.live !== from);
  if (!isUnused && (column || !relation.isKnown) && isRenamedForGood(judgement))
    judgement.breaks({
      rule: 'rename-column',
      text: `Running builds use the column ${from} of ${relation.name}, which is ${to} from then on.`,
      fix: FIX,
    });
  if (!column) return;
  relation.columns.delete(from);
  relation.columns.set(to, column);
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
    judgement.schema.addSchema(to);
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
  judgement.schema.rename(relation, to);
}
