import type { AlterTableType, Node, RangeVar } from 'libpg-query';
import type { Statement } from '../parser/statements.js';
import { allOf, asNode, type NodeType, rangesIn, textsOf } from '../parser/syntax-tree.js';
import type { TrialNames } from './trial-names.js';

/** Prepared alone: nothing of them is run, and what follows finds the same tables. */
export const QUERIES: readonly NodeType[] = [
  'SelectStmt',
  'InsertStmt',
  'UpdateStmt',
  'DeleteStmt',
  'MergeStmt',
];

/** Run on the copies. */
const RUN: readonly NodeType[] = [
  'AlterTableStmt',
  'CompositeTypeStmt',
  'CreateDomainStmt',
  'CreateEnumStmt',
  'CreateFunctionStmt',
  'CreatePolicyStmt',
  'CreateRangeStmt',
  'CreateSeqStmt',
  'CreateStmt',
  'CreateTableAsStmt',
  'CreateTrigStmt',
  'IndexStmt',
  'RenameStmt',
  'RuleStmt',
  'ViewStmt',
];

/** Neither tried, nor of consequence for what is. */
const SKIPPED: readonly NodeType[] = [
  'AlterDefaultPrivilegesStmt',
  'AlterOwnerStmt',
  'AlterPublicationStmt',
  'AlterRoleStmt',
  'AlterSeqStmt',
  'CheckPointStmt',
  'ClusterStmt',
  'CommentStmt',
  'ConstraintsSetStmt',
  'CopyStmt',
  'CreatePublicationStmt',
  'CreateStatsStmt',
  'ExplainStmt',
  'GrantRoleStmt',
  'GrantStmt',
  'LockStmt',
  'NotifyStmt',
  'RefreshMatViewStmt',
  'ReindexStmt',
  'TruncateStmt',
  'VacuumStmt',
  'VariableSetStmt',
];

/** Of `ALTER TABLE`: what depends on triggers, or is otherwise with a table that is temporary. */
const OTHER_WITH_COPIES = new Set<AlterTableType>([
  'AT_ChangeOwner',
  'AT_SetLogged',
  'AT_SetUnLogged',
  'AT_SetTableSpace',
  'AT_EnableTrig',
  'AT_EnableAlwaysTrig',
  'AT_EnableReplicaTrig',
  'AT_EnableRule',
  'AT_EnableAlwaysRule',
  'AT_EnableReplicaRule',
  'AT_DisableTrig',
  'AT_DisableRule',
  'AT_DetachPartitionFinalize',
  'AT_AddOf',
  'AT_DropOf',
]);

/** Of `RENAME`: what is in a copy. */
const RENAMED_IN_COPIES = new Set([
  'OBJECT_TABLE',
  'OBJECT_VIEW',
  'OBJECT_COLUMN',
  'OBJECT_TABCONSTRAINT',
]);
const RENAMED_APART = new Set([
  'OBJECT_TRIGGER',
  'OBJECT_RULE',
  'OBJECT_POLICY',
  'OBJECT_SEQUENCE',
  'OBJECT_ROLE',
]);

/** Settings by which the statements after it find other things, or mean others. */
const FINDING = [
  ...['search_path', 'role', 'session_authorization', 'standard_conforming_strings'],
  ...['datestyle', 'intervalstyle', 'xmloption'],
];

/**
 * What a trial does with a statement: `end` where what it does is not known, so that nothing is known afterwards;
 * `forget` where it is known what it does that to; `run-alone` where it is only seen whether the server takes it.
 */
export type Treatment =
  | 'prepare'
  | 'run'
  | 'run-alone'
  | 'skip'
  | 'forget'
  | 'forget-bodies'
  | 'drop'
  | 'rename-index'
  | 'end';

