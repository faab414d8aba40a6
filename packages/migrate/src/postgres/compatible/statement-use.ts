import type { ColumnRef, Node, RangeVar } from 'libpg-query';
import { loadParser } from '../parser/parser.js';
import {
  allOf,
  asNode,
  functionsIn,
  rangesIn,
  relationName,
  textsOf,
} from '../parser/syntax-tree.js';

/** What a statement, or several, do with one table. */
export interface TableUse {
  /** Of each INSERT the columns that it fills; undefined for one that names none. */
  readonly inserts: readonly (readonly string[] | undefined)[];
  /** Columns that an UPDATE sets, or an INSERT where there is such a row. */
  readonly updates: readonly string[];
  readonly deletes: boolean;
  /** Columns that are read or compared; `*` where all are. One without a qualifier may be of any table. */
  readonly mentions: readonly string[];
}

/** What PostgreSQL can prepare. */
const PREPARED = ['SelectStmt', 'InsertStmt', 'UpdateStmt', 'DeleteStmt', 'MergeStmt'];

interface GrowingUse {
  readonly inserts: (readonly string[] | undefined)[];
  readonly updates: string[];
  deletes: boolean;
  readonly mentions: Set<string>;
}

type UseOf = (table: RangeVar) => GrowingUse;

/** What statements go by. */
export interface StatementUses {
  /** By the name as it is written. */
  readonly tables: ReadonlyMap<string, TableUse>;
  /** Names, without schema. */
  readonly functions: readonly string[];
}

/** @param texts one statement each; what cannot be prepared, such as BEGIN, uses nothing */
export async function statementUses(texts: readonly string[]): Promise<StatementUses> {
  const { parse } = await loadParser();
  const functions = new Set<string>();
  const uses = new Map<string, GrowingUse>();
  const useOf: UseOf = (table) => {
    const name = relationName(table);
    const use = uses.get(name) ?? { inserts: [], updates: [], deletes: false, mentions: new Set() };
    uses.set(name, use);
    return use;
  };
  for (const text of texts) {
    const [only, another] = parse(text).stmts ?? [];
    if (!only?.stmt || another) continue;
    if (!PREPARED.includes(Object.keys(only.stmt)[0] ?? '')) continue;
    addUses(only.stmt, useOf);
    for (const name of functionsIn(only.stmt)) functions.add(name);
  }
  const tables = [...uses].map(
    ([table, use]) => [table, { ...use, mentions: [...use.mentions] }] as const,
  );
  return { tables: new Map(tables), functions: [...functions] };
}

function addUses(tree: Node, useOf: UseOf): void {
  const tables = rangesIn(tree);
  for (const table of tables) useOf(table);
  visit(tree, (node) => {
    const column = asNode(node, 'ColumnRef');
    if (column) for (const table of tables) mention(column, table, useOf(table));
    const target = writtenBy(node, useOf);
    const { targetList = [], fromClause } = asNode(node, 'SelectStmt') ?? {};
    for (const table of tablesFrom(fromClause)) readAll(targetList, table, tables, useOf);
    if (target) readAll(returnedBy(node), target, tables, useOf);
  });
}

function mention({ fields = [] }: ColumnRef, table: RangeVar, { mentions }: GrowingUse): void {
  const parts = textsOf(fields);
  const name = parts.at(-1);
  if (name === undefined || fields.length !== parts.length) return;
  // A whole row.
  if (parts.length === 1 && name === calledAs(table)) mentions.add('*');
  else if (parts.length === 1 || parts.at(-2) === calledAs(table)) mentions.add(name);
}

/** `*` or `orders.*` in a list reads all columns of the tables beside it, and not those of a subquery. */
function readAll(
  targets: readonly Node[],
  table: RangeVar,
  tables: readonly RangeVar[],
  useOf: UseOf,
): void {
  if (!tables.includes(table)) return;
  for (const { val } of allOf(targets, 'ResTarget')) {
    const fields = asNode(val, 'ColumnRef')?.fields ?? [];
    const qualifier = textsOf(fields).at(-1);
    const isAll = fields.some((field) => asNode(field, 'A_Star') !== undefined);
    if (isAll && (qualifier === undefined || qualifier === calledAs(table)))
      useOf(table).mentions.add('*');
  }
}

function calledAs({ alias, relname }: RangeVar): string | undefined {
  return alias?.aliasname ?? relname;
}

function tablesFrom(from: readonly Node[] | undefined): readonly RangeVar[] {
  return (from ?? []).flatMap((node) => {
    const { larg, rarg } = asNode(node, 'JoinExpr') ?? {};
    return (
      asNode(node, 'RangeVar') ?? tablesFrom([larg, rarg].filter((side) => side !== undefined))
    );
  });
}

function returnedBy(node: Node): readonly Node[] {
  const written =
    asNode(node, 'InsertStmt') ?? asNode(node, 'UpdateStmt') ?? asNode(node, 'DeleteStmt');
  const { returningClause, returningList } = (written ?? {}) as {
    readonly returningClause?: { readonly exprs?: readonly Node[] };
    readonly returningList?: readonly Node[];
  };
  return returningClause?.exprs ?? returningList ?? [];
}

/** @returns the table that the node writes to */
function writtenBy(node: Node, useOf: UseOf): RangeVar | undefined {
  const inserted = asNode(node, 'InsertStmt');
  if (inserted?.relation) {
    const use = useOf(inserted.relation);
    use.inserts.push(inserted.cols && targetsOf(inserted.cols));
    use.updates.push(...targetsOf(inserted.onConflictClause?.targetList));
  }
  const updated = asNode(node, 'UpdateStmt');
  if (updated?.relation) useOf(updated.relation).updates.push(...targetsOf(updated.targetList));
  const deleted = asNode(node, 'DeleteStmt');
  if (deleted?.relation) useOf(deleted.relation).deletes = true;
  const merged = asNode(node, 'MergeStmt');
  if (merged?.relation)
    for (const clause of allOf(merged.mergeWhenClauses, 'MergeWhenClause'))
      merge(clause, useOf(merged.relation));
  return (inserted ?? updated ?? deleted)?.relation;
}

interface MergeClause {
  readonly commandType?: string;
  readonly targetList?: Node[];
}

function merge({ commandType, targetList }: MergeClause, use: GrowingUse): void {
  if (commandType === 'CMD_DELETE') use.deletes = true;
  if (commandType === 'CMD_UPDATE') use.updates.push(...targetsOf(targetList));
  if (commandType === 'CMD_INSERT') use.inserts.push(targetList && targetsOf(targetList));
}

function targetsOf(targets: readonly Node[] | undefined): string[] {
  return allOf(targets, 'ResTarget').flatMap(({ name }) => name ?? []);
}

/** Every node, each as the object with its type for a key. */
function visit(tree: unknown, look: (node: Node) => void): void {
  if (typeof tree !== 'object' || tree === null) return;
  if (!Array.isArray(tree)) look(tree as Node);
  for (const child of Object.values(tree)) visit(child, look);
}
