import type { Node } from 'libpg-query';
import {
  allOf,
  asNode,
  nameOf,
  type NodeOf,
  partsOf,
  relationName,
  textsOf,
} from '../parser/syntax-tree.js';
import { droppedAttached } from './attached.js';
import type { Judgement } from './judgement.js';
import { dropRelation, dropWithSchema, dropWithType } from './dropped-with.js';
import { isTable, type ModelDependent, needing, plainName, type Relation } from './relation.js';
import { unquoted } from './statement-parts.js';

type Drop = NodeOf<'DropStmt'>;

const LATER = 'Drop it in a later release, when no build uses it and a backup has it.';
const UNUSED_FIRST = 'First deploy a build that does not use it; drop it in the release after.';

/** DROP of whatever it is. */
export function droppedObjects(judgement: Judgement, node: Drop): void {
  const { removeType, objects = [] } = node;
  switch (removeType) {
    case 'OBJECT_TABLE':
    case 'OBJECT_FOREIGN_TABLE':
    case 'OBJECT_VIEW':
    case 'OBJECT_MATVIEW':
    case 'OBJECT_SEQUENCE':
      droppedRelations(judgement, node);
      return;
    case 'OBJECT_INDEX':
      for (const object of objects) droppedIndex(judgement, node, nameOf(partsOf(object)));
      return;
    case 'OBJECT_SCHEMA':
      for (const object of objects) droppedSchema(judgement, node, partsOf(object).join('.'));
      return;
    case 'OBJECT_TYPE':
    case 'OBJECT_DOMAIN':
      for (const object of objects) droppedType(judgement, node, object);
      return;
    case 'OBJECT_TRIGGER':
    case 'OBJECT_RULE':
    case 'OBJECT_POLICY':
      droppedAttached(judgement, node);
      return;
    case 'OBJECT_STATISTIC_EXT':
      return;
    case 'OBJECT_EXTENSION':
      if (node.behavior === 'DROP_CASCADE')
        judgement.destroys({
          rule: 'drop-cascade',
          text: `Drops with ${namesOf(objects)} every column of its types, and what hangs on them.`,
          fix: 'Drop what uses it first, one by one.',
        });
      used(judgement, removeType, objects);
      return;
    case 'OBJECT_FUNCTION':
    case 'OBJECT_PROCEDURE':
    case 'OBJECT_ROUTINE':
    case 'OBJECT_AGGREGATE':
    case 'OBJECT_OPERATOR':
    case 'OBJECT_CAST':
    case 'OBJECT_COLLATION':
      used(judgement, removeType, objects);
      judgement.notJudged(
        'drop-in-use',
        `Whether something in the database needs ${namesOf(objects)}.`,
      );
      return;
    default:
      judgement.notJudged('drop', `What hangs on ${namesOf(objects) || 'what is dropped'}.`);
  }
}

function used(judgement: Judgement, type: Drop['removeType'], objects: readonly Node[]): void {
  judgement.breaks({
    rule: `drop-${nounOf(type).replaceAll(' ', '-')}`,
    text: `Running builds may use ${nounOf(type)} ${namesOf(objects)}.`,
    fix: UNUSED_FIRST,
  });
}

function namesOf(objects: readonly Node[]): string {
  return objects
    .map((object) => {
      const { objname } = asNode(object, 'ObjectWithArgs') ?? {};
      const { names } = asNode(object, 'TypeName') ?? {};
      const list = objname ?? names;
      return list ? textsOf(list).join('.') : partsOf(object).join('.');
    })
    .join(', ');
}

function nounOf(type: Drop['removeType']): string {
  const noun = (type ?? '').replace('OBJECT_', '').toLowerCase().replaceAll('_', ' ');
  return noun === 'matview' ? 'materialized view' : noun;
}

function droppedRelations(judgement: Judgement, node: Drop): void {
  const { objects = [], behavior, removeType, missing_ok: mayBeMissing } = node;
  const noun = nounOf(removeType);
  const names = objects.map((object) => nameOf(partsOf(object)));
  const found = names.flatMap((name) => judgement.existing(name, noun, mayBeMissing) ?? []);
  for (const relation of found) {
    const hanging = needing(relation).filter((each) => isElsewhere(each, found));
    const users = hanging.map(({ what }) => what);
    refuseNeeded(judgement, relation, users, behavior);
    if (!relation.isNew) {
      const also = behavior === 'DROP_CASCADE' ? cascadeText(users) : '';
      if (isTable(relation)) {
        const lost = {
          rule: 'drop-table',
          text: `Drops all rows of ${relation.name}${also}.`,
          fix: LATER,
        };
        if (also === '') judgement.destroysRows(relation, lost);
        else judgement.destroys(lost);
      } else if (relation.kind === 'S')
        judgement.destroys({
          rule: 'drop-sequence',
          text: `Drops ${relation.name}, and with it how far it has counted${also}.`,
          fix: LATER,
        });
      judgement.breaks({
        rule: `drop-${noun.replaceAll(' ', '-')}`,
        text: `Running builds may use ${relation.name}.`,
        fix: UNUSED_FIRST,
      });
    }
  }
  for (const relation of found) dropRelation(judgement, relation, behavior === 'DROP_CASCADE');
}

function isElsewhere({ what, owner }: ModelDependent, own: readonly Relation[]): boolean {
  return !what.startsWith('generated column') && !(owner && own.includes(owner));
}

function cascadeText(hanging: readonly string[]): string {
  return hanging.length === 0 ? '' : `, and ${[...new Set(hanging)].join(', ')}`;
}

