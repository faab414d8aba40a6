import type Sqlite from 'better-sqlite3';
import { isLong, type TableContent, uniform } from './contents.js';
import { quoted } from './identifiers.js';
import type { SourceTable } from './source-table.js';
import { unreadable } from './unreadable.js';

/** Looking at a smaller table takes no time. */
const MANY_ROWS = 100_000;
const MAX_COLUMNS = 200;

/** Rows whose lengths are looked at. */
const FIRST_ROWS = 100;

/**
 * What a large table will probably hold, by its first rows: looking at all of it first would take a fifth
 * of a copy. Whoever reads the rows has to see to it that it is so.
 * @returns undefined for a table of which too little can be told
 * @throws COPY_SOURCE_UNREADABLE
 */
export function sampleContent(
  database: Sqlite.Database,
  table: SourceTable,
): TableContent | undefined {
  const { columns, rowid, primaryKey } = table;
  if (rowid === undefined || columns.length > MAX_COLUMNS) return undefined;
  if (columns.some(({ generated }) => generated)) return undefined;
  const { rows, first, hasLongRows } = readSample(database, table);
  if (rows < MANY_ROWS) return undefined;
  const contents = columns.flatMap((column, index) => {
    if (primaryKey.includes(column.name) && !column.notNull) return [];
    const content = uniform(column, first[index], rows);
    return content ? [[column.name, content] as const] : [];
  });
  if (contents.length < columns.length) return undefined;
  return { rows, isAssumed: true, hasLongRows, columns: new Map(contents) };
}

/** @returns how many rows there are, the classes of the values of the first, whether texts are long */
function readSample(
  database: Sqlite.Database,
  { name, place, columns }: SourceTable,
): {
  readonly rows: number;
  readonly first: readonly string[];
  readonly hasLongRows: boolean;
} {
  const classes = columns.map((column) => `typeof(${quoted(column.name)})`).join(', ');
  try {
    const rows = Number(database.prepare(`SELECT count(*) FROM ${place}`).pluck().get());
    const found = database.prepare(`SELECT ${classes} FROM ${place} LIMIT 1`).raw().get();
    const first = (found ?? []) as string[];
    const texts = columns.filter((_, index) => first[index] === 'text');
    const long = database
      .prepare(
        `SELECT max(long) FROM (SELECT ${isLong(texts)} AS long FROM ${place} LIMIT ${FIRST_ROWS})`,
      )
      .pluck()
      .get();
    return { rows, first, hasLongRows: long === 1n };
  } catch (error) {
    throw unreadable(name, error);
  }
}

/** What a sample has concluded is wrong: the table has to be looked at. */
export class SampleContradicted extends Error {}
