import type { Node } from 'libpg-query';
import { allOf, asNode, type NodeOf, relationName } from '../parser/syntax-tree.js';
import type { Judgement } from './judgement.js';
import type { Relation } from './schema-model.js';

/** INSERT */
export function insertedRows(judgement: Judgement, node: NodeOf<'InsertStmt'>): void {
  const relation = target(judgement, node.relation);
  if (!relation) return;
  const names = allOf(node.cols, 'ResTarget').map(({ name = '' }) => name);
  for (const name of names) judgement.column(relation, name);
  refuseTwice(judgement, names);
  touch(judgement, relation);
}

/** UPDATE */
export function updatedRows(judgement: Judgement, node: NodeOf<'UpdateStmt'>): void {
  const relation = target(judgement, node.relation);
  if (!relation) return;
  const names = allOf(node.targetList, 'ResTarget').map(({ name = '' }) => name);
  const columns = names.map((name) => [name, judgement.column(relation, name)] as const);
  refuseTwice(judgement, names);
  const lost = columns.filter(([, column]) => !column || column.live !== undefined);
  if (!relation.isNew && isOfEveryRow(node.whereClause) && !node.fromClause && lost.length > 0)
    judgement.destroys({
      rule: 'update-all-rows',
      text: `Overwrites ${lost.map(([name]) => name).join(', ')} in every row of ${relation.name}.`,
      fix: 'Write to a new column, or give a WHERE; change the rows in batches.',
    });
  for (const [name, column] of columns)
    if (column) relation.columns.set(name, { ...column, written: true });
}

function refuseTwice(judgement: Judgement, names: readonly string[]): void {
  const twice = names.find((name, place) => names.indexOf(name) !== place);
  if (twice !== undefined)
    judgement.fails({ rule: 'column-twice', text: `Gives the column ${twice} two values.` });
}

/** DELETE */
export function deletedRows(judgement: Judgement, node: NodeOf<'DeleteStmt'>): void {
  const relation = target(judgement, node.relation);
  if (!relation || relation.isNew) return;
  if (isOfEveryRow(node.whereClause) && !node.usingClause)
    judgement.destroys({
      rule: 'delete-all-rows',
      text: `Deletes every row of ${relation.name}.`,
      fix: 'Give a WHERE; delete in batches, when a backup has the rows.',
    });
  else
    judgement.destroys({
      rule: 'delete-rows',
      text: `Deletes the rows of ${relation.name} that its WHERE takes.`,
      fix: 'Look at them by a SELECT first; a backup has to have them.',
    });
  touch(judgement, relation);
}

/** MERGE */
export function mergedRows(judgement: Judgement, node: NodeOf<'MergeStmt'>): void {
  const relation = target(judgement, node.relation);
  if (!relation || relation.isNew) return;
  const deletes = allOf(node.mergeWhenClauses, 'MergeWhenClause').some(
    ({ commandType }) => commandType === 'CMD_DELETE',
  );
  if (deletes)
    judgement.destroys({
      rule: 'delete-rows',
      text: `Deletes the rows of ${relation.name} that it matches.`,
      fix: 'Look at them by a SELECT first; a backup has to have them.',
    });
  touch(judgement, relation);
}

function target(
  judgement: Judgement,
  range: NodeOf<'InsertStmt'>['relation'],
): Relation | undefined {
  return range && judgement.existing(relationName(range), 'table');
}

export function touch(judgement: Judgement, relation: Relation): void {
  relation.changedBy = `statement ${judgement.statement.number}`;
}

/** No condition, or one that is always met, as `true` and `1 = 1` are. */
function isOfEveryRow(condition: Node | undefined): boolean {
  if (!condition) return true;
  if (asNode(condition, 'A_Const')?.boolval?.boolval === true) return true;
  const { lexpr, rexpr, name } = asNode(condition, 'A_Expr') ?? {};
  const [left, right] = [asNode(lexpr, 'A_Const'), asNode(rexpr, 'A_Const')];
  const isEqual = asNode(name?.[0], 'String')?.sval === '=';
  return (
    isEqual &&
    left !== undefined &&
    right !== undefined &&
    JSON.stringify(left.ival ?? left.sval) === JSON.stringify(right.ival ?? right.sval)
  );
}
