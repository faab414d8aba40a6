import { indexDefinition } from './schema.js';

interface CatalogIndexColumn {
  /** Null for an expression. */
  readonly name: string | null;
  /** Null behind the key: a column that is only included. */
  readonly descending: boolean | null;
  readonly nulls_first: boolean | null;
  /** Null where it is the one of the column. */
  readonly collation: string | null;
  /** Null where it is the one of the type. */
  readonly operator_class: string | null;
}

/** One index as the catalogues have it. */
export interface CatalogIndex {
  readonly table: string;
  readonly name: string;
  readonly unique: boolean;
  readonly valid: boolean;
  readonly method: string;
  /** How many of the columns are the key; the rest is included. */
  readonly key_columns: number;
  readonly nulls_not_distinct: boolean | null;
  readonly storage: readonly string[] | null;
  /** Of an exclusion constraint, one for each column of the key. */
  readonly operators: readonly string[] | null;
  /** All expressions, separated by commas. */
  readonly expressions: string | null;
  readonly where: string | null;
  readonly columns: readonly CatalogIndexColumn[];
}

/** As `indexDefinition`; what PostgreSQL takes by default is not said. */
export function describeIndex(index: CatalogIndex): string {
  return definition(index, (column) => column);
}

export function exclusionDefinition(index: CatalogIndex, operators: readonly string[]): string {
  return `EXCLUDE ${definition(index, (column, position) => `${column} WITH ${operators[position] ?? ''}`)}`;
}

function definition(
  {
    unique,
    method,
    key_columns,
    nulls_not_distinct,
    storage,
    expressions,
    where,
    columns,
  }: CatalogIndex,
  keyColumn: (column: string, position: number) => string,
): string {
  const several = columns.filter(({ name }) => name === null).length > 1;
  const key = columns
    .slice(0, key_columns)
    .map((column, position) =>
      keyColumn(describeColumn(column, several ? 'expression' : (expressions ?? '')), position),
    );
  const included = columns.slice(key_columns).map(({ name }) => name);
  return indexDefinition({
    unique,
    ...(method !== 'btree' && { method }),
    columns: key,
    options: [
      ...(several ? [`EXPRESSIONS (${expressions ?? ''})`] : []),
      ...(included.length > 0 ? [`INCLUDE (${included.join(', ')})`] : []),
      ...(nulls_not_distinct ? ['NULLS NOT DISTINCT'] : []),
      ...(storage ? [`WITH (${storage.join(', ')})`] : []),
    ],
    where,
  });
}

function describeColumn(column: CatalogIndexColumn, expression: string): string {
  const { name, collation, operator_class, descending, nulls_first } = column;
  return [
    name ?? expression,
    ...(collation === null ? [] : [`COLLATE ${collation}`]),
    ...(operator_class === null ? [] : [operator_class]),
    ...(descending ? ['DESC'] : []),
    ...(nulls_first === descending ? [] : [`NULLS ${nulls_first ? 'FIRST' : 'LAST'}`]),
  ].join(' ');
}
