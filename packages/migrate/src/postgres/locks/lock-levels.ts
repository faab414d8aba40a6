import type { Node, RangeVar } from 'libpg-query';
import { alterTable } from './alter-table-locks.js';
import { commented, droppedObjects } from './drop-locks.js';
import { ADVICE } from './constraint-locks.js';
import { type Effects, LOCK_MODES, type LockMode, type Touch } from './lock-modes.js';
import { changedRows, isUnbounded, readTables, userFunctions } from './row-locks.js';
import type { Statement } from '../parser/statements.js';
import {
  allOf,
  asNode,
  nameOf,
  type NodeOf,
  type NodeType,
  relationName,
  textsOf,
} from '../parser/syntax-tree.js';
import type { TableSizes } from './table-sizes.js';
import { clustered, hasOption, reindexed, vacuumed } from './maintenance-locks.js';

type Rules = {
  readonly [Type in NodeType]?: (node: NodeOf<Type>, sizes: TableSizes) => Effects;
};

/**
 * What a statement does to tables, by PostgreSQL's documentation of each statement. Statements
 * that have no rule lock no table.
 */
export function effectsOf(
  { node, type }: Pick<Statement, 'node' | 'type'>,
  sizes: TableSizes,
): Effects {
  const rule = RULES[type] as ((node: unknown, sizes: TableSizes) => Effects) | undefined;
  const effects = rule?.((node as Record<string, unknown>)[type], sizes) ?? { touches: [] };
  const called = CALLING.includes(type) ? userFunctions(node, sizes) : [];
  if (called.length === 0) return effects;
  return { ...effects, unknown: `what ${called.join(', ')} locks is not known` };
}

/** Statements that run the functions that they name. */
const CALLING: readonly NodeType[] = [
  'SelectStmt',
  'InsertStmt',
  'UpdateStmt',
  'DeleteStmt',
  'MergeStmt',
  'CreateTableAsStmt',
  'CallStmt',
];

const RULES: Rules = {
  AlterTableStmt: (node, sizes) => ({ touches: alterTable(node, sizes) }),
  AlterObjectSchemaStmt: ({ relation, newschema = '' }) => ({
    touches: exclusively(relation),
    ...(relation && {
      renames: { from: relationName(relation), to: nameOf([newschema, relation.relname ?? '']) },
    }),
  }),
  AlterPolicyStmt: ({ table }) => ({ touches: exclusively(table) }),
  AlterTableMoveAllStmt: () => unknown('which tables it moves is not known'),
  AlterDomainStmt: ({ subtype }) =>
    subtype === 'C' || subtype === 'O' || subtype === 'V'
      ? unknown('it locks (SHARE) and reads every table that uses the domain')
      : none,
  CallStmt: () => none,
  ClusterStmt: clustered,
  CommentStmt: (node) => ({ touches: commented(node) }),
  CopyStmt: ({ relation, is_from, query }) => ({
    touches: [
      ...(relation ? [touch(relation, is_from ? 'ROW EXCLUSIVE' : 'ACCESS SHARE')] : []),
      ...readTables(query),
    ],
  }),
  CreateFunctionStmt: ({ sql_body }) => ({ touches: readTables(sql_body) }),
  CreatePolicyStmt: ({ table, qual, with_check }) => ({
    touches: [...exclusively(table), ...readTables([qual, with_check])],
  }),
  CreatePublicationStmt: ({ pubobjects }) => ({ touches: published(pubobjects) }),
  AlterPublicationStmt: ({ pubobjects }) => ({ touches: published(pubobjects) }),
  CreateSchemaStmt: ({ schemaElts }) =>
    schemaElts ? unknown('what its elements lock is not looked at') : none,
  CreateSeqStmt: ({ sequence, options }) => ({ touches: ownedBy(options), makes: made(sequence) }),
  AlterSeqStmt: ({ options }) => ({ touches: ownedBy(options) }),
  CreateStatsStmt: ({ relations }) => ({
    touches: allOf(relations, 'RangeVar').map((table) => touch(table, 'SHARE UPDATE EXCLUSIVE')),
  }),
  CreateStmt: createdTable,
  CreateTableAsStmt: ({ into, query }) => ({ touches: readTables(query), makes: made(into?.rel) }),
  CreateTrigStmt: ({ relation, constrrel }) => ({
    touches: [
      ...(relation ? [touch(relation, 'SHARE ROW EXCLUSIVE')] : []),
      ...(constrrel ? [touch(constrrel, 'ACCESS SHARE')] : []),
    ],
  }),
  DeleteStmt: (node, sizes) => ({ touches: changedRows(node, isUnbounded(node, sizes)) }),
  DoStmt: () => unknown('what a DO block locks is not known'),
  DropStmt: droppedObjects,
  DropOwnedStmt: () => unknown('which tables it drops is not known'),
  ExecuteStmt: () => unknown('what a prepared statement locks is not known'),
  ExplainStmt: ({ query, options }, sizes) =>
    query && hasOption(options, 'analyze')
      ? effectsOf({ node: query, type: typeOf(query) }, sizes)
      : { touches: readTables(query) },
  IndexStmt: ({ relation, concurrent }) => ({
    touches: relation
      ? [
          concurrent
            ? touch(relation, 'SHARE UPDATE EXCLUSIVE', { scans: true })
            : touch(relation, 'SHARE', { scans: true, advice: ADVICE.concurrently }),
        ]
      : [],
  }),
  GrantStmt: ({ objects }) => ({ touches: readTables(objects) }),
  InsertStmt: (node) => ({ touches: changedRows(node, false) }),
  LockStmt: lockedTables,
  MergeStmt: (node) => ({ touches: changedRows(node, false) }),
  RefreshMatViewStmt: ({ relation, concurrent }) => ({
    touches: relation
      ? [
          concurrent
            ? touch(relation, 'EXCLUSIVE', { scans: true })
            : touch(relation, 'ACCESS EXCLUSIVE', {
                rewrites: true,
                advice: 'Use CONCURRENTLY; it needs a unique index on the view.',
              }),
        ]
      : [],
    unknown: 'the tables that the view reads are locked too (ACCESS SHARE)',
  }),
  ReindexStmt: reindexed,
  RenameStmt: renamed,
  RuleStmt: ({ relation, actions }) => ({
    touches: [...exclusively(relation), ...readTables(actions)],
  }),
  SelectStmt: (node) => ({
    touches: readTables(node),
    ...(node.intoClause && { makes: made(node.intoClause.rel) }),
  }),
  TruncateStmt: ({ relations, behavior }) => ({
    touches: allOf(relations, 'RangeVar').flatMap((table): Touch[] => [
      touch(table, 'ACCESS EXCLUSIVE'),
      ...(behavior === 'DROP_CASCADE'
        ? [touch(table, 'ACCESS EXCLUSIVE', { reach: 'referenced by' })]
        : []),
    ]),
  }),
  UpdateStmt: (node, sizes) => ({ touches: changedRows(node, isUnbounded(node, sizes)) }),
  VacuumStmt: vacuumed,
  ViewStmt: ({ view, query, replace }) => ({
    touches: [...(replace ? exclusively(view) : []), ...readTables(query)],
    makes: replace ? [] : made(view),
  }),
};

