import type { PostgresSettings } from '@holdfast/guard/databases';
import type { Settings } from '@holdfast/guard/settings';
import {
  clientConfig,
  connectClient,
  destroyClient,
} from '@holdfast/postgres/connection/postgres-client';
import { ReasonError } from '../../reasons.js';
import { asMigrationTarget } from '../../migration-session.js';
import { withResource } from '@holdfast/core/with-resource';

/**
 * The stores' connection and the migrators' have to lead to the same database, and to the same
 * schema of it, whatever stands between.
 * @throws MIGRATION_DATABASE_DIFFERS
 */
export async function refuseDifferentDatabase(
  database: PostgresSettings,
  pool: Settings['pool'],
): Promise<void> {
  const [served, migrated] = await Promise.all(
    [database, asMigrationTarget(database)].map((each) => identify(each, pool)),
  );
  if (served !== migrated) throw new ReasonError('MIGRATION_DATABASE_DIFFERS');
}

async function identify(database: PostgresSettings, pool: Settings['pool']): Promise<string> {
  return withResource(
    connectClient(clientConfig(database, pool)),
    destroyClient,
    async (client) => {
      const { rows } = await client.query<{ identity: string }>(
        `SELECT concat_ws('/', system_identifier, oid, current_schema()) AS identity
         FROM pg_control_system(), pg_database WHERE datname = current_database()`,
      );
      return rows[0]?.identity ?? '';
    },
  );
}
