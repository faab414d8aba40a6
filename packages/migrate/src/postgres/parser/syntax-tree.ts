import type { Node, RangeVar } from 'libpg-query';

/** The name of a node of PostgreSQL's syntax tree, for example `AlterTableStmt`. */
export type NodeType = Node extends infer One ? (One extends unknown ? keyof One : never) : never;

export type NodeOf<Type extends NodeType> = Type extends NodeType
  ? Extract<Node, Record<Type, unknown>>[Type]
  : never;

/** The node, if it is of that type. */
export function asNode<Type extends NodeType>(
  node: Node | undefined,
  type: Type,
): NodeOf<Type> | undefined {
  return (node as Partial<Record<Type, NodeOf<Type>>> | undefined)?.[type];
}

/** Of a list, the nodes of that type. */
export function allOf<Type extends NodeType>(
  nodes: readonly Node[] | undefined,
  type: Type,
): NodeOf<Type>[] {
  return (nodes ?? []).flatMap((node) => asNode(node, type) ?? []);
}

/** The texts of a list of names, for example `{audit, log}` of `audit.log`. */
export function textsOf(nodes: readonly Node[] | undefined): string[] {
  return allOf(nodes, 'String').map(({ sval = '' }) => sval);
}

/** The parts of the name of an object: a list, or one text. */
export function partsOf(object: Node | undefined): string[] {
  const list = asNode(object, 'List')?.items;
  return list ? textsOf(list) : textsOf(object ? [object] : []);
}

/** A name as `to_regclass` takes it, quoted where it has to be. */
export function nameOf(parts: readonly string[]): string {
  return parts
    .map((part) => (/^[a-z_][a-z0-9_]*$/.test(part) ? part : `"${part.replaceAll('"', '""')}"`))
    .join('.');
}

export function relationName({ schemaname, relname = '' }: RangeVar): string {
  return nameOf(schemaname === undefined ? [relname] : [schemaname, relname]);
}

/** Names of the tables and views in a part of a statement. */
export function relationsIn(tree: unknown): string[] {
  return [...new Set(rangesIn(tree).map(relationName))];
}

/** The tables and views in a part of a statement, without those that WITH makes. */
export function rangesIn(tree: unknown): RangeVar[] {
  const found: RangeVar[] = [];
  const made = new Set<string>();
  visit(tree, (node) => {
    if (typeof node.relname === 'string') found.push(node);
    if (typeof node.ctename === 'string') made.add(node.ctename);
  });
  return found.filter(
    ({ schemaname, relname = '' }) => schemaname !== undefined || !made.has(relname),
  );
}

/** Names, without schema, of the functions that a part of a statement calls. */
export function functionsIn(tree: unknown): string[] {
  const found = new Set<string>();
  visit(tree, ({ funcname }) => {
    const name = Array.isArray(funcname) ? textsOf(funcname).at(-1) : undefined;
    if (name !== undefined) found.add(name);
  });
  return [...found];
}

/** Names, without schema, of the types in a part of a statement. */
export function typesIn(tree: unknown): string[] {
  const found = new Set<string>();
  visit(tree, ({ typeName }) => {
    const { names } = (typeName ?? {}) as { names?: Node[] };
    const name = textsOf(names).at(-1);
    if (name !== undefined) found.add(name);
  });
  return [...found];
}

/** Names of the columns in an expression of one table. */
export function columnsIn(tree: unknown): string[] {
  const found = new Set<string>();
  visit(tree, (node) => {
    const name = textsOf(asNode(node as Node, 'ColumnRef')?.fields).at(-1);
    if (name !== undefined) found.add(name);
  });
  return [...found];
}

function visit(tree: unknown, look: (node: Readonly<Record<string, unknown>>) => void): void {
  if (typeof tree !== 'object' || tree === null) return;
  if (!Array.isArray(tree)) look(tree as Readonly<Record<string, unknown>>);
  for (const child of Object.values(tree)) visit(child, look);
}
