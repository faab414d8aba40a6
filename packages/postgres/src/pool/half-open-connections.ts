import { setTimeout as wait } from 'node:timers/promises';
import type { PooledClient } from './pooled-client.js';
import type { DatabaseSession } from '../sessions/session.js';

/** How long a statement, or its answer, may be on its way. */
const IN_FLIGHT_MS = 500;

/** Tells which server processes do something, see `DatabaseSession`. */
export type BusyBackendsQuery = DatabaseSession['busyBackends'];

/**
 * Closes connections that wait for an answer which will not come: the server has nothing under way
 * for them. A line that drops in silence leaves them waiting for the bound of their statement, and
 * keeps their places in the pool. A statement that goes on, and a lock that it waits for, is left.
 *
 * Rejects with `pg`'s error when the server cannot be asked; then nothing has been closed.
 */
export async function closeHalfOpenConnections(
  clients: readonly PooledClient[],
  askBusy: BusyBackendsQuery,
): Promise<void> {
  const waiting = clients.flatMap((client) => {
    const { pendingStatement, pid } = client;
    return pendingStatement === undefined || pid === undefined
      ? []
      : [{ client, pendingStatement, pid }];
  });
  if (waiting.length === 0) return;
  await wait(IN_FLIGHT_MS, undefined, { ref: false });
  const busy = await askBusy(waiting.map(({ pid }) => pid));
  if (!busy) return;
  await wait(IN_FLIGHT_MS, undefined, { ref: false });
  for (const { client, pendingStatement, pid } of waiting) {
    if (!busy.has(pid) && client.pendingStatement === pendingStatement) client.abort();
  }
}
