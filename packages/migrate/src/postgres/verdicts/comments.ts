import type { NodeOf } from '../parser/syntax-tree.js';
import { attached, nounOf } from './attached.js';
import { commentedRelation } from './commented-relation.js';
import { noConstraint } from './drop-column.js';
import type { Judgement } from './judgement.js';

/** `COMMENT ON`, of which the object has to be there. */
export function commented(judgement: Judgement, { objtype }: NodeOf<'CommentStmt'>): void {
  const found = commentedRelation(judgement.statement.node);
  const relation = found && judgement.existing(found.relation, WORDS[objtype ?? ''] ?? 'table');
  if (!relation || found.part === undefined) return;
  const { part } = found;
  if (objtype === 'OBJECT_COLUMN') judgement.column(relation, part);
  else if (objtype !== 'OBJECT_TABCONSTRAINT') attached(judgement, relation, nounOf(objtype), part);
  else if (relation.isKnown && !relation.constraints.has(part))
    noConstraint(judgement, relation.name, part);
}

const WORDS: Readonly<Record<string, string>> = {
  OBJECT_VIEW: 'view',
  OBJECT_MATVIEW: 'materialized view',
  OBJECT_INDEX: 'index',
  OBJECT_SEQUENCE: 'sequence',
};
