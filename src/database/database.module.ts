import { type DynamicModule, Module } from '@nestjs/common';
import { getDataSourceToken, TypeOrmModule } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import type { Settings } from '../config/settings.js';
import type { Log } from '../logging/log.js';
import { ReasonError } from '../reasons.js';
import type { MigratedStore } from './migrator.js';
import { faultOf } from './open-session.js';
import { prepareOpening } from './open-database.js';
import type { SqlDatabase } from './sql-database.js';

/** Injection token of one database; stores know its name from their binding. */
export function databaseToken(name: string): string {
  return `holdfast.database.${name}`;
}

/** Injection token of all databases, as `readonly SqlDatabase[]`. */
export const DATABASES = 'holdfast.databases';

/** Injection token of `readonly MigratedStore[]`. */
export const MIGRATED_STORES = 'holdfast.migrated-stores';

/** One TypeORM data source per distinct database, opened and closed here. */
@Module({})
export class DatabaseModule {
  static async register(
    settings: Settings,
    stores: readonly MigratedStore[],
    log: Log,
  ): Promise<DynamicModule> {
    const openings = await Promise.all(
      settings.databases.map(async (database) => ({
        database,
        ...(await prepareOpening(database, settings, log)),
      })),
    );
    const tokens = openings.map(({ database }) => databaseToken(database.name));
    return {
      module: DatabaseModule,
      global: true,
      imports: openings.map(({ database, options }) =>
        TypeOrmModule.forRootAsync({
          name: database.name,
          useFactory: () => ({ ...options, toRetry: () => false }),
          dataSourceFactory: async (complete) => {
            if (!complete) throw new TypeError('TypeOrmModule passes the options on');
            try {
              return await new DataSource(complete).initialize();
            } catch (error) {
              throw new ReasonError(faultOf(database, error).code, { cause: error });
            }
          },
        }),
      ),
      providers: [
        ...openings.map(({ database, wrap }) => ({
          provide: databaseToken(database.name),
          inject: [getDataSourceToken(database.name)],
          useFactory: wrap,
        })),
        {
          provide: DATABASES,
          inject: tokens,
          useFactory: (...databases: SqlDatabase[]) => databases,
        },
        { provide: MIGRATED_STORES, useValue: stores },
      ],
      exports: [...tokens, DATABASES, MIGRATED_STORES],
    };
  }
}
