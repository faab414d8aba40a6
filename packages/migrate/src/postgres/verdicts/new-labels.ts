import type { Node } from 'libpg-query';
import { allOf, asNode, relationName, textsOf } from '../parser/syntax-tree.js';
import type { Judgement } from './judgement.js';

/** The label of an enumeration that was there before cannot be used in the transaction that adds it. */
export function refuseNewLabels(judgement: Judgement): void {
  const { statement, schema } = judgement;
  if (statement.type === 'AlterEnumStmt') return;
  for (const [label, type] of schema.uncommittedLabels()) {
    if (!nodesIn(statement.node).some((node) => literalOf(node) === label)) continue;
    const fix = 'Use it in the next migration.';
    const text = `'${label}' of ${type} can be used only when the migration that adds it is committed.`;
    if (isCast(statement.node, label, type) || isAssigned(judgement, label, type))
      judgement.fails({ rule: 'label-not-committed', text, fix });
    else
      judgement.notJudged(
        'label-not-committed',
        `Whether '${label}' is meant as a ${type}: ${text}`,
      );
  }
}

function nodesIn(tree: unknown): readonly Node[] {
  if (typeof tree !== 'object' || tree === null) return [];
  const inner = Object.values(tree).flatMap(nodesIn);
  return Array.isArray(tree) ? inner : [tree as Node, ...inner];
}

function literalOf(node: Node | undefined): string | undefined {
  return asNode(node, 'A_Const')?.sval?.sval;
}

function isCast(tree: Node, label: string, type: string): boolean {
  return nodesIn(tree).some((node) => {
    const { arg, typeName } = asNode(node, 'TypeCast') ?? {};
    return literalOf(arg) === label && textsOf(typeName?.names).at(-1) === type;
  });
}

/** SET column = 'label', of a column that is known to be of that type. */
function isAssigned({ statement, schema }: Judgement, label: string, type: string): boolean {
  const update = asNode(statement.node, 'UpdateStmt');
  if (!update?.relation) return false;
  const columns = schema.find(relationName(update.relation))?.columns;
  return allOf(update.targetList, 'ResTarget').some(
    ({ name = '', val }) => literalOf(val) === label && columns?.get(name)?.type === type,
  );
}