function lockedTables(
  { relations, mode = LOCK_MODES.length }: NodeOf<'LockStmt'>,
  sizes: TableSizes,
): Effects {
  const touches = allOf(relations, 'RangeVar').map((table) =>
    touch(table, LOCK_MODES[mode - 1] ?? 'ACCESS EXCLUSIVE'),
  );
  const isView = touches.some(({ relation }) => sizes.relations[relation]?.kind === 'v');
  return isView ? { touches, unknown: 'the tables of the view are locked too' } : { touches };
}

const none: Effects = { touches: [] };

function unknown(clause: string): Effects {
  return { touches: [], unknown: clause };
}

function touch(relation: RangeVar, mode: LockMode, more: Partial<Touch> = {}): Touch {
  return { relation: relationName(relation), mode, ...more };
}

function exclusively(relation: RangeVar | undefined): Touch[] {
  return relation ? [touch(relation, 'ACCESS EXCLUSIVE')] : [];
}

function made(relation: RangeVar | undefined): string[] {
  return relation ? [relationName(relation)] : [];
}

function typeOf(node: Node): NodeType {
  return Object.keys(node)[0] as NodeType;
}

function createdTable({
  relation,
  tableElts,
  constraints,
  inhRelations,
  partbound,
  if_not_exists,
}: NodeOf<'CreateStmt'>): Effects {
  const columns = allOf(tableElts, 'ColumnDef').flatMap(({ constraints: own = [] }) => own);
  const all = allOf([...(tableElts ?? []), ...(constraints ?? []), ...columns], 'Constraint');
  const makes = made(relation);
  const touches = [
    ...all.flatMap(({ pktable }) => (pktable ? [touch(pktable, 'SHARE ROW EXCLUSIVE')] : [])),
    ...allOf(tableElts, 'TableLikeClause').flatMap(({ relation: like }) =>
      like ? [touch(like, 'ACCESS SHARE')] : [],
    ),
    ...allOf(inhRelations, 'RangeVar').map((parent) =>
      partbound
        ? touch(parent, 'ACCESS EXCLUSIVE', { advice: ADVICE.attachNew })
        : touch(parent, 'SHARE UPDATE EXCLUSIVE'),
    ),
  ].filter(({ relation: other }) => !makes.includes(other));
  return { touches, makes: if_not_exists ? [] : makes };
}

const RENAMED_UNLOCKED: readonly NodeOf<'RenameStmt'>['renameType'][] = [
  'OBJECT_TYPE',
  'OBJECT_ATTRIBUTE',
];

function renamed({ renameType, relation, newname = '' }: NodeOf<'RenameStmt'>): Effects {
  if (!relation || RENAMED_UNLOCKED.includes(renameType)) return none;
  const from = relationName(relation);
  const isRelation = ['OBJECT_TABLE', 'OBJECT_VIEW', 'OBJECT_MATVIEW'].includes(renameType ?? '');
  const to = nameOf([...(relation.schemaname === undefined ? [] : [relation.schemaname]), newname]);
  return {
    touches: [
      touch(
        relation,
        renameType === 'OBJECT_INDEX' ? 'SHARE UPDATE EXCLUSIVE' : 'ACCESS EXCLUSIVE',
      ),
    ],
    ...(isRelation && { renames: { from, to } }),
  };
}

function ownedBy(options: readonly Node[] | undefined): Touch[] {
  const owner = allOf(options, 'DefElem').find(({ defname }) => defname === 'owned_by');
  const table = textsOf(asNode(owner?.arg, 'List')?.items).slice(0, -1);
  return table.length > 0 ? [{ relation: nameOf(table), mode: 'ACCESS SHARE' }] : [];
}

function published(objects: readonly Node[] | undefined): Touch[] {
  return allOf(objects, 'PublicationObjSpec').flatMap(({ pubtable }) =>
    pubtable?.relation ? [touch(pubtable.relation, 'SHARE UPDATE EXCLUSIVE')] : [],
  );
}
