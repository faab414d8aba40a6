import type { AlterTableCmd, ColumnDef, Node, TypeName } from 'libpg-query';
import type { Migration } from '../../migration.js';
import { statementsOfEach } from '../parser/joined-statements.js';
import type { Statement } from '../parser/statements.js';
import { allOf, asNode, partsOf, textsOf } from '../parser/syntax-tree.js';

/** A column as migrations make it. */
export interface MadeColumn {
  /** `typname` of its type; an array's begins with `_`. */
  readonly type: string;
  readonly notNull: boolean;
  /** Filled in by the server where an INSERT leaves it out. */
  readonly filled: boolean;
}

/** By the names of the tables, and of their columns. */
export type StoreSchema = ReadonlyMap<string, ReadonlyMap<string, MadeColumn>>;

type GrowingTable = Map<string, MadeColumn>;

/** The tables that there are once these migrations have been applied, in the order of their making. */
export async function storeSchema(migrations: readonly Migration[]): Promise<StoreSchema> {
  const tables = new Map<string, GrowingTable>();
  for (const statement of (await statementsOfEach(migrations)).flat()) carryOut(statement, tables);
  return tables;
}

/** Their names alone. */
export async function storeTables(migrations: readonly Migration[]): Promise<readonly string[]> {
  return [...(await storeSchema(migrations)).keys()];
}

function carryOut({ node }: Statement, tables: Map<string, GrowingTable>): void {
  const { relation, tableElts } = asNode(node, 'CreateStmt') ?? {};
  if (relation?.relname !== undefined) tables.set(relation.relname, tableOf(tableElts));
  const { removeType, objects = [] } = asNode(node, 'DropStmt') ?? {};
  if (removeType === 'OBJECT_TABLE')
    for (const dropped of objects) tables.delete(partsOf(dropped).at(-1) ?? '');
  rename(node, tables);
  const altered = asNode(node, 'AlterTableStmt');
  const table = tables.get(altered?.relation?.relname ?? '');
  if (table) for (const command of allOf(altered?.cmds, 'AlterTableCmd')) alter(table, command);
}

function rename(node: Node, tables: Map<string, GrowingTable>): void {
  const { renameType, relation, subname = '', newname = '' } = asNode(node, 'RenameStmt') ?? {};
  const table = tables.get(relation?.relname ?? '');
  if (!table) return;
  if (renameType === 'OBJECT_TABLE') {
    tables.delete(relation?.relname ?? '');
    tables.set(newname, table);
  }
  const column = table.get(subname);
  if (renameType !== 'OBJECT_COLUMN' || !column) return;
  table.delete(subname);
  table.set(newname, column);
}

function tableOf(elements: readonly Node[] | undefined): GrowingTable {
  const table: GrowingTable = new Map();
  for (const column of allOf(elements, 'ColumnDef'))
    table.set(column.colname ?? '', columnOf(column));
  for (const { contype, keys } of allOf(elements, 'Constraint'))
    if (contype === 'CONSTR_PRIMARY') for (const key of textsOf(keys)) keepNullOut(table, key);
  return table;
}

function columnOf({ typeName, constraints }: ColumnDef): MadeColumn {
  const kinds = allOf(constraints, 'Constraint').map(({ contype }) => contype);
  const named = textsOf(typeName?.names).at(-1) ?? '';
  const serial = SERIAL[named];
  return {
    type: serial ?? typeOf(typeName),
    notNull:
      serial !== undefined ||
      kinds.some((kind) => kind !== undefined && NULL_KEPT_OUT.includes(kind)),
    filled:
      serial !== undefined || kinds.some((kind) => kind !== undefined && FILLED.includes(kind)),
  };
}

const NULL_KEPT_OUT = ['CONSTR_NOTNULL', 'CONSTR_PRIMARY', 'CONSTR_IDENTITY'];
const FILLED = ['CONSTR_DEFAULT', 'CONSTR_IDENTITY', 'CONSTR_GENERATED'];
const SERIAL: Readonly<Record<string, string>> = {
  smallserial: 'int2',
  serial: 'int4',
  bigserial: 'int8',
};

function typeOf(type: TypeName | undefined): string {
  const name = textsOf(type?.names).at(-1) ?? '';
  return (type?.arrayBounds ?? []).length > 0 ? `_${name}` : name;
}

function keepNullOut(table: GrowingTable, name: string): void {
  change(table, name, { notNull: true });
}

function change(table: GrowingTable, name: string, changed: Partial<MadeColumn>): void {
  const column = table.get(name);
  if (column) table.set(name, { ...column, ...changed });
}

function alter(table: GrowingTable, { subtype, name = '', def }: AlterTableCmd): void {
  const column = asNode(def, 'ColumnDef');
  const constraint = asNode(def, 'Constraint');
  switch (subtype) {
    case 'AT_AddColumn':
      if (column) table.set(column.colname ?? '', columnOf(column));
      return;
    case 'AT_DropColumn':
      table.delete(name);
      return;
    case 'AT_AlterColumnType':
      change(table, name, { type: typeOf(column?.typeName) });
      return;
    case 'AT_SetNotNull':
      keepNullOut(table, name);
      return;
    case 'AT_DropNotNull':
      change(table, name, { notNull: false });
      return;
    case 'AT_ColumnDefault':
      change(table, name, { filled: def !== undefined });
      return;
    case 'AT_AddConstraint':
      if (constraint?.contype === 'CONSTR_PRIMARY')
        for (const key of textsOf(constraint.keys)) keepNullOut(table, key);
      return;
  }
}
