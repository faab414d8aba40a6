import { ReasonError } from '../reasons.js';
import { idOf, type Migration } from '../migration.js';

/** A migration that cannot be run beside the live tables, with what the database says about it. */
export function notComparable(migration: Migration, error: unknown): ReasonError {
  const message = error instanceof Error ? error.message : String(error);
  return new ReasonError('MIGRATION_DRIFT_NOT_COMPARABLE', {
    detail: `${migration.store} ${idOf(migration)} cannot be run on its own: ${message}`,
    cause: error,
  });
}
