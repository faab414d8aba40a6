import type { PostgresSettings } from '@holdfast/guard/databases';
import {
  ACCEPT_IDENTITY,
  type DatabaseIdentity,
  type PinnedIdentity,
} from '@holdfast/postgres/verification/identity';
import {
  clientConfig,
  connectClient,
  destroyClient,
} from '@holdfast/postgres/connection/postgres-client';
import { asMigrationTarget, type MigrationSettings } from '../../migration-session.js';
import { prepareLedger } from './ledger.js';
import { withResource } from '@holdfast/core/with-resource';

/**
 * Pins the database as it is now, making the table where an older build has made none.
 * @throws `pg`'s own error, see `postgresFault`
 */
export async function acceptIdentity(
  database: PostgresSettings,
  settings: MigrationSettings,
  environment: string | null,
  by: string,
): Promise<DatabaseIdentity> {
  const config = clientConfig(asMigrationTarget(database), settings.pool);
  return withResource(connectClient(config), destroyClient, async (client) => {
    await prepareLedger(client, settings.migrationLockTimeoutSeconds);
    const { rows } = await client.query<{ pinned: PinnedIdentity }>(ACCEPT_IDENTITY, [
      environment,
      by,
    ]);
    if (!rows[0]) throw new TypeError('the server tells nothing');
    return { live: rows[0].pinned, pinned: rows[0].pinned };
  });
}
