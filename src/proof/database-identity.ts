import type { DatabaseSettings, PostgresSettings } from '../config/databases.js';
import type { Settings } from '../config/settings.js';
import { LIVE_IDENTITY, type LiveIdentity } from '../database/identity.js';
import type { Identity } from './binding.js';

const LIMIT_MS = 5000;

/** Who answers for a database; what cannot be read is null. Takes a few seconds at most. */
export async function readIdentity(
  database: DatabaseSettings,
  pool: Settings['pool'],
): Promise<Identity> {
  const { name } = database;
  if (database.type === 'sqlite') return { name, database: null, system_identifier: null };
  return {
    name,
    database: database.dsn.database,
    system_identifier: await systemIdentifier(database, pool),
  };
}

async function systemIdentifier(
  database: PostgresSettings,
  pool: Settings['pool'],
): Promise<string | null> {
  const { clientConfig, connectClient, destroyClient } =
    await import('../database/postgres-client.js');
  const bounded = { ...clientConfig(database, pool), connectionTimeoutMillis: LIMIT_MS };
  try {
    const client = await connectClient(bounded);
    const late = setTimeout(() => {
      destroyClient(client);
    }, LIMIT_MS);
    try {
      const { rows } = await client.query<LiveIdentity>(`SELECT ${LIVE_IDENTITY}`);
      return rows[0]?.cluster ?? null;
    } finally {
      clearTimeout(late);
      destroyClient(client);
    }
  } catch {
    // Unreachable, or a right that is missing: other gates tell which.
    return null;
  }
}
