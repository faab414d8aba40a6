import type { InsertStmt, Node, SelectStmt } from 'libpg-query';
import { allOf, asNode, functionsIn, rangesIn } from '../parser/syntax-tree.js';
import type { Judgement } from './judgement.js';
import type { ModelColumn, Relation } from './relation.js';

const FIX = 'Give it a value, or the column a default first.';

/** Says that a new row has NULL where the table takes none, unless something of the table may give it another value. */
export function refuseNulls(judgement: Judgement, relation: Relation, node: InsertStmt): void {
  if (relation.kind !== 'r' || !relation.isKnown || mayChangeRows(relation)) return;
  // What is given for an identity column is left aside.
  if (node.override === 'OVERRIDING_USER_VALUE') return;
  const source = asNode(node.selectStmt, 'SelectStmt');
  const names = givenNames(relation, node, source);
  if (!names) return;
  const missing = [...relation.columns].find(
    ([name, column]) => !names.includes(name) && column.notNull && !isFilled(judgement, column),
  )?.[0];
  const empty = names.find((name, place) => {
    const column = relation.columns.get(name);
    return (
      column?.notNull === true &&
      rowsOf(source).some((row) => isNull(judgement, column, row[place]))
    );
  });
  const name = missing ?? empty;
  if (name === undefined) return;
  const texts = {
    rule: 'null-value',
    text: `The row has no ${name}, which ${relation.name} does not take without.`,
    fix: FIX,
  };
  if (!source || (source.valuesLists ?? []).length > 0 || hasOneRow(source)) judgement.fails(texts);
  else if (!node.onConflictClause && !node.returningClause && !node.withClause)
    failsOnAnswer(judgement, source, texts);
}

/** As `refuseNulls`, of what SET gives every row. */
export function refuseSetNulls(
  judgement: Judgement,
  relation: Relation,
  targets: readonly Node[] | undefined,
): void {
  if (relation.kind !== 'r' || mayChangeRows(relation)) return;
  for (const { name = '', val } of allOf(targets, 'ResTarget')) {
    const column = relation.columns.get(name);
    if (column?.notNull === true && isNull(judgement, column, val))
      judgement.failsOnRows(relation, {
        rule: 'null-value',
        text: `Rows of ${relation.name} get no ${name}, which it does not take without.`,
        fix: FIX,
      });
  }
}

/** Triggers and rules may write another row, or none. */
function mayChangeRows({ attached, insteadOf }: Relation): boolean {
  return insteadOf.size > 0 || [...attached.keys()].some((what) => what.startsWith('trigger '));
}

/** In the order of the values; undefined where that is not known. */
function givenNames(
  { columns }: Relation,
  { cols }: InsertStmt,
  source: SelectStmt | undefined,
): readonly string[] | undefined {
  if (cols) return allOf(cols, 'ResTarget').map(({ name = '' }) => name);
  if (!source) return [];
  const [first] = rowsOf(source);
  const isCounted = first?.every((value) => !isStar(value)) === true;
  return isCounted ? [...columns.keys()].slice(0, first.length) : undefined;
}

/** Of VALUES, and of SELECT what all its rows have. */
function rowsOf(source: SelectStmt | undefined): readonly (readonly (Node | undefined)[])[] {
  if (!source || (source.op ?? 'SETOP_NONE') !== 'SETOP_NONE') return [];
  const lists = allOf(source.valuesLists, 'List').map(({ items = [] }) => items);
  return lists.length > 0 ? lists : [allOf(source.targetList, 'ResTarget').map(({ val }) => val)];
}

function isStar(value: Node | undefined): boolean {
  const fields = asNode(value, 'ColumnRef')?.fields ?? [];
  return fields.some((field) => asNode(field, 'A_Star') !== undefined);
}

function isNull(judgement: Judgement, column: ModelColumn, value: Node | undefined): boolean {
  if (asNode(value, 'SetToDefault')) return !isFilled(judgement, column);
  const inner = asNode(value, 'TypeCast')?.arg ?? value;
  return asNode(inner, 'A_Const')?.isnull === true;
}

/** By the server; a domain may have a default of its own. */
function isFilled(judgement: Judgement, column: ModelColumn): boolean {
  const { hasDefault, identity, generated, type } = column;
  return (
    hasDefault ||
    identity ||
    generated ||
    judgement.isDomain(type) ||
    judgement.schema.isNewType(type)
  );
}

/** Exactly one, whatever there is. */
function hasOneRow(source: SelectStmt): boolean {
  const { fromClause, whereClause, groupClause, havingClause, limitCount, limitOffset } = source;
  const others = [fromClause, whereClause, groupClause, havingClause, limitCount, limitOffset];
  return (
    (source.op ?? 'SETOP_NONE') === 'SETOP_NONE' &&
    others.every((each) => each === undefined) &&
    functionsIn(source.targetList).length === 0
  );
}

function failsOnAnswer(
  judgement: Judgement,
  source: SelectStmt,
  texts: { readonly rule: string; readonly text: string; readonly fix: string },
): void {
  const query = judgement.parts[0]?.restAfter('SELECT');
  if (query === undefined || !judgement.isHarmless(functionsIn(source))) return;
  judgement.failsOnAnswer(`SELECT ${query}`, rangesIn(source), texts);
}
