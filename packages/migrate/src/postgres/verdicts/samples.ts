import type { Node } from 'libpg-query';
import { asNode, relationName } from '../parser/syntax-tree.js';
import type { Judgement } from './judgement.js';

/** Says that TABLESAMPLE takes rows of what has none of its own. */
export function refuseSamples(judgement: Judgement, tree: unknown): void {
  if (typeof tree !== 'object' || tree === null) return;
  const sampled = asNode(asNode(tree as Node, 'RangeTableSample')?.relation, 'RangeVar');
  const found = sampled && judgement.schema.find(relationName(sampled));
  if (found && !SAMPLED.has(found.kind))
    judgement.fails({
      rule: 'wrong-kind',
      text: `TABLESAMPLE takes rows of tables and materialized views: ${found.name} is neither.`,
    });
  for (const inner of Object.values(tree)) refuseSamples(judgement, inner);
}

const SAMPLED = new Set(['r', 'p', 'm']);
