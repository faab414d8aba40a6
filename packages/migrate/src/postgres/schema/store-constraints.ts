import type { Constraint, Node } from 'libpg-query';
import type { Migration } from '../../migration.js';
import { type Statement, statementsOf } from '../parser/statements.js';
import { allOf, asNode, columnsIn, partsOf, textsOf } from '../parser/syntax-tree.js';

/** What a table's rows are compared with, as `TableNeeds` has it. */
export interface MadeConstraints {
  readonly keys: readonly string[];
  readonly constraints: readonly string[];
}

interface Made {
  /** As PostgreSQL names what has no name. */
  readonly name: string;
  readonly isKey: boolean;
  readonly text: string;
}

/** By the names of the tables: what there is once these migrations have been applied. */
export async function storeConstraints(
  migrations: readonly Migration[],
): Promise<ReadonlyMap<string, MadeConstraints>> {
  const tables = new Map<string, Made[]>();
  for (const migration of migrations)
    for (const statement of await statementsOf(migration)) carryOut(statement, tables);
  return new Map(
    [...tables].map(([table, made]) => {
      const texts = (isKey: boolean) =>
        [...new Set(made.filter((each) => each.isKey === isKey).map(({ text }) => text))].sort();
      return [table, { keys: texts(true), constraints: texts(false) }];
    }),
  );
}

function carryOut({ node }: Statement, tables: Map<string, Made[]>): void {
  const { relation, tableElts } = asNode(node, 'CreateStmt') ?? {};
  if (relation?.relname !== undefined)
    tables.set(relation.relname, inElements(relation.relname, tableElts));
  const index = asNode(node, 'IndexStmt');
  if (index?.unique) tables.get(index.relation?.relname ?? '')?.push(uniqueIndex(index));
  const { removeType, objects = [] } = asNode(node, 'DropStmt') ?? {};
  for (const dropped of objects) {
    const name = partsOf(dropped).at(-1) ?? '';
    if (removeType === 'OBJECT_TABLE') tables.delete(name);
    if (removeType === 'OBJECT_INDEX') for (const table of tables.keys()) drop(tables, table, name);
  }
  alter(node, tables);
}

function alter(node: Node, tables: Map<string, Made[]>): void {
  const { relation, cmds } = asNode(node, 'AlterTableStmt') ?? {};
  const table = relation?.relname ?? '';
  for (const { subtype, name = '', def } of allOf(cmds, 'AlterTableCmd')) {
    if (def && (subtype === 'AT_AddConstraint' || subtype === 'AT_AddColumn'))
      tables.get(table)?.push(...inElements(table, [def]));
    if (subtype === 'AT_DropConstraint') drop(tables, table, name);
  }
  const { renameType, newname = '', relation: renamed } = asNode(node, 'RenameStmt') ?? {};
  const made = tables.get(renamed?.relname ?? '');
  if (renameType !== 'OBJECT_TABLE' || !made) return;
  tables.delete(renamed?.relname ?? '');
  tables.set(newname, made);
}

function drop(tables: Map<string, Made[]>, table: string, name: string): void {
  const made = tables.get(table);
  if (made)
    tables.set(
      table,
      made.filter((each) => each.name !== name),
    );
}

function inElements(table: string, elements: readonly Node[] | undefined): Made[] {
  const ofColumns = allOf(elements, 'ColumnDef').flatMap(({ colname = '', constraints }) =>
    allOf(constraints, 'Constraint').flatMap((each) => madeBy(table, each, colname)),
  );
  return [
    ...ofColumns,
    ...allOf(elements, 'Constraint').flatMap((each) => madeBy(table, each, undefined)),
  ];
}

/** @param column that it stands behind */
function madeBy(table: string, constraint: Constraint, column: string | undefined): Made[] {
  const {
    contype,
    conname,
    keys,
    fk_attrs: references,
    pktable,
    raw_expr: expression,
  } = constraint;
  const own = column === undefined ? [] : [column];
  const given = (nodes: Node[] | undefined) => (nodes ? textsOf(nodes) : own);
  const named = (columns: readonly string[], suffix: string) =>
    conname ?? [table, ...columns, suffix].join('_');
  switch (contype) {
    case 'CONSTR_PRIMARY':
      return [{ name: named([], 'pkey'), isKey: true, text: listOf(given(keys)) }];
    case 'CONSTR_UNIQUE':
      return [{ name: named(given(keys), 'key'), isKey: true, text: listOf(given(keys)) }];
    case 'CONSTR_FOREIGN': {
      const text = `REFERENCES ${pktable?.relname ?? ''} (${listOf(given(references))})`;
      return [{ name: named(given(references), 'fkey'), isKey: false, text }];
    }
    case 'CONSTR_CHECK': {
      const text = `CHECK (${listOf(columnsIn(expression))})`;
      return [{ name: named(own, 'check'), isKey: false, text }];
    }
    default:
      return [];
  }
}

function uniqueIndex(index: NonNullable<ReturnType<typeof asNode<'IndexStmt'>>>): Made {
  const columns = allOf(index.indexParams, 'IndexElem').map(({ name = '?' }) => name);
  const text = `${listOf(columns)}${index.whereClause ? ' WHERE' : ''}`;
  return { name: index.idxname ?? '', isKey: true, text };
}

function listOf(columns: readonly string[]): string {
  return [...columns].sort().join(', ');
}
