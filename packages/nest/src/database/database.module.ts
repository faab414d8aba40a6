import {
  type Abstract,
  type DynamicModule,
  Inject,
  type InjectionToken,
  Module,
  type OnApplicationShutdown,
  type Provider,
  type Type,
} from '@nestjs/common';
import { getDataSourceToken, TypeOrmModule } from '@nestjs/typeorm';
import type { DataSource } from 'typeorm';
import type { Settings } from '@holdfast/guard/settings';
import type { StoreBinding } from '@holdfast/guard/store-declaration';
import type { Log } from '@holdfast/core/log';
import type { MigratedStore } from '@holdfast/migrate/migrator';
import { connectDataSource, prepareDatabase } from '@holdfast/postgres/database/open-database';
import { ReplicatedDatabase } from '@holdfast/postgres/replicas/replicated-database';
import { Replication, REPLICATION } from '@holdfast/postgres/replicas/replication';
import type { SqlDatabase } from '@holdfast/postgres/database/sql-database';
import { storeDatabaseToken } from './inject-database.js';
import { type BoundEntities, entitiesIn, repositoriesOf } from './store-entities.js';

/** Injection token of one database; stores know its name from their binding. */
export function databaseToken(name: string): string {
  return `holdfast.database.${name}`;
}

/**
 * Binds a port to its implementation: in memory, or in the database that the store is bound to.
 * @param database `StoreBinding.database`
 */
export function bindRepository<Port>(
  port: Abstract<Port>,
  database: string | undefined,
  inMemory: Type<Port>,
  inSql: Type<Port>,
): Provider {
  return database === undefined
    ? { provide: port, useClass: inMemory }
    : {
        provide: port,
        inject: [databaseToken(database)],
        useFactory: (sql: SqlDatabase) => new inSql(sql),
      };
}

/** Injection token of all databases, as `readonly SqlDatabase[]`. */
export const DATABASES = 'holdfast.databases';

/** Injection token of `readonly MigratedStore[]`. */
export const MIGRATED_STORES = 'holdfast.migrated-stores';

/** One TypeORM data source per distinct database, and its replicas, opened and closed here. */
@Module({})
export class DatabaseModule implements OnApplicationShutdown {
  constructor(@Inject(REPLICATION) private readonly replication: Replication | null) {}

  async onApplicationShutdown(): Promise<void> {
    await this.replication?.close();
  }

  static async register(
    settings: Settings,
    stores: readonly MigratedStore[],
    log: Log,
    entities: readonly BoundEntities[] = [],
  ): Promise<DynamicModule> {
    const openings = await Promise.all(
      settings.databases.map(async (database) => ({
        database,
        ...(await prepareDatabase(database, settings, log)),
      })),
    );
    const replication = replicationOf(settings, log);
    const tokens = openings.map(({ database }) => databaseToken(database.name));
    const ofStores = settings.stores.flatMap(providersOf);
    const repositories = entities.map(repositoriesOf);
    return {
      module: DatabaseModule,
      global: true,
      imports: [
        ...openings.map(({ database, options }) =>
          TypeOrmModule.forRootAsync({
            name: database.name,
            useFactory: () => ({
              ...options,
              entities: entitiesIn(database, entities),
              toRetry: () => false,
            }),
            dataSourceFactory: async (complete) => {
              if (!complete) throw new TypeError('TypeOrmModule passes the options on');
              return connectDataSource(complete, database);
            },
          }),
        ),
        ...repositories,
      ],
      providers: [
        ...openings.map(({ database, wrap }) => ({
          provide: databaseToken(database.name),
          inject: [getDataSourceToken(database.name)],
          useFactory: (dataSource: DataSource) =>
            replication?.database.name === database.name
              ? new ReplicatedDatabase(wrap(dataSource), dataSource, replication)
              : wrap(dataSource),
        })),
        {
          provide: REPLICATION,
          useFactory: () => {
            replication?.start();
            return replication;
          },
        },
        {
          provide: DATABASES,
          inject: tokens,
          useFactory: (...databases: SqlDatabase[]) => databases,
        },
        { provide: MIGRATED_STORES, useValue: stores },
        ...ofStores,
      ],
      exports: [
        ...tokens,
        ...repositories,
        DATABASES,
        MIGRATED_STORES,
        REPLICATION,
        ...ofStores.map(({ provide }) => provide),
      ],
    };
  }
}

type StoreProvider = Extract<Provider, { provide: InjectionToken }>;

/** A store's database, and its TypeORM data source, by the store's own name. */
function providersOf({ store, database }: StoreBinding): StoreProvider[] {
  const token = storeDatabaseToken(store);
  if (database === undefined) return [{ provide: token, useValue: null }];
  const known = { provide: token, useExisting: databaseToken(database) };
  return database === store
    ? [known]
    : [known, { provide: getDataSourceToken(store), useExisting: getDataSourceToken(database) }];
}

/** One at most: replicas belong to the database that is shared by the stores. */
function replicationOf(settings: Settings, log: Log): Replication | null {
  for (const database of settings.databases) {
    if (database.type === 'postgresql' && database.replicas) {
      return new Replication(database, settings, log);
    }
  }
  return null;
}
