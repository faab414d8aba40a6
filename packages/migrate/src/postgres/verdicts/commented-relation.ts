import type { Node } from 'libpg-query';
import { asNode, nameOf, partsOf } from '../parser/syntax-tree.js';

const RELATIONS: ReadonlySet<string> = new Set([
  'OBJECT_TABLE',
  'OBJECT_VIEW',
  'OBJECT_MATVIEW',
  'OBJECT_INDEX',
  'OBJECT_SEQUENCE',
]);

/** What has a name in a table alone. */
const PARTS: ReadonlySet<string> = new Set([
  'OBJECT_COLUMN',
  'OBJECT_TABCONSTRAINT',
  'OBJECT_TRIGGER',
  'OBJECT_RULE',
  'OBJECT_POLICY',
]);

/** What `COMMENT ON` speaks of: a relation, and the part of it; undefined for anything else. */
export function commentedRelation(
  node: Node,
): { readonly relation: string; readonly part: string | undefined } | undefined {
  const { objtype = '', object } = asNode(node, 'CommentStmt') ?? {};
  const parts = partsOf(object);
  if (RELATIONS.has(objtype)) return { relation: nameOf(parts), part: undefined };
  return PARTS.has(objtype)
    ? { relation: nameOf(parts.slice(0, -1)), part: parts.at(-1) }
    : undefined;
}
