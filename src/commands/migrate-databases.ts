import { existsSync } from 'node:fs';
import type { DatabaseSettings } from '@holdfast/guard/databases';
import type { Settings } from '@holdfast/guard/settings';
import { databaseFailure } from '@holdfast/postgres/faults/database-failure';
import { openSession } from '@holdfast/postgres/sessions/open-session';
import { databaseOfError } from '@holdfast/migrate/migration-session';
import {
  type MigratedStore,
  refuseUnmigrated,
  statusesOf,
  storesIn,
} from '@holdfast/migrate/migrator';
import type { StoreMigrations } from '@holdfast/migrate/status';
import { ReasonError } from '../reasons.js';
import { refuseOther } from '@holdfast/nest/verification/identity';
import type { CommandContext } from '@holdfast/postgres/command/run-guarded';
import { migratedStores } from '../service.js';
import { withResource } from '@holdfast/core/with-resource';
import { type DatabaseSession, destroySession } from '@holdfast/postgres/sessions/session';

/** What the subcommands of `holdfast migrate` have in common. */
export interface MigrateFlags {
  readonly json?: boolean;
  readonly store?: string;
}

export type Statuses = Readonly<Record<string, StoreMigrations>>;

/** @throws USAGE for a store that does not exist or is turned off */
export function chosenStores(
  { settings }: CommandContext,
  { store }: MigrateFlags,
): readonly MigratedStore[] {
  const known = settings.stores.map((binding) => binding.store);
  if (store !== undefined && !known.includes(store)) {
    throw new ReasonError('USAGE', { detail: `--store ${store} is none of ${known.join(', ')}` });
  }
  return migratedStores(
    settings.stores.filter((binding) => store === undefined || binding.store === store),
  );
}

/** The place of each store in its migrations. */
export async function readStatuses(
  { settings }: CommandContext,
  stores: readonly MigratedStore[],
): Promise<Statuses> {
  const inMemory = statusesOf(
    stores.filter(({ database }) => database === undefined),
    [],
  );
  const inDatabases = await Promise.all(
    settings.databases.map(async (database) => {
      const inDatabase = storesIn(stores, database);
      if (inDatabase.length === 0) return {};
      if (database.type === 'sqlite' && !existsSync(database.path)) {
        return statusesOf(inDatabase, []);
      }
      return statusesOf(
        inDatabase,
        await withDriverFailure(database, async () => {
          const opening = openSession(database, settings.pool, 'probe');
          const inspect = (session: DatabaseSession) => session.inspect();
          return (await withResource(opening, destroySession, inspect)).ledger;
        }),
      );
    }),
  );
  return Object.assign({}, ...inDatabases, inMemory) as Statuses;
}

/** @throws the start-up code of what the driver says, when it is not the migrator that refuses */
export async function withDriverFailure<T>(
  database: DatabaseSettings,
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof ReasonError) throw error;
    throw databaseFailure(databaseOfError(database, error), error);
  }
}

/**
 * Looks, without a right to change anything.
 * @throws MIGRATIONS_PENDING, DATABASE_IDENTITY_MISMATCH under PRODUCTION, and the start-up codes
 */
export async function verifyMigrated(
  settings: Settings,
  database: DatabaseSettings,
): Promise<void> {
  const stores = storesIn(migratedStores(settings.stores), database);
  const { ledger, identity } = await withDriverFailure(database, () =>
    withResource(openSession(database, settings.pool, 'probe'), destroySession, (session) =>
      session.inspect(settings.profile === 'PRODUCTION'),
    ),
  );
  refuseOther(database, identity, settings.environment);
  refuseUnmigrated(stores, ledger);
}
