import type { TargetColumn, TargetTable } from '../postgres/target-table.js';
import type { SourceTable } from '../sqlite/source-table.js';

/** A table that triggers watch. */
export interface WatchedTable {
  readonly source: SourceTable;
  /** In the journal. */
  readonly number: number;
  /** Names of the columns by which a row is found again. */
  readonly key: readonly string[];
}

/** A table whose changes are followed, and the columns by which a row is found again on both sides. */
export interface FollowedTable {
  readonly table: TargetTable;
  readonly number: number;
  readonly key: readonly TargetColumn[];
}

/** @returns undefined for a table in which a row that was changed cannot be found again */
export function keyOf({
  primaryKey,
  indexes,
  columns,
}: SourceTable): readonly string[] | undefined {
  const isNeverNull = (name: string) =>
    columns.some((column) => column.name === name && column.notNull);
  const unique = indexes
    .filter((index) => index.unique && !index.partial && index.origin !== 'primary key')
    .map((index) => index.columns.map((column) => column?.name ?? ''))
    .filter((names) => names.every(isNeverNull));
  return [primaryKey, ...unique].find((names) => names.length > 0);
}

/** @returns undefined for one whose key is not copied */
export function followedTable(
  { source, number, key }: WatchedTable,
  tables: readonly TargetTable[],
): FollowedTable | undefined {
  const table = tables.find((each) => each.source.name === source.name);
  const columns = key.flatMap(
    (name) => table?.columns.find((column) => column.source.name === name) ?? [],
  );
  return table && columns.length === key.length ? { table, number, key: columns } : undefined;
}
