import type { PostgresSettings } from '@holdfast/guard/databases';
import { withResource } from '@holdfast/core/with-resource';
import { openSession } from '@holdfast/postgres/sessions/open-session';
import { destroySession } from '@holdfast/postgres/sessions/session';
import {
  asMigrationTarget,
  type MigrationSettings,
  type MigratorIdentity,
} from '../../migration-session.js';

/**
 * Pins the database as who migrates, unless it is. Without the right to read its identity nothing is pinned, which
 * the start tells.
 * @throws `pg`'s own error, see `postgresFault`
 */
export async function pinAsMigrator(
  database: PostgresSettings,
  { pool }: MigrationSettings,
  environment: string | null,
  { appliedBy, build }: MigratorIdentity,
): Promise<void> {
  const opening = openSession(asMigrationTarget(database), pool, 'verify');
  await withResource(opening, destroySession, async (session) => {
    const { identity } = await session.inspect(true);
    const pinned = identity?.pinned;
    if (!identity || (pinned && (pinned.environment !== null || environment === null))) return;
    await session.pin(environment, `${appliedBy}, migrator ${build}`);
  });
}
