import type { DatabaseSettings } from '@holdfast/guard/databases';
import type { MigrationSettings } from './migration-session.js';
import type { MigratedStore } from './migrator.js';
import type { ResetMode } from './reset.js';

/**
 * Drops the tables that the applied migrations of the stores have made, and takes the stores out of the
 * ledger: all of it or nothing. The ledger goes too when it then holds no other store. All their migrations are judged first,
 * as `up` judges what is pending.
 * @param waiting is told now and then who is waited for
 * @returns names of the tables that are dropped, or would be; none where the ledger knows no store
 * @throws DATABASE_IDENTITY_MISMATCH on a database that is pinned to PRODUCTION, MIGRATION_LOCK_TIMEOUT,
 * MIGRATION_RESET_REFUSED, SCHEMA_NEWER_THAN_BUILD, for a migration that cannot be run what `MigrationSession.check` throws and
 * MIGRATION_FAILED, or the driver's error
 */
export async function resetStores(
  database: DatabaseSettings,
  stores: readonly MigratedStore[],
  settings: MigrationSettings,
  mode: ResetMode,
  waiting: (text: string) => void,
): Promise<readonly string[]> {
  if (database.type === 'sqlite') {
    const { resetSqlite } = await import('./sqlite/reset.js');
    return resetSqlite(database, stores, settings, mode);
  }
  const { resetPostgres } = await import('./postgres/run/reset.js');
  return resetPostgres(database, stores, settings, mode, waiting);
}
