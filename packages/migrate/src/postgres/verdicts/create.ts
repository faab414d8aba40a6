import type { Node, RangeVar } from 'libpg-query';
import {
  allOf,
  columnsIn,
  functionsIn,
  nameOf,
  rangesIn,
  type NodeOf,
  relationName,
  textsOf,
} from '../parser/syntax-tree.js';
import { isSerial } from '../locks/column-types.js';
import { columnOf, refuseMissingType } from './add-column.js';
import { needsSequences, refuseOddDefault } from './column-defaults.js';
import { besides } from './catalogue.js';
import { beside, ofPartitions } from './given-names.js';
import { inheritFrom } from './inheritance.js';
import { addConstraint, constraintType } from './made-constraints.js';
import { holdRows } from './held-rows.js';
import { giveSequence } from './made-columns.js';
import {
  isUniqueAlready,
  isUnknownToOldBuilds,
  judgeReference,
  noDuplicates,
  referenceOf,
  UNIQUE_FIX,
} from './constraints.js';
import { refuseUnindexable } from './index-types.js';
import type { Judgement } from './judgement.js';
import { isRenamedForGood } from './renames.js';
import { besideTable, isGone, type ModelColumn, plainName, type Relation } from './relation.js';
import { unquoted } from './statement-parts.js';
import { noSameExpressions } from './unique-expressions.js';

/** Says that a name is taken, unless it may be. @returns whether there is something to make */
function isFree(
  judgement: Judgement,
  name: string,
  mayBeThere = false,
  isTemporary = false,
): boolean {
  if (!isTemporary) refuseMissingSchema(judgement, name);
  if (!judgement.schema.isTaken(name, isTemporary)) return true;
  if (!mayBeThere)
    judgement.fails({ rule: 'name-taken', text: `There is a relation ${name} already.` });
  return false;
}

