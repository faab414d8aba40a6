import type { DynamicModule, Type } from '@nestjs/common';
import type { Settings } from '@holdfast/guard/settings';
import type { StoreBinding } from '@holdfast/guard/store-declaration';
import type { StoreWithEntities } from '@holdfast/nest/database/store-entities';
import type { SqlDatabase } from '@holdfast/postgres/database/sql-database';
import type { DatabaseNeeds } from '@holdfast/postgres/verification/needs';
import type { StoredRecord } from './newest-records.js';
import type { Retention } from './retention.js';

/** What the rest of the program knows about a store. */
export interface StoreRegistration extends StoreWithEntities {
  /** What the statements of this build need of its tables on PostgreSQL. */
  readonly needs: DatabaseNeeds;
  /** Loads what serves the store. */
  readonly module: () => Promise<StoreModule>;
  /** Loads what opens the retention of the store in a database; absent: nothing ever expires. */
  readonly retention?: () => Promise<(settings: Settings, database: SqlDatabase) => Retention>;
  /** Loads what gives the newest records of the store, through its ports. */
  readonly newestRecords?: () => Promise<(database: SqlDatabase) => AsyncIterable<StoredRecord>>;
  /** Variables with which PRODUCTION takes it, where its own rules want some: a proof breaks one thing at a time. */
  readonly wantedInProduction?: Readonly<Record<string, string>>;
  /** Loads what answers in place of a store that is turned off. */
  readonly moduleWhenOff?: () => Promise<Type>;
}

/** A Nest module that serves one store on whatever it is bound to. */
export interface StoreModule {
  register(binding: StoreBinding): DynamicModule;
}
