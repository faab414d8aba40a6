import type { AlterTableCmd, AlterTableStmt, AlterTableType, DefElem } from 'libpg-query';
import { changesStorage, isVolatile, typeOf } from './column-types.js';
import { addedColumn, addedConstraint, ADVICE } from './constraint-locks.js';
import { type LockMode, type Touch } from './lock-modes.js';
import { allOf, asNode, relationName } from '../parser/syntax-tree.js';
import type { KnownRelation, TableSizes } from './table-sizes.js';

/** Subcommands that take less than ACCESS EXCLUSIVE, whatever their argument. */
const WEAKER: Partial<Record<AlterTableType, LockMode>> = {
  AT_SetStatistics: 'SHARE UPDATE EXCLUSIVE',
  AT_SetOptions: 'SHARE UPDATE EXCLUSIVE',
  AT_ResetOptions: 'SHARE UPDATE EXCLUSIVE',
  AT_ClusterOn: 'SHARE UPDATE EXCLUSIVE',
  AT_DropCluster: 'SHARE UPDATE EXCLUSIVE',
  AT_ValidateConstraint: 'SHARE UPDATE EXCLUSIVE',
  AT_AttachPartition: 'SHARE UPDATE EXCLUSIVE',
  AT_DetachPartitionFinalize: 'SHARE UPDATE EXCLUSIVE',
  AT_EnableTrig: 'SHARE ROW EXCLUSIVE',
  AT_EnableAlwaysTrig: 'SHARE ROW EXCLUSIVE',
  AT_EnableReplicaTrig: 'SHARE ROW EXCLUSIVE',
  AT_EnableTrigAll: 'SHARE ROW EXCLUSIVE',
  AT_EnableTrigUser: 'SHARE ROW EXCLUSIVE',
  AT_DisableTrig: 'SHARE ROW EXCLUSIVE',
  AT_DisableTrigAll: 'SHARE ROW EXCLUSIVE',
  AT_DisableTrigUser: 'SHARE ROW EXCLUSIVE',
};

/** Storage parameters that can be set while the table is written to. */
const EASY_OPTION =
  /^(fillfactor|autovacuum_.*|log_autovacuum_.*|vacuum_.*|toast_tuple_target|parallel_workers|deduplicate_items|pages_per_range|autosummarize)$/;

/** What one ALTER TABLE, ALTER INDEX or ALTER VIEW does to the tables that exist. */
export function alterTable({ relation, cmds }: AlterTableStmt, sizes: TableSizes): Touch[] {
  if (!relation) return [];
  const name = relationName(relation);
  return allOf(cmds, 'AlterTableCmd').flatMap((command) => subcommand(name, command, sizes));
}

function subcommand(relation: string, command: AlterTableCmd, sizes: TableSizes): Touch[] {
  const { subtype, name: column = '', def, behavior } = command;
  const known = sizes.relations[relation];
  const exclusive = { relation, mode: 'ACCESS EXCLUSIVE' } as const;
  switch (subtype) {
    case 'AT_AddColumn': {
      const definition = asNode(def, 'ColumnDef');
      return definition ? addedColumn(relation, definition, sizes) : [exclusive];
    }
    case 'AT_AddConstraint': {
      const constraint = asNode(def, 'Constraint');
      return constraint ? addedConstraint(relation, constraint, sizes) : [exclusive];
    }
    case 'AT_AlterColumnType':
      return alterType(relation, command, sizes);
    case 'AT_SetNotNull':
      return [
        known?.columns[column]?.notNull === true
          ? exclusive
          : { ...exclusive, scans: true, advice: ADVICE.setNotNull },
      ];
    case 'AT_SetExpression':
      return [
        known?.columns[column]?.virtual === true
          ? exclusive
          : { ...exclusive, rewrites: true, advice: ADVICE.newColumn },
      ];
    case 'AT_SetLogged':
    case 'AT_SetUnLogged':
      if (known?.unlogged === (subtype === 'AT_SetUnLogged')) return [exclusive];
      return [{ ...exclusive, rewrites: true, advice: ADVICE.quietHour }];
    case 'AT_SetAccessMethod':
    case 'AT_SetTableSpace':
      return [{ ...exclusive, rewrites: true, advice: ADVICE.quietHour }];
    case 'AT_DropColumn':
      return [exclusive, ...foreignKeys(relation, behavior === 'DROP_CASCADE', { column })];
    case 'AT_DropConstraint':
      return [
        exclusive,
        ...foreignKeys(relation, behavior === 'DROP_CASCADE', { constraint: column }),
      ];
    case 'AT_ValidateConstraint':
      return [
        { relation, mode: 'SHARE UPDATE EXCLUSIVE', scans: true },
        { relation, mode: 'ROW SHARE', reach: 'references', constraint: column, scans: true },
      ];
    case 'AT_AlterConstraint': {
      const changed = asNode(def, 'ATAlterConstraint');
      if (!changed?.alterEnforceability) return [exclusive];
      const scans = changed.is_enforced === true;
      const constraint = changed.conname ?? '';
      const mode = scans ? 'SHARE ROW EXCLUSIVE' : 'ACCESS EXCLUSIVE';
      return [
        { ...exclusive, scans },
        { relation, mode, scans, reach: 'references', constraint },
      ];
    }
    case 'AT_SetRelOptions':
    case 'AT_ResetRelOptions': {
      const options = allOf(asNode(def, 'List')?.items, 'DefElem');
      return [{ relation, mode: optionsMode(options) }];
    }
    case 'AT_AddInherit': {
      const parent = asNode(def, 'RangeVar');
      return [exclusive, ...inherited(parent && relationName(parent))];
    }
    case 'AT_DropInherit': {
      const parent = asNode(def, 'RangeVar');
      return parent ? [exclusive, { relation: relationName(parent), mode: 'ACCESS SHARE' }] : [];
    }
    case 'AT_AttachPartition':
    case 'AT_DetachPartition':
    case 'AT_DetachPartitionFinalize':
      return partition(relation, command, known);
    default:
      return [{ relation, mode: (subtype && WEAKER[subtype]) ?? 'ACCESS EXCLUSIVE' }];
  }
}

