import type { DataSource, EntityMetadata } from 'typeorm';
import { indexDefinition, type Schema, type Table } from '@holdfast/migrate/schema/schema';

/** What a comparison of an entity with its table is about. */
export interface Shape {
  readonly columns: readonly object[];
  /** Primary key, unique constraints and unique indexes, in SQL. */
  readonly keys: readonly string[];
}

/** Tables by their names, as the entities of a data source have them. */
export function shapesOfEntities(dataSource: DataSource): ReadonlyMap<string, Shape> {
  return new Map(dataSource.entityMetadatas.map((each) => [each.tableName, ofEntity(each)]));
}

/** Tables by their names, as a database has them. */
export function shapesOfTables(schema: Schema): ReadonlyMap<string, Shape> {
  return new Map([...schema].map(([name, table]) => [name, ofTable(table)]));
}

function ofEntity({ columns, dataSource, ...entity }: EntityMetadata): Shape {
  return {
    columns: columns.map((column) => ({
      name: column.databaseName,
      type: dataSource.driver.normalizeType(column).toLowerCase(),
      isNullable: column.isNullable,
      default: column.default === undefined ? null : String(column.default as number | string),
      collation: column.collation ?? null,
    })),
    keys: [
      `PRIMARY KEY ${listOf(entity.primaryColumns)}`,
      ...entity.uniques.map((unique) => `UNIQUE ${listOf(unique.columns)}`),
      ...entity.indices
        .filter(({ isUnique }) => isUnique)
        .map((index) =>
          indexDefinition({
            unique: true,
            columns: namesOf(index.columns),
            where: index.where ?? null,
          }),
        ),
    ]
      .map((key) => key.toLowerCase())
      .toSorted(),
  };
}

function ofTable({ columns, constraints, indexes }: Table): Shape {
  const keys = [...constraints.values()].filter(({ kind }) =>
    ['primary key', 'unique constraint'].includes(kind),
  );
  return {
    columns: [...columns].map(([name, column]) => ({
      name,
      type: column.type.toLowerCase(),
      isNullable: column.nullability === 'NULL',
      default: column.default,
      collation: column.collation?.replaceAll('"', '') ?? null,
    })),
    keys: [
      ...keys.map(({ definition }) => definition),
      ...[...indexes.values()]
        .map(({ definition }) => definition)
        .filter((definition) => definition.startsWith('UNIQUE')),
    ]
      .map((key) => key.toLowerCase())
      .toSorted(),
  };
}

type Named = readonly { readonly databaseName: string }[];

function namesOf(columns: Named): readonly string[] {
  return columns.map(({ databaseName }) => databaseName);
}

function listOf(columns: Named): string {
  return `(${namesOf(columns).join(', ')})`;
}
