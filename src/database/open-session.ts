import type { DatabaseSettings } from '../config/databases.js';
import type { Settings } from '../config/settings.js';
import { type Fault, postgresFault, sqliteFault } from './faults.js';
import type { DatabaseSession } from './session.js';

/** What a session is for; told to PostgreSQL behind the application name. */
export type SessionRole = 'verify' | 'migrate' | 'probe';

/** Opens a connection of its own, loading only the driver that is needed. */
export async function openSession(
  database: DatabaseSettings,
  pool: Settings['pool'],
  role: SessionRole,
): Promise<DatabaseSession> {
  if (database.type === 'sqlite') {
    const { SqliteSession } = await import('./sqlite-session.js');
    return SqliteSession.open(database, pool, role !== 'probe');
  }
  const { PostgresSession } = await import('./postgres-session.js');
  return PostgresSession.open(database, pool, role);
}

export function faultOf(database: DatabaseSettings, error: unknown): Fault {
  return database.type === 'sqlite' ? sqliteFault(error) : postgresFault(error);
}
