import type { DatabaseSettings } from '@holdfast/guard/databases';
import type { Settings } from '@holdfast/guard/settings';
import type { Migration } from '../migration.js';
import { asMigrationTarget } from '../migration-session.js';
import { compareSchemas, type Difference } from './compare-schemas.js';
import type { Schema } from './schema.js';

/** A store's tables as migrations make them, and as they are. */
export interface SchemaPair {
  readonly expected: Schema;
  /** Holds at least those tables of the same names that are there. */
  readonly live: Schema;
}

/**
 * In what the live tables of a store differ from what these migrations make. Reads only the
 * catalogues of live tables, and leaves nothing behind.
 * @param migrations in order, from the first
 * @throws MIGRATION_DRIFT_NOT_COMPARABLE, or the driver's own error, see `faultOf`
 */
export async function findDrift(
  database: DatabaseSettings,
  pool: Settings['pool'],
  migrations: readonly Migration[],
): Promise<readonly Difference[]> {
  if (migrations.length === 0) return [];
  const { expected, live } = await readPair(database, pool, migrations);
  return compareSchemas(expected, live);
}

async function readPair(
  database: DatabaseSettings,
  pool: Settings['pool'],
  migrations: readonly Migration[],
): Promise<SchemaPair> {
  if (database.type === 'sqlite') {
    const { readSqlitePair } = await import('./sqlite-drift.js');
    return readSqlitePair(database, pool, migrations);
  }
  const { readPostgresPair } = await import('./postgres-drift.js');
  return readPostgresPair(asMigrationTarget(database), pool, migrations);
}
