import { ADVICE } from './constraint-locks.js';
import type { LockMode, Touch } from './lock-modes.js';
import {
  allOf,
  functionsIn,
  type NodeOf,
  rangesIn,
  relationName,
  relationsIn,
} from '../parser/syntax-tree.js';
import { takenBy } from '../verdicts/conditions.js';
import type { TableSizes } from './table-sizes.js';

type Change = NodeOf<'InsertStmt' | 'UpdateStmt' | 'DeleteStmt' | 'MergeStmt'>;

/** ACCESS SHARE on all that a query reads; ROW SHARE, and more, on what it locks or changes. */
export function readTables(tree: unknown): Touch[] {
  const touches = relationsIn(tree).map((relation): Touch => ({ relation, mode: 'ACCESS SHARE' }));
  return [...touches, ...strongerParts(tree)];
}

/** What INSERT, UPDATE, DELETE and MERGE do. */
export function changedRows(node: Change, changesAllRows: boolean): Touch[] {
  const all = changesAllRows ? { scans: true, advice: ADVICE.batches } : {};
  const target: Touch[] = node.relation
    ? [{ relation: relationName(node.relation), mode: 'ROW EXCLUSIVE', ...all }]
    : [];
  return [...target, ...readTables(node)];
}

/** No condition, or one that every row meets. */
export function isUnbounded(
  node: NodeOf<'UpdateStmt' | 'DeleteStmt'>,
  { relations }: Pick<TableSizes, 'relations'>,
): boolean {
  const { relation, whereClause } = node;
  const columns = relations[relation ? relationName(relation) : '']?.columns ?? {};
  const rows = {
    relation: { columns: new Map(Object.entries(columns)), constraints: new Map<string, never>() },
    alias: relation?.alias?.aliasname ?? relation?.relname ?? '',
    isJoined: 'fromClause' in node || 'usingClause' in node,
  };
  return takenBy(whereClause, rows) === 'every';
}

/** Functions that are not PostgreSQL's own, with brackets, for a sentence. */
export function userFunctions(tree: unknown, { functions }: TableSizes): string[] {
  return functionsIn(tree)
    .filter((name) => functions[name]?.own ?? true)
    .map((name) => `${name}()`);
}

/** FOR UPDATE and its kin, and changes within WITH. */
function strongerParts(tree: unknown): Touch[] {
  if (typeof tree !== 'object' || tree === null) return [];
  const { lockingClause, fromClause } = tree as Partial<NodeOf<'SelectStmt'>>;
  const locked = allOf(lockingClause, 'LockingClause').flatMap(({ lockedRels }) =>
    rowShare(lockedRels ? named(lockedRels, fromClause) : relationsIn(fromClause)),
  );
  const changed = CHANGES.flatMap((type) => {
    const node = (tree as Partial<Record<string, Change>>)[type];
    return node?.relation
      ? [{ relation: relationName(node.relation), mode: 'ROW EXCLUSIVE' } as const]
      : [];
  });
  return [...locked, ...changed, ...Object.values(tree).flatMap(strongerParts)];
}

const CHANGES = ['InsertStmt', 'UpdateStmt', 'DeleteStmt', 'MergeStmt'] as const;

/** FOR UPDATE OF names tables by their aliases. */
function named(
  lockedRels: NonNullable<NodeOf<'LockingClause'>['lockedRels']>,
  fromClause: NodeOf<'SelectStmt'>['fromClause'],
): string[] {
  const wanted = allOf(lockedRels, 'RangeVar').map(({ relname }) => relname);
  const found = rangesIn(fromClause).filter(({ alias, relname }) =>
    wanted.includes(alias?.aliasname ?? relname),
  );
  // An alias of a subquery stands for all that it reads.
  return found.length === wanted.length ? found.map(relationName) : relationsIn(fromClause);
}

function rowShare(relations: readonly string[]): Touch[] {
  const mode: LockMode = 'ROW SHARE';
  return relations.map((relation) => ({ relation, mode }));
}
