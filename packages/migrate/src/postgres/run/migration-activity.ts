import { setTimeout as wait } from 'node:timers/promises';
import type pg from 'pg';
import type { PostgresSettings } from '@holdfast/guard/databases';
import type { Settings } from '@holdfast/guard/settings';
import {
  clientConfig,
  connectClient,
  destroyClient,
} from '@holdfast/postgres/connection/postgres-client';
import { ReasonError } from '../../reasons.js';
import type { Migration } from '../../migration.js';
import type { LockHolder, MigrationSettings } from '../../migration-session.js';
import {
  type ConcurrentIndex,
  concurrentIndexOf,
  type InvalidIndex,
  invalidIndexes,
} from './concurrent-index.js';
import { HOLDERS, lockHolders } from './migration-lock.js';
import { statementsOf } from '../parser/statements.js';
import { withResource } from '@holdfast/core/with-resource';

const POLL_MS = 20;

/**
 * What migrators that are at work, or that were killed, leave to be seen in a database.
 * @param pending the migrations of the stores that are still to be applied
 */
export async function readMigrationActivity(
  database: PostgresSettings,
  pool: Settings['pool'],
  stores: readonly string[],
  pending: readonly Migration[],
): Promise<{ readonly holders: readonly LockHolder[]; readonly indexes: readonly InvalidIndex[] }> {
  const built = await Promise.all(pending.map(indexBuiltBy));
  return withClient(database, pool, async (client) => ({
    holders: await lockHolders(client, stores),
    indexes: await invalidIndexes(client, built.flat()),
  }));
}

/** None for a file that `up` refuses. */
async function indexBuiltBy(migration: Migration): Promise<readonly ConcurrentIndex[]> {
  if (migration.transactional) return [];
  const statements = await statementsOf(migration).catch((error: unknown) => {
    if (error instanceof ReasonError) return [];
    throw error;
  });
  return statements.flatMap((statement) => concurrentIndexOf(statement) ?? []);
}

/**
 * Ends one server process, if it holds the migration lock of one of the stores, and waits until it
 * is gone.
 * @param tell is given the holder before anything is done to it
 * @returns undefined when the process holds none of the locks
 * @throws MIGRATION_LOCK_TIMEOUT when it is still there after `migrationLockTimeoutSeconds`
 */
export async function endHolder(
  database: PostgresSettings,
  { pool, migrationLockTimeoutSeconds }: MigrationSettings,
  stores: readonly string[],
  pid: number,
  tell: (holder: LockHolder) => void,
): Promise<LockHolder | undefined> {
  return withClient(database, pool, async (client) => {
    const holder = (await lockHolders(client, stores)).find((each) => each.pid === pid);
    if (!holder) return undefined;
    tell(holder);
    // Asked again by the statement that ends it: the process may have let go meanwhile.
    await client.query(
      `SELECT pg_terminate_backend(pid) FROM (${HOLDERS}) AS holder WHERE pid = $2`,
      [stores, pid],
    );
    const deadline = Date.now() + migrationLockTimeoutSeconds * 1000;
    while (await isThere(client, pid)) {
      if (Date.now() >= deadline) throw stillThereError(pid, migrationLockTimeoutSeconds);
      await wait(POLL_MS);
    }
    return holder;
  });
}

function stillThereError(pid: number, seconds: number): ReasonError {
  return new ReasonError('MIGRATION_LOCK_TIMEOUT', {
    detail: `pid ${pid} has been told to end ${seconds} s ago, and is still there; look at its server`,
  });
}

async function isThere(client: pg.Client, pid: number): Promise<boolean> {
  const { rowCount } = await client.query('SELECT 1 FROM pg_stat_activity WHERE pid = $1', [pid]);
  return rowCount !== 0;
}

function withClient<T>(
  database: PostgresSettings,
  pool: Settings['pool'],
  work: (client: pg.Client) => Promise<T>,
): Promise<T> {
  const config = clientConfig(database, pool);
  const named = { ...config, application_name: `${database.applicationName} status` };
  return withResource(connectClient(named), destroyClient, work);
}