export function treatmentOf({ type, node }: Statement, names: TrialNames): Treatment {
  if (QUERIES.includes(type)) return asNode(node, 'SelectStmt')?.intoClause ? 'forget' : 'prepare';
  if (type === 'DropStmt') return 'drop';
  if (type === 'AlterPolicyStmt') return 'run-alone';
  if (['AlterEnumStmt', 'AlterDomainStmt', 'CreateRoleStmt'].includes(type)) return 'forget';
  if (type === 'CreateSchemaStmt')
    return asNode(node, 'CreateSchemaStmt')?.schemaElts ? 'end' : 'skip';
  if (type === 'VariableSetStmt') {
    const { name = '', kind } = asNode(node, 'VariableSetStmt') ?? {};
    if (name.toLowerCase() === 'check_function_bodies') return 'forget-bodies';
    return FINDING.includes(name.toLowerCase()) || kind === 'VAR_RESET_ALL' ? 'end' : 'skip';
  }
  if (SKIPPED.includes(type)) return 'skip';
  if (type === 'RenameStmt') return renaming(node);
  if (type === 'AlterTableStmt') return altering(node, names);
  // There are none of temporary tables.
  if (asNode(node, 'CreateTableAsStmt')?.objtype === 'OBJECT_MATVIEW') return 'forget';
  return RUN.includes(type) ? 'run' : 'end';
}

function renaming(node: Node): Treatment {
  const { renameType = '' } = asNode(node, 'RenameStmt') ?? {};
  if (RENAMED_IN_COPIES.has(renameType)) return 'run';
  if (renameType === 'OBJECT_INDEX') return 'rename-index';
  return RENAMED_APART.has(renameType) ? 'skip' : 'end';
}

function isOfOptions(type: AlterTableType | undefined): boolean {
  return type === 'AT_SetRelOptions' || type === 'AT_ResetRelOptions';
}

function altering(node: Node, names: TrialNames): Treatment {
  const { objtype, cmds, relation } = asNode(node, 'AlterTableStmt') ?? {};
  if (objtype === 'OBJECT_TYPE') return 'end';
  if (objtype === 'OBJECT_INDEX' || objtype === 'OBJECT_SEQUENCE') return 'skip';
  const types = allOf(cmds, 'AlterTableCmd').map(({ subtype }) => subtype);
  const others = types.filter((type) => type && OTHER_WITH_COPIES.has(type));
  if (others.length > 0) return others.length === types.length ? 'skip' : 'forget';
  const name = relation && names.find(relation);
  // The copy of a view is none of its query.
  if (name !== undefined && names.isView(name) && types.some(isOfOptions)) return 'skip';
  return name !== undefined && names.isChangeable(name) ? 'run' : 'forget';
}

/** The relation that the statement makes, in its tree. */
export function madeRange(node: Node): RangeVar | undefined {
  return (
    asNode(node, 'CreateStmt')?.relation ??
    asNode(node, 'ViewStmt')?.view ??
    asNode(node, 'CreateTableAsStmt')?.into?.rel ??
    asNode(node, 'CreateSeqStmt')?.sequence ??
    asNode(node, 'CompositeTypeStmt')?.typevar ??
    asNode(node, 'SelectStmt')?.intoClause?.rel
  );
}

/** Names of the types, or the role, that the statement makes or changes, without schema. */
export function madeTypes(node: Node): readonly string[] {
  const role = asNode(node, 'CreateRoleStmt')?.role;
  if (role !== undefined) return [role];
  const names =
    asNode(node, 'AlterEnumStmt')?.typeName ??
    asNode(node, 'AlterDomainStmt')?.typeName ??
    asNode(node, 'CreateDomainStmt')?.domainname ??
    asNode(node, 'CreateEnumStmt')?.typeName ??
    asNode(node, 'CreateRangeStmt')?.typeName;
  return textsOf(names).slice(-1);
}

export function madeFunction(node: Node): string | undefined {
  return textsOf(asNode(node, 'CreateFunctionStmt')?.funcname).at(-1);
}

/** What a statement changes that is not tried. */
export function changedRelations(node: Node): readonly string[] {
  const made = madeRange(node);
  if (made) return [made.relname ?? ''];
  if (asNode(node, 'CreateTrigStmt') || asNode(node, 'CreatePolicyStmt')) return [];
  const renamed = asNode(node, 'RenameStmt');
  const to = renamed?.renameType === 'OBJECT_COLUMN' ? undefined : renamed?.newname;
  return [...rangesIn(node).map(({ relname = '' }) => relname), ...(to === undefined ? [] : [to])];
}
