import { ADVICE } from './constraint-locks.js';
import type { Effects, Touch } from './lock-modes.js';
import { nameOf, type NodeOf, partsOf } from '../parser/syntax-tree.js';

const ON_A_TABLE = ['OBJECT_TRIGGER', 'OBJECT_RULE', 'OBJECT_POLICY', 'OBJECT_TABCONSTRAINT'];
const RELATIONS = ['OBJECT_TABLE', 'OBJECT_VIEW', 'OBJECT_MATVIEW', 'OBJECT_FOREIGN_TABLE'];
const mode = 'ACCESS EXCLUSIVE';

/** DROP of whatever it is. */
export function droppedObjects({
  objects,
  removeType = 'OBJECT_TABLE',
  behavior,
  concurrent,
}: NodeOf<'DropStmt'>): Effects {
  const cascades = behavior === 'DROP_CASCADE';
  const names = (objects ?? []).map(partsOf);
  if (ON_A_TABLE.includes(removeType)) {
    return { touches: names.map((parts) => ({ relation: nameOf(parts.slice(0, -1)), mode })) };
  }
  if (removeType === 'OBJECT_INDEX') {
    return {
      touches: names.map(nameOf).map((relation) => ({
        relation,
        reach: 'table of',
        ...(concurrent
          ? { mode: 'SHARE UPDATE EXCLUSIVE' }
          : { mode, advice: ADVICE.concurrently }),
      })),
    };
  }
  const touches = RELATIONS.includes(removeType)
    ? names.map(nameOf).flatMap((relation) => droppedTable(relation, cascades))
    : [];
  if (removeType === 'OBJECT_STATISTIC_EXT') {
    return {
      touches,
      unknown: 'the table of the statistics is locked too (SHARE UPDATE EXCLUSIVE)',
    };
  }
  const drops = RELATIONS.includes(removeType) ? names.map(nameOf) : [];
  return cascades
    ? { touches, drops, unknown: 'what CASCADE drops besides is not looked at' }
    : { touches, drops };
}

function droppedTable(relation: string, cascades: boolean): Touch[] {
  return [
    { relation, mode },
    { relation, mode, reach: 'references' },
    { relation, mode, reach: 'parents' },
    ...(cascades ? [{ relation, mode, reach: 'referenced by' } as const] : []),
  ];
}

/** COMMENT ON something of a table, or on a table. */
export function commented({ objtype = 'OBJECT_TABLE', object }: NodeOf<'CommentStmt'>): Touch[] {
  const parts = partsOf(object);
  const isPart = objtype === 'OBJECT_COLUMN' || ON_A_TABLE.includes(objtype);
  if (!isPart && !RELATIONS.includes(objtype) && objtype !== 'OBJECT_INDEX') return [];
  const relation = nameOf(isPart ? parts.slice(0, -1) : parts);
  const isLight = ON_A_TABLE.includes(objtype);
  return [{ relation, mode: isLight ? 'ACCESS SHARE' : 'SHARE UPDATE EXCLUSIVE' }];
}
