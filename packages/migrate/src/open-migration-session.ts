import type { DatabaseSettings } from '@holdfast/guard/databases';
import {
  asMigrationTarget,
  type MigrationReporter,
  type MigrationSession,
  type MigrationSettings,
} from './migration-session.js';

/** Opens a session, loading only the driver that is needed. */
export async function openMigrationSession(
  database: DatabaseSettings,
  settings: MigrationSettings,
  reporter: MigrationReporter,
): Promise<MigrationSession> {
  if (database.type === 'sqlite') {
    const { SqliteMigrationSession } = await import('./sqlite/sqlite-migration-session.js');
    return SqliteMigrationSession.open(database, settings);
  }
  const { PostgresMigrationSession } = await import('./postgres/run/postgres-migration-session.js');
  return PostgresMigrationSession.open(asMigrationTarget(database), settings, reporter);
}
