import { isDisconnected } from '@holdfast/postgres/faults/faults';
import { ReasonError } from './reasons.js';
import { idOf, type Migration } from './migration.js';

/**
 * What to tell of a migration that has failed: MIGRATION_FAILED:<store>:<version>,
 * POSTGRES_CONNECTION_ENDED when the connection was lost meanwhile, and a reason that is known as it is.
 * @param error the driver's
 */
export function migrationFailure(migration: Migration, error: unknown): ReasonError {
  if (error instanceof ReasonError) return error;
  const { store, version } = migration;
  const message = error instanceof Error ? error.message : String(error);
  const code = isDisconnected(error)
    ? 'POSTGRES_CONNECTION_ENDED'
    : (`MIGRATION_FAILED:${store}:${version}` as const);
  const detail = `${store} ${idOf(migration)}: ${message}`;
  return new ReasonError(code, { detail, cause: error });
}
