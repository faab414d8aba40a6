import { setTimeout as wait } from 'node:timers/promises';
import type pg from 'pg';
import { ReasonError } from '../../reasons.js';
import { describeHolder, type LockHolder } from '../../migration-session.js';
import { jittered } from '@holdfast/core/jitter';

const POLL_MS = 100;
const REPORT_MS = 2000;

/** The key of a store's lock, in SQL. @param store an SQL expression */
export function lockKey(store: string): string {
  return `hashtextextended('holdfast_migrations:' || ${store}, 0)`;
}

interface HolderRow {
  readonly store: string;
  readonly pid: number;
  readonly application_name: string;
  readonly state: string;
  readonly age_seconds: number;
  readonly query: string;
}

/**
 * Tries to get the lock of a store until the time is up. It is polled: a blocking advisory lock
 * would deadlock with the holder's CREATE INDEX CONCURRENTLY, which waits for every transaction.
 * @param attempt asks for the lock once; answers undefined when another has it
 * @param waiting is told every two seconds who has it
 * @throws MIGRATION_LOCK_TIMEOUT, naming the holder
 */
export async function pollLock<T>(
  client: pg.Client,
  store: string,
  timeoutSeconds: number,
  attempt: () => Promise<T | undefined>,
  waiting: (text: string) => void,
): Promise<T> {
  const deadline = Date.now() + timeoutSeconds * 1000;
  let tellAt = Date.now() + REPORT_MS;
  for (;;) {
    const got = await attempt();
    if (got !== undefined) return got;
    if (Date.now() >= deadline) throw await lockTimeout(client, store);
    if (Date.now() >= tellAt) {
      const [holder] = await lockHolders(client, [store]);
      if (holder) waiting(`${store}: waiting for the migrator at work: ${describeHolder(holder)}`);
      tellAt = Date.now() + REPORT_MS;
    }
    await wait(jittered(POLL_MS, 0.5, 1.5));
  }
}

/** The holders of the migration locks of the stores `$1` in this database, a row each. */
export const HOLDERS = `
SELECT store, a.pid, coalesce(a.application_name, '') AS application_name,
       coalesce(a.state, '') AS state, coalesce(a.query, '') AS query,
       coalesce(extract(epoch FROM now() - a.backend_start)::float8, 0) AS age_seconds
  FROM unnest($1::text[]) AS store
  JOIN pg_locks l ON (l.classid::bigint << 32) | l.objid::bigint = ${lockKey('store')}
  JOIN pg_stat_activity a USING (pid)
 WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 1
   AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())`;

/** Who holds the migration locks of the stores in this database. */
export async function lockHolders(
  client: pg.Client,
  stores: readonly string[],
): Promise<readonly LockHolder[]> {
  const { rows } = await client.query<HolderRow>(HOLDERS, [stores]);
  return rows.map(({ application_name: applicationName, age_seconds: ageSeconds, ...row }) => ({
    ...row,
    applicationName,
    ageSeconds,
  }));
}

async function lockTimeout(client: pg.Client, store: string): Promise<ReasonError> {
  const [holder] = await lockHolders(client, [store]);
  return new ReasonError('MIGRATION_LOCK_TIMEOUT', {
    detail: holder
      ? `the ${store} store is being migrated by ${describeHolder(holder)}`
      : 'the holder has just let go; try again',
  });
}
