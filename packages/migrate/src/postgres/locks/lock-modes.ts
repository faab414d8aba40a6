/** PostgreSQL's table locks, weakest first, as its documentation and `pg_locks` order them. */
export const LOCK_MODES = [
  'ACCESS SHARE',
  'ROW SHARE',
  'ROW EXCLUSIVE',
  'SHARE UPDATE EXCLUSIVE',
  'SHARE',
  'SHARE ROW EXCLUSIVE',
  'EXCLUSIVE',
  'ACCESS EXCLUSIVE',
] as const;

export type LockMode = (typeof LOCK_MODES)[number];

/** What others cannot do to the table meanwhile; every lock keeps some other DDL waiting. */
export type Blocks = 'reads and writes' | 'writes' | 'other DDL';

export function blocksOf(mode: LockMode): Blocks {
  if (mode === 'ACCESS EXCLUSIVE') return 'reads and writes';
  return isAtLeast(mode, 'SHARE') ? 'writes' : 'other DDL';
}

export function isAtLeast(mode: LockMode, other: LockMode): boolean {
  return LOCK_MODES.indexOf(mode) >= LOCK_MODES.indexOf(other);
}

export function strongest(modes: readonly LockMode[]): LockMode {
  return LOCK_MODES.findLast((mode) => modes.includes(mode)) ?? 'ACCESS SHARE';
}

/**
 * Which relation is meant: the one that is named, the table of the index that is named, or tables
 * that only the database knows, by foreign keys and inheritance of the one that is named.
 */
export type Reach = 'itself' | 'table of' | 'references' | 'referenced by' | 'parents';

/** What a statement does to one relation. */
export interface Touch {
  /** As `to_regclass` takes it. */
  readonly relation: string;
  readonly mode: LockMode;
  /** `itself` unless given. */
  readonly reach?: Reach;
  /** Keeps `references` and `referenced by` to the foreign key of this name, or with this column. */
  readonly constraint?: string;
  readonly column?: string;
  /** What the lock keeps others from, where it is more than its mode says. */
  readonly blocks?: Blocks;
  /** Writes the whole table anew under the lock. */
  readonly rewrites?: boolean;
  /** Reads the whole table, or writes all its rows, under the lock. */
  readonly scans?: boolean;
  /** How to do it with less, a sentence. */
  readonly advice?: string;
}

/** What a statement does to the tables that exist. */
export interface Effects {
  readonly touches: readonly Touch[];
  /** Relations that are new after it. */
  readonly makes?: readonly string[];
  /** Relations that are gone after it. */
  readonly drops?: readonly string[];
  readonly renames?: { readonly from: string; readonly to: string };
  /** Why this is not all, or cannot be known: a clause. */
  readonly unknown?: string;
}
