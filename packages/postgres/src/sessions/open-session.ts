import type { DatabaseSettings } from '@holdfast/guard/databases';
import type { Settings } from '@holdfast/guard/settings';
import { catalogue, type ReasonCode } from '@holdfast/core/reasons';
import { ReasonError } from '../reasons.js';
import { type Fault, postgresFault, sqliteFault } from '../faults/faults.js';
import type { DatabaseSession } from './session.js';

/** What a session is for; told to PostgreSQL behind the application name. */
export type SessionRole = 'verify' | 'migrate' | 'probe' | 'login';

/**
 * Opens a connection of its own, loading only the driver that is needed.
 * @param loginIdleMs milliseconds without a word from the server after which to give up
 */
export async function openSession(
  database: DatabaseSettings,
  pool: Settings['pool'],
  role: SessionRole,
  loginIdleMs?: number,
): Promise<DatabaseSession> {
  if (database.type === 'sqlite') {
    const { SqliteSession } = await import('../sqlite/sqlite-session.js');
    return SqliteSession.open(database, pool, role !== 'probe');
  }
  const { PostgresSession } = await import('./postgres-session.js');
  return PostgresSession.open(database, pool, role, loginIdleMs);
}

/** Of a driver's error; a reason that a session has told by itself is for good. */
export function faultOf(database: DatabaseSettings, error: unknown): Fault {
  if (error instanceof ReasonError && catalogue.has(error.code))
    return { code: error.code as ReasonCode, transient: false };
  return database.type === 'sqlite' ? sqliteFault(error) : postgresFault(error);
}
