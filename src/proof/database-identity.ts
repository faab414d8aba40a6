import type { DatabaseSettings, PostgresSettings } from '@holdfast/guard/databases';
import type { Settings } from '@holdfast/guard/settings';
import type { LiveIdentity } from '@holdfast/postgres/verification/identity';
import { readLiveIdentity } from '@holdfast/postgres/verification/verified-identity';
import type { Identity } from './binding.js';
import { withResource } from '@holdfast/core/with-resource';
import { withDeadline } from '@holdfast/core/deadline';

const LIMIT_MS = 5000;

/** Who answers for a database; what cannot be read is null. Takes a few seconds at most. */
export async function readIdentity(
  database: DatabaseSettings,
  pool: Settings['pool'],
): Promise<Identity> {
  const { name } = database;
  if (database.type === 'sqlite') return { name, database: null, system_identifier: null };
  const { cluster = '' } = (await liveIdentity(database, pool)) ?? {};
  return {
    name,
    database: database.dsn.database,
    system_identifier: cluster === '' ? null : cluster,
  };
}

/** As far as it may be read; undefined where nobody answers. Takes a few seconds at most. */
export async function liveIdentity(
  database: PostgresSettings,
  pool: Settings['pool'],
): Promise<LiveIdentity | undefined> {
  const { clientConfig, connectClient, destroyClient } =
    await import('@holdfast/postgres/connection/postgres-client');
  const bounded = { ...clientConfig(database, pool), connectionTimeoutMillis: LIMIT_MS };
  try {
    return await withResource(connectClient(bounded), destroyClient, (client) => {
      const ask = async (question: string) => (await client.query<LiveIdentity>(question)).rows[0];
      return withDeadline(LIMIT_MS, readLiveIdentity(ask));
    });
  } catch {
    // Unreachable, or a right that is missing: other gates tell which.
    return undefined;
  }
}
