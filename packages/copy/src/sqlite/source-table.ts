import type { Deferral, TableConstraint } from './table-constraints.js';
import type { Token } from './tokens.js';

/** SQLite's type affinities: https://www.sqlite.org/datatype3.html#determination_of_column_affinity */
export type Affinity = 'INTEGER' | 'TEXT' | 'BLOB' | 'REAL' | 'NUMERIC';

export interface SourceColumn {
  readonly name: string;
  /** As it is written in the definition of the table; empty for none. */
  readonly declaredType: string;
  readonly affinity: Affinity;
  readonly notNull: boolean;
  /** SQL of the default. */
  readonly defaultSql: string | null;
  /** Computed by SQLite. */
  readonly generated: boolean;
  /** What it is computed from. */
  readonly expression: readonly Token[] | undefined;
  /** Other than BINARY, in capitals. */
  readonly collation: string | undefined;
}

export interface SourceIndex {
  readonly name: string;
  readonly unique: boolean;
  /** What made it: CREATE INDEX, UNIQUE or PRIMARY KEY. */
  readonly origin: 'index' | 'unique' | 'primary key';
  /** Null stands for an expression. */
  readonly columns: readonly (SourceIndexColumn | null)[];
  /** By which each of them is compared, also the expressions. */
  readonly collations: readonly string[];
  /** The whole CREATE INDEX; null for those that a constraint made. */
  readonly sql: string | null;
  readonly partial: boolean;
}

export interface SourceIndexColumn {
  readonly name: string;
  readonly descending: boolean;
  readonly collation: string;
}

export interface SourceForeignKey {
  readonly columns: readonly string[];
  readonly table: string;
  readonly references: readonly string[];
  readonly onDelete: string;
  readonly onUpdate: string;
  readonly deferral: Deferral;
  /** That was given to it. */
  readonly name: string | undefined;
}

export interface SourceTable {
  readonly name: string;
  /** SQL: where its rows are read. */
  readonly place: string;
  readonly columns: readonly SourceColumn[];
  /** In the order of the key; empty for none. */
  readonly primaryKey: readonly string[];
  /** The column that is the row's number, so that it is unique, an integer and never null. */
  readonly rowidColumn: string | undefined;
  /** A name by which rows can be told apart and put in order; undefined where there is none. */
  readonly rowid: string | undefined;
  readonly autoincrement: boolean;
  /** The greatest number that AUTOINCREMENT has given away. */
  readonly sequence: bigint | undefined;
  readonly indexes: readonly SourceIndex[];
  readonly foreignKeys: readonly SourceForeignKey[];
  readonly constraints: readonly TableConstraint[];
  readonly sql: string;
}

const OWN_COLLATIONS = ['BINARY', 'NOCASE', 'RTRIM'];

/** One that a program brings with it: without the program, SQLite cannot compare by it. */
export function isForeign(collation: string): boolean {
  return !OWN_COLLATIONS.includes(collation.toUpperCase());
}

/** What is not copied, on purpose. */
export interface Skipped {
  readonly kind:
    | 'view'
    | 'trigger'
    | 'table'
    | 'virtual table'
    | 'shadow table'
    | 'internal table'
    | 'setting'
    | 'column';
  readonly name: string;
}

export function affinityOf(declaredType: string): Affinity {
  const type = declaredType.toUpperCase();
  if (type.includes('INT')) return 'INTEGER';
  if (/CHAR|CLOB|TEXT/.test(type)) return 'TEXT';
  if (type === '' || type.includes('BLOB')) return 'BLOB';
  return /REAL|FLOA|DOUB/.test(type) ? 'REAL' : 'NUMERIC';
}