function refuseMissingSchema(judgement: Judgement, name: string): void {
  const [schema, ...rest] = name.split('.');
  if (schema === undefined || rest.length === 0 || /^"|^pg_temp$/.test(schema)) return;
  if (judgement.schema.hasSchema(schema) === false)
    judgement.fails({ rule: 'no-schema', text: `There is no schema ${schema}.` });
}

function isTemporary({ relpersistence, schemaname }: RangeVar): boolean {
  return relpersistence === 't' || schemaname === 'pg_temp';
}

/** CREATE TABLE */
export function createdTable(judgement: Judgement, node: NodeOf<'CreateStmt'>): void {
  const { relation, tableElts, inhRelations, if_not_exists: mayBeThere, constraints } = node;
  if (!relation) return;
  const name = relationName(relation);
  const parents = allOf(inhRelations, 'RangeVar').map((parent) =>
    judgement.existing(relationName(parent), 'table'),
  );
  const likes = allOf(tableElts, 'TableLikeClause').map(({ relation: like, options = 0 }) => ({
    other: like ? judgement.existing(relationName(like), 'table') : undefined,
    // With `INCLUDING` of whatever: its keys may come along.
    withKeys: options !== 0,
  }));
  const isOwn = isTemporary(relation);
  if (!isFree(judgement, name, mayBeThere, isOwn)) return;
  takeTypeName(judgement, relation);
  const definitions = allOf(tableElts, 'ColumnDef');
  for (const definition of definitions) refuseMissingType(judgement, definition);
  const copied = [...parents, ...likes.map(({ other }) => other)];
  const columns = new Map<string, ModelColumn>(
    copied
      .flatMap((each) => [...(each?.columns ?? [])])
      .map(([key, column]) => [key, { ...column, live: undefined }]),
  );
  for (const definition of definitions) columns.set(definition.colname ?? '', columnOf(definition));
  const isKnown = copied.every((each) => each?.isKnown === true) && !node.ofTypename;
  const { schema } = judgement;
  const kind = node.partspec ? 'p' : 'r';
  const made = schema.add(name, kind, isKnown ? columns : undefined, isOwn);
  for (const parent of parents) if (parent) inheritFrom(made, parent, node.partbound !== undefined);
  for (const { colname: column = '', typeName } of definitions) {
    const type = textsOf(typeName?.names).at(-1) ?? '';
    holdRows(judgement, made, { column, type });
    if (isSerial(typeName) || columns.get(column)?.identity) giveSequence(judgement, made, column);
  }
  if (likes.length > 0 || node.partbound) schema.addUnsure(beside(name));
  takeKeys(made, [
    ...likes.flatMap(({ other, withKeys }) => (withKeys && other ? [other] : [])),
    ...(node.partbound ? parents.flatMap((parent) => parent ?? []) : []),
  ]);
  for (const { colname = '', constraints: all } of definitions) {
    const column = columns.get(colname);
    const given = allOf(all, 'Constraint').find(({ contype }) => contype === 'CONSTR_DEFAULT');
    if (column) refuseOddDefault(judgement, made, column, { name: colname, def: given?.raw_expr });
    needsSequences(judgement, made, colname, given?.raw_expr);
  }
  if (node.partbound) boundsNotJudged(judgement, parents[0]);
  const own = definitions.flatMap(({ colname = '', constraints: all }) =>
    allOf(all, 'Constraint').map((constraint) => ({ constraint, columns: [colname] })),
  );
  const ofTable = allOf([...(tableElts ?? []), ...(constraints ?? [])], 'Constraint').map(
    (constraint) => ({ constraint, columns: textsOf(constraint.fk_attrs ?? constraint.keys) }),
  );
  for (const { constraint, columns: keys } of [...own, ...ofTable]) {
    const { contype, conname, pktable } = constraint;
    const references = pktable ? referenceOf(pktable, constraint.pk_attrs) : null;
    if (references && references.table !== name)
      judgeReference(judgement, made, { references, columns: keys });
    const type = constraintType(contype);
    if (type === undefined) continue;
    const isKey = type === 'p' || type === 'u';
    if (isKey && conname !== undefined && !isFree(judgement, besideTable(made, conname))) continue;
    const checked = contype === 'CONSTR_CHECK' ? columnsIn(constraint.raw_expr) : keys;
    addConstraint(judgement, made, constraint, {
      type,
      columns: checked,
      valid: true,
      check: null,
      references,
    });
    if (isKey) refuseUnindexable(judgement, made, 'btree', keys);
    // Columns of a primary key are NOT NULL.
    if (contype === 'CONSTR_PRIMARY')
      for (const each of keys) {
        const column = made.columns.get(each);
        if (column) made.columns.set(each, { ...column, notNull: true });
      }
  }
}

/** Keys that foreign keys may lead to, under names that nobody gives. */
function takeKeys(made: Relation, others: readonly Relation[]): void {
  for (const { name, constraints, indexes } of others) {
    for (const [key, constraint] of constraints)
      if (['p', 'u'].includes(constraint.type))
        made.constraints.set(`${key} of ${name}`, constraint);
    for (const [key, index] of indexes)
      if (index.unique) made.indexes.set(`${key} of ${name}`, index);
  }
}

/** Its bounds, and the rows of a default partition, are not looked into. */
function boundsNotJudged(judgement: Judgement, parent: Relation | undefined): void {
  if (!parent || parent.isNew || !judgement.schema.isComplete) return;
  judgement.notJudged(
    'partition-bounds',
    `Whether its bounds overlap those of another partition of ${parent.name}, or hold rows of the default one.`,
  );
}

/** CREATE INDEX */
export function createdIndex(judgement: Judgement, node: NodeOf<'IndexStmt'>): void {
  const { relation, idxname, unique = false, if_not_exists: mayBeThere, whereClause } = node;
  if (!relation) return;
  const table = judgement.existing(relationName(relation), 'table');
  const name = idxname === undefined ? undefined : besides(relation.schemaname, idxname);
  if (name !== undefined && !isFree(judgement, name, mayBeThere, table?.isTemporary)) return;
  if (!table) return;
  const elements = allOf(node.indexParams, 'IndexElem');
  const plain = elements.flatMap(({ name: column }) => (column === undefined ? [] : [column]));
  const named = [...plain, ...columnsIn([elements.map(({ expr }) => expr), whereClause])];
  for (const column of new Set(named)) judgement.column(table, column);
  const ofDefaultClass = elements.filter(({ opclass }) => !opclass);
  refuseUnindexable(
    judgement,
    table,
    node.accessMethod ?? 'btree',
    ofDefaultClass.flatMap(({ name: column }) => (column === undefined ? [] : [column])),
  );
  const isPlain = plain.length === elements.length && !whereClause;
  const areNullsSame = node.nulls_not_distinct === true;
  // Another operator class or collation may take more for the same.
  const asItIs = elements.filter(({ opclass, collation }) => !opclass && !collation);
  const isUnique = isUniqueAlready(
    table,
    asItIs.flatMap(({ name: column }) => column ?? []),
    areNullsSame,
  );
  const { schema } = judgement;
  const facts = { unique, valid: true, columns: isPlain ? plain : null, constraint: null };
  const parts = [...elements, ...allOf(node.indexIncludingParams, 'IndexElem')].map(
    ({ name: column }) => column,
  );
  if (name !== undefined && idxname !== undefined) {
    table.indexes.set(idxname, facts);
    schema.addIndex(name, table);
  } else {
    const given = schema.addGiven({ parts, label: 'idx' }, table, 'i');
    if (given) table.indexes.set(unquoted(plainName(given.name)), facts);
  }
  if (table.kind === 'p') schema.addUnsure(ofPartitions({ parts, label: 'idx' }));
  if (!unique || table.isNew || isUnique) return;
  if (!isUnknownToOldBuilds(table, plain))
    judgement.breaks({
      rule: 'create-unique-index',
      text: `Running builds may write rows to ${table.name} that the unique index ${idxname ?? ''} refuses.`,
      fix: UNIQUE_FIX,
    });
  if (isPlain) {
    // It is not yet there for the proof that there are no duplicates.
    if (idxname !== undefined) table.indexes.delete(idxname);
    noDuplicates(judgement, table, plain, undefined, areNullsSame);
    if (idxname !== undefined)
      table.indexes.set(idxname, { unique, valid: true, columns: plain, constraint: null });
    return;
  }
  const where = whereClause ? judgement.parts.at(-1)?.restAfter('WHERE') : undefined;
  const isAsked =
    plain.length === elements.length &&
    where !== undefined &&
    judgement.isHarmless(functionsIn(whereClause));
  if (!isAsked) {
    if (
      judgement.schema.isComplete &&
      !noSameExpressions(judgement, table, { columns: named, areNullsSame })
    )
      judgement.notJudged(
        'duplicates-are-there',
        `Whether two rows of ${table.name} are the same to it.`,
      );
    return;
  }
  const list = plain.join(', ');
  judgement.failsWhere(
    table,
    {
      rule: 'duplicates-are-there',
      text: `Two rows of ${table.name} have the same ${list}.`,
      fix: 'Correct these rows in an earlier migration.',
    },
    {
      question: `whether two rows of ${table.name} have the same ${list}`,
      sql: (live, column) => {
        const keys = plain.map(column);
        const filled = areNullsSame
          ? 'true'
          : keys.map((key) => `${key} IS NOT NULL`).join(' AND ');
        return `SELECT EXISTS (SELECT FROM ${live} WHERE (${where}\n) AND ${filled} GROUP BY ${keys.join(', ')} HAVING count(*) > 1) AS broken`;
      },
      mayRaise: true,
    },
  );
}

/** CREATE VIEW */
export function createdView(
  judgement: Judgement,
  { view, replace, query }: NodeOf<'ViewStmt'>,
): void {
  if (!view) return;
  const name = relationName(view);
  const found = judgement.schema.find(name);
  const ranges = rangesIn(query);
  const isOwn = isTemporary(view);
  if (replace && found) {
    found.isRedefined = true;
    needRelations(judgement, found, ranges);
  }
  if (replace && found && !found.isNew) {
    judgement.notJudged(
      'replace-view',
      `Whether running builds bear what ${name} shows from then on.`,
    );
    return;
  }
  if (!(replace ? !found : isFree(judgement, name, false, isOwn))) return;
  takeTypeName(judgement, view);
  const shown = ranges.map((range) => judgement.schema.find(relationName(range)));
  const made = judgement.schema.add(name, 'v', undefined, isOwn);
  for (const each of shown) if (each) need(made, each);
  const text = judgement.parts[0]?.restAfter('AS');
  if (text !== undefined) judgement.failsToParse(text, ranges, name);
}

function needRelations(judgement: Judgement, view: Relation, ranges: readonly RangeVar[]): void {
  for (const range of ranges) {
    const shown = judgement.schema.find(relationName(range));
    if (shown && shown !== view) need(view, shown);
  }
}

/** From now on what the view shows is needed, as long as it shows that. */
function need(view: Relation, shown: Relation): void {
  shown.dependents = [
    ...shown.dependents,
    { what: `view ${view.name}`, column: null, owner: view, isThere: () => !isGone(view) },
  ];
}

/** CREATE TABLE ... AS, CREATE MATERIALIZED VIEW, SELECT INTO */
export function createdAs(judgement: Judgement, node: NodeOf<'CreateTableAsStmt'>): void {
  const { into, objtype, if_not_exists: mayBeThere } = node;
  if (!into?.rel) return;
  const name = relationName(into.rel);
  const isOwn = isTemporary(into.rel);
  if (isFree(judgement, name, mayBeThere, isOwn)) {
    takeTypeName(judgement, into.rel);
    judgement.schema.add(name, objtype === 'OBJECT_MATVIEW' ? 'm' : 'r', undefined, isOwn);
  }
  const text = judgement.parts[0]?.restAfter('AS');
  if (text !== undefined && node.query) {
    const query = text.replace(/\bWITH\s+(NO\s+)?DATA\s*$/i, '');
    judgement.failsToParse(query, rangesIn(node.query), name);
  }
}

/** CREATE SEQUENCE */
export function createdSequence(judgement: Judgement, node: NodeOf<'CreateSeqStmt'>): void {
  if (!node.sequence) return;
  const name = relationName(node.sequence);
  const isOwn = isTemporary(node.sequence);
  if (isFree(judgement, name, node.if_not_exists, isOwn))
    judgement.schema.add(name, 'S', new Map(), isOwn);
}

/** A table, or a view, has a type of its name. */
function takeTypeName(judgement: Judgement, range: RangeVar): void {
  const { relname = '', schemaname } = range;
  if (isTemporary(range)) return;
  refuseSameType(judgement, relname, schemaname);
  judgement.schema.addType(relname, [], schemaname);
}

function refuseSameType(judgement: Judgement, name: string, schemaname: string | undefined): void {
  if (judgement.schema.isTypeTaken(name, schemaname))
    judgement.fails({ rule: 'type-exists', text: `There is a type ${name} already.` });
}

/** CREATE TYPE, CREATE DOMAIN */
export function createdType(
  judgement: Judgement,
  names: readonly Node[] | undefined,
  labels: readonly Node[] = [],
): void {
  const parts = textsOf(names);
  const name = parts.at(-1) ?? '';
  refuseMissingSchema(judgement, nameOf(parts));
  const schema = parts.at(-2);
  refuseSameType(judgement, name, schema);
  judgement.schema.addType(name, textsOf(labels), schema);
}

/** CREATE SCHEMA */
export function createdSchema(judgement: Judgement, node: NodeOf<'CreateSchemaStmt'>): void {
  const { schemaname: name = '', if_not_exists: mayBeThere, schemaElts } = node;
  if (judgement.schema.hasSchema(name) === true && !mayBeThere)
    judgement.fails({ rule: 'schema-exists', text: `There is a schema ${name} already.` });
  judgement.schema.addSchema(name);
  if (schemaElts)
    judgement.notJudged('schema-elements', `What is made within CREATE SCHEMA ${name}.`);
}

/** CREATE EXTENSION */
export function createdExtension(
  judgement: Judgement,
  { extname = '', if_not_exists: mayBeThere }: NodeOf<'CreateExtensionStmt'>,
): void {
  const name = `'${extname.replaceAll("'", "''")}'`;
  judgement.schema.addExtension();
  judgement.failsInDatabase(`whether the server has the extension ${extname}`, [
    {
      rule: 'no-extension',
      text: `The server has no extension ${extname} to make.`,
      sql: `SELECT NOT EXISTS (SELECT FROM pg_available_extensions WHERE name = ${name}) AS broken`,
    },
    ...(mayBeThere === true
      ? []
      : [
          {
            rule: 'extension-exists',
            text: `There is an extension ${extname} already.`,
            sql: `SELECT EXISTS (SELECT FROM pg_extension WHERE extname = ${name}) AS broken`,
          },
        ]),
  ]);
}

/** ALTER TYPE of an enumeration */
export function alteredEnum(judgement: Judgement, node: NodeOf<'AlterEnumStmt'>): void {
  const parts = textsOf(node.typeName);
  const name = parts.at(-1) ?? '';
  const { newVal = '', oldVal, skipIfNewValExists: mayBeThere, newValNeighbor: neighbor } = node;
  const { schema } = judgement;
  if (schema.hasType(name) === false)
    judgement.fails({ rule: 'no-type', text: `There is no type ${name}.` });
  const isKnown = schema.hasType(name) === true;
  const labels = schema.labelsOf(name);
  for (const needed of [oldVal, neighbor])
    if (needed !== undefined && isKnown && !labels.includes(needed))
      judgement.fails({ rule: 'no-label', text: `${name} has no label '${needed}'.` });
  if (labels.includes(newVal) && !mayBeThere)
    judgement.fails({ rule: 'label-exists', text: `${name} has a label '${newVal}' already.` });
  if (oldVal !== undefined && !schema.isNewType(name) && isRenamedForGood(judgement))
    judgement.breaks({
      rule: 'rename-label',
      text: `Running builds read and write '${oldVal}' of ${name}, which is '${newVal}' from then on.`,
      fix: 'Add the new label, have every build know both, and move the rows over.',
    });
  if (!labels.includes(newVal)) schema.addLabel(name, newVal, oldVal);
}
