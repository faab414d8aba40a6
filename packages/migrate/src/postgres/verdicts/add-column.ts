import type { ColumnDef, Constraint } from 'libpg-query';
import { isSerial, typeOf } from '../locks/column-types.js';
import { allOf, asNode, functionsIn, textsOf } from '../parser/syntax-tree.js';
import { needsSequences, refuseOddDefault } from './column-defaults.js';
import { judgeReference, referenceOf, refuseSecondKey, UNIQUE_FIX } from './constraints.js';
import { refuseUnindexable } from './index-types.js';
import { inheritCheck, inheritColumn } from './inheritance.js';
import { holdRows, refuseHeldRows } from './held-rows.js';
import type { Judgement } from './judgement.js';
import { giveSequence } from './made-columns.js';
import { addConstraint, constraintType } from './made-constraints.js';
import type { ModelColumn, Relation } from './relation.js';
import { quoted, type StatementPart, textSql } from './statement-parts.js';

/** Of a column that is added. */
export function columnOf(definition: ColumnDef): ModelColumn {
  const constraints = allOf(definition.constraints, 'Constraint');
  const has = (...types: NonNullable<Constraint['contype']>[]) =>
    constraints.some(({ contype }) => contype && types.includes(contype));
  const type = definition.typeName ? typeOf(definition.typeName) : { type: '', modifiers: [] };
  const serial = isSerial(definition.typeName);
  return {
    ...type,
    notNull: serial || has('CONSTR_NOTNULL', 'CONSTR_PRIMARY', 'CONSTR_IDENTITY'),
    hasDefault:
      serial ||
      constraints.some(
        ({ contype, raw_expr }) => contype === 'CONSTR_DEFAULT' && !isNull(raw_expr),
      ),
    identity: has('CONSTR_IDENTITY'),
    generated: has('CONSTR_GENERATED'),
    live: undefined,
  };
}

function isNull(expression: Constraint['raw_expr']): boolean {
  const inner = asNode(expression, 'TypeCast')?.arg ?? expression;
  return asNode(inner, 'A_Const')?.isnull === true;
}

