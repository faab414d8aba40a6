import type pg from 'pg';
import { isDisconnected } from '@holdfast/postgres/faults/faults';
import { ReasonError } from '../../reasons.js';

/** How often the server looks whether the client of a long statement is still there. */
const CONNECTION_CHECK_MS = 1000;

/** What the server says about a connection, and how long it is to wait. */
export interface ConnectionFacts {
  /** Of the server process; through a pooler, of the one that answered. */
  readonly pid: number;
  /** Statements outside a transaction may each go to another server process. */
  readonly pooled: boolean;
  /** The server can find out that the client is gone while a statement runs: PostgreSQL 14. */
  readonly checksConnection: boolean;
  /** Milliseconds that a statement waits for a lock where nothing else is said. */
  readonly lockTimeoutMs: number;
}

/** SET commands that let a migration take its time, but not outlive its migrator, and have it read as it was judged. */
export function sessionLimits(scope: 'LOCAL' | 'SESSION', facts: ConnectionFacts): string {
  const settings = ['statement_timeout = 0', 'idle_in_transaction_session_timeout = 0'];
  // The parser knows no other strings.
  settings.push('standard_conforming_strings = on');
  // A transaction has a limit of its own.
  if (scope === 'SESSION') settings.push(`lock_timeout = ${facts.lockTimeoutMs}`);
  // So that the lock of a migrator that was killed does not outlive it for long.
  if (facts.checksConnection)
    settings.push(`client_connection_check_interval = ${CONNECTION_CHECK_MS}`);
  return settings.map((setting) => `SET ${scope} ${setting}`).join('; ');
}

/**
 * Work that may meet a lock, outside a migration's transaction. In a session of the migrator's own its
 * waits are bounded already; through a pooler they are for a transaction, which is then rolled back.
 */
export async function withBoundedWaits<T>(
  client: pg.Client,
  { pooled, lockTimeoutMs }: ConnectionFacts,
  work: () => Promise<T>,
): Promise<T> {
  if (!pooled) return work();
  await client.query(`BEGIN; SET LOCAL lock_timeout = ${lockTimeoutMs}`);
  try {
    return await work();
  } finally {
    await client.query('ROLLBACK');
  }
}

/**
 * A pooler makes up the process number that it tells its clients at the start.
 * @throws MIGRATION_REQUIRES_SESSION through a pooler that allows no transactions
 */
export async function readConnectionFacts(
  client: pg.Client,
  lockTimeoutMs: number,
): Promise<ConnectionFacts> {
  const { rows } = await client.query<{ pid: number; version: number }>(
    `SELECT pg_backend_pid() AS pid, current_setting('server_version_num')::int AS version`,
  );
  const [row] = rows;
  if (!row) throw new TypeError('the server tells nothing');
  const told = (client as unknown as { readonly processID: number | null }).processID;
  const pooled = told !== row.pid;
  if (pooled) await refuseStatementPooling(client);
  return { pid: row.pid, pooled, checksConnection: row.version >= 140_000, lockTimeoutMs };
}

/** A pooler that gives each statement another server process ends a connection that begins one. */
async function refuseStatementPooling(client: pg.Client): Promise<void> {
  try {
    await client.query('BEGIN');
    await client.query('ROLLBACK');
  } catch (error) {
    if (!isDisconnected(error)) throw error;
    throw new ReasonError('MIGRATION_REQUIRES_SESSION', {
      detail: 'the connection goes through a pooler that allows no transactions',
      cause: error,
    });
  }
}
