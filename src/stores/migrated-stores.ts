import type { StoreBinding } from '@holdfast/guard/store-declaration';
import { type MigratedStore, withMigrations } from '@holdfast/migrate/migrator';
import { migrationsFolder } from '../release.js';
import { neededTables } from './needed-tables.js';

/**
 * The stores with what this build has for them: migrations, and what its statements need.
 * @throws MIGRATIONS_MISSING
 */
export function migratedStores(stores: readonly StoreBinding[]): readonly MigratedStore[] {
  return withMigrations(stores, migrationsFolder, neededTables);
}
