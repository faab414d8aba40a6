import type { DatabaseSettings } from '../config/databases.js';
import { faultOf, openSession, type SessionRole } from '../database/open-session.js';
import type { DatabaseSession } from '../database/session.js';
import { type MigratedStore, migratedStores } from '../migrations/migrator.js';
import { ReasonError } from '../reasons.js';
import type { StoreBinding } from '../stores/store.js';
import type { CommandContext } from './command.js';

/**
 * The stores that `--store` names, with the build's migrations; all without it.
 * @throws USAGE for a store that does not exist or is turned off
 */
export function chosenStores(
  bindings: readonly StoreBinding[],
  store: string | undefined,
): readonly MigratedStore[] {
  const known = bindings.map((binding) => binding.store);
  if (store !== undefined && !known.includes(store)) {
    throw new ReasonError('USAGE', { detail: `--store ${store} is none of ${known.join(', ')}` });
  }
  return migratedStores(
    bindings.filter((binding) => store === undefined || binding.store === store),
  );
}

/**
 * Runs the work on a connection of its own.
 * @throws the start-up code of what the driver says, when it is not the migrator that refuses
 */
export async function withSession<T>(
  database: DatabaseSettings,
  { settings }: CommandContext,
  role: SessionRole,
  work: (session: DatabaseSession) => Promise<T>,
): Promise<T> {
  let session: DatabaseSession | undefined;
  try {
    session = await openSession(database, settings.pool, role);
    return await work(session);
  } catch (error) {
    throw reasonOf(database, error);
  } finally {
    session?.destroy();
  }
}

/** What went wrong with a database, as its start-up code unless it is a reason already. */
export function reasonOf(database: DatabaseSettings, error: unknown): ReasonError {
  if (error instanceof ReasonError) return error;
  return new ReasonError(faultOf(database, error).code, {
    detail: `the ${database.name} database (${database.stores.join(', ')})`,
    cause: error,
  });
}
