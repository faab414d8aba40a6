import { EntitySchema, type EntitySchemaOptions } from 'typeorm';
import type { Column, OptionalColumn, StoredOf, ValueOf } from './column.js';

export type Columns = Readonly<Record<string, Column<unknown, unknown>>>;

type Optional<C extends Columns> = {
  [P in keyof C]: C[P] extends OptionalColumn<unknown, unknown> ? P : never;
}[keyof C];

/** A record with the columns as its properties. */
export type RecordWith<C extends Columns> = {
  readonly [P in keyof C as P extends Optional<C> ? never : P]: ValueOf<C[P]>;
} & {
  readonly [P in keyof C as P extends Optional<C> ? P : never]?: ValueOf<C[P]>;
} extends infer R
  ? { readonly [P in keyof R]: R[P] }
  : never;

/** An entity that knows its columns; to TypeORM an ordinary one. */
export type Entity<C extends Columns> = EntitySchema<RecordWith<C>> & { readonly columns: C };

/** What an entity's repository finds and saves. */
export type RecordOf<E> = E extends Entity<infer C> ? RecordWith<C> : never;

/** A row of the table as the drivers give it. */
export type RowOf<E> =
  E extends Entity<infer C>
    ? { readonly [P in keyof C & string as SnakeCase<P>]: StoredOf<C[P]> }
    : never;

type SnakeCase<Name extends string> = Name extends `${infer First}${infer Rest}`
  ? `${First extends Lowercase<First> ? First : `_${Lowercase<First>}`}${SnakeCase<Rest>}`
  : '';

/** What makes a table's rows unique, beside its primary key. */
export type Keys = Pick<EntitySchemaOptions<unknown>, 'uniques' | 'indices'>;

/**
 * The one list of a table's columns: TypeORM's repositories are made from it, the types of records and
 * rows follow from it, and `tableColumns` gives it to statements.
 * @param columns by property; a column without a name is called as its property, in snake case
 */
export function defineEntity<C extends Columns>(
  tableName: string,
  columns: C,
  keys: Keys = {},
): Entity<C> {
  const named = Object.entries(columns).map(([property, column]) => [
    property,
    { ...column, name: columnName(property, column) },
  ]);
  const schema = new EntitySchema<RecordWith<C>>({
    name: tableName,
    tableName,
    columns: Object.fromEntries(named) as EntitySchemaOptions<RecordWith<C>>['columns'],
    ...keys,
  });
  return Object.assign(schema, { columns });
}

export function columnName(property: string, { name }: Column<unknown, unknown>): string {
  return name ?? property.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
