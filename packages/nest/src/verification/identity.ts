import { hostname } from 'node:os';
import type { DatabaseSettings } from '@holdfast/guard/databases';
import {
  type DatabaseIdentity,
  identityDifferences,
  type PinnedIdentity,
} from '@holdfast/postgres/verification/identity';
import type { Settings } from '@holdfast/guard/settings';
import type { Log } from '@holdfast/core/log';
import { ReasonError } from '../reasons.js';
import type { Release } from '@holdfast/core/release';

/** Nothing pinned, or nothing known of the server, is no other database. @throws DATABASE_IDENTITY_MISMATCH */
export function refuseOther(
  { name, stores }: DatabaseSettings,
  identity: DatabaseIdentity | undefined,
  environment: string | null,
): void {
  if (!identity?.pinned) return;
  const differences = identityDifferences(identity.live, identity.pinned, environment);
  if (differences.length === 0) return;
  throw new ReasonError('DATABASE_IDENTITY_MISMATCH', {
    detail: `the ${name} database (${stores.join(', ')}) is not the one that was pinned: ${differences.join(', ')}`,
  });
}

/**
 * At the first PRODUCTION start; a database that cannot be pinned is served all the same, with a warning.
 * @param pin answers what is pinned then, which another process may have done
 * @throws DATABASE_IDENTITY_MISMATCH
 */
export async function pinIdentity(
  database: DatabaseSettings,
  identity: DatabaseIdentity | undefined,
  { environment }: Pick<Settings, 'environment'>,
  log: Log,
  pin: (environment: string | null) => Promise<PinnedIdentity | undefined>,
): Promise<void> {
  if (identity?.pinned && (identity.pinned.environment !== null || environment === null)) return;
  const pinned = identity && (await pin(environment));
  const line = { database: database.name, environment };
  if (!pinned) {
    log.warn({ event: 'identity.unpinned', ...line }, UNPINNED);
    return;
  }
  log.info({ event: 'identity.pinned', ...line });
  refuseOther(database, { live: identity.live, pinned }, environment);
}

const UNPINNED =
  'cannot be pinned: run `holdfast migrate up`, and let the role use holdfast_identity and pg_control_system()';

/** This process, for the row. */
export function pinner({ name, version }: Release): string {
  return `${hostname()} pid ${process.pid}, ${name} ${version}`;
}
