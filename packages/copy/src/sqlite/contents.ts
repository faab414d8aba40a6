import type Sqlite from 'better-sqlite3';
import { quoted } from './identifiers.js';
import { isForeign, type SourceColumn, type SourceTable } from './source-table.js';
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
  /** Concluded from the first row: see `sampleContent`. */
  readonly isAssumed: boolean;
  /** Whether the texts of a row take more than 2,000 bytes in some row. */
  readonly hasLongRows: boolean;
  /** By the column's name; without generated columns that cannot be computed. */
  readonly columns: ReadonlyMap<string, ColumnContent>;
}

const MAX_EXACT = 2n ** 53n;

/** Of one SELECT: SQLite returns at most 2,000 values. */
const MAX_COLUMNS = 100;

/** Of a row's texts. */
const LONG_BYTES = 2000;

const NONE: ColumnContent = {
  nulls: 0,
  integers: 0,
  reals: 0,
  texts: 0,
  blobs: 0,
  wideIntegers: false,
  beyondNumeric: false,
};

/** What counts the values of a storage class. */
const COUNTS = { integer: 'integers', real: 'reals', text: 'texts', blob: 'blobs' } as const;

export type Class = keyof typeof COUNTS;

/**
 * Looks at every value of a table: whether its column holds what its first row does, and only where it
 * does not, what else.
 * @throws COPY_SOURCE_UNREADABLE
 */
export function readContent(database: Sqlite.Database, table: SourceTable): TableContent {
  const contents = new Map<string, ColumnContent>();
  const stored = table.columns.filter(({ generated }) => !generated);
  let rows = 0;
  let longRows = 0;
  try {
    for (const columns of inParts(stored)) {
      const counts = lookWhetherUniform(database, table, columns, contents);
      rows = counts.rows;
      longRows += counts.longRows;
    }
    for (const columns of inParts(stored.filter(({ name }) => !contents.has(name))))
      lookClosely(database, table, columns, contents);
  } catch (error) {
    throw unreadable(table.name, error);
  }
  for (const column of table.columns.filter(({ generated }) => generated)) {
    try {
      lookClosely(database, table, [column], contents);
    } catch {
      // What computes it fails, here as in every other program: it is told as left out.
    }
  }
  return { rows, isAssumed: false, hasLongRows: longRows > 0, columns: contents };
}

function inParts(columns: readonly SourceColumn[]): readonly (readonly SourceColumn[])[] {
  return Array.from({ length: Math.ceil(columns.length / MAX_COLUMNS) }, (_, part) =>
    columns.slice(part * MAX_COLUMNS, (part + 1) * MAX_COLUMNS),
  );
}

/** Tells what is in columns with values of one class only. */
function lookWhetherUniform(
  database: Sqlite.Database,
  { place, rowidColumn }: SourceTable,
  columns: readonly SourceColumn[],
  contents: Map<string, ColumnContent>,
): { readonly rows: number; readonly longRows: number } {
  const classes = columns.map((column) => `typeof(${quoted(column.name)})`).join(', ');
  const first = database.prepare(`SELECT ${classes} FROM ${place} LIMIT 1`).raw().get() as
    string[] | undefined;
  const looked = columns.flatMap((column, index) => {
    const kind = column.name === rowidColumn ? 'integer' : first?.[index];
    return isSure(column, kind) ? [{ column, kind }] : [];
  });
  const parts = looked.flatMap(({ column, kind }) => {
    // It holds nothing else, and counting takes time.
    if (column.name === rowidColumn) return ['0', '0'];
    const nulls = `count(*) - count(${quoted(column.name)})`;
    return [nulls, `count(*) FILTER (WHERE ${isOther(column, kind)})`];
  });
  const texts = looked.filter(({ kind }) => kind === 'text').map(({ column }) => column);
  const [rows = 0, longRows = 0, ...counts] = (
    database
      .prepare(
        `SELECT ${['count(*)', `count(*) FILTER (WHERE ${isLong(texts)})`, ...parts].join(', ')} FROM ${place}`,
      )
      .raw()
      .get() as bigint[]
  ).map(Number);
  for (const [index, { column, kind }] of looked.entries()) {
    const [nulls = 0, others = 0] = counts.slice(2 * index);
    if (others === 0) contents.set(column.name, { ...NONE, nulls, [COUNTS[kind]]: rows - nulls });
  }
  return { rows, longRows };
}

/** Only a column that makes them real cannot hold a negative zero. */
function isSure({ affinity }: SourceColumn, kind: string | undefined): kind is Class {
  return kind !== undefined && kind in COUNTS && (kind !== 'real' || affinity === 'REAL');
}

/**
 * What a column holds if all of its values are of one class.
 * @returns undefined for a class that says too little
 */
export function uniform(
  column: SourceColumn,
  kind: string | undefined,
  rows: number,
): ColumnContent | undefined {
  if (!isSure(column, kind)) return undefined;
  return { ...NONE, nulls: column.notNull ? 0 : 1, [COUNTS[kind]]: rows };
}

/** SQL: the texts of a row are long. */
export function isLong(texts: readonly SourceColumn[]): string {
  return texts.length > 0 ? `${texts.map(lengthOf).join(' + ')} > ${LONG_BYTES}` : 'false';
}

/**
 * SQL: a value is of another class, NULL not counted where it may be. SQLite puts numbers before texts
 * and texts before blobs, and comparing is faster than naming the class.
 */
export function isOther({ name, affinity, notNull, collation }: SourceColumn, kind: Class): string {
  const value = quoted(name);
  // No number is ever stored in the one, and no integer in the other.
  if (kind === 'text' && affinity === 'TEXT' && !isForeign(collation ?? 'BINARY'))
    return `${value} >= x''`;
  if (kind === 'real' && affinity === 'REAL' && !isForeign(collation ?? 'BINARY'))
    return `${value} >= ''`;
  return `typeof(${value}) ${notNull ? `<> '${kind}'` : `NOT IN ('${kind}', 'null')`}`;
}

function lengthOf({ name, notNull }: SourceColumn): string {
  const length = `octet_length(${quoted(name)})`;
  return notNull ? length : `coalesce(${length}, 0)`;
}

function lookClosely(
  database: Sqlite.Database,
  { place }: SourceTable,
  columns: readonly SourceColumn[],
  contents: Map<string, ColumnContent>,
): void {
  const parts = columns.map((column) => partsOf(quoted(column.name)));
  const row = database
    .prepare(`SELECT ${parts.flat().join(', ')} FROM ${place}`)
    .raw()
    .get() as unknown[];
  let at = 0;
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
      wideIntegers: (least ?? 0n) < -MAX_EXACT || (greatest ?? 0n) > MAX_EXACT,
      beyondNumeric: Number(values[7]) > 0,
    });
  }
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
