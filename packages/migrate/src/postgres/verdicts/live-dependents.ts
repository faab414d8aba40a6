import type { LiveRelation } from './catalogue.js';
import { isGone, type ModelDependent, type Relation, type RowHolder } from './relation.js';

/** What CASCADE has dropped, of relations that no statement names as well: `<oid> <name>` of columns and constraints. */
export interface Dropped {
  readonly oids: Set<number>;
  readonly columns: Set<string>;
  readonly constraints: Set<string>;
}

type ByOid = ReadonlyMap<number, Relation>;

/** What needs a relation of the database, until an earlier statement drops or changes that. */
export function liveDependents(
  live: LiveRelation,
  relation: Relation,
  byOid: ByOid,
  dropped: Dropped,
): readonly ModelDependent[] {
  return live.dependents.map(({ what, column, index, by }) => {
    const owner = by && byOid.get(by.oid);
    return {
      what,
      column,
      index: index ?? null,
      owner,
      isThere: () => {
        if (!by) return true;
        if (dropped.oids.has(by.oid)) return false;
        if (by.constraint !== null && dropped.constraints.has(`${by.oid} ${by.constraint}`))
          return false;
        if (by.column !== null && dropped.columns.has(`${by.oid} ${by.column}`)) return false;
        if (!owner) return true;
        if (isGone(owner) || owner.isRedefined) return false;
        if (by.constraint !== null)
          return [...owner.constraints.values()].some((each) => each.live === by.constraint);
        if (by.column !== null) return hasColumn(owner, by.column, true);
        return !what.startsWith('table ') || owner.parents.has(relation);
      },
    };
  });
}

/** Columns that hold its rows as values. */
export function liveHolders(
  { rowUsers }: LiveRelation,
  byOid: ByOid,
  dropped: Dropped,
): readonly RowHolder[] {
  return rowUsers.map(({ oid, table, column }) => ({
    what: `${table}.${column}`,
    isThere: () => {
      if (dropped.oids.has(oid) || dropped.columns.has(`${oid} ${column}`)) return false;
      const owner = byOid.get(oid);
      return !owner || (!isGone(owner) && hasColumn(owner, column, false));
    },
  }));
}

/** By the name that the database has for it. */
function hasColumn({ columns }: Relation, name: string, withDefault: boolean): boolean {
  return [...columns.values()].some(
    ({ live, isDefaultChanged, written }) =>
      live === name && !(withDefault && isDefaultChanged === true) && (withDefault || !written),
  );
}
