import type { DynamicModule, Type } from '@nestjs/common';
import { getRepositoryToken, TypeOrmModule } from '@nestjs/typeorm';
import type { EntitySchema } from 'typeorm';
import type { DatabaseSettings } from '@holdfast/guard/databases';
import type { StoreBinding, StoreDeclaration } from '@holdfast/guard/store-declaration';
import { inSqlite } from '@holdfast/postgres/entities/in-sqlite';

/** An entity for TypeORM: of `defineEntity()`, which fits both dialects, or any other. */
export type StoreEntity = Type | EntitySchema;

/** A store whose tables TypeORM knows: `@InjectRepository(OrderEntity, 'orders')`. */
export interface StoreWithEntities extends StoreDeclaration {
  /** Loads the entities of its tables, once the guard has let the service through. */
  readonly entities?: () => Promise<readonly StoreEntity[]>;
}

/** A store that is turned on, and its entities. */
export interface BoundEntities extends StoreBinding {
  readonly entities: readonly StoreEntity[];
}

export async function loadEntities(
  stores: readonly StoreWithEntities[],
  bound: readonly StoreBinding[],
): Promise<readonly BoundEntities[]> {
  const loaded: BoundEntities[] = [];
  for (const binding of bound) {
    const entities = await stores.find(({ name }) => name === binding.store)?.entities?.();
    if (entities) loaded.push({ ...binding, entities });
  }
  return loaded;
}

/** The options of the data source of a database. */
export function entitiesIn(
  { name, type }: DatabaseSettings,
  bound: readonly BoundEntities[],
): StoreEntity[] {
  const entities = bound.flatMap((each) => (each.database === name ? each.entities : []));
  return type === 'sqlite' ? entities.map(inSqlite) : entities;
}

/** The repositories of a store by TypeORM's own tokens; each is null where the store is in memory. */
export function repositoriesOf({ store, database, entities }: BoundEntities): DynamicModule {
  if (database !== undefined) return TypeOrmModule.forFeature([...entities], store);
  const tokens = entities.map((entity) => getRepositoryToken(entity, store));
  return {
    module: TypeOrmModule,
    providers: tokens.map((provide) => ({ provide, useValue: null })),
    exports: tokens,
  };
}
