import type { SourceTable } from '../sqlite/source-table.js';
import { quoted } from '../sqlite/identifiers.js';
import type { FollowedTable } from './followed-table.js';
import { JOURNAL, keyNames } from './journal-sql.js';

/** Numbers of a journal: behind the first, through the last. */
export interface JournalRange {
  readonly after: number;
  readonly through: number;
}

/**
 * The table as it is seen through the journal: the rows, as they are in the snapshot, that were written to within a
 * range. A row that is gone by then is not among them.
 */
export function changedRows(
  { table, number, key }: FollowedTable,
  range: JournalRange,
): SourceTable {
  const { source } = table;
  const names = key.map((column) => quoted(column.source.name)).join(', ');
  return {
    ...source,
    rowid: undefined,
    rowidColumn: undefined,
    place: `(SELECT * FROM ${source.place} WHERE (${names}) IN (${keysSql(number, key.length, range)}))`,
  };
}

/** The keys themselves, as a table of the source's. */
export function changedKeys(
  { table, number, key }: FollowedTable,
  range: JournalRange,
): SourceTable {
  const named = keyNames(key.length).map(
    (name, index) => `${name} AS ${quoted(key[index]?.source.name ?? '')}`,
  );
  return {
    ...table.source,
    rowid: undefined,
    rowidColumn: undefined,
    primaryKey: key.map((column) => column.source.name),
    place: `(SELECT DISTINCT ${named.join(', ')} FROM ${JOURNAL} WHERE ${within(number, range)})`,
  };
}

function keysSql(number: number, width: number, range: JournalRange): string {
  return `SELECT ${keyNames(width).join(', ')} FROM ${JOURNAL} WHERE ${within(number, range)}`;
}

function within(number: number, { after, through }: JournalRange): string {
  return `tbl = ${number} AND seq > ${after} AND seq <= ${through}`;
}
