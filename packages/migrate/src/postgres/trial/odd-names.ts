import type { Node } from 'libpg-query';
import { textsOf } from '../parser/syntax-tree.js';

/** Columns with the schema of their table, rows that are locked by an alias, types of another schema, new roles. */
export function hasOddNames(
  tree: unknown,
  madeTypes: ReadonlySet<string>,
  unknown: ReadonlySet<string>,
): boolean {
  if (typeof tree !== 'object' || tree === null) return false;
  const { ColumnRef, lockedRels, typeName, catalogname, rolename } = tree as {
    readonly ColumnRef?: { readonly fields?: readonly Node[] };
    readonly lockedRels?: unknown;
    readonly typeName?: { readonly names?: readonly Node[] };
    readonly catalogname?: string;
    readonly rolename?: string;
  };
  const names = textsOf(typeName?.names);
  return (
    (ColumnRef?.fields?.length ?? 0) > 2 ||
    lockedRels !== undefined ||
    catalogname !== undefined ||
    (rolename !== undefined && unknown.has(rolename)) ||
    (names.length > 1 && madeTypes.has(names.at(-1) ?? '')) ||
    Object.values(tree).some((child) => hasOddNames(child, madeTypes, unknown))
  );
}
