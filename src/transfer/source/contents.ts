import type Sqlite from 'better-sqlite3';
import { quoted } from './identifiers.js';
import type { SourceColumn, SourceTable } from './source-table.js';
import { unreadable } from './unreadable.js';

/** How many values of each storage class a column holds. */
export interface ColumnContent {
  readonly nulls: number;
  readonly integers: number;
  readonly reals: number;
  readonly texts: number;
  readonly blobs: number;
  /** Some integers cannot be told apart from others as a double. */
  readonly wideIntegers: boolean;
  /** Some reals are infinite, or a negative zero: no `numeric` holds them. */
  readonly beyondNumeric: boolean;
}

export interface TableContent {
  readonly rows: number;
  /** By the column's name; without generated columns that cannot be computed. */
  readonly columns: ReadonlyMap<string, ColumnContent>;
}

const MOST_EXACT = 2n ** 53n;

/** Of one SELECT: SQLite returns at most 2,000 values. */
const MOST_COLUMNS = 100;

/**
 * Looks at every value of a table once.
 * @throws COPY_SOURCE_UNREADABLE
 */
export function readContent(database: Sqlite.Database, table: SourceTable): TableContent {
  const contents = new Map<string, ColumnContent>();
  const stored = table.columns.filter(({ generated }) => !generated);
  let rows = 0;
  try {
    for (let from = 0; from < stored.length; from += MOST_COLUMNS)
      rows = look(database, table, stored.slice(from, from + MOST_COLUMNS), contents);
  } catch (error) {
    throw unreadable(table.name, error);
  }
  for (const column of table.columns.filter(({ generated }) => generated)) {
    try {
      look(database, table, [column], contents);
    } catch {
      // What computes it fails, here as in every other program: it is told as left out.
    }
  }
  return { rows, columns: contents };
}

/** @returns the number of rows */
function look(
  database: Sqlite.Database,
  { name }: SourceTable,
  columns: readonly SourceColumn[],
  contents: Map<string, ColumnContent>,
): number {
  const parts = columns.map((column) => partsOf(quoted(column.name)));
  const row = database
    .prepare(`SELECT count(*), ${parts.flat().join(', ')} FROM main.${quoted(name)}`)
    .raw()
    .get() as unknown[];
  let at = 1;
  for (const [index, column] of columns.entries()) {
    const values = row.slice(at, (at += parts[index]?.length ?? 0));
    const [nulls = 0, integers = 0, reals = 0, texts = 0, blobs = 0] = values
      .slice(0, 5)
      .map(Number);
    const [least, greatest] = values.slice(5, 7) as (bigint | null)[];
    contents.set(column.name, {
      nulls,
      integers,
      reals,
      texts,
      blobs,
      wideIntegers: (least ?? 0n) < -MOST_EXACT || (greatest ?? 0n) > MOST_EXACT,
      beyondNumeric: Number(values[7]) > 0,
    });
  }
  return Number(row[0]);
}

function partsOf(value: string): readonly string[] {
  return [
    ...['null', 'integer', 'real', 'text', 'blob'].map(
      (type) => `total(typeof(${value}) = '${type}')`,
    ),
    `min(CASE typeof(${value}) WHEN 'integer' THEN ${value} END)`,
    `max(CASE typeof(${value}) WHEN 'integer' THEN ${value} END)`,
    // An angle tells zeros apart, where the sign is not printed.
    `total(CASE typeof(${value}) WHEN 'real'
           THEN abs(${value}) = 9e999 OR (${value} = 0 AND atan2(${value}, -1) < 0) END)`,
  ];
}
