import type { SqlDatabase } from '@holdfast/postgres/database/sql-database';
import type { Extent, Filling, Samples } from './samples.js';

/** What the services ask for when a page of 50 is wanted. */
export const PAGE = 51;

/** One question to a repository about the rows that the tables are filled with. */
export interface ListCase {
  readonly name: string;
  readonly ask: (database: SqlDatabase) => Promise<readonly unknown[]>;
  readonly of: Scope;
  /** Fewest and most rows that are found in `MILLION`. */
  readonly finds: readonly [number, number];
}

/**
 * What a list is taken from: all rows, those that a filter selects, the few of one entity (which may
 * be sorted), or what a walk comes along.
 */
export type Scope = 'all' | 'selection' | 'entity' | 'walk';

/** The lists of one store, and the rows that they are asked about. */
export interface StoreLists {
  /** By order of reference. */
  readonly fillings: (samples: Samples, extent: Extent) => readonly Filling[];
  /** Every list that the ports offer: each filter alone, combinations, first page and one amid. */
  readonly cases: (extent: Extent) => readonly ListCase[];
}
