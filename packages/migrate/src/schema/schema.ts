/** What a column is, in the words of its dialect. */
export interface Column {
  readonly type: string;
  readonly nullability: 'NULL' | 'NOT NULL' | 'NOT NULL NOT VALID';
  /** An expression; null for none. */
  readonly default: string | null;
  /** Null where it is the one of the type. */
  readonly collation: string | null;
  /** `GENERATED …`; null for an ordinary column. */
  readonly generated: string | null;
}

export type ConstraintKind =
  'primary key' | 'unique constraint' | 'check constraint' | 'foreign key' | 'exclusion constraint';

export interface Constraint {
  readonly kind: ConstraintKind;
  /** `PRIMARY KEY (a, b)`, `FOREIGN KEY (a) REFERENCES t(b) ON DELETE CASCADE`, … */
  readonly definition: string;
  /** False after `NOT VALID`: rows that were there before may break it. */
  readonly validated: boolean;
}

export interface Index {
  /** What it is but for its name and table: `UNIQUE (a, b DESC) WHERE c IS NULL` */
  readonly definition: string;
  /** False for what an interrupted `CREATE INDEX CONCURRENTLY` leaves behind. */
  readonly valid: boolean;
}

/** One table; columns, constraints and indexes by their names. */
export interface Table {
  readonly columns: ReadonlyMap<string, Column>;
  /** SQLite's unnamed constraints go by their definitions. */
  readonly constraints: ReadonlyMap<string, Constraint>;
  /** Those that no constraint has brought along. */
  readonly indexes: ReadonlyMap<string, Index>;
}

/** Tables by their names. */
export type Schema = ReadonlyMap<string, Table>;

/** `Index.definition` from its parts: the same text on both dialects. */
export function indexDefinition(parts: {
  readonly unique: boolean;
  /** `a`, `b DESC`, `lower(c)` */
  readonly columns: readonly string[];
  /** Absent for a B-tree. */
  readonly method?: string;
  /** What comes behind the columns, for example `INCLUDE (d)`. */
  readonly options?: readonly string[];
  readonly where: string | null;
}): string {
  const { unique, columns, method, options = [], where } = parts;
  return [
    ...(unique ? ['UNIQUE'] : []),
    ...(method === undefined ? [] : [`USING ${method}`]),
    `(${columns.join(', ')})`,
    ...options,
    ...(where === null ? [] : [`WHERE ${where}`]),
  ].join(' ');
}
