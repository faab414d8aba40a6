import type { Node } from 'libpg-query';
import { ADVICE } from './constraint-locks.js';
import type { Effects, Touch } from './lock-modes.js';
import { allOf, asNode, type NodeOf, relationName } from '../parser/syntax-tree.js';

const EVERY_TABLE = 'it goes through all tables of the database that it may';

/** Whether an option in brackets is there and not turned off. */
export function hasOption(options: readonly Node[] | undefined, name: string): boolean {
  const option = allOf(options, 'DefElem').find(({ defname }) => defname === name);
  if (!option) return false;
  const value = asNode(option.arg, 'String')?.sval?.toLowerCase();
  const number = asNode(option.arg, 'Integer');
  return !(['false', 'off', '0'].includes(value ?? '') || (number && (number.ival ?? 0) === 0));
}

/** VACUUM and ANALYZE */
export function vacuumed({ rels, options }: NodeOf<'VacuumStmt'>): Effects {
  const isFull = hasOption(options, 'full');
  const how: Pick<Touch, 'mode' | 'rewrites' | 'advice'> = isFull
    ? { mode: 'ACCESS EXCLUSIVE', rewrites: true, advice: ADVICE.vacuum }
    : { mode: 'SHARE UPDATE EXCLUSIVE' };
  if (!rels) return { touches: [], unknown: `${EVERY_TABLE} (${how.mode})` };
  return {
    touches: allOf(rels, 'VacuumRelation').flatMap(({ relation }) =>
      relation ? [{ relation: relationName(relation), ...how }] : [],
    ),
  };
}

/** CLUSTER */
export function clustered({ relation }: NodeOf<'ClusterStmt'>): Effects {
  const mode = 'ACCESS EXCLUSIVE';
  if (!relation) return { touches: [], unknown: `${EVERY_TABLE} (${mode})` };
  const advice = ADVICE.quietHour;
  return { touches: [{ relation: relationName(relation), mode, rewrites: true, advice }] };
}

/** REINDEX. A query needs all indexes of its tables to be planned, so one that is built blocks it. */
export function reindexed({ kind, relation, params }: NodeOf<'ReindexStmt'>): Effects {
  const isConcurrent = hasOption(params, 'concurrently');
  if (!relation) return { touches: [], unknown: EVERY_TABLE };
  return {
    touches: [
      {
        relation: relationName(relation),
        scans: true,
        ...(kind === 'REINDEX_OBJECT_INDEX' && { reach: 'table of' }),
        ...(isConcurrent
          ? { mode: 'SHARE UPDATE EXCLUSIVE' }
          : { mode: 'SHARE', blocks: 'reads and writes', advice: ADVICE.concurrently }),
      },
    ],
  };
}