/** ALTER TABLE ... ADD COLUMN */
export function addedColumn(
  judgement: Judgement,
  relation: Relation,
  definition: ColumnDef,
  { mayBeThere, part }: { readonly mayBeThere: boolean; readonly part: StatementPart | undefined },
): void {
  const { colname: name = '' } = definition;
  const table = relation.name;
  if (relation.columns.has(name)) {
    if (!mayBeThere)
      judgement.fails({ rule: 'column-exists', text: `${table} has a column ${name} already.` });
    return;
  }
  refuseMissingType(judgement, definition);
  const column = columnOf(definition);
  const isFilled = column.hasDefault || column.identity || column.generated;
  const type = textsOf(definition.typeName?.names).at(-1) ?? '';
  // A domain may have a default of its own.
  const isCertain = type === column.type && !judgement.isDomain(type);
  if (column.notNull && !isFilled) {
    const texts = {
      rule: 'add-not-null',
      text: `${table} holds rows, and they have no value for ${name}, which is NOT NULL without a default.`,
      fix: `Add it nullable or with a DEFAULT, fill it in batches, and make it NOT NULL in a later migration.`,
    };
    if (isCertain) judgement.failsOnRows(relation, texts);
    else if (judgement.isDomain(type) && !judgement.schema.isNewType(type))
      judgement.failsWhere(relation, texts, {
        columns: [],
        question: `whether ${table} holds a row, and ${type} has no default`,
        sql: (live) =>
          `SELECT EXISTS (SELECT FROM ${live}) AND (SELECT typdefault IS NULL FROM pg_type WHERE oid = ${textSql(quoted(type))}::regtype) AS broken`,
      });
    else if (!relation.isNew)
      judgement.notJudged(
        'add-not-null',
        `Whether ${type} has a default for the rows of ${table}.`,
      );
    if (!relation.isNew)
      judgement.breaks({
        rule: 'add-not-null',
        text: `Running builds write rows to ${table} without ${name}, which is NOT NULL without a default.`,
        fix: 'Give it a DEFAULT, or make it NOT NULL when every build fills it.',
      });
  }
  // A domain has conditions, which NULL may not meet.
  if (isFilled || judgement.isDomain(type)) refuseHeldRows(judgement, relation);
  relation.columns.set(name, column);
  inheritColumn(judgement, relation, name, column);
  holdRows(judgement, relation, { column: name, type });
  if (isSerial(definition.typeName) || column.identity) giveSequence(judgement, relation, name);
  failingDefault(judgement, relation, name);
  let checks = 0;
  for (const constraint of allOf(definition.constraints, 'Constraint')) {
    const { contype } = constraint;
    if (contype === 'CONSTR_PRIMARY') refuseSecondKey(judgement, relation);
    if (contype === 'CONSTR_PRIMARY' || contype === 'CONSTR_UNIQUE')
      refuseUnindexable(judgement, relation, 'btree', [name]);
    if (contype === 'CONSTR_DEFAULT')
      refuseOddDefault(judgement, relation, column, { name, def: constraint.raw_expr });
    if (contype === 'CONSTR_DEFAULT')
      needsSequences(judgement, relation, name, constraint.raw_expr);
    if (
      (contype === 'CONSTR_UNIQUE' || contype === 'CONSTR_PRIMARY') &&
      column.hasDefault &&
      !isSerial(definition.typeName)
    )
      uniqueWithDefault(judgement, relation, name);
    if (contype === 'CONSTR_FOREIGN' && constraint.pktable) {
      const references = referenceOf(constraint.pktable, constraint.pk_attrs);
      const other = judgeReference(judgement, relation, { references, columns: [name] });
      if (other && column.hasDefault && !relation.isNew)
        judgement.notJudged(
          'reference-missing',
          `Whether ${other.name} has the row that the default of ${name} refers to.`,
        );
    }
    if (contype === 'CONSTR_CHECK') {
      judgeCheck(judgement, relation, {
        name,
        column,
        constraint,
        text: part?.bracketsAfter('CHECK', checks),
      });
      checks += 1;
    }
    if (contype === 'CONSTR_GENERATED') {
      const expression = part?.bracketsAfter('AS');
      const isRequired = allOf(definition.constraints, 'Constraint').some(
        (other) => other.contype === 'CONSTR_NOTNULL',
      );
      if (expression !== undefined && judgement.isHarmless(functionsIn(constraint.raw_expr)))
        judgement.failsWhere(
          relation,
          {
            rule: 'expression-fails',
            text: `A row of ${table} has no value for the generated ${name}.`,
          },
          {
            columns: [...relation.columns.keys()].filter((each) => each !== name),
            question: `whether every row of ${table} has a value for ${name}`,
            sql: (live) =>
              isRequired
                ? `SELECT EXISTS (SELECT FROM ${live} WHERE (${expression}\n) IS NULL) AS broken`
                : `SELECT count((${expression}\n)) < 0 AS broken FROM ${live}`,
            mayRaise: true,
          },
        );
      else if (!relation.isNew && judgement.schema.isComplete)
        judgement.notJudged(
          'expression-fails',
          `Whether every row of ${table} has a value for ${name}.`,
        );
    }
    const kind = constraintType(contype);
    if (kind === undefined) continue;
    const references = constraint.pktable
      ? referenceOf(constraint.pktable, constraint.pk_attrs)
      : null;
    const added = { type: kind, columns: [name], valid: true, check: null, references };
    const given = addConstraint(judgement, relation, constraint, added);
    if (kind === 'c' && constraint.is_no_inherit !== true)
      inheritCheck(judgement, relation, given, added);
  }
}