function refuseNeeded(
  judgement: Judgement,
  { name }: Relation,
  hanging: readonly string[],
  behavior: Drop['behavior'],
): void {
  const [first] = hanging;
  if (first === undefined || behavior === 'DROP_CASCADE') return;
  judgement.fails({
    rule: 'in-use',
    text: `${first} needs ${name}.`,
    fix: `Change or drop ${first} first.`,
  });
}

function droppedIndex(judgement: Judgement, node: Drop, name: string): void {
  const { missing_ok, behavior, concurrent } = node;
  if (concurrent && !missing_ok)
    judgement.notJudged(
      'cut-short',
      `It fails when it is run again after it was cut short: write DROP INDEX CONCURRENTLY IF EXISTS ${name}.`,
    );
  const index = judgement.existing(name, 'index', missing_ok);
  if (!index) return;
  judgement.schema.drop(index);
  const table = index.ofTable;
  const plain = unquoted(plainName(name));
  const facts = table?.indexes.get(plain);
  table?.indexes.delete(plain);
  const user = table && needing(table).find((each) => each.index === plain);
  if (user && behavior !== 'DROP_CASCADE')
    judgement.fails({
      rule: 'in-use',
      text: `The ${user.what} needs the index ${name}.`,
      fix: `Drop that first, or make another unique key for it.`,
    });
  if (!facts || !table || index.isNew) return;
  if (facts.constraint !== null && behavior !== 'DROP_CASCADE')
    judgement.fails({
      rule: 'in-use',
      text: `Constraint ${facts.constraint} of ${table.name} needs the index ${name}.`,
      fix: 'ALTER TABLE ... DROP CONSTRAINT drops both.',
    });
  // ON CONFLICT finds another one of the same columns.
  const hasTwin = [...table.indexes.values()].some(
    ({ unique, valid, deferrable, columns }) =>
      unique &&
      valid &&
      deferrable !== true &&
      columns?.length === facts.columns?.length &&
      columns?.every((column) => facts.columns?.includes(column)),
  );
  if (facts.unique && !table.isNew && !hasTwin)
    judgement.breaks({
      rule: 'drop-unique-index',
      text: `INSERT ... ON CONFLICT of running builds fails without ${name}, and duplicates come in.`,
      fix: UNUSED_FIRST,
    });
}

function droppedSchema(judgement: Judgement, { missing_ok, behavior }: Drop, name: string): void {
  const isThere = judgement.schema.hasSchema(name);
  if (isThere === false) {
    if (!missing_ok) judgement.fails({ rule: 'no-schema', text: `There is no schema ${name}.` });
    return;
  }
  if (behavior === 'DROP_CASCADE')
    judgement.destroys({
      rule: 'drop-schema',
      text: `Drops every table in ${name}, and what hangs on them elsewhere.`,
      fix: LATER,
    });
  else
    judgement.notJudged(
      'drop-schema',
      `Whether schema ${name} is empty; only then can it be dropped.`,
    );
  judgement.breaks({
    rule: 'drop-schema',
    text: `Running builds may use what is in ${name}.`,
    fix: UNUSED_FIRST,
  });
  if (behavior === 'DROP_CASCADE') dropWithSchema(judgement, name);
  else judgement.schema.dropSchema(name);
}

function droppedType(
  judgement: Judgement,
  { missing_ok, behavior, removeType }: Drop,
  object: Node,
): void {
  const names = textsOf(asNode(object, 'TypeName')?.names);
  const name = names.at(-1) ?? '';
  const isThere = judgement.schema.hasType(name);
  if (isThere === false) {
    if (!missing_ok) judgement.fails({ rule: 'no-type', text: `There is no type ${name}.` });
    return;
  }
  const isNew = judgement.schema.isNewType(name);
  const users = judgement.schema.usersOf(name);
  if (users.length > 0 && behavior !== 'DROP_CASCADE')
    judgement.fails({
      rule: 'in-use',
      text: `Column ${users[0] ?? ''} has the type ${name}.`,
      fix: 'Give the column another type first.',
    });
  if (behavior === 'DROP_CASCADE' && !isNew)
    judgement.destroys({
      rule: 'drop-cascade',
      text: `Drops ${users.length > 0 ? users.join(', ') : `every column of the type ${name}`} with it.`,
      fix: LATER,
    });
  if (!isNew) used(judgement, removeType, [object]);
  judgement.schema.dropType(name);
  dropWithType(judgement, nameOf(names), behavior === 'DROP_CASCADE');
}

/** TRUNCATE */
export function truncated(judgement: Judgement, node: NodeOf<'TruncateStmt'>): void {
  const cascades = node.behavior === 'DROP_CASCADE';
  const found = allOf(node.relations, 'RangeVar').flatMap(
    (range) => judgement.existing(relationName(range), 'table') ?? [],
  );
  for (const relation of found) {
    if (!relation.isNew) {
      const keys = needing(relation).filter(
        (each) => each.what.startsWith('foreign key') && isElsewhere(each, found),
      );
      refuseNeeded(
        judgement,
        relation,
        keys.map(({ what }) => what),
        node.behavior,
      );
      const others = keys.map(({ what }) => what.replace(/^.* of /, ''));
      const unknown = cascades && !relation.isKnown ? ', and of every table that refers to it' : '';
      const lost = {
        rule: 'truncate',
        text: `Deletes all rows of ${relation.name}${cascades ? cascadeText(others) : ''}${unknown}.`,
        fix: 'Delete in batches what is to go, when a backup has it.',
      };
      const broken = {
        rule: 'truncate',
        text: `Running builds no longer find the rows of ${relation.name}.`,
      };
      if (cascades && keys.length > 0) {
        judgement.destroys(lost);
        judgement.breaks(broken);
      } else {
        judgement.destroysRows(relation, lost);
        judgement.breaksOnRows(relation, broken);
      }
    }
    relation.changedBy = `statement ${judgement.statement.number}`;
  }
}
