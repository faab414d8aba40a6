import { EntitySchema, type EntitySchemaColumnOptions } from 'typeorm';
import type { Column } from './column.js';

/** The same entity in the types that an SQLite database has; one that `defineEntity` did not make, as it is. */
export function inSqlite<Item>(entity: Item): Item | EntitySchema {
  if (!(entity instanceof EntitySchema)) return entity;
  const columns = Object.entries(entity.options.columns as Record<string, Column<unknown>>);
  const options = Object.assign({}, entity.options, {
    columns: Object.fromEntries(
      columns.map(([property, column]): [string, EntitySchemaColumnOptions] => [
        property,
        { ...withoutCollation(column), ...column.inSqlite },
      ]),
    ),
  });
  return new EntitySchema(options);
}

/** Texts are compared by their bytes there. */
function withoutCollation({ collation: _, ...column }: Column<unknown>): EntitySchemaColumnOptions {
  return column;
}
