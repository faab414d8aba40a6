import { existsSync } from 'node:fs';
import type { DatabaseSettings } from '../config/databases.js';
import { ReasonError } from '../reasons.js';
import type { Migration } from './migration.js';
import type { MigrationSettings } from './migration-session.js';
import type { MigratedStore } from './migrator.js';

/** A row of the ledger, as far as a reset looks at it. */
export interface LedgerRow {
  readonly store: string;
  readonly version: string;
}

/** `plan` changes nothing, and waits for no other migrator. */
export type ResetMode = 'plan' | 'drop';

/**
 * Drops the tables that the applied migrations of the stores have made, and takes the stores out of the
 * ledger: all of it or nothing. The ledger goes too when it then holds no other store.
 * @param waiting is told now and then who is waited for
 * @returns names of the tables that are dropped, or would be; none where the ledger knows no store
 * @throws DATABASE_IDENTITY_MISMATCH on a database that is pinned to PRODUCTION, MIGRATION_LOCK_TIMEOUT,
 * MIGRATION_RESET_REFUSED, SCHEMA_NEWER_THAN_BUILD, or the driver's error
 */
export async function resetStores(
  database: DatabaseSettings,
  stores: readonly MigratedStore[],
  settings: MigrationSettings,
  mode: ResetMode,
  waiting: (text: string) => void,
): Promise<readonly string[]> {
  if (database.type === 'sqlite') {
    if (!existsSync(database.path)) return [];
    const { resetSqlite } = await import('./sqlite/reset.js');
    return resetSqlite(database, stores, settings, mode);
  }
  const { resetPostgres } = await import('./postgres/reset.js');
  return resetPostgres(database, stores, settings, mode, waiting);
}

/**
 * The migrations of a store that the ledger has, whatever their text was.
 * @throws SCHEMA_NEWER_THAN_BUILD: nobody here knows which tables a later build has made
 */
export function appliedOf(
  { store, migrations }: MigratedStore,
  ledger: readonly LedgerRow[],
): readonly Migration[] {
  const versions = ledger.filter((row) => row.store === store).map(({ version }) => version);
  const known = migrations.map(({ version }) => version);
  const newer = versions.filter((version) => !known.includes(version));
  if (newer.length > 0) {
    throw new ReasonError('SCHEMA_NEWER_THAN_BUILD', {
      detail: `${store} has ${newer.toSorted().join(', ')}, whose tables this build does not know`,
    });
  }
  return migrations.filter(({ version }) => versions.includes(version));
}

/** @param why a clause */
export function resetRefused(why: string, cause?: unknown): ReasonError {
  return new ReasonError('MIGRATION_RESET_REFUSED', {
    detail: `nothing has been dropped: ${why}`,
    cause,
  });
}