/** What the rows that are there would get, as the trial has computed it. */
function failingDefault(judgement: Judgement, relation: Relation, name: string): void {
  const { isMissing, isRefused, isImpossible } = judgement.tried?.columns?.get(name) ?? {};
  const table = relation.name;
  if (isMissing === true)
    judgement.failsOnRows(relation, {
      rule: 'add-not-null',
      text: `${table} holds rows, and the default of ${name}, which is NOT NULL, is NULL.`,
      fix: 'Give it a default that is a value.',
    });
  if (isImpossible === true)
    judgement.failsOnRows(relation, {
      rule: 'default-does-not-fit',
      text: `${table} holds rows, and the default of ${name} is no value of its type.`,
      fix: 'Give it a default that the type takes.',
    });
  if (isRefused === true)
    judgement.failsOnRows(relation, {
      rule: 'check-not-met',
      text: `${table} holds rows, and they get the default of ${name}, which its CHECK refuses.`,
      fix: 'Give it a default that the CHECK takes.',
    });
}

function uniqueWithDefault(judgement: Judgement, relation: Relation, name: string): void {
  if (relation.isNew) return;
  const texts = {
    rule: 'duplicates-are-there',
    text: `Two rows of ${relation.name} get the same default for ${name}, which is UNIQUE.`,
    fix: 'Add it without the default, fill it, and build the unique index CONCURRENTLY.',
  };
  judgement.failsWhere(relation, texts, {
    columns: [],
    question: `whether ${relation.name} holds two rows`,
    sql: (live) => `SELECT EXISTS (SELECT FROM ${live} OFFSET 1) AS broken`,
  });
  judgement.breaks({
    rule: 'add-unique-constraint',
    text: `Running builds write the default of ${name}, which is UNIQUE, to every row of ${relation.name}.`,
    fix: UNIQUE_FIX,
  });
}

function judgeCheck(
  judgement: Judgement,
  relation: Relation,
  {
    name,
    column,
    constraint,
    text,
  }: {
    readonly name: string;
    readonly column: ModelColumn;
    readonly constraint: Constraint;
    readonly text: string | undefined;
  },
): void {
  if (relation.isNew || !judgement.schema.isComplete) return;
  if (judgement.tried?.columns?.has(name) && column.hasDefault) return;
  const isAsked =
    text !== undefined &&
    !column.hasDefault &&
    !column.generated &&
    judgement.isHarmless(functionsIn(constraint.raw_expr));
  if (!isAsked) {
    judgement.notJudged(
      'check-not-met',
      `Whether the default of ${name} meets its CHECK in ${relation.name}.`,
    );
    return;
  }
  const { type, modifiers } = column;
  const length = modifiers.length > 0 ? `(${modifiers.join(',')})` : '';
  const isArray = type.startsWith('_');
  const cast = `"${type.replace(/^_/, '')}"${length}${isArray ? '[]' : ''}`;
  judgement.failsWhere(
    relation,
    {
      rule: 'check-not-met',
      text: `Rows of ${relation.name} have no ${name}, which its CHECK refuses.`,
    },
    {
      columns: [...relation.columns.keys()].filter((each) => each !== name),
      question: `whether rows of ${relation.name} meet the CHECK of ${name}`,
      sql: (live) =>
        `SELECT EXISTS (SELECT FROM (SELECT *, NULL::${cast} AS "${name}" FROM ${live}) AS t WHERE NOT (${text}\n)) AS broken`,
      mayRaise: true,
    },
  );
}

/** Every type that the statement names has to be there. */
export function refuseMissingType(judgement: Judgement, { typeName }: ColumnDef): void {
  const parts = textsOf(typeName?.names);
  const name = parts.at(-1) ?? '';
  if (parts[0] === 'pg_catalog' || isSerial(typeName) || judgement.schema.hasType(name) !== false)
    return;
  judgement.fails({ rule: 'no-type', text: `There is no type ${parts.join('.')}.` });
}