function inherited(parent: string | undefined): Touch[] {
  return parent === undefined ? [] : [{ relation: parent, mode: 'SHARE UPDATE EXCLUSIVE' }];
}

function foreignKeys(
  relation: string,
  cascade: boolean,
  which: Pick<Touch, 'constraint' | 'column'>,
): Touch[] {
  const mode = 'ACCESS EXCLUSIVE';
  return [
    { relation, mode, reach: 'references', ...which },
    ...(cascade ? [{ relation, mode, reach: 'referenced by' } as const] : []),
  ];
}

function alterType(relation: string, command: AlterTableCmd, sizes: TableSizes): Touch[] {
  const { name: column = '', def } = command;
  const definition = asNode(def, 'ColumnDef');
  const before = sizes.relations[relation]?.columns[column];
  const using = definition?.raw_default;
  const after = definition?.typeName && typeOf(definition.typeName);
  const rewrites =
    before === undefined ||
    after === undefined ||
    (using !== undefined && !isCastOf(column, using)) ||
    changesStorage(before, after) ||
    isVolatile(using, sizes);
  const mode = 'ACCESS EXCLUSIVE';
  return [
    { relation, mode, ...(rewrites && { rewrites, advice: ADVICE.newColumn }) },
    { relation, mode, reach: 'references', column },
    { relation, mode, reach: 'referenced by', column, scans: true },
  ];
}

/** Whether `USING` says no more than that the column is converted. */
export function isCastOf(column: string, using: NonNullable<AlterTableCmd['def']>): boolean {
  const inner = asNode(using, 'TypeCast')?.arg ?? using;
  const fields = asNode(inner, 'ColumnRef')?.fields ?? [];
  return asNode(fields.at(-1), 'String')?.sval === column;
}

function optionsMode(options: readonly DefElem[]): LockMode {
  return options.every(({ defname = '' }) => EASY_OPTION.test(defname))
    ? 'SHARE UPDATE EXCLUSIVE'
    : 'ACCESS EXCLUSIVE';
}

function partition(
  parent: string,
  { subtype, def }: AlterTableCmd,
  known: KnownRelation | undefined,
): Touch[] {
  const command = asNode(def, 'PartitionCmd');
  const child = command?.name && relationName(command.name);
  if (child === undefined || known?.kind === 'I' || known?.kind === 'i') {
    return [
      { relation: parent, mode: WEAKER[subtype ?? 'AT_AttachPartition'] ?? 'ACCESS EXCLUSIVE' },
    ];
  }
  if (subtype === 'AT_AttachPartition') {
    return [
      { relation: parent, mode: 'SHARE UPDATE EXCLUSIVE' },
      { relation: child, mode: 'ACCESS EXCLUSIVE', scans: true, advice: ADVICE.attach },
    ];
  }
  const gently = subtype === 'AT_DetachPartitionFinalize' || command?.concurrent === true;
  return [
    {
      relation: parent,
      mode: gently ? 'SHARE UPDATE EXCLUSIVE' : 'ACCESS EXCLUSIVE',
      ...(!gently && { advice: ADVICE.detach }),
    },
    { relation: child, mode: 'ACCESS EXCLUSIVE' },
  ];
}
