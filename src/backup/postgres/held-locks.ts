import { setTimeout as wait } from 'node:timers/promises';
import type pg from 'pg';
import type { PostgresSettings } from '@holdfast/guard/databases';
import { withResource } from '@holdfast/core/with-resource';
import {
  type Blocks,
  blocksOf,
  isAtLeast,
  type LockMode,
} from '@holdfast/migrate/postgres/locks/lock-modes';
import { destroyClient } from '@holdfast/postgres/connection/postgres-client';
import type { BackupContext } from '../context.js';
import { openSession } from './session.js';
import { isUserSchema } from './user-objects.js';

/** A lock that is held for less may not be seen. */
export const SAMPLE_MS = 5;

/** For how long a table was locked, as it was seen from another session. */
export interface HeldLock {
  readonly table: string;
  readonly mode: LockMode;
  /** What others could not do meanwhile. */
  readonly blocks: Blocks;
  readonly heldMs: number;
}

/** Of others, on tables that are there for this session: what a transaction has made is locked for nobody. */
const LOCKS = `
SELECT format('%I.%I', n.nspname, c.relname) AS table, l.mode
  FROM pg_locks l JOIN pg_stat_activity a USING (pid)
       JOIN pg_class c ON c.oid = l.relation JOIN pg_namespace n ON n.oid = c.relnamespace
 WHERE l.locktype = 'relation' AND l.granted
   AND a.backend_type = 'client backend' AND l.pid <> pg_backend_pid()
   AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
   AND c.relkind IN ('r', 'p', 'm') AND ${isUserSchema('n.nspname')} AND c.relname NOT LIKE 'holdfast\\_%'`;

interface LockRow {
  readonly table: string;
  /** As `pg_locks` has it: `AccessExclusiveLock`. */
  readonly mode: string;
}

/**
 * Looks, while something is done in a database that nobody else uses, which tables are locked.
 * @returns the locks that keep others waiting, the longest first
 */
export async function withHeldLocks(
  { settings }: BackupContext,
  database: PostgresSettings,
  work: () => Promise<void>,
): Promise<readonly HeldLock[]> {
  return withResource(
    openSession(database, settings, 'rehearse'),
    destroyClient,
    async (client) => {
      const ended = new AbortController();
      const sampling = sample(client, ended.signal);
      try {
        await work();
      } finally {
        ended.abort();
        await Promise.allSettled([sampling]);
      }
      return sampling;
    },
  );
}

async function sample(client: pg.Client, ended: AbortSignal): Promise<readonly HeldLock[]> {
  const held = new Map<string, { row: LockRow; milliseconds: number }>();
  let [before, at] = [new Set<string>(), performance.now()];
  while (!ended.aborted) {
    const { rows } = await client.query<LockRow>(LOCKS);
    const now = performance.now();
    for (const row of rows) {
      const key = `${row.table} ${row.mode}`;
      const known = held.get(key) ?? { row, milliseconds: 0 };
      if (before.has(key)) known.milliseconds += now - at;
      held.set(key, known);
    }
    before = new Set(rows.map(({ table, mode }) => `${table} ${mode}`));
    at = now;
    await wait(SAMPLE_MS);
  }
  return [...held.values()]
    .map(({ row: { table, mode }, milliseconds }) => {
      const lock = modeOf(mode);
      return { table, mode: lock, blocks: blocksOf(lock), heldMs: milliseconds };
    })
    .filter(({ mode }) => isAtLeast(mode, 'SHARE UPDATE EXCLUSIVE'))
    .sort((one, other) => other.heldMs - one.heldMs);
}

function modeOf(mode: string): LockMode {
  const words = mode.replace(/Lock$/, '').replaceAll(/([a-z])([A-Z])/g, '$1 $2');
  return words.toUpperCase() as LockMode;
}
