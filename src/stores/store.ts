import type { DynamicModule, Type } from '@nestjs/common';
import type { Settings } from '../config/settings.js';
import type { SqlDatabase } from '../database/sql-database.js';
import type { Entity } from './entities.js';
import type { Retention } from './retention.js';

export const BACKENDS = ['IN_MEMORY', 'SQLITE', 'POSTGRES'] as const;

/** Where a store keeps its data. */
export type Backend = (typeof BACKENDS)[number];

/** Other spellings that operators use, any case. */
export const BACKEND_ALIASES: Readonly<Record<string, Backend>> = {
  SQL: 'SQLITE',
  POSTGRESQL: 'POSTGRES',
};

/**
 * What the rest of the program knows about a store. The two guard codes of a store follow from
 * `prefix`: `PERSISTENCE_PROFILE_REQUIRES_<prefix>_POSTGRES` and `…_POSTGRES_DSN`.
 */
export interface StoreRegistration {
  /** Name in JSON, in the ledger and of the folder under `migrations/`. */
  readonly name: string;
  readonly prefix: string;
  readonly meaning: string;
  readonly backendVariable: string;
  readonly dsnVariable: string;
  /** Boolean variables, any of which turns the store on. None listed: the store is always on. */
  readonly enabledBy: readonly string[];
  /** Loads what serves the store. */
  readonly module: () => Promise<StoreModule>;
  /** Loads what opens the retention of the store in a database; absent: nothing ever expires. */
  readonly retention?: () => Promise<(settings: Settings, database: SqlDatabase) => Retention>;
  /** Loads what gives the newest records of the store, through its ports. */
  readonly entities?: () => Promise<(database: SqlDatabase) => AsyncIterable<Entity>>;
  /** Loads what answers in place of a store that is turned off. */
  readonly moduleWhenOff?: () => Promise<Type>;
}

/** A Nest module that serves one store on whatever it is bound to. */
export interface StoreModule {
  register(binding: StoreBinding): DynamicModule;
}

/** A store's name, its backend and, unless it is in memory, the database that holds it. */
export interface StoreBinding {
  readonly store: string;
  readonly backend: Backend;
  /** `DatabaseSettings.name`; absent for `IN_MEMORY`. */
  readonly database?: string;
}
